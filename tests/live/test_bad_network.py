"""Days on which the network is not what it should be: what is said then is said once, and kith is
there again when it can be."""
import concurrent.futures
import contextlib
import re
import signal
import time

import pytest

import conftest
import irc
import lossy
import services
import week
from group import ROOM

PROBE = re.compile('I know nobody called “(.*?)”')

LOSS, DELAY_S = 0.05, 0.3
DEAD_S = 120  # until a server that is silent is given up
STOPPED_S = 180
CUT_S = 140


class Scene:
    """A network of its own, and kith on its way there: all in a folder of its own."""

    def __init__(self, name, program, authority, folder, cleanup):
        self.program, self.cleanup = program, cleanup
        self.folder = folder / name
        self.folder.mkdir()
        self.network = services.Network(authority, self.folder, services.ACCOUNTS.values())
        cleanup.callback(self.network.stop)

    def member(self, nick, *rooms, **how):
        somebody = self.network.person(nick, *rooms, **how)
        self.cleanup.callback(somebody.quit)
        return somebody

    def members(self, *nicks, **how):
        """In the room, all at once: a server takes a second to let somebody in."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return list(pool.map(lambda nick: self.member(nick, ROOM, **how), nicks))

    def kith(self, keys='rate = 600', zone='Europe/Berlin', sections='', **where):
        """In the room."""
        keys = '\n'.join([self.network.keys(**where), self.network.sasl_plain(), keys])
        self.bot = irc.Kith(self.program, self.folder, conftest.CONFIG.format(
            keys=keys, zone=zone, store=self.folder / 'kith.db', sections=sections))
        self.bot.secrets.append(services.PASSWORD)
        self.cleanup.callback(self.bot.check_log)
        self.cleanup.callback(self.bot.stop)
        self.bot.start()
        self.bot.await_log('in #makers', seconds=60)

    def oper(self):
        op = self.member('oper')
        op.send(f'OPER oper {services.PASSWORD}')
        op.expect(' 381 ')
        return op

    def logged(self, pattern):
        return len(re.findall(pattern, self.bot.log.read_text()))


def introduce(*people):
    for somebody in people:
        somebody.say(ROOM, f'!intro I am {somebody.nick}, and I make things')
        somebody.expect_said('kith', ROOM, f'Welcome, {somebody.nick}')


def asks(somebody, probe, seconds=irc.WAIT_S):
    somebody.say(ROOM, f'!who {probe}')
    somebody.expect_said('kith', ROOM, f'nobody called “{probe}”', seconds)


def said_by_kith(listener, target, pattern):
    return [text for _, nick, text in listener.said_in(target)
            if nick in ('kith', 'kith_') and re.search(pattern, text)]


# What takes minutes: all of it at once, for it is mostly waiting.

def round_ahead(opens_s, last_call_s):
    """Times of a round that opens and comes to its last call in so many seconds."""
    pauses = [week.Pause()] * 600
    return week.Week([*pauses[:opens_s], week.Step('opens'),
                      *pauses[:last_call_s - opens_s], week.Step('last-call'),
                      *pauses, week.Step('closes')], spare=0)


def sleep_until(at):
    assert at > time.monotonic(), 'this machine is too slow'
    time.sleep(at - time.monotonic())


def stopped(scene):
    """The server stands still for three minutes. Last call falls due when kith has given it up."""
    scene.network.start()
    ana, ben = scene.members('ana', 'ben')
    times = round_ahead(20, 180)
    scene.kith(zone=times.zone, sections=times.sections())
    introduce(ana, ben)
    ana.expect_said('kith', ROOM, 'A new round is open', seconds=30)
    ana.say(ROOM, '!show "Almanac"')
    ana.expect_said('kith', ROOM, '#1 “Almanac” is in')

    sleep_until(times.is_due('opens') + 5)
    scene.network.server.process.send_signal(signal.SIGSTOP)
    try:
        at = time.monotonic()
        ben.say(ROOM, '!who while-it-stands')
        sleep_until(at + DEAD_S + 12)
        assert scene.logged('disconnected: the server does not answer; next try in [56] s') == 1
        assert times.is_due('last-call') > time.monotonic()
        sleep_until(at + STOPPED_S)
    finally:
        scene.network.server.process.send_signal(signal.SIGCONT)

    scene.bot.await_log('in #makers', times=2, seconds=60)
    ana.expect_said('kith', ROOM, 'Last call', seconds=60)
    ben.expect_said('kith', 'ben', 'close reading for you.*#1')
    asks(ana, 'afterwards')
    ben.say(ROOM, '!note 1 it made me want to go outside')
    ana.expect_said('kith', 'ana', 'want to go outside')
    for listener, target, text in [(ana, ROOM, 'A new round'), (ana, ROOM, '#1 “Almanac” is in'),
                                   (ana, ROOM, 'Last call'), (ana, ROOM, 'I was away for a while'),
                                   (ben, 'ben', 'close reading'), (ana, ROOM, '“afterwards”'),
                                   (ana, 'ana', 'go outside')]:
        assert len(said_by_kith(listener, target, text)) == 1, text


def far_away(scene, seed):
    """The network is in a namespace, and kith will be in another: gives the way between them."""
    try:
        way = lossy.Way(LOSS, DELAY_S, seed)
    except OSError as e:
        conftest.missing(f'a network namespace ({e})')
    scene.cleanup.callback(way.close)
    scene.network.server.address = '*'
    with way.near:
        scene.network.start()
    return way


def slow_and_lossy(scene):
    """Twenty commands, ten in the room and ten alone, one behind the other."""
    way = far_away(scene, seed=1)
    with way.near:
        ana, ben = scene.members('ana', 'ben')
    with way.far:
        scene.kith(host=lossy.NEAR)
    for n in range(10):
        ana.say(ROOM, f'!who room{n}')
        ben.say('kith', f'who alone{n}')
        time.sleep(1)
    irc.wait_for('every answer', lambda: len(said_by_kith(ana, ROOM, PROBE)) >= 10 and
                 len(said_by_kith(ben, 'ben', PROBE)) >= 10, seconds=60)
    asks(ana, 'last', seconds=30)
    for listener, target, name in [(ana, ROOM, 'room'), (ben, 'ben', 'alone')]:
        answers = PROBE.findall('\n'.join(said_by_kith(listener, target, PROBE)))
        assert [a for a in answers if a != 'last'] == [f'{name}{n}' for n in range(10)]
    assert way.lost > 5
    assert scene.logged('registered as') == 1 and not scene.logged('disconnected')


def cut(scene):
    """Nothing comes through any more, and nobody is told: the server thinks that kith is there. The
    round opens before kith has noticed."""
    way = far_away(scene, seed=2)
    with way.near:
        ana, = scene.members('ana')
    times = round_ahead(40, 600)
    with way.far:
        scene.kith(host=lossy.NEAR, zone=times.zone, sections=times.sections())
    introduce(ana)
    asks(ana, 'before', seconds=30)
    sleep_until(times.is_due('opens') - 10)
    way.cut = True
    at = time.monotonic()
    ana.say(ROOM, '!who never-heard')
    sleep_until(at + CUT_S)
    assert scene.logged('disconnected: the server does not answer; next try in [56] s') == 1
    assert not ana.heard('^:kith!.* QUIT')
    way.cut = False
    scene.bot.await_log('in #makers', times=2, seconds=60)
    ana.expect(f'^:kith_?!.* PRIVMSG {ROOM} .*A new round is open', seconds=30)
    asks(ana, 'afterwards', seconds=30)
    assert PROBE.findall('\n'.join(said_by_kith(ana, ROOM, PROBE))) == ['before', 'afterwards']
    # What was under way may come twice, if the server gets it after all.
    assert 1 <= len(said_by_kith(ana, ROOM, 'A new round is open')) <= 2
    assert len(said_by_kith(ana, ROOM, 'I was away for a while')) == 1


def burst(scene):
    """A hundred commands at once from ten people, among a network's usual limits and as fast as
    those allow. The server asks whoever is silent for five seconds whether they are there, and
    throws them out after five more."""
    scene.network.server.limits = services.LIMITS.replace('pingfreq="120"', 'pingfreq="5"')
    scene.network.start()
    nicks = [f'visitor{n}' for n in range(10)]
    people = scene.members(*nicks, account=None)
    scene.kith(keys='rate = 60')
    for n in range(10):
        for i, somebody in enumerate(people):
            target, what = (ROOM, '!who') if i < 5 else ('kith', 'who')
            somebody.say(target, f'{what} {somebody.nick}-{n}')
    last = people[-1]

    def answers(listener, target):
        return PROBE.findall('\n'.join(said_by_kith(listener, target, PROBE)))
    irc.wait_for('every answer', lambda: len(answers(last, ROOM)) >= 50 and all(
        len(answers(somebody, somebody.nick)) >= 10 for somebody in people[5:]), seconds=180)
    asked = [text.removeprefix('!who ') for _, nick, text in last.said_in(ROOM) if nick != 'kith']
    assert len(asked) == 50 and answers(last, ROOM) == asked
    for somebody in people[5:]:
        assert answers(somebody, somebody.nick) == [f'{somebody.nick}-{n}' for n in range(10)]
    time.sleep(12)  # nothing is behind those: it is there, and PONGs are in time
    asks(last, 'afterwards')
    assert not people[0].heard('^:kith!.* (QUIT|PART)')
    assert scene.logged('registered as') == 1 and not scene.logged('disconnected')


def other_limits(scene):
    """The server is killed and comes back as another: it takes shorter nicks, tells [ from {, and
    lets nobody have more than a few lines at once."""
    network, server = scene.network, scene.network.server
    network.start()
    sections = '[words]\ncharter = ' + ' '.join(['wörter'] * 150)
    scene.kith(nick='kith{of}the-makers', keys='', sections=sections)
    ana, = scene.members('ana')
    ana.say(ROOM, 'KITH[OF]THE-MAKERS: !who before')
    ana.expect(' PRIVMSG .*nobody called “before”')
    server.process.kill()
    server.process.wait()
    network.services.stop()
    server.nick_length = 12
    server.casemapping = 'ascii'
    server.limits = 'recvq="4K" threshold="5" commandrate="1000" fakelag="yes" pingfreq="120"'
    network.start()
    scene.bot.await_log('in #makers', times=2, seconds=60)
    nick = re.findall(r'registered as (\S+),', scene.bot.log.read_text())[-1]
    assert len(nick) <= 12 and nick.startswith('kith{of}')
    ana, = scene.members('ana')
    other = nick.replace('{', '[').replace('}', ']')
    ana.say(ROOM, f'{other}: !who not-meant')
    ana.say(ROOM, f'{nick.upper()}: !who after')
    ana.expect(' PRIVMSG .*nobody called “after”')
    for n in range(4):
        ana.say(ROOM, f'{nick}: charter')
        time.sleep(0.2)
    for n in range(12):
        ana.expect(rf'^:{re.escape(nick)}!\S+ PRIVMSG {ROOM} .*wörter', seconds=40)
    assert not ana.heard('not-meant”')
    assert scene.logged('disconnected') == scene.logged('registered as') - 1


SCENES = [stopped, slow_and_lossy, cut, burst, other_limits]


@pytest.fixture(scope='module')
def scenes(kith_program, authority, tmp_path_factory):
    """name -> its future"""
    for program in ('inspircd', 'atheme-services'):
        if not irc.program(program):
            conftest.missing(program)
    folder = tmp_path_factory.mktemp('scenes')
    with contextlib.ExitStack() as cleanup, \
            concurrent.futures.ThreadPoolExecutor(len(SCENES)) as pool:
        def play(scene):
            scene(Scene(scene.__name__, kith_program, authority, folder, cleanup))
        yield {scene.__name__: pool.submit(play, scene) for scene in SCENES}


@pytest.mark.long
@pytest.mark.parametrize('name', [scene.__name__ for scene in SCENES])
def test_bears_with_a_network_that_is(scenes, name):
    scenes[name].result()


# What is over sooner.

@pytest.fixture
def scene(kith_program, authority, tmp_path, cleanup):
    for program in ('inspircd', 'atheme-services'):
        if not irc.program(program):
            conftest.missing(program)
    return Scene('scene', kith_program, authority, tmp_path, cleanup)


def await_split(scene, op, *there):
    op.send('SQUIT leaf.test :away')
    for somebody, gone in there:
        somebody.expect(rf'^:{gone}!\S+ QUIT :?(irc|leaf).test (irc|leaf).test')


def test_is_split_off_with_some_of_its_people(scene):
    """It is on the leaf, which the services are not; whoever is not there has not left."""
    network = scene.network
    network.start()
    network.leaf.start()
    op = scene.oper()
    network.link(op)
    olga, ana = scene.members('olga', 'ana', port=network.leaf.ports['plain'])
    ben, = scene.members('ben')
    scene.kith(server=network.leaf)
    introduce(olga, ana, ben)
    olga.say(ROOM, '!admin round open')
    ana.expect_said('kith', ROOM, 'A new round is open')
    ben.say(ROOM, '!show "Radio, repaired"')
    ana.expect_said('kith', ROOM, '#1 “Radio, repaired” is in')

    await_split(scene, op, (ana, 'ben'), (ben, 'kith'))
    ana.say(ROOM, '!note 1 I could hear the dial turn')
    ana.expect_said('kith', ROOM, 'I keep that')
    asks(ana, 'on-this-side')
    ben.say(ROOM, '!who on-that-side')
    assert not said_by_kith(ben, 'ben', '')

    network.link(op)
    ana.expect(r'^:ben!\S+ JOIN')
    ben.expect_said('kith', 'ben', 'I could hear the dial turn')
    ben.say(ROOM, '!who together')
    ana.expect_said('kith', ROOM, 'nobody called “together”')
    ben.say(ROOM, '!show --next "Kettle"')  # still known by his account
    ana.expect_said('kith', ROOM, 'I keep .* for the next round')
    assert len(said_by_kith(ben, 'ben', 'the dial turn')) == 1
    assert len(ana.heard(r'^:ben!\S+ JOIN')) == 2  # and his first
    assert not said_by_kith(ana, ROOM, 'on-that-side')
    assert scene.logged('registered as') == 1
