"""Lines that no server should send, each followed by an ordinary question: kith still answers."""
import itertools
import re

import pytest

from scripted import ROOM, Certificate

ANA = b':ana!ana@host '
WHO = b'PRIVMSG #makers :!who '

EVERYTHING = {cap: '' for cap in (
    'account-notify', 'account-tag', 'batch', 'cap-notify', 'chghost', 'draft/chathistory',
    'echo-message', 'extended-join', 'message-tags', 'multi-prefix', 'server-time',
    'userhost-in-names')}

numbers = itertools.count()


def probe(what='probe'):
    return f'{what}{next(numbers)}'


class Talk:
    """A kith in its room. One that a line has ended is replaced, so that each test stands alone."""

    def __init__(self, plays, **server):
        self.plays = plays
        self.options = server
        self.bot = None

    def link(self):
        if self.bot is None or self.bot.process.poll() is not None or self._link.ended:
            server, self.bot = self.plays.start(keys={'trust-nicks': 'yes'}, offers=EVERYTHING,
                                                tokens='WHOX MONITOR=100 BOT=B',
                                                **self.options)
            self._link = server.welcome()
        return self._link


@pytest.fixture(scope='module')
def plain(plays_of_all):
    return Talk(plays_of_all)


@pytest.fixture(scope='module')
def encrypted(plays_of_all, tmp_path_factory):
    return Talk(plays_of_all, certificate=Certificate(tmp_path_factory.mktemp('tls')))


@pytest.fixture
def link(plain):
    return plain.link()


def bare(commands):
    """Each of these without a parameter: from nobody, from somebody and from the server."""
    return b''.join(prefix + command.encode() + end + b'\r\n'
                    for command in commands.split() for end in (b'', b' ', b' :')
                    for prefix in (b'', b':nobody!n@host ', b':irc.test '))


def tagged(bytes_of_tags, line):
    """With so many bytes from '@' to the space behind the tags, both counted."""
    return b'@x=' + b't' * (bytes_of_tags - len('@x= ')) + b' ' + line


PASSED_OVER = {
    'blank line': b'\r\n',
    'many blank lines': b'\r\n\n\r\r\n' * 50,
    'only spaces': b' \r\n   \r\n',
    '1024 bytes': ANA + b'PRIVMSG #makers :' + b'x' * 1024 + b'\r\n',
    '4096 bytes in one word': b'x' * 4096 + b'\r\n',
    '10000 bytes': ANA + b'PRIVMSG #makers :' + b'x' * 10000 + b'\r\n',
    '1 MB': b'x' * 1000000 + b'\r\n',
    'a tag of 8K': tagged(8191, b'PING') + b'\r\n',
    'only tags': b'@a=b\r\n@a=b \r\n@\r\n@ \r\n',
    '4000 tags': b'@' + b';'.join([b'a'] * 4000) + b' PING\r\n',
    'only a prefix': b':foo\r\n:foo \r\n:\r\n: \r\n:foo!bar@baz\r\n@a=b :foo\r\n',
    'NICK of nobody': b'NICK x\r\n',
    'bare AWAY': b':ana!ana@host AWAY\r\n',
    'bare messages': bare('PRIVMSG NOTICE TAGMSG'),
    'bare presence': bare('JOIN PART KICK NICK QUIT INVITE AWAY'),
    'bare news': bare('MODE TOPIC KILL WALLOPS ERROR SETNAME CHGHOST ACCOUNT'),
    'bare protocol': bare('PING PONG CAP AUTHENTICATE BATCH FAIL WARN NOTE'),
    'bare numerics': bare('001 004 005 353 354 366 376 396 401 404 422 432 433 437 464'),
    'bare SASL numerics': bare('900 901 902 903 904 905 906 907 908'),
    'bare watch numerics': bare('315 318 330 335 352 730 731 732 733 734'),
    'a numeric that is none': b':irc.test 000 kith :x\r\n:irc.test 1234 kith\r\n0\r\n',
    'lone \\x01': b''.join(ANA + what + b' \x01\r\n' + ANA + what + b' :\x01\r\n'
                           for what in (b'PRIVMSG #makers', b'PRIVMSG kith', b'NOTICE kith')),
    'odd CTCP': b''.join(ANA + b'PRIVMSG kith :\x01' + what + b'\r\n' for what in (
        b'\x01', b'ACTION', b'ACTION\x01', b'FINGER\x01', b'VERSION', b' \x01', b'DCC\x01',
        b'DCC SEND f 1 1 1\x01', b'DCC CHAT chat 2130706433 1\x01', b'PING ' + b'%n' * 200)),
    'CTCP from a long mask': b':' + b'n' * 300 + b'!u@h PRIVMSG kith :\x01FINGER\x01\r\n',
    'NUL': b'\0\r\n' + ANA + b'PRIVMSG #makers :a\0b\0\r\n' + b'\0' * 600 + b'\r\n',
    'NUL in the command': ANA + b'PRIV\0MSG #mak\0ers :a\r\n',
    '16 parameters': ANA + b'PRIVMSG #makers ' + b' '.join([b'p'] * 20) + b'\r\n',
    '16 parameters of a numeric': b':irc.test 005 kith ' + b' '.join([b'A=1'] * 16) + b'\r\n',
    'invalid UTF-8': ANA + b'PRIVMSG #makers :caf\xe9 \xf0\x9f \xed\xa0\x80 \xc0\xaf\r\n',
    'invalid UTF-8 everywhere': b'@\xff=\xfe :\xff!\xfe@\xfd PRIVMSG #makers :\xc3\r\n'
                                b':\xff!a@h JOIN #makers\r\n:\xff!a@h NICK \xfe\r\n'
                                b':\xfe!a@h PART #makers :\xff\r\n\xff\xfe\r\n',
    'CR without LF': ANA + b'PRIVMSG #makers :one\rPRIVMSG #makers :two\r\n',
    'format': b':%n%s!%n@%s PRIVMSG kith :\x01%n%s\x01\r\n:%n%s!a@h PRIVMSG #makers :%n%s\r\n',
    'a list of modes': b':ana!ana@host MODE #makers +' + b'o' * 300 + b' kith' * 13 + b'\r\n',
    'NAMES of nobody': b':irc.test 353 kith = #makers :@ + @+ ! !a@b \x01 @@@\r\n',
    'NAMES of a thousand': b':irc.test 353 kith = #makers :' + b'@n ' * 900 + b'\r\n',
    'batches that never end': b':irc.test BATCH +a chathistory #makers\r\n' * 50 +
                              b'@batch=a ' + ANA + b'PRIVMSG #makers :old news\r\n',
    'batches that never began': b':irc.test BATCH -b\r\n@batch=b;time=2026-01-01T00:00:00.000Z ' +
                                ANA + b'PRIVMSG #makers :old news\r\n:irc.test BATCH +\r\n'
                                b':irc.test BATCH +c\r\n@batch=c :irc.test BATCH +c netsplit\r\n',
    'odd times': b''.join(b'@time=' + time + b' ' + ANA + b'PRIVMSG #makers :talk\r\n' for time in (
        b'', b'now', b'-1', b'9999-99-99T99:99:99.999Z', b'99999999-01-01T00:00:00Z',
        b'2026-01-01T00:00:00.' + b'9' * 400 + b'Z', b'1969-12-31T23:59:59.000Z')),
    'odd accounts': b':ana!ana@host JOIN #makers\r\n:ana!ana@host JOIN #makers :\r\n'
                    b':ana!ana@host ACCOUNT :\r\n:ana!ana@host ACCOUNT a b c\r\n'
                    b':kith!~kith@host.test ACCOUNT *\r\n:kith!~kith@host.test ACCOUNT\r\n',
    'odd WHOX': b''.join(b':irc.test 354 kith' + rest + b'\r\n' for rest in (
        b'', b' 42', b' 42 #makers', b' 42 #makers u h n H', b' 0 0 0', b' x' * 30)),
    'odd MONITOR': b':irc.test 730 kith :,,,\r\n:irc.test 731 kith :a!b@c,,d\r\n'
                   b':irc.test 734 kith 0 ' + b'n,' * 200 + b' :full\r\n:irc.test 730 kith\r\n',
    'a host that is none': b':irc.test 396 kith :\r\n:irc.test 396 kith a b c\r\n'
                           b':kith!~kith@host.test CHGHOST :\r\n'
                           b':kith!~kith@host.test CHGHOST u\r\n',
    'our own doings elsewhere': b':kith!~kith@host.test JOIN #elsewhere\r\n'
                                b':kith!~kith@host.test PART #elsewhere\r\n'
                                b':irc.test KICK #elsewhere kith\r\n',
    'rooms that are none': ANA + b'JOIN :\r\n' + ANA + b'JOIN #makers,#b\r\n' + ANA + b'PART ,\r\n',
}


@pytest.mark.parametrize('name', PASSED_OVER)
def test_passes_over(link, name):
    link.send(PASSED_OVER[name])
    link.asks(probe())


@pytest.mark.parametrize('tokens', [
    'CHANTYPES= PREFIX= CASEMAPPING= NICKLEN= CHANMODES= MODES= BOT= MONITOR= USERLEN= HOSTLEN=',
    'CHANTYPES PREFIX CASEMAPPING NICKLEN CHANMODES MODES BOT MONITOR USERLEN HOSTLEN WHOX',
    'NICKLEN=-1 MODES=-1 MONITOR=-1 USERLEN=-1 HOSTLEN=-1 CHATHISTORY=-1 LINELEN=-1',
    'NICKLEN=0 MODES=0 MONITOR=0 USERLEN=0 HOSTLEN=0 CHATHISTORY=0 LINELEN=0',
    'NICKLEN=99999999999999999999 MONITOR=99999999999999999999 HOSTLEN=99999999999999999999',
    'PREFIX=(ov PREFIX=) PREFIX=ov@+ PREFIX=(o)@+ PREFIX=(ovovovov)@@@@@@@@ STATUSMSG=@@@@',
    'CASEMAPPING=odd CHANTYPES=#&+!%s BOT=%s PREFIX=(%n)%n -CHANTYPES -BOT -',
    '=x = =\\x20 A=\\x0d\\x0a\\x00\\xZZ\\x BOT=\\x0d\\x0aJOIN NETWORK=\\x0a',
], ids=['empty', 'without value', 'negative', 'zero', 'huge', 'PREFIX', 'odd', 'escapes'])
def test_takes_odd_tokens(plays, tokens):
    server, _ = plays.start(tokens=tokens, offers=EVERYTHING, accounts={'ana': 'ana'})
    server.welcome().asks(probe())


ANSWERED = {
    'LF only': ANA + WHO + b'%s\n',
    'CR CR LF': ANA + WHO + b'%s\r\r\n',
    'double spaces': b':ana!ana@host  PRIVMSG   #makers  :!who %s\r\n',
    'spaces at both ends': b'  :ana!ana@host PRIVMSG #makers :!who %s  \r\n',
    'lower case': b':ana!ana@host privmsg #MAKERS :!who %s\r\n',
    'tags of 8191 bytes': tagged(8191, ANA + WHO + b'%s\r\n'),
    '15 parameters behind it': b':irc.test 005 kith ' + b'A=1 ' * 13 + b':x\r\n' +
                               ANA + WHO + b'%s\r\n',
    'a command behind a line without end': b'y' * 20000 + b'\r\n' + ANA + WHO + b'%s\r\n',
    'tags and spaces': b'@a=b;c   :ana!ana@host   PRIVMSG #makers :!who %s\r\n',
    'a backslash at the end of a tag': b'@a=b\\ :ana!ana@host PRIVMSG #makers :!who %s\r\n',
}


@pytest.mark.parametrize('name', ANSWERED)
def test_answers(link, name):
    asked = probe()
    link.send(ANSWERED[name].replace(b'%s', asked.encode()))
    link.expect_said(ROOM, asked)


def test_drops_tags_of_8192_bytes(link):
    dropped, asked = probe(), probe()
    link.send(tagged(8192, ANA + WHO + dropped.encode() + b'\r\n'))
    link.asks(asked)
    assert not link.said(f'{dropped}”')


def test_hears_the_fifteenth_parameter(plays):
    """Of 005: kith, thirteen tokens and the words. The last token decides whether [ is {."""
    tokens = ' '.join(f'A{n}=1' for n in range(10)) + ' CASEMAPPING=ascii'
    server, _ = plays.start(keys={'nick': 'kith[1]'}, tokens=tokens)
    link = server.welcome()
    link.say('ana', ROOM, 'kith{1}: charter')
    link.asks(probe())
    assert not link.said('Makers')
    link.say('ana', ROOM, 'kith[1]: charter')
    link.expect_said(ROOM, 'Makers')


@pytest.mark.parametrize('way', ['plain', 'encrypted'])
def test_hears_a_line_byte_by_byte(request, way):
    """Each in a segment, or a TLS record, of its own."""
    link = request.getfixturevalue(way).link()
    asked = probe()
    for byte in ANA + WHO + asked.encode() + b'\r\n':
        link.send(bytes([byte]))
    link.expect_said(ROOM, asked)


@pytest.mark.parametrize('way', ['plain', 'encrypted'])
def test_hears_many_lines_at_once(request, way):
    """More than one read takes, and than one TLS record holds."""
    link = request.getfixturevalue(way).link()
    asked = probe()
    chat = ANA + b'PRIVMSG #makers :talking among ourselves, nobody asks anything\r\n'
    link.send(chat * 700 + ANA + WHO + asked.encode() + b'\r\n')
    link.expect_said(ROOM, asked)


def memory_kb(bot):
    return int(re.search(rb'^VmHWM:\s*(\d+)', bot.of_process('status'), re.M)[1])


def test_keeps_no_line_without_end(plain, link):
    before = memory_kb(plain.bot)
    for _ in range(32):
        link.send(b'x' * 2 ** 20)
    link.send(b'\r\n')
    link.asks(probe())
    assert memory_kb(plain.bot) - before < 16 * 2 ** 10
