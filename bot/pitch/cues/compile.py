#!/usr/bin/env python3
"""compile.py OUT FILE...: writes the cue lists as the constant tables of pitch/cues.h.

A list is read line by line; `#` begins a comment.

    {channel} = channel|page|vlog*     a set, for this file; sets may name earlier ones
    [sign-up]                          what follows are weak cues of this family
    [sign-up!]                         ... strong ones
    subscri* .. my {channel}, join us  cues, separated by commas

A cue is a row of words that follow each other within one sentence. A word is written as the fold
leaves it or with its accents, `wo*` is every word that begins so, `a|b|c*` any of these, `word?`
may be missing, `..` is up to three words in between, `^` stands before the first word of a
sentence. `|` divides single words, and rows of words within parentheses only: `i am|im a` is
"i am a" or "i im a", `(i am|im) a` is what people write; `(..)?` may be missing.
<link> <mail> <handle> <number> <money> <percent> <referral> are what a tokenizer can see: a price
with its currency sign, a link with somebody's code in it. An apostrophe is left out ("dont"),
except after an elided French word ("l offre"); a hyphen is a space.
"""
import pathlib
import re
import sys
import unicodedata

POSITIVE = ['offer', 'price', 'sign-up', 'scarcity', 'benefit', 'own', 'action', 'contact',
            'recruit', 'referral', 'follow', 'disguise']
NEGATIVE = ['question', 'feedback', 'thanks', 'answer', 'quotation', 'group', 'help', 'technical',
            'others', 'talk']
ASIDE = ['asks', 'asks-not', 'newcomer', 'about-me']
FAMILIES = POSITIVE + NEGATIVE + ASIDE
CLASSES = ['<link>', '<mail>', '<handle>', '<number>', '<money>', '<percent>', '<referral>']
GAP, GAPS_MOST, WORDS_MOST, VARIANTS_MOST = 3, 2, 10, 16
STRONG, START = 1, 2
PLACE = re.compile(r'\([^()]*\)\??|[^\s()]+')
ELIDED = re.compile(r"\b(l|d|j|n|m|t|s|c|qu)'(?=\w)")
LETTERS = str.maketrans({'ß': 'ss', 'œ': 'oe', 'æ': 'ae', 'ø': 'o', 'ł': 'l', '’': "'"})


def fold(text):
    """As pitch/fold leaves letters; ё is е besides, as people type it."""
    out = []
    for c in unicodedata.normalize('NFC', text.lower()):
        if '\u0400' <= c <= '\u04ff':
            out.append('е' if c == 'ё' else c)
        else:
            parts = unicodedata.normalize('NFKD', c)
            out.append(''.join(p for p in parts if not unicodedata.combining(p)))
    return ''.join(out).translate(LETTERS)


class Lists:
    def __init__(self):
        self.cues = {}   # (family, flags, ((alternatives, gap before), ...)) -> where from
        self.where = ''

    def fail(self, what):
        raise SystemExit(f'{self.where}: {what}')

    def read(self, path):
        self.sets, family, flags = {}, None, 0
        for n, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
            self.where = f'{path.name}:{n}'
            line = fold(line.split('#')[0]).strip()
            if not line:
                continue
            if set_line := re.fullmatch(r'(\{[\w-]+\}) *= *(.+)', line):
                self.sets[set_line[1]] = self.word(set_line[2].replace(' ', ''))
            elif section := re.fullmatch(r'\[([\w-]+)(!?)\]', line):
                if section[1] not in FAMILIES:
                    self.fail(f'no family {section[1]}; there are {" ".join(FAMILIES)}')
                family, flags = section[1], STRONG if section[2] else 0
            elif family is None:
                self.fail('a cue before the first [family]')
            else:
                for phrase in filter(None, map(str.strip, line.split(','))):
                    self.phrase(FAMILIES.index(family), flags, phrase)

    def word(self, text):
        """The alternatives of one place in a cue."""
        found = set()
        for one in text.split('|'):
            if one in CLASSES:
                found.add(one)
            elif one.startswith('{'):
                if one not in self.sets:
                    self.fail(f'no set {one} above this line')
                found |= self.sets[one]
            elif not re.fullmatch(r'[^\W_]+\*?', one):
                self.fail(f'"{one}" in "{text}" is no word')
            else:
                found.add(one)
        return frozenset(found)

    def apart(self, text):
        """Elided words are words of their own."""
        parts = []
        for part in re.split(r'([(|)]|\s+)', text):
            parts.append(re.sub(ELIDED, r'\1 ', part).replace("'", ''))
        return ''.join(parts)

    def rows(self, text):
        """The rows of words in a group; single words of it are one place."""
        rows, single = [], []
        for row in map(str.strip, text.split('|')):
            if ' ' in row:
                rows.append([None if w == '..' else self.word(w) for w in row.split()])
            else:
                single.append(row)
        return rows + ([[self.word('|'.join(single))]] if single else [])

    def phrase(self, family, flags, text):
        text = text.replace('-', ' ') if '<' not in text and '{' not in text else text
        if text.startswith('^'):
            flags, text = flags | START, text[1:]
        if re.sub(PLACE, '', text).strip():
            self.fail(f'"{text}": parentheses within or without others')
        variants, missing = [[]], False
        for part in re.findall(PLACE, text):
            if part == '..':
                variants = [v + [None] for v in variants]
                continue
            optional = part.endswith('?')
            part, missing = part.rstrip('?'), missing or optional
            if part.startswith('('):
                rows = self.rows(self.apart(part[1:-1]))
            elif '|' in part and re.search(ELIDED, part):
                self.fail(f'"{part}": two words cannot be one of several; write (d\'un|de)')
            else:
                rows = [[self.word(w) for w in self.apart(part).split()]]
            variants = [v + r for r in rows for v in variants] + (variants if optional else [])
        if len(variants) > VARIANTS_MOST:
            self.fail(f'"{text}": too many words that may be missing')
        if missing and any(len([w for w in v if w]) < 2 for v in variants):
            self.fail(f'"{text}": one word is left if others are missing; write them apart')
        for variant in variants:
            self.add(family, flags, variant, text)

    def add(self, family, flags, words, text):
        while words and words[0] is None:
            words = words[1:]
        row, gap = [], 0
        for word in words:
            if word is None:
                gap = GAP
            else:
                row.append((word, gap))
                gap = 0
        if not row or gap or len(row) > WORDS_MOST:
            self.fail(f'"{text}": a cue has one to {WORDS_MOST} words and ends with one')
        if sum(g > 0 for _, g in row) > GAPS_MOST:
            self.fail(f'"{text}": at most {GAPS_MOST} gaps')
        self.cues.setdefault((family, flags, tuple(row)), self.where)


class Tables:
    """Words to atoms (what stands at one place of a cue, as a number) by a trie; atoms to cues."""

    def __init__(self, cues):
        ordered = sorted(cues, key=lambda c: (c[0], c[1], [(sorted(w), g) for w, g in c[2]]))
        atoms = {}
        for _, _, row in ordered:
            for word, _ in row:
                atoms.setdefault(word, len(atoms))
        self.n_atoms = len(atoms)
        exact, prefix, self.classes = {}, {}, [[] for _ in CLASSES]
        for word, atom in atoms.items():
            for one in word:
                if one in CLASSES:
                    self.classes[CLASSES.index(one)].append(atom)
                elif one.endswith('*'):
                    prefix.setdefault(one[:-1].encode(), []).append(atom)
                else:
                    exact.setdefault(one.encode(), []).append(atom)
        self.lists, self.list_at = [0], {(): 0}
        self.trie(exact, prefix)
        self.class_lists = [self.list_of(c) for c in self.classes]
        self.index(ordered, atoms)

    def list_of(self, atoms):
        key = tuple(sorted(atoms))
        if key not in self.list_at:
            self.list_at[key] = len(self.lists)
            self.lists += [len(key), *key]
        return self.list_at[key]

    def trie(self, exact, prefix):
        """Breadth first: the edges of node n are first[n] .. first[n + 1], and edge e leads to
        node e + 1, so that an edge needs no target."""
        words = sorted(set(exact) | set(prefix))
        self.first, self.byte, self.exact, self.prefix = [], [], [], []
        level = [(b'', words)]
        while level:
            below = []
            for path, under in level:
                self.first.append(len(self.byte))
                self.exact.append(self.list_of(exact.get(path, ())))
                self.prefix.append(self.list_of(prefix.get(path, ())))
                at = len(path)
                by_byte = {}
                for word in under:
                    if len(word) > at:
                        by_byte.setdefault(word[at], []).append(word)
                for byte, rest in sorted(by_byte.items()):
                    self.byte.append(byte)
                    below.append((path + bytes([byte]), rest))
            level = below
        self.first.append(len(self.byte))

    def index(self, ordered, atoms):
        by_first = [[] for _ in range(self.n_atoms)]
        for cue in ordered:
            by_first[atoms[cue[2][0][0]]].append(cue)
        self.by_atom, self.cues, self.words = [], [], []
        for starting in by_first:
            self.by_atom.append(len(self.cues))
            for family, flags, row in starting:
                self.cues.append((len(self.words), len(row), family, flags))
                self.words += [(atoms[word], gap) for word, gap in row]
        self.by_atom.append(len(self.cues))


def numbers(kind, name, values):
    if max(values) > (255 if kind == 'uint8_t' else 65535):
        raise SystemExit(f'{name}: too large for {kind}')
    rows = [f'const {kind} {name}[] = {{']
    for i in range(0, len(values), 20):
        rows.append('\t' + ' '.join(f'{v},' for v in values[i:i + 20]))
    return rows + ['};', '']


def main():
    out, *paths = sys.argv[1:]
    lists = Lists()
    for path in map(pathlib.Path, paths):
        lists.read(path)
    t = Tables(lists.cues)
    rows = ['#include "pitch/cues.h"', '', '#include <stdint.h>', '']
    rows += numbers('uint16_t', 'cues_trie_first', t.first)
    rows += numbers('uint8_t', 'cues_trie_byte', t.byte)
    rows += numbers('uint16_t', 'cues_trie_exact', t.exact)
    rows += numbers('uint16_t', 'cues_trie_prefix', t.prefix)
    rows += numbers('uint16_t', 'cues_atoms', t.lists)
    rows += numbers('uint16_t', 'cues_class_atoms', t.class_lists)
    rows += numbers('uint16_t', 'cues_by_atom', t.by_atom)
    numbers('uint16_t', 'cues_words', [0, len(t.words)])
    rows += ['const struct cue cues[] = {']
    rows += [f'\t{{ {first}, {n}, {family}, {flags} }},' for first, n, family, flags in t.cues]
    rows += ['};', '', 'const struct cue_word cues_words[] = {']
    rows += [f'\t{{ {atom}, {gap} }},' for atom, gap in t.words]
    rows += ['};', '']
    pathlib.Path(out).write_text('\n'.join(rows), encoding='utf-8')


main()
