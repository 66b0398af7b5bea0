#!/usr/bin/env python3
"""Synapse, a real homeserver of Matrix: on loopback, alone in its world, and in no way slow.

It is got once and kept below $KITH_BUILD: from PyPI, as synapse.txt pins it, in a venv; where that
is out of reach and we are root, from Debian sid in a chroot. As a program this gets it, and prints
how it is run.
"""
import base64
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from typing import NamedTuple

import irc

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PINNED = HERE / 'synapse.txt'
NAME = 'hs.test'  # the server's; no other will ever ask for it
SECRET = 'spoons-and-almanacs'  # whoever has it may register people

START_S = 90  # on a machine that does a lot besides
INSTALL_S = 900


class Unavailable(Exception):
    """There is no way to have it here: why."""


def kept():
    """The folder of what the tests get once and keep."""
    folder = pathlib.Path(os.environ.get('KITH_BUILD', ROOT / 'build')) / 'peers'
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


@contextlib.contextmanager
def alone(name):
    """Of several that want the same, one gets it, and the others wait."""
    with (kept() / f'{name}.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def logged(log, command, **how):
    """Whether it went well; what it said is in the log."""
    with log.open('a') as output:
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  timeout=INSTALL_S, **how).returncode == 0
        except (OSError, subprocess.TimeoutExpired) as e:
            output.write(f'{e}\n')
            return False


class Program(NamedTuple):
    """How it is started, and the root folder it sees."""
    command: list
    root: pathlib.Path


def get():
    """The Program, or Unavailable."""
    with alone('synapse'):
        log = kept() / 'synapse.log'
        found = from_pypi(log) or from_sid(log)
    if not found:
        raise Unavailable(f'Synapse (neither PyPI nor a chroot of Debian sid; see {log})')
    return found


def from_pypi(log):
    venv = kept() / 'synapse-venv'
    stamp = venv / 'pinned'
    pinned = hashlib.sha256(PINNED.read_bytes() + sys.version.encode()).hexdigest()
    python = venv / 'bin/python3'
    if not (stamp.exists() and stamp.read_text() == pinned):
        if (kept() / 'synapse-sid').exists():
            return None  # that was the way, and still is
        shutil.rmtree(venv, ignore_errors=True)
        if not (logged(log, [sys.executable, '-m', 'venv', venv]) and
                logged(log, [python, '-m', 'pip', 'install', '--quiet', '--retries', '1',
                             '--only-binary', ':all:', '--require-hashes', '-r', PINNED])):
            return None
        stamp.write_text(pinned)
    return Program([str(python), '-m', 'synapse.app.homeserver'], pathlib.Path('/'))


def from_sid(log):
    room = kept() / 'synapse-sid'
    program = Program(['chroot', str(room), 'python3', '-m', 'synapse.app.homeserver'], room)
    if room.exists():
        return program
    if os.geteuid() != 0 or not logged(log, [ROOT / 'deploy/packages', 'fresh']):
        return None
    new = kept() / 'synapse-sid.new'
    shutil.rmtree(new, ignore_errors=True)
    if not logged(log, mmdebstrap(new)):
        return None
    new.rename(room)
    return program


def mmdebstrap(room):
    """The command that makes it, from this machine's mirror and by its way to it."""
    mirrors = subprocess.run(
        ['apt-get', 'indextargets', '--format', '$(ORIGIN) $(SUITE) $(REPO_URI)',
         'Created-By: Packages'], capture_output=True, text=True, timeout=60).stdout
    mirror = [line.split()[2] for line in mirrors.splitlines()
              if line.startswith('Debian ') and 'security' not in line][:1]
    options = room.with_suffix('.apt')
    acquire = subprocess.run(['apt-config', 'dump', 'Acquire'], capture_output=True, text=True,
                             timeout=60).stdout
    options.write_text('\n'.join(
        # A mirror may stand still; its signature is checked all the same.
        [line for line in acquire.splitlines() if 'IndexTargets' not in line] +
        ['Acquire::Check-Valid-Until "false";', 'Acquire::Languages "none";',
         'APT::Install-Recommends "false";', '']))
    return ['mmdebstrap', '--variant=minbase', '--mode=root', '--quiet', f'--aptopt={options}',
            *(f'--dpkgopt=path-exclude=/usr/share/{name}/*' for name in ('doc', 'man', 'locale')),
            # Compiling all of Python costs more than what is used of it later.
            '--essential-hook=chroot "$1" dpkg-divert --quiet --local --rename --add '
            '/usr/bin/py3compile && ln -s /bin/true "$1/usr/bin/py3compile"',
            '--include=matrix-synapse', 'sid', str(room), *mirror]


NO_LIMIT = {'per_second': 10000, 'burst_count': 10000}
NO_LIMITS = {
    **{f'rc_{name}': NO_LIMIT for name in (
        'message', 'registration', 'registration_token_validity', 'admin_redaction',
        'joins_per_room', '3pid_validation', 'key_requests', 'media_create', 'reports',
        'room_creation', 'user_directory')},
    'rc_login': dict.fromkeys(('address', 'account', 'failed_attempts'), NO_LIMIT),
    'rc_joins': dict.fromkeys(('local', 'remote'), NO_LIMIT),
    'rc_invites': dict.fromkeys(('per_room', 'per_user', 'per_issuer'), NO_LIMIT),
    'rc_presence': {'per_user': NO_LIMIT},
}


class Synapse:
    """A server on a port of its own. It can be stopped, killed, halted, and started again with
    another configuration, with all it has and on the same port. `changes` are of homeserver.yaml:
    rc_message, refreshable_access_token_lifetime, ..."""

    def __init__(self, program, **changes):
        self.program = program
        self.port = irc.free_port()
        self.base = f'http://127.0.0.1:{self.port}'
        self.process = None
        below = program.root / ('srv' if program.root != pathlib.Path('/') else
                                tempfile.gettempdir().lstrip('/'))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='kith-synapse-', dir=below))
        self.changes = changes
        self.output = self.folder / 'output.log'
        self.log = self.folder / 'homeserver.log'
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip('=')
        (self.folder / 'signing.key').write_text(f'ed25519 a_test {key}\n')

    def seen(self, name):
        """That file, as the server calls it."""
        return '/' + str((self.folder / name).relative_to(self.program.root))

    def configuration(self):
        return {
            'server_name': NAME,
            'public_baseurl': self.base + '/',  # told by /.well-known
            'pid_file': self.seen('pid'),
            'listeners': [{'port': self.port, 'type': 'http', 'tls': False,
                           'bind_addresses': ['127.0.0.1'],
                           'resources': [{'names': ['client'], 'compress': False}]}],
            'database': {'name': 'sqlite3', 'args': {'database': self.seen('homeserver.db')}},
            'log_config': self.seen('log.yaml'),
            'media_store_path': self.seen('media'),
            'signing_key_path': self.seen('signing.key'),
            'registration_shared_secret': SECRET,
            'macaroon_secret_key': SECRET,
            'form_secret': SECRET,
            'report_stats': False,
            'trusted_key_servers': [],
            'suppress_key_server_warning': True,
            'federation_domain_whitelist': [],
            'presence': {'enabled': False},
            'bcrypt_rounds': 4,
            # Else a sync is answered as it was two minutes ago, if it is asked in the same words.
            'caches': {'sync_response_cache_duration': '0s'},
            **NO_LIMITS,
            **self.changes,
        }

    def logging(self):
        return {
            'version': 1,
            'disable_existing_loggers': False,
            'formatters': {'line': {'format': '%(asctime)s %(name)s %(levelname)s %(message)s'}},
            'handlers': {'file': {'class': 'logging.FileHandler', 'formatter': 'line',
                                  'filename': self.seen('homeserver.log')}},
            'root': {'level': 'INFO', 'handlers': ['file']},
        }

    def start(self, **changes):
        self.changes.update(changes)
        for name, content in (('homeserver.yaml', self.configuration()),
                              ('log.yaml', self.logging())):
            (self.folder / name).write_text(json.dumps(content, indent=1))  # which is YAML, too
        # Without what it has compiled once, it takes five times as long.
        environment = {name: value for name, value in os.environ.items()
                       if name != 'PYTHONDONTWRITEBYTECODE'}
        with self.output.open('a') as output:
            self.process = subprocess.Popen(
                [*self.program.command, '-c', self.seen('homeserver.yaml')], env=environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder)
        irc.wait_for(f'Synapse (see {self.folder})', self.answers, START_S)

    def answers(self):
        assert self.process.poll() is None, self.output.read_text()[-4000:]
        try:
            with urllib.request.urlopen(f'{self.base}/_matrix/client/versions', timeout=2):
                return True
        except OSError:
            return False

    def requests(self, agent, method, path):
        """[(seconds, status, path)] of what was asked by such a user agent and answered, in the
        order of the answers; `path` is a pattern of what stands behind v3/."""
        line = re.compile(
            rf'^\S+ (\d+):(\d+):([\d,]+) .* Processed request: .* (\d+)!? '
            rf'"{method} /_matrix/client/v3/({path}\S*) \S*" "{re.escape(agent)}', re.M)
        return [(3600 * int(hours) + 60 * int(minutes) + float(seconds.replace(',', '.')),
                 int(status), asked)
                for hours, minutes, seconds, status, asked in line.findall(self.log.read_text())]

    def halt(self):
        """It is there, and does nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait(irc.WAIT_S)
        self.process = None

    def stop(self):
        if not self.process:
            return
        self.go_on()
        self.process.terminate()
        try:
            self.process.wait(irc.WAIT_S)
            self.process = None
        except subprocess.TimeoutExpired:
            self.kill()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == '__main__':
    try:
        print(*get().command)
    except Unavailable as e:
        sys.exit(f'There is no {e}')
