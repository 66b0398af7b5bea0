"""kith matrix login and status, against a homeserver that does what it is told to: what is kept,
what is told, and what never is."""
import contextlib
import fcntl
import hashlib
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import termios

import pytest

import homeserver
import irc
from homeserver import KITH, ROOM, Answer

PASSWORD = 'four-words-nobody-says'
CONFIG = '''
[group]
name = Makers
timezone = UTC
organizers = home/@olga:hs.test
places = home/{room}, home/#makers:hs.test
[matrix home]
homeserver = {base}
user = {user}
[store]
path = {store}
'''
OK, USAGE, NO_INPUT, TRY_LATER, REFUSED = 0, 64, 66, 75, 77


class Place:
    def __init__(self, program, folder, server):
        self.program = program
        self.folder = folder
        self.store = folder / 'kith.db'
        self.config = folder / 'kith.conf'
        self.config.write_text(CONFIG.format(room=ROOM, base=server.base, user=KITH,
                                             store=self.store))

    def command(self, *words):
        return [str(self.program), 'matrix', *words, '-c', str(self.config)]

    def run(self, *words, given='', status=OK):
        """What it says on both outputs."""
        done = subprocess.run(self.command(*words), input=given, capture_output=True, text=True,
                              timeout=irc.WAIT_S)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        for secret in (PASSWORD, homeserver.TOKEN):
            assert secret not in done.stdout + done.stderr
        return done.stdout + done.stderr

    def content(self):
        """Of every file, but for what SQLite keeps while somebody reads."""
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in self.folder.iterdir() if path.suffix not in ('.db-shm', '.db-wal')}


@pytest.fixture
def server(cleanup):
    server = homeserver.Server()
    cleanup.callback(server.stop)
    cleanup.callback(server.check)
    server.answer('GET', '/joined_rooms$', lambda _: Answer({'joined_rooms': [7, ROOM]}))

    def login(request):
        if request.body['password'] != PASSWORD:
            return Answer.error(403, 'M_FORBIDDEN')
        return None
    server.answer('POST', '/login$', login)
    return server


@pytest.fixture
def place(kith_program, tmp_path, server):
    return Place(kith_program, tmp_path, server)


def test_signs_in_and_tells_how_that_stands(place, server):
    told = place.run('login', given=PASSWORD + '\n')
    for line in ('home: signed in', f'homeserver  {server.base}', f'user        {KITH}',
                 'device      KITH', f'{ROOM} (Makers): kith is in it',
                 '#makers:hs.test (Makers): kith is not in it', '50 one-time keys left',
                 'made by kith\n', 'the account has signed this device',
                 f'invite {KITH} to #makers:hs.test, as @olga:hs.test'):
        assert line in told
    key = place.folder / 'home.key'
    assert key.stat().st_mode & 0o777 == 0o600
    for path in place.folder.iterdir():
        assert PASSWORD.encode() not in path.read_bytes()
        assert homeserver.TOKEN.encode() not in path.read_bytes()
    before = place.content()
    assert place.run('status') == told
    assert place.content() == before
    # The same device again, and what the store keeps is another session's.
    place.run('login', 'home', given=PASSWORD)
    devices = {request.body['device_id'] for request in server.requested('POST', '/login$')}
    assert len(devices) == 1 and len(server.requested('POST', '/login$')) == 2


def test_signs_its_device(place, server):
    told = place.run('login', given=PASSWORD)
    master, = server.identity['master_key']['keys'].values()
    device, = server.device_keys
    shown = {words[0]: words[1] for line in told.splitlines()
             if len(words := line.split(maxsplit=1)) == 2}
    assert shown['identity'].replace(' ', '').startswith(master)
    assert shown['keys'].replace(' ', '').startswith(
        server.device_keys[device]['keys'][f'ed25519:{device}'])
    signer, = server.identity['self_signing_key']['keys']
    assert signer in server.device_keys[device]['signatures'][KITH]
    # All is there: nothing of it is put there again.
    uploads = len(server.requested('POST', '/(device_signing|signatures)/upload$'))
    assert place.run('login', given=PASSWORD) == told
    assert len(server.requested('POST', '/(device_signing|signatures)/upload$')) == uploads
    # Nobody signs it any more.
    del server.device_keys[device]['signatures'][KITH][signer]
    assert 'the account has not signed this device' in place.run('status')
    assert place.run('login', given=PASSWORD) == told


def test_identity_made_elsewhere(place, server):
    foreign = {'master_key': {'user_id': KITH, 'usage': ['master'], 'keys': {'ed25519:x': 'x'}}}
    server.identity = foreign
    told = place.run('login', given=PASSWORD, status=REFUSED)
    assert 'home: signed in' in told and 'made elsewhere' in told
    assert 'kith matrix login --replace-identity' in told
    assert server.identity == foreign and place.run('status') in told
    assert 'the account has signed this device' in place.run(
        'login', '--replace-identity', given=PASSWORD)
    assert server.identity != foreign
    place.run('status', '--replace-identity', status=USAGE)


def test_server_asks_for_the_password_again(place, server):
    def ask(request):
        auth = request.body.get('auth', {})
        if auth.get('password') == PASSWORD and auth['session'] == 'session':
            return None
        return Answer({'flows': [{'stages': ['m.login.password']}], 'session': 'session'}, 401)
    server.answer('POST', '/device_signing/upload$', ask)
    assert 'the account has signed this device' in place.run('login', given=PASSWORD)


def test_token_of_no_device(place, server):
    server.answer('GET', '/whoami$', lambda _: Answer({'user_id': KITH}))
    (place.folder / 'token').write_text(f'{homeserver.TOKEN}1')
    place.config.write_text(place.config.read_text().replace(
        '[store]', 'token-file = token\n[store]'))
    told = place.run('login', status=REFUSED)
    assert 'the access token belongs to no device' in told and not server.device_keys


def test_lost_store(place, server):
    """Of that device nobody has the keys any more: another one takes its place."""
    place.run('login', given=PASSWORD)
    lost, = server.device_keys
    for path in place.folder.glob('kith.db*'):
        path.unlink()
    server.one_time_keys.clear()
    told = place.run('login', '--replace-identity', given=PASSWORD)
    assert len(server.device_keys) == 2 and f'device      {lost},' not in told
    assert 'the account has signed this device' in told
    left, = server.requested('POST', '/logout$')
    assert left.token == f'{homeserver.TOKEN}2'
    assert place.run('status') == told


def test_refused(place, server):
    told = place.run('login', given='wrong\n', status=REFUSED)
    assert f'does not take the password for {KITH}' in told
    assert 'not signed in' in place.run('status', status=REFUSED)
    place.run('login', given='', status=NO_INPUT)
    place.run('login', given=PASSWORD)
    server.answer('GET', '/whoami$', lambda _: Answer.error(401, 'M_UNKNOWN_TOKEN'))
    assert 'signed in no more' in place.run('status', status=REFUSED)


def test_status_makes_nothing(place):
    before = place.content()
    told = place.run('status', status=REFUSED)
    assert 'next        sign in: kith matrix login home' in told
    assert place.content() == before


def test_status_tells_who_signs_in(place):
    by_itself = 'kith run, which signs in by itself'
    assert by_itself not in place.run('status', status=REFUSED)
    place.config.write_text(place.config.read_text().replace(
        '[store]', 'token-file = token\n[store]'))
    assert by_itself in place.run('status', status=REFUSED)


@pytest.mark.parametrize('algorithm', ['m.megolm.v1.aes-sha2', 'm.other'])
def test_status_tells_of_an_encrypted_room(place, algorithm):
    place.run('login', given=PASSWORD)
    with contextlib.closing(sqlite3.connect(place.store)) as store:
        store.execute('INSERT INTO matrix_state(network, room, type, sender, content) '
                      "VALUES('home', ?, 'm.room.encryption', ?, ?)",
                      (ROOM, homeserver.OLGA, json.dumps({'algorithm': algorithm})))
        store.commit()
    told = place.run('status')
    known = algorithm == 'm.megolm.v1.aes-sha2'
    assert (f'{ROOM} (Makers): kith is in it, encrypted\n' in told) == known
    assert (f'{ROOM} (Makers): kith is in it, but it is encrypted in a way' in told) != known
    assert (f"make another room, and name it in 'places' instead of {ROOM}" in told) != known


def test_beside_a_kith_that_runs(place):
    place.run('login', given=PASSWORD)
    with place.store.open('rb') as store:
        fcntl.flock(store, fcntl.LOCK_EX)
        assert 'in use by another kith' in place.run('login', given=PASSWORD, status=TRY_LATER)
        place.run('status')


def test_which(place):
    assert 'no [matrix work]; there is: home' in place.run('status', 'work', status=USAGE)
    place.run('status', 'home', 'more', status=USAGE)
    place.run('leave', status=USAGE)
    place.config.write_text(place.config.read_text().replace(
        '[store]', f'[matrix work]\nuser = {KITH}\n[store]'))
    assert 'which of them: home, work?' in place.run('login', status=USAGE)
    place.run('status', 'home', status=REFUSED)


class Terminal:
    """kith matrix login with somebody in front of it."""

    def __init__(self, place):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            command = place.command('login')
            os.execv(command[0], command)
        self.told = b''

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def type(self, text):
        irc.wait_for('no echo', lambda: not self.echoes(), irc.WAIT_S)
        os.write(self.fd, text)

    def end(self):
        """How it ended; whether the terminal is as it was, and all it told."""
        try:
            while more := os.read(self.fd, 4096):
                self.told += more
        except OSError:
            pass  # nobody is at its other end
        echoes = self.echoes()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return status, echoes, self.told.decode()


def test_password_at_a_terminal(place):
    terminal = Terminal(place)
    terminal.type(PASSWORD.encode() + b'\n')
    status, echoes, told = terminal.end()
    assert os.waitstatus_to_exitcode(status) == OK and echoes
    assert f'Password of {KITH}: ' in told and 'home: signed in' in told
    assert PASSWORD not in told


def test_thought_better_of_it(place):
    terminal = Terminal(place)
    terminal.type(b'half a pass\x03')
    status, echoes, told = terminal.end()
    assert os.waitstatus_to_exitcode(status) == -signal.SIGINT and echoes
    assert 'half' not in told


def check(place, keys=''):
    """kith check --connect: its status, and what it says on standard output."""
    place.config.write_text(place.config.read_text().replace('[store]', f'{keys}\n[store]'))
    done = subprocess.run([str(place.program), 'check', '-c', str(place.config), '--connect'],
                          capture_output=True, text=True, timeout=irc.WAIT_S, cwd=place.folder)
    for secret in (PASSWORD, homeserver.TOKEN):
        assert secret not in done.stdout + done.stderr
    return done.returncode, done.stdout


def test_check_connect_leaves_a_session_alone(place, server):
    (place.folder / 'password').write_text(PASSWORD)
    before = place.content()
    status, told = check(place, 'password-file = password')
    assert status == OK, told
    assert re.search(f'home: the homeserver is {server.base}, not encrypted\n'
                     'home: it takes passwords; .*kith matrix status home.*\n'
                     'home: all is well\n', told)
    assert not server.requested('POST', '')
    assert place.content().keys() == before.keys()


def test_check_connect_tells_whose_a_token_is(place, server):
    (place.folder / 'token').write_text(f'{homeserver.TOKEN}1')
    status, told = check(place, 'token-file = token')
    assert status == OK, told
    assert f'home: the token is one of {KITH}\nhome: all is well\n' in told
    server.answer('GET', '/whoami$', lambda _: Answer.error(401, 'M_UNKNOWN_TOKEN'))
    status, told = check(place)
    assert status == REFUSED
    assert re.search('home: .* does not take the access token .*token-file\nhome: refused; ', told)
    assert not server.requested('POST', '')
    (place.folder / 'token').write_text('')
    assert check(place)[0] == os.EX_CONFIG


def test_check_connect_tells_what_cannot_be_reached(place, server):
    server.answer('GET', '/versions$', lambda _: Answer(b'<html>', 404))
    status, told = check(place)
    assert status == os.EX_UNAVAILABLE
    assert re.search(f"home: what answers at {server.base} is no homeserver; look at 'homeserver' "
                     r'in \[matrix home\]\nhome: could not be reached; look at user, homeserver',
                     told)
