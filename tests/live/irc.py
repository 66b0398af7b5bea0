"""A real server of IRC and scripted people on it, for tests that run kith as its users would."""
import base64
import json
import os
import queue
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

WAIT_S = 15  # for anything a test awaits; a loaded machine is slow

SANITIZER = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehavior')


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def listen(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', port))
    listener.listen()
    return listener


def program(name):
    """Where a daemon is, None if it is not installed."""
    return shutil.which(name, path=f'{os.environ["PATH"]}:/usr/sbin')


def any_of(words):
    """Matches any of them."""
    return f'(?:{"|".join(map(re.escape, words))})'


def wait_for(what, condition, seconds=WAIT_S):
    """What `condition` gives, once that is true."""
    end = time.monotonic() + seconds
    while not (got := condition()):
        assert time.monotonic() < end, f'waited in vain for {what}'
        time.sleep(0.02)
    return got


def expect(lines, pattern, seconds, heard):
    """The match in the first line of that queue that has one; None in it is its end. `heard` tells
    what came instead."""
    end = time.monotonic() + seconds
    while True:
        try:
            line = lines.get(timeout=max(0, end - time.monotonic()))
        except queue.Empty:
            line = None
        assert line is not None, f'waited in vain for {pattern}; {heard()}'
        if found := re.search(pattern, line, re.S):
            return found


class Ngircd:
    """ngircd, on a port of its own. It can be stopped and started again, on the same port."""

    def __init__(self, folder, password=None):
        self.folder = folder
        self.password = password
        self.port = free_port()
        self.process = None
        self.log = folder / 'ngircd.log'
        self.configure()

    def configure(self, penalty_s=0):
        """For the next start. The server makes whoever says much wait, up to `penalty_s` at a time;
        -1 is its own measure, three lines a second or so."""
        (self.folder / 'ngircd.conf').write_text(f'''
            [Global]
            Name = irc.test
            Info = test
            AdminEMail = nobody@irc.test
            Listen = 127.0.0.1
            Ports = {self.port}
            MotdPhrase = welcome
            {f'Password = {self.password}' if self.password else ''}
            [Limits]
            MaxConnectionsIP = 0
            MaxNickLength = 20
            MaxPenaltyTime = {penalty_s}
            PingTimeout = 120
            [Options]
            DNS = no
            Ident = no
            PAM = no
        ''')

    def start(self):
        with self.log.open('a') as log:
            self.process = subprocess.Popen(
                [program('ngircd'), '-n', '-f', self.folder / 'ngircd.conf'],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(f'ngircd (see {self.log})', self.answers)

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            socket.create_connection(('127.0.0.1', self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(WAIT_S)
            self.process = None

    def keys(self):
        """Where and how to connect, of [irc test]."""
        return f'server = 127.0.0.1\nport = {self.port}\ntls = no\nnick = kith'


class Person:
    """Somebody on IRC, by TLS if there is an ssl.SSLContext, signed in if there are an account and
    its password. What the server says is read as it comes, each line with its time."""

    def __init__(self, port, nick, *rooms, context=None, account=None, password=None):
        self.nick = nick
        self.nicks = [nick]  # and what it was called before
        self.lines = []  # (monotonic seconds, line), all of them: for a test that looks back
        self._waiting = queue.Queue()  # the same, until expect has passed over them
        self._socket = socket.create_connection(('127.0.0.1', port), WAIT_S)
        self._turn = threading.Lock()  # TLS cannot be read and written at once
        if context:
            self._socket = context.wrap_socket(self._socket, server_hostname='localhost')
        self._socket.settimeout(0 if context else None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if account:
            self.send('CAP REQ sasl')
        self.send(f'NICK {nick}')
        self.send(f'USER {nick} * * :{nick}')
        if account:
            self.sign_in(account, password)
        self.expect(r' (376|422) ')
        for room in rooms:
            self.join(room)

    def sign_in(self, account, password):
        self.expect(r' CAP \S+ ACK :?sasl')
        self.send('AUTHENTICATE PLAIN')
        self.expect(r'AUTHENTICATE :?\+')
        secret = f'\0{account}\0{password}'.encode()
        self.send('AUTHENTICATE ' + base64.b64encode(secret).decode())
        self.expect(' 903 ')
        self.send('CAP END')

    def _read(self):
        rest = b''
        while heard := self._receive():
            *lines, rest = (rest + heard).split(b'\n')
            for raw in lines:
                line = raw.decode('utf-8', 'replace').rstrip('\r')
                if line.startswith('PING '):
                    self.send('PONG ' + line[5:])
                    continue
                self.lines.append((time.monotonic(), line))
                self._waiting.put(line)
        self._waiting.put(None)

    def _receive(self):
        """What there is to read, once there is something; b'' at the end."""
        while isinstance(self._socket, ssl.SSLSocket):
            with self._turn:
                try:
                    return self._socket.recv(4096)
                except ssl.SSLWantReadError:
                    pass
                except OSError:
                    return b''
            select.select([self._socket], [], [])
        try:
            return self._socket.recv(4096)
        except OSError:
            return b''

    def send(self, line):
        with self._turn:
            self._socket.sendall(line.encode() + b'\r\n')

    def join(self, room):
        self.send(f'JOIN {room}')
        self.expect(f' 366 {re.escape(self.nick)} {re.escape(room)} ')

    def say(self, target, text):
        self.send(f'PRIVMSG {target} :{text}')

    def rename(self, nick):
        self.send(f'NICK {nick}')
        self.expect(rf'^:{re.escape(self.nick)}!\S+ NICK :?{re.escape(nick)}$')
        self.nick = nick
        self.nicks.append(nick)

    def expect(self, pattern, seconds=WAIT_S):
        """The match in the first line not yet passed over that has one."""
        return expect(self._waiting, pattern, seconds, lambda: f'{self.nick} heard:\n' +
                      '\n'.join(line for _, line in self.lines[-20:]))

    def expect_said(self, nick, target, text, seconds=WAIT_S):
        """`nick` says to `target` (a room or us) what matches `text`; gives the whole text."""
        said = self.expect(rf'(?i)^:{re.escape(nick)}!\S+ PRIVMSG {re.escape(target)} :?'
                           rf'(?-i:(?P<text>.*{text}.*))', seconds)
        return said['text']

    def expect_silence(self, pattern, seconds):
        """Nothing that matches is said for so long. Ends with the time: use it where nothing
        that must come can be waited for instead."""
        time.sleep(seconds)
        while not self._waiting.empty():
            line = self._waiting.get()
            assert not (line and re.search(pattern, line)), line

    def heard(self, pattern):
        """Every line so far that matches."""
        return [line for _, line in list(self.lines) if re.search(pattern, line)]

    def said_in(self, *rooms):
        """[(monotonic seconds, nick, text)] of all that was said in these rooms (or to these
        nicks), in order."""
        heard = re.compile(rf'^:(?P<nick>[^!]+)!\S+ PRIVMSG {any_of(rooms)} :?(?P<text>.*)')
        found = ((at, heard.match(line)) for at, line in list(self.lines))
        return [(at, m['nick'], m['text']) for at, m in found if m]

    def quit(self):
        try:
            self.send('QUIT')
            self._socket.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # the server was first
        self._reader.join(WAIT_S)
        self._socket.close()


class Kith:
    """`kith run` with a configuration of its own, in a folder of its own."""

    def __init__(self, program, folder, config, env=None):
        self.program = program
        self.env = env
        self.folder = folder
        self.process = None
        self.log = folder / 'kith.log'
        self.config = folder / 'kith.conf'
        self.config.write_text(config)
        self.secrets = []  # what must never be in the log

    def start(self):
        with self.log.open('a') as log:
            self.process = subprocess.Popen([self.program, 'run', '-c', self.config],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, env=self.env)

    def await_log(self, pattern, times=1, seconds=WAIT_S):
        def logged():
            assert self.process.poll() is None, self.log.read_text()
            return len(re.findall(pattern, self.log.read_text())) >= times
        try:
            wait_for(pattern, logged, seconds)
        except AssertionError as e:
            raise AssertionError(f'{e}; the log:\n{self.log.read_text()}') from None

    def sandbox(self, script):
        """What it says in the sandbox, by the same configuration, while this script is played: an
        object for each post, as --json gives them."""
        written = self.folder / 'week.kith'
        written.write_text(script)
        done = subprocess.run(
            [self.program, 'try', '-c', self.config, '--script', written, '--json'],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=self.folder)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def kill(self):
        self.process.kill()
        self.process.wait(WAIT_S)
        self.process = None

    def stop(self):
        """SIGTERM; it must leave cleanly within five seconds."""
        if not self.process:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(WAIT_S)
            log = self.log.read_text()
            raise AssertionError('kith did not leave within 5 s:\n' + log) from None
        assert status == 0, f'kith left with {status}:\n{self.log.read_text()}'

    def check_log(self):
        log = self.log.read_text() if self.log.exists() else ''
        assert not SANITIZER.search(log), log
        assert not any(secret in log for secret in self.secrets), log
