"""What holds of every conversation, whatever was said in it. A function yields what is not so."""
import re
import unicodedata
from datetime import datetime

import conversation
import counts
import guard
import sandbox

FIELDS = {'line': int, 'at': str, 'to': str, 'reply_to': (str, type(None)), 'text': str,
          'word': str}

# What kith says of its own accord, to the room and to a person; all else answers somebody.
ANNOUNCED = re.compile(r'announce|budget[.]up|round[.](?!state|reader|remind)[\w-]+')
TOLD = re.compile(r'[\w-]+[.]told(?:-\w+)?|round[.](?:reader(?:-\w+)?|remind|quiet-twice)|soft-cap'
                  r'|pitch[.](?:held|show-how)|observed(?:[.][\w-]+)?')

# Seen by nobody, or seen as something else; the joiners of emoji and the word joiner that
# parts "@room" are not among them.
UNSEEN = re.compile('[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2061-\u206f\ufeff'
                    '\U000e0000-\U000e007f]')

# Whoever deletes a message, or marks one, is told in private what comes of it.
SPOKEN = re.compile(r'(?P<who>[^\s:>]+)'
                    r'(?:(?P<private>>>| deletes| reacts [^\s:>]+:)|:| edits:| replies [^\s:>]+:)'
                    r' ?(?P<text>.*)')


def read_text(text):
    """A script's text as people said it, as far as it matters here."""
    return text.replace('\\n', '\n')


class Case:
    """A script, and what came of it."""

    def __init__(self, lines, played):
        self.lines = lines
        self.played = played
        self.spoken = [SPOKEN.fullmatch(line) if line[:1] not in '#@!' else None for line in lines]
        self.end_us = sandbox.ended_us(played)
        self.accounts = {row['person_id']: row['account'] for row in played.store['handle']}

    def said(self, line):
        """What was said that reaches kith at script line `line`: (who, private, text). While it was
        down nothing reached it; that all came with !up."""
        first = line
        if self.lines[line - 1] == '!up':
            while first > 1 and self.lines[first - 1] != '!down':
                first -= 1
        for m in self.spoken[first - 1:line]:
            if m:
                yield m['who'], bool(m['private']), read_text(m['text']).strip()

    def spoke_to_kith(self, line):
        """Those who spoke to kith there."""
        for who, private, text in self.said(line):
            if private or re.match(r'!|kith *[:,]', text, re.I):
                yield who

    def may_be_told(self, line, word):
        """Those who are told something there without having spoken to kith: an edit may take back
        what the message had done, and what reads like an offer is answered."""
        for who, _, _ in self.said(line):
            if word in guard.ANSWERS or word == 'undone' and self.edited(who, line):
                yield who

    def edited(self, who, line):
        return any(m and m['who'] == who and text.startswith(f'{who} edits:')
                   for m, text in zip(self.spoken[:line], self.lines))

    def was_out(self, who, line):
        """Whether an answer to `who` may have waited, for they left before it could be said."""
        left = [number for number, text in enumerate(self.lines[:line], 1)
                if text == f'{who} leaves']
        return bool(left) and '!up' in self.lines[left[-1]:line]

    def table(self, name):
        return self.played.store[name]


def runs_clean(case):
    if case.played.status or case.played.errors:
        yield f'left with {case.played.status}: {case.played.errors}'


def store_is_sound(case):
    yield from case.played.faults


def json_is_as_promised(case):
    known = counts.catalogue()
    for post in case.played.posts:
        if list(post) != list(FIELDS):
            yield f'the fields are {list(post)}'
            continue
        wrong = [name for name, kind in FIELDS.items() if not isinstance(post[name], kind)]
        if wrong:
            yield f'{wrong} of {post}'
            continue
        if post['word'] not in known:
            yield f'{post["word"]} is no key of the catalogue'
        if not 1 <= post['line'] <= len(case.lines):
            yield f'there is no line {post["line"]}'
        datetime.strptime(post['at'], '%Y-%m-%dT%H:%M:%SZ')


def text_is_clean(case):
    for post in case.played.posts:
        text = post['text']
        bad = {c for c in text if unicodedata.category(c) == 'Cc' and c != '\n'}
        bad |= set(UNSEEN.findall(text))
        if bad:
            yield f'{[hex(ord(c)) for c in bad]} in {text!r}'
        if '@room' in text.casefold():
            yield f'@room in {text!r}'
        if re.search(rf'^(?:- )?{conversation.BROKEN_OUT}', text, re.M):
            yield f'a line of somebody\'s own in {text!r}'


def answers_who_spoke(case):
    for post in case.played.posts:
        spoke = [*case.spoke_to_kith(post['line']), *case.may_be_told(post['line'], post['word'])]
        if post['reply_to'] is not None:
            if post['reply_to'] not in spoke \
                    and not (post['to'] != 'room' and case.was_out(post['to'], post['line'])):
                yield f'nobody spoke to kith there: {post}'
        elif post['to'] == 'room':
            if not ANNOUNCED.fullmatch(post['word']):
                yield f'nobody asked: {post}'
        elif not TOLD.fullmatch(post['word']) and post['to'] not in spoke \
                and not case.was_out(post['to'], post['line']):
            yield f'nobody asked in private: {post}'


def counts_nobody(case):
    said = '\n'.join(case.lines)
    names = {row['name'] for row in case.table('member')} | {m['who'] for m in case.spoken if m}
    names |= {'friend', *(re.sub(r'\\x..', '', name) for name in conversation.NAMES)}
    lint = counts.Lint(said, names)
    for post in case.played.posts:
        for fault in lint.faults(post['text'], post['word']):
            yield f'{fault}: {post["word"]}, line {post["line"]}'


def leaves_the_absent_alone(case):
    absent = {}
    for row in case.table('absence'):
        spelled = case.accounts[row['person_id']]
        absent.setdefault(spelled, []).append((row['from_us'], row['until_us']))
    for post in case.played.posts:
        asked = post['to'] in {who for who, _, _ in case.said(post['line'])}
        for from_us, until_us in absent.get(post['to'].casefold(), []):
            if not asked and from_us < sandbox.microseconds(post) < until_us:
                yield f'{post["to"]} is absent then: {post}'


def readers_are_others(case):
    makers = {row['number']: case.accounts.get(row['maker_id']) for row in case.table('work')}
    for post in case.played.posts:
        m = re.match(r'You are the close reader of #(\d+) ', post['text'])
        if m and makers.get(int(m[1])) == post['to'].casefold():
            yield f'of their own: {post}'
    for row in case.table('reading'):
        if row['reader_id'] == row['maker_id']:
            yield f'of their own: {row}'


def nobody_speaks_of_themself(case):
    makers = {row['id']: row['maker_id'] for row in case.table('work')}
    for table in 'note', 'share':
        for row in case.table(table):
            if row['person_id'] == makers[row['work_id']]:
                yield f'{table} on an own work: {row}'
    for row in case.table('thanks'):
        if row['person_id'] == row['to_id']:
            yield f'thanks to oneself: {row}'


def rounds_are_consistent(case):
    rounds = case.table('round')
    days = [row['day'] for row in rounds]
    states = [row['state'] for row in rounds]
    planned = [row['day'] for row in rounds if row['state'] == 'planned']
    if len(planned) != 1 or planned[0] != max(days):
        yield f'planned for {planned} of {sorted(days)}'
    # One that an organizer opened by hand may share its day with another.
    own = [row['day'] for row in rounds if row.get('opens_at_us') is None]
    if len(set(own)) != len(own):
        yield f'two rounds of one day: {sorted(own)}'
    if states.count('open') + states.count('last-call') > 1:
        yield f'two rounds at once: {states}'
    by_id = {row['id']: row for row in rounds}
    works = {row['id']: row for row in case.table('work')}
    for row in case.table('entry'):
        if works[row['work_id']]['maker_id'] != row['person_id']:
            yield f'shown by somebody else: {row}'
        if row['round_id'] and by_id[row['round_id']]['state'] in ('planned', 'skipped'):
            yield f'in a round that is not open: {row}'


STEPS = {'round.open': 'o', 'round.late-open': 'o', 'round.last-call': 'l', 'round.recap': 'c',
         'round.quiet': 'c'}


def slept(lines):
    """Whether kith was down while the clock moved by more than minutes."""
    return bool(re.search(r'^!down\n(?:(?!!up).*\n)*?@ (?!\+\d+[sm]$)', '\n'.join(lines), re.M))


def steps_are_said_once(case):
    said = [STEPS[post['word']] for post in case.played.posts
            if post['to'] == 'room' and post['word'] in STEPS]
    states = [row['state'] for row in case.table('round')]
    closed = states.count('closed') + states.count('archived')
    opened = closed + states.count('open') + states.count('last-call')
    skipped = sum(post['word'] == 'round.skipped' for post in case.played.posts)
    # While kith is to be quiet, or down, what an announcement told of may pass before it is said.
    hushed = any(post['word'] == 'quiet.kept' for post in case.played.posts) or slept(case.lines)
    if said.count('o') > opened or said.count('l') > opened or said.count('c') > closed:
        yield f'more than happened ({states}): {"".join(said)}'
    if not hushed and (said.count('o') < opened or said.count('c') < closed):
        yield f'less than happened ({states}): {"".join(said)}'
    if not hushed and not re.fullmatch('(ol?c)*(ol?)?', ''.join(said)):
        yield f'not in order: {"".join(said)}'
    if skipped > states.count('skipped'):
        yield f'{skipped} rounds skipped of {states.count("skipped")}'


def keeps_only_what_was_given(case):
    joined = {name for line in case.lines if line.startswith('members ')
              for name in line.split()[1:]} | {conversation.ORGANIZER}
    joined |= {post['reply_to'] for post in case.played.posts if post['word'] == 'consent'}
    for account in case.accounts.values():
        if account not in {name.casefold() for name in joined}:
            yield f'{account} has not joined'
    raw = case.played.raw.decode('latin-1')
    for token in sorted(set(re.findall(r'(?:chat\w{1,2}|ownx)q\d+z', raw))):
        yield f'{token} is in the store'


def forgets(case):
    """Whoever was forgotten, and has not come back, has left no byte behind."""
    gone = {}
    for post in case.played.posts:
        if post['word'] == 'forget.done':
            gone[post['to']] = post['line']
        elif post['word'] == 'consent':
            gone.pop(post['reply_to'], None)
    for number, line in enumerate(case.lines, 1):
        if line.startswith('members '):
            for name in line.split()[1:]:
                if gone.get(name, number) < number:
                    del gone[name]
    owners = {}  # others may say it again
    for m, line in zip(case.spoken, case.lines):
        for token in re.findall(r'own\w{1,2}q\d+z', line) if m else []:
            owners.setdefault(token, m['who'])
    for name, number in gone.items():
        for found in (name, name.casefold()):
            if found != conversation.ORGANIZER and found.encode() in case.played.raw:
                yield f'{name}, forgotten at line {number}, is in the store'
        for token in sorted(owners):
            if owners[token] == name and token.encode() in case.played.raw:
                yield f'{token} of {name}, forgotten at line {number}, is in the store'


def edits_take_the_place(case):
    """What somebody took back or wrote anew, with no pause, is not kept as they first wrote it."""
    kept = ' '.join(row['text'] or '' for table in ('note', 'thanks', 'story')
                    for row in case.table(table))
    messages, gone = {}, set()
    for line, m in zip(case.lines, case.spoken):
        if line.startswith(('@', '!')):
            messages.clear()
        elif m and line.startswith((f'{m["who"]} edits', f'{m["who"]} deletes')):
            said = messages.get(m['who'])
            if said:
                gone.update(said[-1])
                said[-1] = re.findall(r'own\w{1,2}q\d+z', m['text'])
            if said and line.endswith(' deletes'):
                said.pop()
        elif m and not m['private']:
            messages.setdefault(m['who'], []).append(re.findall(r'own\w{1,2}q\d+z', m['text']))
    for token in sorted(gone):
        if token in kept:
            yield f'{token} is still kept'


INVARIANTS = [runs_clean, store_is_sound, json_is_as_promised, text_is_clean, answers_who_spoke,
              counts_nobody, leaves_the_absent_alone, readers_are_others, nobody_speaks_of_themself,
              rounds_are_consistent, steps_are_said_once, keeps_only_what_was_given, forgets,
              edits_take_the_place, *guard.INVARIANTS]


# Answers to what changes nothing. They are not stored, so that a crash may take one along that is
# to be said after another post; where nothing else is said they must come.
CHANGE_NOTHING = re.compile(r'''
    usage | unknown | unknown.near | not-joined | not-identified | not-organizer | too-long
  | help(?:[.]\w+)? | admin | announced | who(?:[.][\w-]+)? | join(?:[.]already)? | charter | why
  | work
  | mydata(?:[.]nothing)? | list(?:[.][\w-]+)? | round[.]state-[\w-]+ | undo.nothing | back.here
  | (?:note|share|thanks|vouch|check|pass)[.]own | share.because | vouch.stands
  | check | pass[.]kept | budget[.](?:none|said) | held(?:[.]none)? | test[.]\w+ | pitch.nothing
''', re.VERBOSE)


def told(posts):
    """`posts` without the answers a crash may take along."""
    lines = [post['line'] for post in posts]
    return [post for post in posts
            if lines.count(post['line']) == 1 or not CHANGE_NOTHING.fullmatch(post['word'])]


def crashes_change_nothing(lines, calm):
    """The same conversation with its crashes, beside the one without: `calm`."""
    played = sandbox.play(lines)
    if played.status:
        yield f'left with {played.status}: {played.errors}'
        return
    alone = {id(post) for post in told(calm.posts)}
    lost = {post['line'] for post in calm.posts if id(post) not in alone}
    crashed = [post for post in played.posts
               if post['line'] not in lost or not CHANGE_NOTHING.fullmatch(post['word'])]
    yield from sandbox.post_differences(told(calm.posts), crashed)
    stores = [sandbox.comparable(p.store, sandbox.ended_us(calm)) for p in (calm, played)]
    for store in stores:
        store['outbox'] = [row for row in store['outbox']
                           if not CHANGE_NOTHING.fullmatch(row['word'])]
        # It is written with the next change: a killed kith hears more of it again.
        for place in store['place']:
            del place['heard_us']
    yield from sandbox.store_differences(*stores)
