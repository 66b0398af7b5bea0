"""kith as a service: what it tells its manager, reading its configuration again, leaving, and `kith
check --connect`."""
import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import threading
import time

import pytest

import conftest
import irc

ROOM = '#makers'


class Manager:
    """The end of systemd's that a service tells how it is: sd_notify(3)."""

    def __init__(self, address):
        self.address = address
        self.told = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind('\0' + address[1:] if address.startswith('@') else address)

    def expect(self, pattern, seconds=irc.WAIT_S):
        """The next datagram that matches; what comes before it is passed over."""
        end = time.monotonic() + seconds
        while True:
            self._socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                text = self._socket.recv(4096).decode()
            except TimeoutError:
                raise AssertionError(f"waited in vain for {pattern}: {self.told[-9:]}") from None
            self.told.append(text)
            if found := re.fullmatch(pattern, text):
                return found

    def pings_within(self, seconds):
        end = time.monotonic() + seconds
        pings = 0
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                pings += self._socket.recv(4096) == b'WATCHDOG=1'
            except TimeoutError:
                break
        return pings

    def close(self):
        self._socket.close()


class Guarded:
    """A server that wants a password and says so by its number (ngircd only hangs up); whoever
    knows it may be in any room, alone."""

    def __init__(self, certificate=None):
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=self._listener.accept()[:1],
                                 daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), client:
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            self._talk(client)

    @staticmethod
    def _talk(client):
        with client, client.makefile('rb') as stream:
            password = nick = None
            for line in stream:
                word, _, rest = line.decode().rstrip().partition(' ')
                if word == 'PASS':
                    password = rest.lstrip(':')
                elif word == 'NICK':
                    nick = rest
                elif word == 'USER' and password != 'hunter2':
                    client.sendall(b':irc.test 464 * :Password incorrect\r\n')
                elif word == 'USER':
                    client.sendall(f':irc.test 001 {nick} :Welcome\r\n'
                                   f':irc.test 422 {nick} :No MOTD\r\n'.encode())
                elif word == 'JOIN':
                    client.sendall(f':{nick}!k@host JOIN {rest}\r\n'
                                   f':irc.test 353 {nick} = {rest} :{nick}\r\n'
                                   f':irc.test 366 {nick} {rest} :End\r\n'.encode())
                elif word == 'PING':
                    client.sendall(f':irc.test PONG irc.test {rest}\r\n'.encode())

    def close(self):
        self._listener.close()


@pytest.fixture
def guarded(cleanup):
    server = Guarded()
    cleanup.callback(server.close)
    return server


@pytest.fixture
def manager(tmp_path, cleanup, monkeypatch):
    listening = Manager(str(tmp_path / 'notify'))
    cleanup.callback(listening.close)
    monkeypatch.setenv('NOTIFY_SOCKET', listening.address)
    return listening


def change(bot, *pairs):
    text = bot.config.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    bot.config.write_text(text)


def reload(bot):
    """SIGHUP, and the configuration is in force."""
    times = len(re.findall('read again', bot.log.read_text()))
    bot.process.send_signal(signal.SIGHUP)
    bot.await_log('read again', times + 1)


def run(program, *words, folder, **more):
    return subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=90, cwd=folder, **more)


def test_tells_its_manager_how_it_is(manager, kith):
    bot = kith()
    manager.expect('READY=1')
    manager.expect('STATUS=test: connecting')
    manager.expect('STATUS=test: online')
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    bot.process.send_signal(signal.SIGHUP)
    told = manager.expect(r'RELOADING=1\nMONOTONIC_USEC=(\d+)')
    assert before <= int(told[1]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    manager.expect('READY=1')
    change(bot, ('[group]', '[grupp]'))
    bot.process.send_signal(signal.SIGHUP)
    manager.expect(r'(?s)RELOADING=1.*')
    manager.expect('READY=1')  # as it was
    bot.stop()
    manager.expect('STOPPING=1')


def test_tells_an_abstract_socket(kith, cleanup, monkeypatch):
    manager = Manager(f'@kith-test-{os.getpid()}')
    cleanup.callback(manager.close)
    monkeypatch.setenv('NOTIFY_SOCKET', manager.address)
    kith(wait=False)
    manager.expect('READY=1')


def test_a_stuck_kith_says_nothing_to_the_watchdog(manager, kith, monkeypatch):
    monkeypatch.setenv('WATCHDOG_USEC', '1000000')
    bot = kith()
    manager.expect('READY=1')
    assert manager.pings_within(3) >= 4
    bot.process.send_signal(signal.SIGSTOP)
    manager.pings_within(0.6)  # what was on its way
    assert manager.pings_within(2) == 0
    bot.process.send_signal(signal.SIGCONT)
    manager.expect('WATCHDOG=1')


def test_reads_its_configuration_again_and_stays(kith, person):
    observer = person('observer', ROOM)
    bot = kith()
    observer.expect(r'^:kith!\S+ JOIN')
    change(bot, ('name = Makers', 'name = Makers\nprefix = ,'))
    reload(bot)
    observer.say(ROOM, ',charter')
    observer.expect_said('kith', ROOM, 'Makers')
    assert not observer.heard(r'^:kith!\S+ (QUIT|PART)')
    assert len(observer.heard(r'^:kith!\S+ JOIN')) == 1


def test_a_faulty_configuration_changes_nothing(kith, person):
    observer = person('observer', ROOM)
    bot = kith()
    change(bot, ('name = Makers', 'name = Makers\nprefix = ,\nsoft-cap = many'))
    bot.process.send_signal(signal.SIGHUP)
    bot.await_log(r'kith.conf:5: soft-cap: .many. is not a number')
    bot.await_log('stays as it was')
    observer.say(ROOM, '!charter')
    observer.expect_said('kith', ROOM, 'Makers')
    assert not observer.heard(r'^:kith!\S+ QUIT')


def test_goes_where_the_configuration_says(kith, person):
    observer = person('observer', ROOM, '#more')
    bot = kith()
    change(bot, ('places = test/#makers', 'places = test/#makers, test/#more'))
    reload(bot)
    observer.expect(r'^:kith!\S+ JOIN :?#more')
    observer.say('#more', '!charter')
    observer.expect_said('kith', '#more', 'Makers')
    change(bot, ('nick = kith', 'nick = kin'))
    reload(bot)
    observer.expect(r'^:kin!\S+ JOIN :?#more')
    assert len(observer.heard(r'^:kith!\S+ QUIT :?.*leaves')) == 2


def test_a_reload_it_is_asked_for_at_its_start_is_not_its_end(kith_program, tmp_path):
    file = config(tmp_path, 1)
    pipe = tmp_path / 'pipe'  # who reads it waits for all of it
    os.mkfifo(pipe)
    with subprocess.Popen([kith_program, 'run', '-c', pipe], cwd=tmp_path,
                          stderr=subprocess.PIPE, text=True) as process:
        with pipe.open('w') as stream:
            process.send_signal(signal.SIGHUP)
            stream.write(file.read_text())
            file.replace(pipe)
        assert any('read again' in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_an_organizer_may_ask_for_it_too(kith, person):
    olga = person('olga', ROOM)
    bot = kith()
    olga.say('kith', 'admin reload')
    olga.expect_said('kith', 'olga', 'read the configuration again')
    bot.await_log('read again')
    change(bot, ('name = Makers', 'name = Makers\nsoft-cap = many\ntea = yes'))
    olga.say('kith', 'admin reload')
    olga.expect_said('kith', 'olga', r'kith.conf:4: soft-cap: .*\(the log has the others\)')


def test_fifty_reloads_among_people(kith, person):
    ana = person('ana', ROOM)
    bot = kith()
    for i in range(50):
        prefix = '!' if i % 2 else '?'
        text = re.sub(r'(?m)^prefix = .\n', '', bot.config.read_text())
        # Each fifth time the network's own section is another one too.
        text = re.sub(r'(?m)^rate = \d+', f'rate = {600 - i // 5}', text)
        bot.config.write_text(text.replace('name = Makers', f'name = Makers\nprefix = {prefix}'))
        ana.say(ROOM, 'just talking')
        reload(bot)
        ana.say(ROOM, f'{prefix}charter')
    ana.say(ROOM, 'kith: charter')
    ana.expect_said('kith', ROOM, 'Makers')


def test_a_changed_password_connects_anew(tmp_path, kith, guarded):
    (tmp_path / 'password').write_text('wrong\n')
    # The other network keeps it from giving up altogether.
    bot = kith(wait=False, sections='[irc guarded]\nserver = 127.0.0.1\nnick = kith\ntls = no\n'
               f'port = {guarded.port}\npassword-file = password\nsasl = no\n')
    bot.await_log('irc guarded: the server refuses its password')
    bot.await_log('irc test: in')
    (tmp_path / 'password').unlink()
    bot.process.send_signal(signal.SIGHUP)
    bot.await_log(r'kith.conf:\d+: password-file: .*cannot be read')
    (tmp_path / 'password').write_text('hunter2\n')
    reload(bot)
    bot.await_log('irc guarded: registered')
    assert len(re.findall('irc test: connected', bot.log.read_text())) == 1
    reload(bot)
    (tmp_path / 'password').write_text('hunter3\n')
    reload(bot)
    bot.await_log('irc guarded: the server refuses its password', times=2)
    assert 'hunter2' not in bot.log.read_text()


def test_ends_where_every_network_has_given_up(kith_program, guarded, tmp_path):
    (tmp_path / 'password').write_text('wrong\n')
    file = config(tmp_path, guarded.port, 'password-file = password\nsasl = no')
    done = run(kith_program, 'run', '-c', file, folder=tmp_path)
    assert done.returncode == os.EX_NOPERM, done.stderr
    assert 'every network has given up' in done.stderr


def test_one_kith_a_store(kith, kith_program, tmp_path):
    bot = kith()
    second = run(kith_program, 'run', '-c', bot.config, folder=tmp_path)
    assert second.returncode == os.EX_UNAVAILABLE
    assert f'kith.db is in use by another kith (process {bot.process.pid})' in second.stderr
    assert sorted(path.name for path in tmp_path.glob('kith.db*')) == \
        ['kith.db', 'kith.db-shm', 'kith.db-wal']


def config(tmp_path, port, keys='', places='test/#makers', store='kith.db'):
    there = f'server = 127.0.0.1\nport = {port}\ntls = no\nnick = kith\n'
    text = conftest.CONFIG.format(zone='Europe/Berlin', keys=there + keys, store=store,
                                  sections='')
    file = tmp_path / 'kith.conf'
    file.write_text(text.replace('places = test/#makers', f'places = {places}'))
    return file


def test_says_what_to_do_about_the_stores_folder(kith_program, tmp_path):
    file = config(tmp_path, 1, store='none/kith.db')
    done = run(kith_program, 'run', '-c', file, folder=tmp_path)
    assert done.returncode == os.EX_CANTCREAT
    assert 'there is no folder none; make it' in done.stderr
    (tmp_path / 'none').write_text('')
    assert run(kith_program, 'run', '-c', file, folder=tmp_path).returncode == os.EX_CANTCREAT


def test_leaves_alone_what_is_no_store_of_its_own(kith_program, tmp_path):
    """With a status that the service is not started again after."""
    file = config(tmp_path, 1)
    (tmp_path / 'kith.db').write_text('a shopping list, of all things; ' * 9)
    done = run(kith_program, 'run', '-c', file, folder=tmp_path)
    assert done.returncode == os.EX_DATAERR
    assert 'kith.db is not a database' in done.stderr
    (tmp_path / 'kith.db').unlink()
    with contextlib.closing(sqlite3.connect(tmp_path / 'kith.db')) as other:
        other.execute('CREATE TABLE shopping (list)')
        other.commit()
    done = run(kith_program, 'run', '-c', file, folder=tmp_path)
    assert done.returncode == os.EX_DATAERR
    assert 'kith.db is a database of some other program' in done.stderr


def check(program, file, folder, **more):
    return run(program, 'check', '-c', file, '--connect', folder=folder, **more)


def test_check_connect_finds_all_well(kith_program, ircd, person, tmp_path):
    people = [person(nick, ROOM) for nick in ('ana', 'ben')]
    done = check(kith_program, config(tmp_path, ircd.port), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(f'test: connected to 127.0.0.1:{ircd.port}, not encrypted\n.*'
                     r'test: registered as kith, account none\n.*'
                     r'test: in #makers; people there: 2\n'
                     r'test: all is well\n', done.stdout, re.DOTALL)
    people[0].expect(r'^:kith!\S+ QUIT')
    assert not people[0].heard(r'^:kith!\S+ (PRIVMSG|NOTICE)')
    assert not list(tmp_path.glob('kith.db*'))


def test_check_connect_leaves_a_nick_to_whoever_has_it(kith_program, ircd, person, tmp_path):
    owner = person('kith', ROOM)
    done = check(kith_program, config(tmp_path, ircd.port), tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.search('test: registered as kith_.*; the nick it should have is taken', done.stdout)
    owner.say(ROOM, 'still here')
    assert not owner.heard(r'^:kith!\S+ NICK')


def test_check_connect_tells_of_a_server_without_accounts(kith_program, ircd, tmp_path):
    file = config(tmp_path, ircd.port, keys='trust-nicks = yes')
    assert 'trust-nicks' not in check(kith_program, file, tmp_path).stdout
    done = check(kith_program, config(tmp_path, ircd.port), tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.search('test: the server does not tell .* see trust-nicks', done.stdout)


def test_check_connect_asks_whether_a_port_is_for_tls(kith_program, cleanup, tmp_path):
    listener = socket.create_server(('127.0.0.1', 0))
    cleanup.callback(listener.close)

    def greet():
        with listener.accept()[0] as client:
            client.sendall(b':irc.test NOTICE * :hello\r\n')
            client.recv(4096)

    threading.Thread(target=greet, daemon=True).start()
    file = config(tmp_path, listener.getsockname()[1])
    file.write_text(file.read_text().replace('tls = no\n', ''))
    done = check(kith_program, file, tmp_path)
    assert done.returncode == os.EX_UNAVAILABLE
    assert re.search(r'test: connecting to 127.*\n'
                     r'test: disconnected: .*\(is this a port for TLS\?\)\n', done.stdout)


def test_check_connect_tells_of_a_room_that_is_closed(kith_program, ircd, person, tmp_path):
    owner = person('owner', '#closed')
    owner.send('MODE #closed +i')
    owner.expect('MODE #closed')
    done = check(kith_program, config(tmp_path, ircd.port, places='test/#makers, test/#closed'),
                 tmp_path)
    assert done.returncode == os.EX_UNAVAILABLE, done.stdout
    assert 'test: in #makers; nobody else is there\n' in done.stdout
    assert re.search('test: cannot join #closed: ', done.stdout)
    assert 'again later' not in done.stdout  # a trial does not


def test_check_connect_tells_of_a_server_that_lets_nobody_in(kith_program, ircd, tmp_path):
    (tmp_path / 'password').write_text('hunter2\n')
    done = check(kith_program, config(tmp_path, ircd.port, keys='password-file = password'),
                 tmp_path)
    assert done.returncode == os.EX_UNAVAILABLE, done.stdout
    assert re.search(r'test: connected to .*\ntest: disconnected: .*SASL.*\n'
                     r'test: reached, but it did not let kith in; mend', done.stdout)


def test_check_connect_tells_what_cannot_be_reached(kith_program, tmp_path):
    done = check(kith_program, config(tmp_path, irc.free_port()), tmp_path)
    assert done.returncode == os.EX_UNAVAILABLE
    assert re.search(r'test: disconnected: [^;\n]*\ntest: could not be reached; look at server',
                     done.stdout)


def test_check_connect_tells_of_a_refusal(kith_program, guarded, tmp_path):
    file = config(tmp_path, guarded.port, keys='password-file = env:KITH_PASSWORD\nsasl = no')
    done = check(kith_program, file, tmp_path, env=os.environ | {'KITH_PASSWORD': 'wrong'})
    assert done.returncode == os.EX_NOPERM, done.stdout
    assert re.search('test: refused; look at account, password-file', done.stdout)
    done = check(kith_program, file, tmp_path, env=os.environ | {'KITH_PASSWORD': 'hunter2'})
    assert done.returncode == 0, done.stdout
    assert 'hunter2' not in done.stdout + done.stderr


def test_check_connect_tells_of_the_certificate(kith_program, cleanup, tmp_path):
    if not shutil.which('openssl'):
        conftest.missing('openssl')
    pem = tmp_path / 'server.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=irc.test',
                    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', pem, '-out',
                    tmp_path / 'ca.pem'], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / 'ca.pem').read_text())
    server = Guarded(pem)
    cleanup.callback(server.close)
    (tmp_path / 'password').write_text('hunter2\n')

    def try_with(keys):
        file = config(tmp_path, server.port, f'password-file = password\nsasl = no\n{keys}')
        file.write_text(file.read_text().replace('tls = no\n', ''))
        return check(kith_program, file, tmp_path)

    done = try_with('')
    assert done.returncode == os.EX_UNAVAILABLE
    assert re.search('test: disconnected: .*certificate', done.stdout)
    done = try_with('ca-file = ca.pem')
    assert done.returncode == 0, done.stdout
    assert f'test: connected to 127.0.0.1:{server.port}, certificate valid\n' in done.stdout


def test_check_connect_does_not_try_a_faulty_configuration(kith_program, tmp_path):
    done = check(kith_program, config(tmp_path, 1, keys='password-file = none'), tmp_path)
    assert done.returncode == os.EX_CONFIG
    assert re.search(r'kith.conf:\d+: password-file: .*none cannot be read', done.stderr)
    assert done.stdout == ''


@pytest.fixture
def unit():
    if not shutil.which('systemd-analyze'):
        conftest.missing('systemd-analyze')
    return conftest.ROOT / 'deploy/kith.service'


def test_the_unit_is_locked_in(unit):
    done = subprocess.run(['systemd-analyze', 'security', '--offline=true', '--threshold=15', unit],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    exposure = re.search(r'Overall exposure level for \S+: ([\d.]+)', done.stdout)
    assert float(exposure[1]) <= 1.5, done.stdout


def test_the_unit_is_right(unit, kith_program, tmp_path):
    """With the program put where it is, since it need not be installed here."""
    built = tmp_path / 'kith.service'
    text = unit.read_text()
    assert 'ExecStart=/usr/bin/kith ' in text
    built.write_text(text.replace('/usr/bin/kith ', f'{kith_program} '))
    done = subprocess.run(['systemd-analyze', 'verify', '--man=no', built], capture_output=True,
                          text=True)
    assert done.returncode == 0 and 'kith.service' not in done.stderr, done.stderr
