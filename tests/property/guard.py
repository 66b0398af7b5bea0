"""What holds of the guard in every conversation (DESIGN 4.10). A function yields what is not so."""
import bisect
import collections
import hashlib
import hmac
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import conversation
import sandbox
import sayings

MINUTE_US = 60 * 10**6
HOUR_US = 60 * MINUTE_US
# What was said so long before kith came back is still answered, as if it had been there.
BACKLOG_US = 10 * MINUTE_US
LASTS_US = 30 * sandbox.DAY_US
CHORES_EVERY_US = sandbox.DAY_US
PER_PLACE, PER_WEEK = 3, 3
ZONE = ZoneInfo('Europe/London')

ANSWERS = {'pitch.nudge', 'pitch.decline', 'pitch.show-how'}
FORGOTTEN = {'forget.done', 'forget.done-stranger'}
FOR_ORGANIZERS = re.compile(r'pitch[.]held|held(?:[.](?!told)[\w-]+)?|observed(?:[.][\w-]+)?')
CROWDED = 'I have said enough of the kind'
LENGTHS = {'30 minutes': 30 * MINUTE_US, '2 hours': 2 * HOUR_US, '1 day': sandbox.DAY_US,
           '3 days': 3 * sandbox.DAY_US}


def _whom(post):
    return post['reply_to'] or post['to']


def _backlog(case, post):
    """Whether it came of what was said while kith was down."""
    return case.lines[post['line'] - 1] == '!up'


def _talk(case, who, line):
    """What `who` said there to the others."""
    return [text for name, private, text in case.said(line)
            if name == who and not private and not text.startswith('!')]


def _at_once(case, post):
    """Whether the post answers what was said at its line: the person might have been out."""
    return not case.was_out(post['to'], post['line'])


def _held_of(case, post):
    """Who said at its line what a pitch.held is about; None if it has waited for the organizer."""
    m = case.spoken[post['line'] - 1]
    if post['word'] == 'pitch.held' and m and m['who'] != conversation.ORGANIZER \
            and post['text'].startswith(f'{m["who"].lstrip("~")} wrote'):
        return m['who']
    return None


def answers_only_talk(case):
    for post in case.played.posts:
        # The word about the round may have waited for somebody absent.
        if post['word'] not in ANSWERS - {'pitch.show-how'} or not _at_once(case, post):
            continue
        if _whom(post) == conversation.ORGANIZER:
            yield f'to an organizer: {post}'
        talk = _talk(case, _whom(post), post['line'])
        if not [text for text in talk if text not in sayings.QUOTES]:
            yield f'nothing was said to the others there: {post}'


def answers_once(case):
    said = collections.Counter()
    for post in case.played.posts:
        if post['word'] in ANSWERS and _at_once(case, post):
            said[post['line'], _whom(post)] += 1
        elif _held_of(case, post):
            said[post['line'], _held_of(case, post)] += 1
    for (line, who), times in said.items():
        if times > max(1, len(_talk(case, who, line))):
            yield f'line {line} of {who} was answered more than once'


def _text_declined(case, post):
    """The text, where it is sure which it was."""
    talk = _talk(case, _whom(post), post['line'])
    parts = sum(sayings.SPLIT, [])
    return talk[0] if len(talk) == 1 and talk[0] not in parts else None


def _forgotten_between(case, before, after):
    """Whether kith may not know any more that it has spoken to them."""
    return any(post['to'] == _whom(after) and post['word'] in FORGOTTEN
               and before['line'] <= post['line'] <= after['line'] for post in case.played.posts)


def says_little(case):
    """One public line a person, one a text, three a place, an hour."""
    declined = [post for post in case.played.posts if post['word'] == 'pitch.decline']
    times = [sandbox.microseconds(post) for post in declined]
    for i, post in enumerate(declined):
        before = declined[bisect.bisect_right(times, times[i] - HOUR_US):i]
        if any(_backlog(case, each) for each in (*before, post)):
            continue  # the hour counts from when it was said
        if any(_whom(each) == _whom(post) and not _forgotten_between(case, each, post)
               for each in before):
            yield f'twice to one person within an hour: {post}'
        text = _text_declined(case, post)
        if text and text in [_text_declined(case, each) for each in before]:
            yield f'twice about one text within an hour: {post}'
        if len(before) >= PER_PLACE:
            yield f'more than {PER_PLACE} within an hour: {post}'


def hushes(case):
    """In observe and off mode, and while an organizer wants quiet, the guard is silent."""
    mode, quiet_until = 'gentle', 0
    for post in case.played.posts:
        line, at = post['line'], sandbox.microseconds(post)
        late = _backlog(case, post) or not _at_once(case, post)
        if post['word'].startswith('mode.'):
            mode = None if late else post['word'][len('mode.'):]
        elif post['word'] == 'quiet.over':
            quiet_until = 0
        elif post['word'] == 'quiet.kept':
            length = re.search('quiet (.*)', case.lines[line - 1])
            quiet_until = 0 if late else at + LENGTHS[length[1].strip()]
        if late or not (post['word'] in ANSWERS or _held_of(case, post)):
            continue
        if mode in ('observe', 'off'):
            yield f'in {mode} mode: {post}'
        # What somebody absent is told may have waited.
        if at < quiet_until and post['word'] != 'pitch.show-how':
            yield f'quiet was asked for: {post}'


def tells_organizers_alone(case):
    for post in case.played.posts:
        if FOR_ORGANIZERS.fullmatch(post['word']) and post['to'] != conversation.ORGANIZER:
            yield f'for the organizers: {post}'
    organizers = {person for person, account in case.accounts.items()
                  if account == conversation.ORGANIZER}
    for row in case.table('pitch'):
        if row['person_id'] in organizers:
            yield f'an organizer\'s: {row}'


def _hashes(case):
    """The keyed hash of each account and nick of the conversation -> its name."""
    key = next((row['value'] for row in case.table('meta') if row['key'] == 'hash-key'), '')
    names = {m['who'] for m in case.spoken if m}
    return {_hash(key, name): name for name in names}


def _hash(key, name):
    fold = name.lstrip('~').casefold()
    what = f'console\nnick\n{fold}' if name.startswith('~') else f'console/{fold}'
    return hmac.new(key.encode(), what.encode(), hashlib.sha256).hexdigest()


def holds_after_a_word(case):
    """Nothing of a stranger goes to the organizers before they were told themselves."""
    names = _hashes(case)
    told = collections.defaultdict(list)
    for post in case.played.posts:
        if post['word'] in ('pitch.nudge', 'pitch.decline'):
            told[_whom(post)].append(sandbox.microseconds(post))
    for row in case.table('pitch'):
        if row['decision'] != 'hold' or not row['stranger'] or row['crowded'] or row['observed']:
            continue
        if row['stranger'] not in names:
            yield f'of nobody who spoke: {row}'
        elif not any(row['at_us'] - LASTS_US - BACKLOG_US <= at <= row['at_us'] + BACKLOG_US
                     for at in told[names[row['stranger']]]):
            yield f'{names[row["stranger"]]} had been told nothing: {row}'


def keeps_no_talk(case):
    """Neither what was said nor the name of anybody who never joined."""
    raw = case.played.raw.lower()
    for mark in sayings.MARKS:
        if mark in raw.decode('latin-1'):
            yield f'{mark} is in the store'
    # A name stands in what kith says until it is said, and is erased then; a page of the file that
    # SQLite wrote anew in between may keep bytes of it for a while, so the rows are looked at.
    kept = ' '.join(str(value) for table, rows in case.played.store.items() for row in rows
                    if table != 'outbox' or not row['markup'] for value in row.values()).lower()
    for name in conversation.STRANGERS:
        bare = name.lstrip('~')
        if bare not in (*case.accounts.values(), *conversation.MEMBERS, conversation.ORGANIZER) \
                and bare in kept:
            yield f'{bare} is in the store'


def forgets_in_time(case):
    for row in case.table('pitch'):
        if row['at_us'] < case.end_us - LASTS_US - CHORES_EVERY_US:
            yield f'older than thirty days: {row}'
    for row in case.table('leave'):
        if row['until_us'] < case.end_us - CHORES_EVERY_US:
            yield f'over: {row}'


def forgets_whoever_asks(case):
    """Nothing of before stays with somebody's hash, either."""
    gone = {}
    for post in case.played.posts:
        if post['word'] in FORGOTTEN:
            gone[post['to']] = post['line'], sandbox.microseconds(post)
    names = _hashes(case)
    for table in 'pitch', 'vouch':
        for row in case.table(table):
            name = names.get(row['stranger'])
            # What came in the same second may have come after it.
            if name in gone and row['at_us'] < gone[name][1] - BACKLOG_US:
                yield f'{name} is forgotten: {table} {row}'
    for row in case.table('leave'):
        name = names.get(row['stranger'])
        if name in gone and not re.search(f'allow {name}', '\n'.join(case.lines[gone[name][0]:]),
                                          re.I):
            yield f'{name} is forgotten: leave {row}'
    for table in 'pitch', 'leave', 'launch', 'promotion', 'pass':
        for row in case.table(table):
            if row['person_id'] and row['person_id'] not in case.accounts:
                yield f'of nobody: {table} {row}'


def _week(at_us):
    """The year and week, from Monday on, in the group's zone."""
    return datetime.fromtimestamp(at_us / 10**6, ZONE).isocalendar()[:2]


def keeps_to_the_budget(case):
    weeks = collections.defaultdict(list)
    for post in case.played.posts:
        if post['word'] == 'budget.up':
            who = post['text'].split(' would like you to know of this')[0]
            weeks[_week(sandbox.microseconds(post))].append(who)
    for week, people in weeks.items():
        if len(people) > PER_WEEK:
            yield f'in week {week}: {people}'
        if len(set(people)) < len(people):
            yield f'twice in week {week}: {people}'
    slots = collections.Counter(row['week'] for row in case.table('promotion') if row['week'])
    for week, taken in slots.items():
        if taken > PER_WEEK:
            yield f'{taken} slots of the week of day {week}'


INVARIANTS = [answers_only_talk, answers_once, says_little, hushes, tells_organizers_alone,
              holds_after_a_word, keeps_no_talk, forgets_in_time, forgets_whoever_asks,
              keeps_to_the_budget]
# Each of these is to be met in conversations that are long enough.
HEARD = '''pitch.nudge pitch.decline pitch.held pitch.sorry pitch.nothing pitch.show-how held
held.welcome held.closed held.told-welcome held.told-closed allow.kept mode.gentle mode.observe
observed test.pitch budget.up budget.queued launch.kept forget.done-stranger'''.split()
