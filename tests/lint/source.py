"""What the lints share: the repository's files, and C read as a compiler's first pass reads it."""
import argparse
import pathlib
import re
import subprocess
import sys

_PIECES = re.compile(r'''
    (?P<comment> /\*.*?\*/ | //[^\n]* )
  | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
''', re.VERBOSE | re.DOTALL)


class Lint:
    """One lint's run: its options, the files it may look at, and what it found."""

    def __init__(self, doc, *options):
        parser = argparse.ArgumentParser(description=doc)
        parser.add_argument('--root', type=pathlib.Path,
                            default=pathlib.Path(__file__).resolve().parents[2],
                            help='the repository (default: the one this file is in)')
        for name, help_text in options:
            parser.add_argument(name, required=True, type=pathlib.Path, help=help_text)
        self.options = parser.parse_args()
        self.root = self.options.root.resolve()
        listed = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
            cwd=self.root, check=True, capture_output=True, text=True).stdout.split('\0')
        self.files = sorted({name for name in listed if name and (self.root / name).is_file()})
        self.found = []

    def named(self, *patterns):
        """The files that match one of `patterns`; here * stands for any characters, / included."""
        return [name for name in self.files if matches(name, patterns)]

    def text(self, name):
        return (self.root / name).read_text(encoding='utf-8')

    def is_text(self, name):
        try:
            return '\0' not in self.text(name)
        except UnicodeDecodeError:
            return False

    def at(self, name, line, what):
        self.found.append((name, line, what))

    def end(self):
        """Says what was found, a line each as compilers do, and exits 1 if it was anything."""
        for name, line, what in sorted(set(self.found)):
            print(f'{name}:{line}: {what}')
        sys.exit(1 if self.found else 0)


def matches(name, patterns):
    return any(re.fullmatch('.*'.join(map(re.escape, pattern.split('*'))), name)
               for pattern in patterns)


def _blank(text):
    return re.sub(r'[^\n]', ' ', text)


def without_comments(text):
    """`text` with its comments blanked out; every other character keeps its place."""
    return _PIECES.sub(lambda m: _blank(m[0]) if m['comment'] else m[0], text)


def code_only(text):
    """Likewise, and with what stands between quotes blanked out too."""
    return _PIECES.sub(
        lambda m: _blank(m[0]) if m['comment'] else m[0][0] + _blank(m[0][1:-1]) + m[0][-1], text)


def comments(text):
    """(offset, comment) of each comment."""
    return [(m.start(), m[0]) for m in _PIECES.finditer(text) if m['comment']]


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1
