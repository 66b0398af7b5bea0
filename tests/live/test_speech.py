"""What kith says, as others get it: whole, in order, and never at the price of a PONG."""
import re
import time

import pytest

from scripted import NAME, ROOM

MASK = 'kith!~kith@host.test'
LINE_MOST = 510  # what a server passes on, its line end not counted


MORE = re.compile(r' ?… !more has the rest\.$')


def charter(link, text, mask):
    """Asks for the charter, and for more of it until that is all; gives how long each line was but
    the last, with `mask` before it. Nothing is missing, and nothing said twice."""
    link.say('ana', ROOM, '!charter')
    link.expect_said(ROOM, 'This is Makers')
    lengths, rest = [], text
    while rest:
        said = link.expect_said(ROOM, '')
        part = MORE.sub('', said)
        if part != said:
            link.say('ana', ROOM, '!more')
        assert part and rest.startswith(part), (said, rest)
        rest = rest[len(part):].lstrip(' ')
        lengths.append(len(f':{mask} PRIVMSG {ROOM} :{said}'.encode()))
    assert len(lengths) > 3
    return lengths[:-1]


@pytest.mark.parametrize('text', ['x' * 2500, 'é' * 1200, '한' * 800, '🌱' * 600],
                         ids=['1 byte', '2 bytes', '3 bytes', '4 bytes'])
def test_fills_a_line_and_cuts_no_character(plays, text):
    server, _ = plays.start(group={'charter': text})
    for length in charter(server.welcome(), text, MASK):
        assert LINE_MOST - len(text[0].encode()) < length <= LINE_MOST


def test_cuts_at_words(plays):
    text = ' '.join(['wörter'] * 300)
    server, _ = plays.start(group={'charter': text})
    for length in charter(server.welcome(), text, MASK):
        assert LINE_MOST - len(' wörter'.encode()) <= length <= LINE_MOST


def test_measures_again_when_its_host_changes(plays):
    """By what each says: 396 the host alone, CHGHOST both, NICK the nick."""
    text = 'x' * 1500
    server, _ = plays.start(group={'charter': text}, offers={'chghost': ''})
    link = server.welcome()
    link.tell('396', 'a-longer-host.of.some.cloud.test', 'is now your displayed host')
    masks = ['kith!~kith@a-longer-host.of.some.cloud.test']
    assert set(charter(link, text, masks[-1])) == {LINE_MOST}
    link.send(f':{masks[-1]} CHGHOST other short')
    assert set(charter(link, text, 'kith!other@short')) == {LINE_MOST}
    link.send(':kith!other@short NICK quite_another_kith')
    assert set(charter(link, text, 'quite_another_kith!other@short')) == {LINE_MOST}


def test_never_trusts_a_mask_to_leave_no_room(plays):
    server, _ = plays.start(group={'charter': 'x' * 400})
    link = server.welcome()
    link.send(f':kith!{"u" * 300}@{"h" * 200} JOIN #elsewhere')
    link.say('ana', ROOM, '!charter')
    link.expect_said(ROOM, 'xxx')


def ask_many(link, commands):
    """So many, from the room and two people; gives what each is to be told, in order."""
    asked = {ROOM: [], 'ana': [], 'ben': []}
    for n in range(commands):
        target = (ROOM, 'ana', ROOM, 'ben')[n % 4]
        asked[target].append(f'probe{n}')
        link.say('ana' if target == ROOM else target, ROOM if target == ROOM else 'kith',
                 f'!who probe{n}')
    return asked


def test_answers_every_ping_while_a_hundred_commands_wait(plays):
    """At its usual rate, a line in two seconds, these wait for minutes."""
    server, _ = plays.start(keys={'rate': '30'})
    link = server.welcome()
    ask_many(link, 100)
    link.expect('^PRIVMSG')
    for n in range(8):
        link.send(f'PING :still{n} there?')
        link.expect(f'^PONG :still{n} there', seconds=1)
        time.sleep(0.25)
    assert len(link.said('^PRIVMSG')) < 10


@pytest.mark.parametrize('commands, offers', [
    (40, {'echo-message': ''}),
    pytest.param(100, None, marks=pytest.mark.long),
], ids=['40', '100'])
def test_answers_many_commands_in_order(plays, commands, offers):
    """And after a burst of four no faster than it was told: ten a second."""
    server, _ = plays.start(offers=offers)
    link = server.welcome()
    asked = ask_many(link, commands)
    for _ in range(commands):
        link.expect('^PRIVMSG')
    for target, probes in asked.items():
        answers = [re.search('called “(.*?)”', line)[1]
                   for line in link.said(f'^PRIVMSG {target} :I know nobody')]
        assert answers == probes
    at = [at for at, line in link.lines if line.startswith('PRIVMSG')]
    for first, sixth in zip(at, at[5:]):
        assert sixth - first > 0.1 or first == at[0]  # the burst is four


def test_a_room_waits_for_no_other_target(plays):
    """Whoever asks much in private delays nobody else."""
    server, _ = plays.start(keys={'rate': '300'})
    link = server.welcome()
    for n in range(16):
        link.say('ben', 'kith', f'!who ben{n}')
    link.asks('room')
    assert len(link.said('^PRIVMSG ben ')) < 12


def test_hears_its_echo_as_no_question(plays):
    offers = {'echo-message': '', 'message-tags': '', 'server-time': '', 'batch': ''}
    server, _ = plays.start(offers=offers, group={'charter': 'kith: charter'})
    link = server.welcome()
    assert 'echo-message' in ' '.join(link.said('^CAP REQ'))
    for n in range(3):
        link.say('ana', ROOM, '!charter')
        link.expect_said(ROOM, 'kith: charter')
        link.asks(f'echo{n}')
    assert len(link.said('^PRIVMSG .*charter')) == 3


def test_keeps_a_nick_that_the_server_cuts(plays):
    """NICKLEN counts: what the server calls us is who we are."""
    def cut(link, line):
        link.nick = line.params[0][:5]
        link._welcome()
    server, bot = plays.start(keys={'nick': 'kithkithkith'}, tokens='NICKLEN=5',
                              answers={'NICK': cut})
    link = server.welcome()
    bot.await_log('registered as kithk')
    link.say('ana', ROOM, 'kithk: !who x')
    link.expect_said(ROOM, 'nobody called “x”')
    link.say('ana', 'kithk', '!who y')
    link.expect_said('ana', 'nobody called “y”')


def test_answers_no_notice(plays):
    server, _ = plays.start()
    link = server.welcome()
    for text in ('!help', 'kith: help', '\x01VERSION\x01', '\x01PING 1\x01'):
        link.send(f':ana!ana@host NOTICE {ROOM} :{text}')
        link.send(f':ana!ana@host NOTICE kith :{text}')
        link.send(f':{NAME} NOTICE kith :{text}')
    link.asks('anybody')
    assert len(link.said('^(PRIVMSG|NOTICE)')) == 1
