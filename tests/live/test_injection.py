"""What the organizer configures and what people say stays an argument, whatever is in it: no line
of IRC is begun by it, and no format string made of it."""
import itertools
import re

import pytest

import irc
from scripted import ROOM

numbers = itertools.count()

# What a link may have said, by its first word; whatever was smuggled in is none of these.
COMMANDS = re.compile(r'^(CAP|AUTHENTICATE|PASS|NICK|USER|JOIN|WHO|WHOIS|MODE|MONITOR|CHATHISTORY'
                      r'|PING|PONG|PRIVMSG|NOTICE|QUIT :kith leaves)\b')


def strange(link):
    """Lines that kith has no reason to say."""
    return [line for line in link.said() if not COMMANDS.match(line) or
            'smuggled' in re.sub(r'^(PRIVMSG|USER) .*', '', line)]


@pytest.fixture(scope='module')
def link(plays_of_all):
    server, _ = plays_of_all.start(
        keys={'trust-nicks': 'yes', 'username': 'u%n%s', 'realname': '100% %s%n%p%x kith'},
        group={'charter': '5% %s%n%p%x of us'}, offers={'echo-message': ''})
    return server.welcome()


SMUGGLED = 'JOIN #smuggled'


TEXTS = ['!who x', '!intro I make', '!show "Title', '!show "T" want: this', '!thanks x', '!ask who',
         '!note 1 x', '!tz x', '!work ', '!help ', 'kith: x', '']


@pytest.mark.parametrize('between', ['\r', '\r\0', '\u2028'], ids=['CR', 'CR NUL', 'U+2028'])
def test_a_persons_text_begins_no_line(link, between):
    for text in TEXTS:
        link.say('ana', ROOM, f'{text}{between}{SMUGGLED}')
    link.asks(f'probe{next(numbers)}')
    assert not strange(link)


def test_a_title_is_shown_in_one_line(link):
    link.say('ana', ROOM, '!intro I make things')
    link.say('ana', ROOM, '!show "First\rQUIT :smuggled\0 %s%n"')
    number = re.search(r'#(\d+)', link.expect_said(ROOM, '“First'))[1]
    link.say('ana', ROOM, '!show "Second\x01\x02\x0304 \x1f%d"')
    link.expect_said(ROOM, '“Second')
    link.say('ana', ROOM, f'!work {number}')
    assert '%s%n' in link.expect_said(ROOM, f'#{number}.*First *QUIT :smuggled')
    assert not strange(link)


TAGS = ('msgid', 'account', 'time', 'batch', 'label', '+draft/reply', 'x')


@pytest.mark.parametrize('tag', TAGS)
@pytest.mark.parametrize('value', ['a\\r\\nJOIN\\s#smuggled\\r\\n', 'a\\0\\:\\\\', '%s%n%p'],
                         ids=['CR LF', 'escapes', 'format'])
def test_a_tag_begins_no_line(link, tag, value):
    asked = f'probe{next(numbers)}'
    link.send(f'@{tag}={value}{asked} :ana!ana@host PRIVMSG {ROOM} :!who {asked}')
    link.asks(f'{asked}again')
    assert not strange(link)


@pytest.mark.parametrize('tag', ['msgid', 'account'])
def test_a_tag_begins_no_line_of_the_log(plays, tag):
    server, bot = plays.start(offers={'message-tags': '', 'account-tag': '', 'server-time': ''})
    link = server.welcome()
    link.send(f'@{tag}=a\\r\\nkith:\\ssmuggled\\n :ana!ana@host PRIVMSG {ROOM} :!intro I make it')
    link.send(f'@{tag}=a\\r\\nkith:\\ssmuggled\\n :ana!ana@host PRIVMSG kith :!mydata')
    link.asks('probe')
    assert not re.search('^kith: smuggled', bot.log.read_text(), re.M)


# Somebody's nick, as a hostile server may put it, and to whom an answer must not go.
NICKS = {
    'a list': ('a,#smuggled', ['#smuggled', 'a,']),
    'a room': ('#smuggled', ['#smuggled']),
    'a status': ('@#smuggled', ['#smuggled']),
    'a mask': ('$*.smuggled', ['$']),
    'a colon': ('a:smuggled', ['a:smuggled']),
    'a control': ('a\x02\x1bsmuggled', ['a\x02']),
}


@pytest.mark.parametrize('name', NICKS)
def test_a_nick_is_one_target_or_none(link, name):
    nick, targets = NICKS[name]
    link.say(nick, 'kith', '!who x')
    link.say(nick, 'kith', '!mydata')
    link.say(nick, ROOM, '!intro I make things')
    link.asks(f'probe{next(numbers)}')
    for target in targets:
        assert not link.said(f'^(PRIVMSG|NOTICE|WHO|WHOIS|MONITOR \\S) :?{re.escape(target)}')


def test_a_person_of_percents_is_one_like_any(link):
    link.say('%s%n', ROOM, '!intro I make 100%s of %n%d%p')
    link.expect_said(ROOM, 'Welcome, %s%n')
    link.say('%s%n', ROOM, '!who %s%n')
    link.expect_said(ROOM, '100%s of %n%d%p')
    link.say('%s%n', 'kith', '!who %p%x')
    link.expect_said('%s%n', 'nobody called “%p%x”')


def test_what_is_configured_is_no_format(link):
    user = link.said('^USER ')
    assert len(user) == 1 and re.match(r'USER u%n%s \S+ \S+ :100% %s%n%p%x kith$', user[0])
    link.say('ana', ROOM, '!charter')
    link.expect_said(ROOM, re.escape('5% %s%n%p%x of us'))


# Values that are refused, or stay one argument. INI has no line break in a value, but a lone CR has
# been one to many a server.
VALUES = {
    'nick': ['ki\rJOIN #smuggled', 'ki%n', 'ki th', ':kith', 'ki,th', 'ki\0th'],
    'username': ['u\rJOIN #smuggled', 'u\0v', ':u', 'u@v', 'u%n%s%x'],
    'realname': ['r\rJOIN #smuggled', 'r\0JOIN #smuggled', ': :', 'r\\r\\nJOIN #smuggled', '%n'],
    'account': ['a\rJOIN #smuggled', 'a\0b', ':a', 'a%n'],
    'server': ['127.0.0.1\rJOIN #smuggled', '127.0.0.1/x'],
}


@pytest.mark.parametrize('key, value', [(key, value) for key in VALUES for value in VALUES[key]])
def test_a_value_begins_no_line(plays, key, value):
    server = plays.server()
    bot = plays.kith(server, {key: value})
    irc.wait_for('kith to register or to leave', lambda: bot.process.poll() is not None or
                 server.links and server.links[0].said('^USER '))
    if status := bot.process.poll():
        assert status in (69, 78)
        assert re.search(f'{key}|conf:[0-9]+: a control character', bot.log.read_text())
        bot.process = None
        return
    link = server.welcome()
    link.asks('probe')
    assert re.match(r'USER [^ :@]+ \S+ \S+ :', link.said('^USER')[0])
    assert not strange(link)


@pytest.mark.parametrize('room', ['#a\rJOIN #smuggled', '#a b', '#a,#smuggled', '#a\0b', 'a'])
def test_a_room_begins_no_line(plays, room):
    bot = plays.kith(1, room=room)
    irc.wait_for('kith to leave', lambda: bot.process.poll() is not None)
    assert bot.process.poll() in (69, 78)
    bot.process = None
