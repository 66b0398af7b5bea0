"""kith's sandbox from outside: plays a script, reads what kith said and what it has kept."""
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timezone

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('KITH_BUILD', ROOT / 'build'))
LOGS = BUILD / 'logs'
KITH = pathlib.Path(os.environ.get('KITH', BUILD / 'sanitized' / 'kith')).resolve()

# A bot that looked at the machine's own zone instead of the group's would show here.
ENVIRONMENT = {
    'ASAN_OPTIONS': 'exitcode=99',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1:exitcode=99',
    **os.environ, 'TZ': 'Asia/Kathmandu', 'LC_ALL': 'C.UTF-8'}

# Nothing here loses power: a store in memory is as good as one on a disk, and much faster.
MEMORY = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None

DAY_US = 24 * 3600 * 10**6

# What the daily chores throw away, whenever they run: a start runs them too, so of two stores only
# one may hold what is older than this. Table -> (column, age); see bot/app/schedule.c.
CHORES = {
    'record': ('at_us', 30 * DAY_US),
    'outbox': ('expires_at_us', 60 * DAY_US),
    'absence': ('until_us', 400 * DAY_US),
    'launch': ('until_us', 30 * DAY_US),
    'promotion': ('at_us', 30 * DAY_US),
    'pitch': ('at_us', 30 * DAY_US),
    'leave': ('until_us', 0),
}

# Columns that hold hashes keyed with what is in one store alone, in the order in which they are
# numbered: what is equal in one store is to be equal in the other.
HASHES = [('pitch', 'text'), ('pitch', 'event'), ('pitch', 'stranger'), ('leave', 'stranger'),
          ('vouch', 'stranger'), ('exempt', 'text'), ('outbox', 'source')]
HASH = re.compile(r'[0-9a-f]{64}')


@dataclass
class Played:
    """What became of a script."""
    status: int
    out: str
    errors: str
    posts: list = field(default_factory=list)   # of dict, with --json
    store: dict = field(default_factory=dict)   # table -> sorted rows, each a dict
    raw: bytes = b''                            # the store's file, byte for byte
    faults: list = field(default_factory=list)  # what SQLite itself finds wrong with the store

    @property
    def refused(self):
        """The script was at fault, not kith."""
        return self.status == 65


def play(lines, as_json=True, timeout_s=600):
    """Plays `lines` on a new store and reads it afterwards."""
    with tempfile.TemporaryDirectory(prefix='kith-', dir=MEMORY) as name:
        folder = pathlib.Path(name)
        # Relative paths in the same folder each time, so that no message tells runs apart.
        (folder / 'script').write_text(''.join(f'{line}\n' for line in lines), encoding='utf-8')
        command = [KITH, 'try', '--script', 'script', '--db', 'kith.db']
        done = subprocess.run(command + ['--json'] * as_json, cwd=folder, env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s)
        played = Played(done.returncode, done.stdout.decode('utf-8', 'strict'),
                        done.stderr.decode('utf-8', 'replace'))
        if done.returncode == 0:
            if as_json:
                played.posts = [json.loads(line) for line in played.out.split('\n') if line]
            played.raw = (folder / 'kith.db').read_bytes()
            read_store(folder / 'kith.db', played)
        return played


def read_store(path, played):
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    played.faults = [row[0] for row in connection.execute('PRAGMA integrity_check')
                     if row[0] != 'ok']
    played.faults += [f'foreign key: {tuple(row)}'
                      for row in connection.execute('PRAGMA foreign_key_check')]
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"
                                " AND name NOT LIKE 'sqlite_%'").fetchall()
    for (name,) in tables:
        rows = [dict(row) for row in connection.execute(f'SELECT * FROM {name}')]
        played.store[name] = sorted(rows, key=lambda row: repr(sorted(row.items())))
    connection.close()


def microseconds(post):
    """When a post was said."""
    at = datetime.strptime(post['at'], '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=timezone.utc)
    return int(at.timestamp()) * 10**6


def _event(event):
    """The id of what somebody said, without what tells one run's ids from another's."""
    return re.sub(r'^[0-9a-f]{16}\.', '', event) if event else event


def _number_hashes(store):
    """What has no number of its own is of a text that is known from a pitch, or of any other."""
    numbers = {}
    for table, column in HASHES:
        for row in sorted(store.get(table, []), key=lambda row: row.get('id', 0)):
            if not HASH.fullmatch(row[column] or ''):
                continue
            if 'id' in row:
                numbers.setdefault(row[column], f'{column} {len(numbers) + 1}')
            row[column] = numbers.get(row[column], f'some {column}')


def comparable(store, now_us):
    """`store` without what differs between two runs of one conversation: ids and keys that are
    random or made from such, the order of posts among themselves, and what chores may have thrown
    away by `now_us`."""
    out = {}
    current = {table: [dict(row) for row in rows if table not in CHORES
                       or row[CHORES[table][0]] >= now_us - CHORES[table][1]]
               for table, rows in store.items()}
    _number_hashes(current)
    for table, rows in current.items():
        kept = []
        for rank, row in enumerate(sorted(rows, key=lambda row: row.get('id', 0))):
            if table == 'meta' and row['key'] == 'hash-key':
                row['value'] = None
            if table == 'record':
                row['event'] = _event(row['event'])
                row['id'] = rank  # where chores have left none, numbers begin anew
            if table == 'outbox':
                del row['key'], row['seq']
                row['reply_to'] = _event(row['reply_to'])
                row['source'] = _event(row['source'])
            kept.append(row)
        out[table] = sorted(kept, key=lambda row: repr(sorted(row.items())))
    return out


def store_differences(a, b):
    """What of two comparable stores is not the same, a line each."""
    for table in sorted(a.keys() | b.keys()):
        left, right = ([repr(row) for row in store.get(table, [])] for store in (a, b))
        for row in left:
            if left.count(row) > right.count(row):
                yield f'{table}: only without: {row}'
        for row in right:
            if right.count(row) > left.count(row):
                yield f'{table}: only with: {row}'


def post_differences(a, b):
    """The first post that is not the same in two conversations."""
    for i in range(max(len(a), len(b))):
        left, right = (posts[i] if i < len(posts) else None for posts in (a, b))
        if left != right:
            yield f'without: {left}'
            yield f'with:    {right}'
            return


CRASHED = '-- kith crashed and starts again --'


def conversation(out):
    """Text output without what says that kith crashed, nor the days: such a remark begins one."""
    without = re.compile(r'-- (kith crashed and starts again|!crash.*|\w+day \d+ \w+ \d{4}) --|')
    return [line for line in out.split('\n') if not without.fullmatch(line)]


def ended_us(played):
    return microseconds(played.posts[-1]) if played.posts else 0


def needs_kith():
    if not KITH.is_file():
        raise SystemExit(f'there is no {KITH}: build it, or name it in $KITH')
