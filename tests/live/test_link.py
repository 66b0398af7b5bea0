"""Connections that end, or should: kith says in its log why and when it tries again, and does."""
import os
import re
import signal
import sys
import time

import pytest

import irc
from scripted import NAME, ROOM, Certificate

RETRY_S = 5 * 1.25  # the first time, with all the jitter there may be
REGISTER_S = 30
SASL_S = 20
DEAD_S = 120  # 60 s of silence, a PING, and 60 s more


def probe_and_close(link):
    link.asks('anybody')
    link.close()


def half_a_line(link):
    link.asks('anybody')
    link.send(b':ana!ana@host PRIVMSG #makers :!who ha')


def close_in_mid_line(link):
    half_a_line(link)
    link.close()


def reset_in_mid_line(link):
    half_a_line(link)
    link.close(reset=True)


def error(link):
    link.send('ERROR :Closing Link: kith[host] (Server shutting down)')
    link.close()


def kill(link):
    link.send(f':olga!olga@host KILL kith :host!olga (go away)')
    link.send('ERROR :Closing Link: host (Killed (olga (go away)))')
    link.close()


def nonsense_in_tls(link):
    with link.raw() as below:
        below.sendall(b'this is no record of TLS\r\n' * 20)


def no_nick(link):
    for _ in range(20):
        link.send(f':{NAME} 433 * kith :Nickname is already in use.')


def deaf(link):
    """Reads nothing more, and asks so much that its answers fill every buffer."""
    link.stop_reading()
    for _ in range(200):
        link.send('\r\n'.join(['PING ' + 'x' * 400] * 100))
        if link.failure:
            break


def switches(bot):
    status = bot.of_process('status').decode()
    return int(re.search(r'^voluntary_ctxt_switches:\s*(\d+)', status, re.M)[1])


class Rest:
    """A kith to whom nobody speaks any more."""

    def __init__(self, plays):
        server, self.bot = plays.start()
        server.welcome().asks('anybody')
        time.sleep(2.5)  # what was delivered is written down a second late
        self.at, self.before = time.monotonic(), switches(self.bot)

    def wakeups(self, seconds):
        """How often it woke up in at least so long, and in how long."""
        time.sleep(max(0, self.at + seconds - time.monotonic()))
        return switches(self.bot) - self.before, time.monotonic() - self.at


@pytest.fixture(scope='module')
def rest(plays_of_all):
    return Rest(plays_of_all)


# How a connection ends; whether that is in mid-registration, over TLS; what the log says of it.
ENDS = {
    'closed': (probe_and_close, {}, 'disconnected: the server closed the connection'),
    'closed in mid-line': (close_in_mid_line, {}, 'disconnected: the server closed'),
    'reset in mid-line': (reset_in_mid_line, {}, 'disconnected: .*reset'),
    'closed in mid-line of TLS': (close_in_mid_line, {'tls': True}, 'disconnected: '),
    'reset in TLS': (reset_in_mid_line, {'tls': True}, 'disconnected: '),
    'no TLS in TLS': (nonsense_in_tls, {'tls': True}, 'disconnected: .*(?i:ssl|tls)'),
    'ERROR': (error, {}, r'disconnected: .*Server shutting down'),
    'KILL': (kill, {}, r'killed by .*go away'),
    'no nick': (no_nick, {'early': True}, 'takes no nick that kith tried: Nickname is'),
    'deaf': (deaf, {}, 'disconnected: the server (does not read|asks faster)'),
}


class End:
    """A connection that has just ended in one of these ways, and what comes behind it."""

    def __init__(self, plays, name, certificate):
        self.end, options, self.log = ENDS[name]
        self.early = options.get('early')
        silence = {'NICK': None} if self.early else {}
        tls = certificate if options.get('tls') else None
        self.server, self.bot = plays.start(answers=silence, certificate=tls)

    def begin(self):
        self.link = self.server.meet()
        self.link.expect('^NICK' if self.early else f'^JOIN :?{ROOM}')
        self.at = time.monotonic()
        self.end(self.link)
        self.server.answers.clear()


@pytest.fixture(scope='module')
def ends(plays_of_all, tmp_path_factory, rest):
    """All of them at once, because each waits seconds for the next try; another rests meanwhile."""
    certificate = Certificate(tmp_path_factory.mktemp('tls'))
    ends = {name: End(plays_of_all, name, certificate) for name in ENDS}
    for end in ends.values():
        end.begin()
    return ends


@pytest.mark.parametrize('name', ENDS)
def test_comes_back(ends, name):
    end = ends[name]
    end.bot.await_log(end.log)
    end.bot.await_log(r'next try in [56] s')
    again = end.server.welcome(seconds=RETRY_S + irc.WAIT_S)
    assert again.since - end.at >= 5  # a server that is hammered bans
    assert len(end.server.links) == 2
    again.asks('back')


@pytest.mark.parametrize('seconds', [4, pytest.param(20, marks=pytest.mark.long)])
def test_rests_when_nobody_speaks(rest, seconds):
    """All that may wake it is what it does once a minute."""
    wakeups, in_seconds = rest.wakeups(seconds)
    assert wakeups <= 2 + in_seconds / 20


@pytest.mark.parametrize('lines, again', [
    (['465 kith :You are banned from this server', 'ERROR :Closing Link: x (K-Lined)'],
     r'3\d min'),
    (['465 kith :You are banned from this server'], r'3\d min'),
    (['ERROR :Closing link: (kith@127.0.0.1) [K-lined: go away]'], r'3\d min'),
    (['ERROR :Closing link: (kith@127.0.0.1) [Throttled]'], r'[67]\d s'),
    (['ERROR :Closing link: (kith@127.0.0.1) [No more connections allowed from your host]'],
     r'[67]\d s'),
    (['ERROR :Trying to reconnect too fast.'], r'[67]\d s'),
], ids=['465 and ERROR', '465', 'K-line', 'throttle', 'clones', 'too fast'])
def test_does_not_hurry_back_to_who_throws_it_out(plays, lines, again):
    server, bot = plays.start(answers={'NICK': None})
    link = server.meet()
    link.expect('^NICK')
    for line in lines:
        link.send(line if line.startswith('ERROR') else f':{NAME} {line}')
    link.close()
    bot.await_log(f'disconnected: .*; next try in {again}')


def test_leaves_when_what_it_said_has_arrived(plays):
    server, bot = plays.start(answers={'PING': None})
    link = server.welcome()
    link.say('ana', ROOM, '!charter')
    fence = link.expect(r'^PING :?(kith-\d+)')[1]
    bot.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert not link.said('^QUIT')
    link.send(f':{NAME} PONG {NAME} :{fence}')
    link.expect('^QUIT')
    assert bot.process.wait(irc.WAIT_S) == 0
    bot.process = None


def test_does_not_wait_for_ever_to_leave(plays):
    server, bot = plays.start(answers={'PING': None})
    link = server.welcome()
    link.say('ana', ROOM, '!charter')
    link.expect(r'^PING :?kith-')
    bot.process.send_signal(signal.SIGTERM)
    assert bot.process.wait(4) == 0
    bot.process = None


def test_a_password_that_is_refused_is_not_tried_again(plays):
    server, bot = plays.start(answers={'NICK': None})
    link = server.meet()
    link.expect('^NICK')
    link.send(f':{NAME} 464 * :Password incorrect')
    link.await_end()
    assert bot.process.wait(irc.WAIT_S) == os.EX_NOPERM
    bot.process = None
    assert 'Password incorrect; kith does not try again' in bot.log.read_text()


@pytest.mark.parametrize('server, why', [
    ('no-such-host.invalid', '(?i:resolve)'),
    ('127.0.0.1', '(?i:connect|refused)'),
], ids=['a name that does not resolve', 'a closed port'])
def test_says_why_it_cannot_connect(plays, server, why):
    bot = plays.kith(irc.free_port(), keys={'server': server})
    bot.await_log(f'disconnected: .*{why}.*; next try in [56] s')


def test_a_line_cut_by_the_end_is_not_heard(plays):
    server, bot = plays.start()
    link = server.welcome()
    half_a_line(link)
    link.close()
    bot.await_log('next try')
    assert not link.said('nobody called “ha')


# A descriptor past FD_SETSIZE is what select(2), and so libircclient, cannot take.
OPEN_MANY = '''
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
for _ in range(1100):
    os.set_inheritable(os.open('/dev/null', os.O_RDONLY), True)
os.execv(sys.argv[1], sys.argv[1:])
'''


def test_a_thousand_descriptors_are_open_already(plays):
    server = plays.server()
    bot = plays.kith(server, through=[sys.executable, '-c', OPEN_MANY])
    # It says so and tries again, for they may be closed; it does not abort.
    bot.await_log('in #makers|disconnected: .*[Tt]oo many open files.*next try in [56] s')


# How far a server gets before it falls silent, what it leaves unanswered, and after how long and
# why kith gives it up.
SILENCES = {
    'accepted': ({'CAP': None, 'NICK': None, 'USER': None}, {}, '^(CAP|NICK)',
                 REGISTER_S, 'the server did not finish the registration'),
    'in the welcome': ({'USER': None}, {}, '^USER', REGISTER_S,
                       'the server did not finish the registration'),
    'in signing in': ({'AUTHENTICATE': None}, {'sasl': 'plain'}, '^AUTHENTICATE', SASL_S,
                      'services did not answer'),
    'in the handshake of TLS': ({}, {'tls': 'yes'}, None, REGISTER_S, '(?i:tim)'),
    'in the room': ({'PING': None}, {}, f'^JOIN :?{ROOM}', DEAD_S, 'the server does not answer'),
}


class Silent:
    def __init__(self, plays, name):
        answers, keys, self.last, self.seconds, self.why = SILENCES[name]
        if 'sasl' in keys:
            password = plays.folder / 'password'
            password.write_text('sesame')
            keys = {**keys, 'password-file': password}
        self.server, self.bot = plays.start(keys=keys, answers=answers, offers={'sasl': ''})

    def begin(self):
        self.link = self.server.meet()
        if self.last:
            self.link.expect(self.last)
        self.at = time.monotonic()


class HalfARecord(Silent):
    """What TLS has begun it never ends: there is always something to wait for, and never a line."""

    def __init__(self, plays, certificate):
        self.last, self.seconds, self.why = f'^JOIN :?{ROOM}', DEAD_S, 'the server does not answer'
        self.server, self.bot = plays.start(answers={'PING': None}, certificate=certificate)

    def begin(self):
        super().begin()
        with self.link.raw() as below:
            below.sendall(b'\x17\x03\x03\x01\x00half')


@pytest.fixture(scope='module')
def silences(plays_of_all, tmp_path_factory):
    silences = {name: Silent(plays_of_all, name) for name in SILENCES}
    silences['half a TLS record'] = HalfARecord(
        plays_of_all, Certificate(tmp_path_factory.mktemp('tls')))
    for silence in silences.values():
        silence.begin()
    return silences


@pytest.mark.long
@pytest.mark.parametrize('name', [*SILENCES, 'half a TLS record'])
def test_gives_up_a_server_that_is_silent(silences, name):
    silence = silences[name]
    silence.link.await_end(silence.seconds + irc.WAIT_S)
    assert silence.link.ended - silence.at >= silence.seconds - 2
    silence.bot.await_log(f'disconnected: .*{silence.why}.*; next try in [56] s')
