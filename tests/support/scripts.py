#!/usr/bin/env python3
"""Plays sandbox scripts (tests/data/**/*.kith) and compares what kith says, byte for byte, with the
file of the same name that ends in .expected. A script's first lines may say how it is meant:
    # exit 65               kith leaves with this status; .expected is what it says on stderr
    # config: NAME.conf     played with -c NAME.conf, a file beside the script
    # after: OTHER.kith     played on the store that OTHER.kith, beside it, left behind: a later run
                            of kith. The sandbox clock starts anew, so its first line is an "@"; or
                            "!down", "@", "!up", where nothing is to happen on the way
    # reasons               what the guard names as its reasons, "(it names a price)", counts too;
                            elsewhere it is the reading's to say, and test_reading.c's to hold
    # decisions             there is no .expected: what matters is whom the guard answers and how. A
                            line "#= nudge" (decline, hold, show-how) under a message says so of it;
                            about every other message the guard is to say nothing.
"""
import argparse
import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SECONDS = 60
# A bot that looked at the machine's own zone instead of the group's would show here.
ENVIRONMENT = {**os.environ, 'TZ': 'Asia/Kathmandu', 'LC_ALL': 'C.UTF-8'}


# What the guard does, by the first word of what it says.
DECISIONS = {'pitch.nudge': 'nudge', 'pitch.decline': 'decline', 'pitch.held': 'hold',
             'pitch.show-how': 'show-how'}


REASONS = re.compile(rb'\(it [^()]*\)')


class Script:
    def __init__(self, path):
        self.path = path
        self.lines = path.read_text(encoding='utf-8').split('\n')
        head = self.lines[:5]
        self.reasons = '# reasons' in head
        self.decides = '# decisions' in head
        self.expected = None if self.decides else path.with_suffix('.expected')
        status = re.fullmatch(r'# exit (\d+)', head[0])
        self.status = int(status[1]) if status else 0
        named = dict(m.groups() for line in head if (m := re.fullmatch(r'# (\w+): (\S+)', line)))
        self.config = ['-c', named['config']] if 'config' in named else []
        self.after = Script(path.with_name(named['after'])) if 'after' in named else None

    def play(self, kith):
        """(what it said that matters, what went wrong or None)"""
        if not self.after:
            return self.run(kith)
        with tempfile.TemporaryDirectory() as folder:
            said, wrong = self.play_on(kith, f'{folder}/kith.db')
            return said.replace(f'{folder}/'.encode(), b''), wrong

    def play_on(self, kith, store):
        if self.after:
            _, wrong = self.after.play_on(kith, store)  # what it said is its own test's
            if wrong:
                return b'', f'{self.after.path}: {wrong}'
        return self.run(kith, '--db', store)

    def run(self, kith, *options):
        # From its own folder, so that no message holds a path of this machine.
        command = [kith, 'try', *self.config, *options, '--script', self.path.name]
        try:
            done = subprocess.run(command, cwd=self.path.parent, env=ENVIRONMENT, timeout=SECONDS,
                                  stdin=subprocess.DEVNULL, capture_output=True)
        except subprocess.TimeoutExpired:
            return b'', f'not done after {SECONDS} s'
        if done.returncode != self.status:
            stderr = done.stderr.decode(errors='replace')
            return b'', f'left with {done.returncode} instead of {self.status}\n{stderr}'
        return (done.stderr if self.status else done.stdout), None

    def check(self, kith):
        """What is wrong, or None."""
        if self.decides:
            return self.decided(kith)
        said, wrong = self.play(kith)
        if wrong:
            return wrong
        if not self.expected.exists():
            return f'there is no {self.expected.name}: read what it says, then tests/run --bless'
        expected = self.expected.read_bytes()
        if not self.reasons:
            said, expected = (REASONS.sub(b'(it ...)', text) for text in (said, expected))
        if said == expected:
            return None
        old, new = (text.decode(errors='replace').split('\n') for text in (expected, said))
        return '\n'.join(difflib.unified_diff(old, new, 'expected', 'said', lineterm=''))

    def marked(self):
        """Each message with the decision below it: '12 ana: text -> nudge'."""
        for i, (line, below) in enumerate(zip(self.lines, self.lines[1:] + ['']), 1):
            mark = below[2:].strip() if below.startswith('#=') else 'ignore'
            if line and not line.startswith(('#', '@', '!', 'members ')):
                yield i, line, mark

    def decided(self, kith):
        said, wrong = self.run(kith, '--json')
        if wrong:
            return wrong
        decisions = {}
        for post in map(json.loads, said.splitlines()):
            if decision := DECISIONS.get(post['word']):
                decisions.setdefault(post['line'], set()).add(decision)
        rows = [(f'{i} {line}', mark, ' '.join(sorted(decisions.pop(i, {'ignore'}))))
                for i, line, mark in self.marked()]
        wrongs = [f'{line}\n   is to be {mark}: it is {is_}' for line, mark, is_ in rows
                  if mark != is_]
        # On the way to a time something may fall due; the guard answers messages alone.
        wrongs += [f'line {i}: {done} without a message' for i, done in decisions.items()]
        return '\n'.join(wrongs) or None

    def bless(self, kith):
        if self.decides:
            return None
        said, wrong = self.play(kith)
        if not wrong:
            self.expected.write_bytes(said)
        return wrong


def orphans(folder, scripts):
    known = {script.expected for script in scripts}
    return sorted(path for path in folder.rglob('*.expected') if path not in known)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--bless', action='store_true', help='write the .expected files instead')
    parser.add_argument('kith', type=pathlib.Path)
    parser.add_argument('paths', nargs='+', type=pathlib.Path, help='scripts, or folders of them')
    options = parser.parse_args()
    kith = options.kith.resolve()

    scripts, strays = [], []
    for path in options.paths:
        found = [Script(p) for p in (sorted(path.rglob('*.kith')) if path.is_dir() else [path])]
        scripts += found
        strays += orphans(path, found) if path.is_dir() else []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda s: s.bless(kith) if options.bless else s.check(kith), scripts)
    failed = False
    for script, wrong in zip(scripts, results):
        if wrong:
            print(wrong)
            failed = True
        print(f'{"not ok" if wrong else "ok"} - {script.path}')
    for path in strays:
        print(f'not ok - {path}: no script of this name')
    sys.exit(1 if failed or strays else 0)


main()
