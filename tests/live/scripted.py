"""A server of IRC that says and does what its test tells it to: what no real one would.

What a client meets on real networks and in bad ones, and the tests that hold kith to it. Those of
test_services.py have a real network with services; fuzz_irc_line and fuzz_irc_session (tests/fuzz)
take the lines much further.

    a certificate that is wrong, expired, unknown    services: tells_why_it_does_not_trust_a_server
    CertFP, SASL EXTERNAL                            services: the_week_with_a_certificate...
                                                     registration: signs_in_with_its_certificate
    SASL accepted                                    services: the_week_with_a_password
                                                     registration: signs_in_*
      902, 904, 905 / 908 / 906, 263                 registration: stops_when_*, waits_for_*
      refused (NAK), not offered, no CAP             registration: waits_for_*, does_not_go_in_*
      never answered                                 link: gives_up_*[in signing in]
      in parts of 400                                registration: cuts_what_it_signs_in_with
    a password in the log, command line, store       registration: all that sign in; keeps_its_*
    CAP on several lines, NEW, DEL, NAK, ACK         registration: reads_offers_*, asks_for_*,
                                                     does_without_*, takes_odd_news_*
    433, 432, 437 at every stage                     registration: TestTakesAnotherNick
                                                     services: has_services_give_its_nick_back
    odd lines                                        hostile: passes_over, answers
      tags of 8191 and 8192 bytes                    hostile: answers, drops_tags_of_8192_bytes
      without end                                    hostile: keeps_no_line_without_end
      the 15th parameter, odd 005                    hostile: hears_the_fifteenth_*, takes_odd_*
      in many segments or records, or in one         hostile: hears_a_line_*, hears_many_lines_*
    CR, LF, NUL in what people say and in tags       injection: a_persons_text_*, a_title_*, a_tag_*
      in a nick                                      injection: a_nick_is_one_target_or_none
      in the configuration                           injection: a_value_*, a_room_begins_no_line
    % in every field                                 injection: *format, a_person_of_percents_*
    510 bytes, whatever the characters               speech: fills_a_line_*, cuts_at_words
      when the host changes                          speech: measures_again_*
                                                     services: long_lines_arrive_whole_behind_*
    100 commands, in order and no flood              speech: answers_many_commands_in_order
      from ten people, among a network's limits      bad_network: [burst]
      and every PING answered                        speech: answers_every_ping_*; [burst]
      and fair                                       speech: a_room_waits_for_no_other_target
    a peer that is dead, half a TLS record           link: gives_up_a_server_that_is_silent
      that does not read                             link: comes_back[deaf]
    closed or reset, also in mid-line                link: comes_back, a_line_cut_*
    ERROR, KILL, 465, K-line, throttle               link: comes_back, does_not_hurry_back_*
                                                     services: comes_back_after_a_kill, leaves_a_*
    no such name, closed port                        link: says_why_it_cannot_connect
    netsplit, services restarted                     services: says_nothing_of_*, stays_while_*
      on the smaller side of it                      bad_network: is_split_off_*
    stopped for minutes; cut off and not told        bad_network: [stopped], [cut]
    a restart with other limits                      bad_network: [other_limits]
    5 % loss and 300 ms                              bad_network: [slow_and_lossy]
    kill -9, whenever                                kills
    an impostor, no tag, logout, NICK                identity; services: knows_who_signs_in_*
    a nick that begins with ours                     identity: a_nick_that_begins_with_ours_*
    descriptors beyond 1023                          link: a_thousand_descriptors_*
    nobody speaks                                    link: rests_*
    an echo, a NOTICE, a nick cut short              speech: hears_its_echo_*, answers_no_notice,
                                                     keeps_a_nick_that_the_server_cuts

All of it runs under ASan and UBSan, and irc.Kith.check_log looks for what they say.
"""
import base64
import collections
import os
import pathlib
import queue
import re
import select
import socket
import ssl
import struct
import subprocess
import threading
import time

import irc
from irc import WAIT_S

ROOM = '#makers'
NAME = 'irc.test'  # the server's

Line = collections.namedtuple('Line', 'tags prefix command params')


def parse(text):
    """A line as the other side wrote it; that one writes no tags before a prefix of its own."""
    tags = prefix = None
    if text.startswith('@'):
        tags, text = text.split(' ', 1)
    if text.startswith(':'):
        prefix, text = text.split(' ', 1)
    words, _, last = text.partition(' :')
    command, *params = words.split(' ')
    return Line(tags, prefix, command, params + [last] if ' :' in text else params)


class Certificate:
    """A certificate for 127.0.0.1 and localhost that vouches for itself, and its key, in a file."""

    def __init__(self, folder):
        self.file = folder / 'server.pem'
        made = subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
             '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', folder / 'key.pem',
             '-out', self.file, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
            capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        with self.file.open('a') as both:
            both.write((folder / 'key.pem').read_text())

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


class Server:
    """Listens, and lets each connection be played by the test. What is not in the test's hands is
    done as a server would: `answers` takes commands out of the usual ones (None: silence), or gives
    them another answer, a function of the link and the line. `offers` are its capabilities, name to
    value; None: it knows no CAP. `accounts` are nick to account, of people in the room."""

    def __init__(self, certificate=None, answers=None, offers=None, accounts=None, tokens=''):
        self.answers = answers or {}
        self.offers = offers
        self.accounts = accounts or {}
        self.tokens = tokens  # of 005
        self.certificate = certificate
        self.links = []
        self._context = certificate and certificate.context()
        self._arrived = queue.Queue()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(('127.0.0.1', 0))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # stop() has shut it
            link = Link(self, connection, self._context)
            self.links.append(link)
            self._arrived.put(link)

    def meet(self, seconds=WAIT_S):
        """The next connection, as soon as it is there."""
        try:
            return self._arrived.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError('waited in vain for a connection') from None

    def welcome(self, seconds=WAIT_S):
        """The next connection, once it is in the room."""
        link = self.meet(seconds)
        link.expect(rf'^JOIN :?{ROOM}', seconds)
        link.await_answered()
        return link

    def check(self):
        """Nothing was said on any connection that may never be said."""
        for link in self.links:
            assert not link.failure or isinstance(link.failure, OSError), link.failure

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(WAIT_S)
        self._listener.close()
        for link in self.links:
            link.close()


class Link:
    """One connection, from the server's side. What kith says is read as it comes; `lines` has all
    of it, each line with its time."""

    def __init__(self, server, connection, context):
        self.server = server
        self.since = time.monotonic()
        self.nick = None
        self.lines = []
        self.ended = None  # when kith, or we, ended it
        self.failure = None  # of the handshake, or of an answer
        self._user = self._welcomed = self._negotiates = False
        self._login = None
        self._waiting = queue.Queue()
        self._answered = 0
        self._socket = connection
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._context = context
        self._wake, self._woken = socket.socketpair()
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        try:
            if self._context:
                self._socket = self._context.wrap_socket(self._socket, server_side=True)
            rest = b''
            while got := self._receive():
                *lines, rest = (rest + got).split(b'\n')
                for raw in lines:
                    self._hear(raw)
        except OSError as e:
            self.failure = self.failure or e
        except Exception as e:  # a fault of the test; await_answered and expect tell of it
            self.failure = e
        self.ended = time.monotonic()
        self._waiting.put(None)

    def _receive(self):
        """Bytes, none at the end or after stop_reading: a socket that is being read cannot be
        reset."""
        if not (self._context and self._socket.pending()):
            ready, _, _ = select.select([self._socket, self._woken], [], [])
            if self._woken in ready:
                return b''
        if not self._context:
            return self._socket.recv(65536)
        with self._lock:  # TLS cannot be read and written at once
            return self._socket.recv(65536)

    def _hear(self, raw):
        raw = raw.removesuffix(b'\r')
        text = raw.decode('utf-8', 'surrogateescape')
        self.lines.append((time.monotonic(), text))
        # Whatever it was that made kith speak, it says lines of IRC, whole ones, one at a time
        # (but to a server that cannot do TLS it may say its hello).
        if re.match(r'[A-Z]+ ', self.lines[0][1]) and \
                (len(raw) > 510 or b'\r' in raw or b'\0' in raw or not raw.strip()):
            self.failure = AssertionError(f'kith said {raw}')
        line = parse(text)
        usual = getattr(Link, f'_answer_{line.command.lower()}', None)
        answer = self.server.answers.get(line.command, usual)
        if answer:
            answer(self, line)
        self._waiting.put(text)
        self._answered = len(self.lines)

    # What a server answers.

    def tell(self, numeric, *rest):
        """A numeric for kith; the last of its parameters may have spaces."""
        *words, last = rest
        self.send(' '.join([f':{NAME} {numeric} {self.nick or "*"}', *words, f':{last}']))

    def _answer_cap(self, line):
        if self.server.offers is None:
            self.tell('421', 'CAP', 'Unknown command')
        elif line.params[0] == 'LS':
            self._negotiates = not self._welcomed
            offered = ' '.join(f'{name}={value}' if value else name
                               for name, value in self.server.offers.items())
            self.send(f':{NAME} CAP * LS :{offered}')
        elif line.params[0] == 'REQ':
            known = all(cap in self.server.offers for cap in line.params[1].split())
            self.send(f':{NAME} CAP {self.nick or "*"} {"ACK" if known else "NAK"} '
                      f':{line.params[1]}')
        elif line.params[0] == 'END':
            self._negotiates = False
            self._welcome()

    def _answer_nick(self, line):
        new = line.params[0]
        if self._welcomed:
            self.send(f':{self.mask()} NICK {new}')
        self.nick = new
        self._welcome()

    def _answer_user(self, line):
        self._user = True
        self._welcome()

    def _answer_authenticate(self, line):
        if line.params[0] in ('PLAIN', 'EXTERNAL'):
            self._login = ''
            self.send('AUTHENTICATE +')
            return
        self._login += '' if line.params[0] == '+' else line.params[0]
        if len(line.params[0]) < 400:
            self.sign_in()

    def sign_in(self):
        """SASL has gone well."""
        self.tell('900', '*!*@*', 'account', 'You are now logged in')
        self.tell('903', 'SASL authentication successful')

    def login(self):
        """What SASL PLAIN said: authzid, authcid and password."""
        return base64.b64decode(self._login).decode().split('\0')

    def _answer_join(self, line):
        for room in line.params[0].split(','):
            self.send(f':{self.mask()} JOIN {room}')
            everybody = ' '.join([self.nick, *self.server.accounts])
            self.tell('353', '=', room, everybody)
            self.tell('366', room, 'End of /NAMES list')

    def _answer_who(self, line):
        target = line.params[0]
        asked = re.match(r'%(\w+),(\w+)', line.params[1]) if len(line.params) > 1 else None
        for nick, account in self.server.accounts.items():
            if asked:  # the order of WHOX is its own, whatever the order that is asked for
                values = {'t': asked[2], 'c': target, 'u': nick, 'h': 'host', 'n': nick, 'f': 'H',
                          'a': account or '0', 'r': nick, 'd': '0', 'i': '127.0.0.1', 's': NAME,
                          'l': '0', 'o': 'n/a'}
                chosen = [values[c] for c in 'tcuihsnfdlaor' if c in asked[1]]
                self.send(f':{NAME} 354 {self.nick} {" ".join(chosen)}')
            else:
                self.tell('352', target, nick, 'host', NAME, nick, 'H', f'0 {nick}')
        self.tell('315', target, 'End of /WHO list')

    def _answer_whois(self, line):
        nick = line.params[-1]
        if account := self.server.accounts.get(nick):
            self.tell('330', nick, account, 'is logged in as')
        self.tell('318', nick, 'End of /WHOIS list')

    def _answer_ping(self, line):
        self.send(f':{NAME} PONG {NAME} :{line.params[0]}')

    def _answer_privmsg(self, line):
        if 'echo-message' in (self.server.offers or ()):
            self.send(f':{self.mask()} PRIVMSG {line.params[0]} :{line.params[1]}')

    def _answer_quit(self, line):
        self.send('ERROR :Closing link')

    def _welcome(self):
        if self.nick and self._user and not self._negotiates and not self._welcomed:
            self.welcome()

    def mask(self):
        return f'{self.nick}!~kith@host.test'

    def welcome(self):
        self._welcomed = True
        self.tell('001', f'Welcome, {self.nick}')
        self.tell('004', f'{NAME} scripted iow lmn', '')
        self.tell('005', f'CHANTYPES=# NICKLEN=30 {self.server.tokens}'.strip(),
                  'are supported by this server')
        self.tell('422', 'There is no message of the day')

    # What a test does.

    def send(self, line):
        """A line (text), or bytes as they are."""
        raw = line if isinstance(line, bytes) else \
            line.encode('utf-8', 'surrogateescape') + b'\r\n'
        try:
            with self._lock:
                self._socket.sendall(raw)
        except OSError as e:
            self.failure = self.failure or e  # kith was first; whoever waits hears of it

    def say(self, nick, target, text):
        self.send(f':{nick}!{nick}@host PRIVMSG {target} :{text}')

    def expect(self, pattern, seconds=WAIT_S):
        """The match in the first line not yet passed over that has one."""
        def heard():
            lines = '\n'.join(repr(line) for _, line in self.lines[-20:])
            return f'the server heard:\n{lines}\n{self.failure or ""}'
        return irc.expect(self._waiting, pattern, seconds, heard)

    def expect_said(self, target, text, seconds=WAIT_S):
        """kith says to `target` what matches; gives the whole text."""
        said = self.expect(rf'^PRIVMSG {re.escape(target)} :?(?P<text>.*(?:{text}).*)', seconds)
        return said['text']

    def asks(self, probe, nick='ana'):
        """Somebody asks something in the room, and is answered."""
        self.say(nick, ROOM, f'!who {probe}')
        return self.expect_said(ROOM, f'nobody called “{re.escape(probe)}”')

    def said(self, pattern=''):
        """Every line so far that matches."""
        return [line for _, line in list(self.lines) if re.search(pattern, line, re.S)]

    def await_answered(self):
        """Everything heard so far has been dealt with."""
        heard = len(self.lines)
        irc.wait_for('its own answers', lambda: self._answered >= heard)

    def await_end(self, seconds=WAIT_S):
        """kith has gone, or has been made to."""
        self._reader.join(max(0, seconds))
        assert not self._reader.is_alive(), 'the connection is still there'

    def stop_reading(self):
        self._wake.send(b'.')
        if threading.current_thread() is not self._reader:
            self._reader.join(WAIT_S)

    def raw(self):
        """The socket below TLS: a test may put there what TLS would not let it."""
        return socket.socket(fileno=os.dup(self._socket.fileno()))

    def close(self, reset=False):
        """With FIN, as a program that ends; or with RST."""
        if self._socket.fileno() < 0:
            return
        self.stop_reading()
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        for s in (self._socket, self._wake, self._woken):
            s.close()


CONFIG = '''
[group]
name = Makers
timezone = Europe/Berlin
organizers = test/olga
places = test/{room}
{group}
[irc test]
{irc}
[store]
path = {store}
[log]
level = debug
'''


class Kith(irc.Kith):
    """`kith run` on its way to a scripted server, by these keys of [irc test] and [group]. What it
    logs, at its most talkative, and its command line hold none of `secrets`, in no form."""

    def __init__(self, program, folder, keys, group, secrets=(), room=ROOM):
        usual = {'server': '127.0.0.1', 'tls': 'no', 'nick': 'kith', 'rate': '600'}
        text = CONFIG.format(
            room=room, store=folder / 'kith.db',
            irc='\n'.join(f'{key} = {value}' for key, value in {**usual, **keys}.items()),
            group='\n'.join(f'{key} = {value}' for key, value in group.items()))
        super().__init__(program, folder, text)
        self.secrets = [form for secret in secrets for form in forms_of(secret)]

    def start(self, through=()):
        """`through` is a command that becomes kith in the end."""
        with self.log.open('a') as log:
            self.process = subprocess.Popen(
                [*through, self.program, 'run', '-c', self.config], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.folder)

    def stop(self):
        if self.process and self.process.poll() is None:
            shown = b''.join(self.of_process(name) for name in ('cmdline', 'environ')).decode()
            assert not any(secret in shown for secret in self.secrets), shown
        super().stop()

    def check_log(self):
        super().check_log()
        log = self.log.read_text() if self.log.exists() else ''
        assert not any(secret in log for secret in self.secrets), log

    def of_process(self, name):
        return pathlib.Path(f'/proc/{self.process.pid}/{name}').read_bytes()


def forms_of(secret):
    """As it is, and as the middle of it looks in base64, whatever stands before and behind."""
    yield secret
    raw = secret.encode()
    for before in range(3):
        yield base64.b64encode(b'.' * before + raw)[4:-4].decode()


class Plays:
    """Starts scripted servers, each with a kith of its own, and ends them all."""

    def __init__(self, program, folder, cleanup):
        self.program = program
        self.folder = folder
        self.cleanup = cleanup
        self.number = 0

    def server(self, **server):
        played = Server(**server)
        self.cleanup.callback(played.stop)
        return played

    def kith(self, server, keys=None, group=None, through=(), **options):
        """On its way to `server`, which may also be the number of a port."""
        self.number += 1
        folder = self.folder / f'kith{self.number}'
        folder.mkdir()
        if isinstance(server, Server) and server.certificate:
            keys = {'tls': 'yes', 'ca-file': server.certificate.file, **(keys or {})}
        port = {'port': server.port if isinstance(server, Server) else server}
        bot = Kith(self.program, folder, {**port, **(keys or {})}, group or {}, **options)
        if isinstance(server, Server):
            self.cleanup.callback(server.check)
        self.cleanup.callback(bot.check_log)
        self.cleanup.callback(bot.stop)
        bot.start(through)
        return bot

    def start(self, keys=None, group=None, secrets=(), **server):
        """A server and a kith: the two of them."""
        played = self.server(**server)
        return played, self.kith(played, keys, group, secrets=secrets)
