"""The invariants find what is planted for them: a small conversation by hand, right in everything,
and then wrong in one thing at a time."""
import copy
import hashlib
import hmac

import pytest

import conversation
import counts
import guard
import invariants
import sandbox
import sayings
import shrink

OFFER, AGAIN, OWN = sayings.LINKED[0], sayings.LONE[0], sayings.LONE[1]

SCRIPT = f'''
members annika benedikt
annika: !show "own1q1z"
@ Mon 09:00
benedikt: !note 1 own2q2z
@ Wed 18:00
annika: chat1q3z
benedikt>> forget me
@ Thu 20:00
!down
annika: !list
!up
olga>> help
lurkerion: {OFFER}
lurkerion: {AGAIN}
annika: {OWN}
annika: !pitch own2q4z
olga: !admin pitch mode observe
olga>> admin pitch mode gentle
~nepomuk: {sayings.QUOTES[0]}
'''.strip().split('\n')

GROUP, ANNIKA, OLGA, BENEDIKT = 1, 2, 3, 4
# When the offers were made, and the Monday of that week.
OFFERED_US, WEEK = 1795723203 * 10**6, 739943
DAY_US = sandbox.DAY_US
LURKERION = hmac.new(b'key', b'console/lurkerion', hashlib.sha256).hexdigest()


def post(line, at, to, reply_to, text, word):
    return {'line': line, 'at': at, 'to': to, 'reply_to': reply_to, 'text': text, 'word': word}


def played():
    return sandbox.Played(0, '', '', [
        post(2, '2026-11-23T08:00:00Z', 'room', 'annika', 'I keep #1 own1q1z.', 'show.kept'),
        post(3, '2026-11-23T09:00:00Z', 'room', None, 'It closes Thu 26 Nov 20:00 (London).',
             'round.open'),
        post(4, '2026-11-23T09:00:00Z', 'room', 'benedikt', 'Thank you.', 'note.kept'),
        post(4, '2026-11-23T09:00:00Z', 'annika', None, 'on #1: own2q2z', 'note.told'),
        post(5, '2026-11-25T18:00:00Z', 'room', None, 'Last call.', 'round.last-call'),
        post(5, '2026-11-25T18:00:00Z', 'olga', None, 'You are the close reader of #1 own1q1z.',
             'round.reader'),
        post(8, '2026-11-26T20:00:00Z', 'room', None, 'That was it.', 'round.recap'),
        post(11, '2026-11-26T20:00:02Z', 'room', 'annika', 'In this round:', 'list'),
        post(12, '2026-11-26T20:00:02Z', 'olga', 'olga', 'What I can do.', 'help'),
        post(13, '2026-11-26T20:00:03Z', 'room', 'lurkerion', 'lurkerion, this reads like an offer',
             'pitch.decline'),
        post(14, '2026-11-26T20:00:04Z', 'olga', None, 'lurkerion wrote something in room',
             'pitch.held'),
        post(15, '2026-11-26T20:00:05Z', 'annika', None, 'annika, your message', 'pitch.nudge'),
        post(16, '2026-11-26T20:00:06Z', 'room', None,
             'annika would like you to know of this: “own2q4z”', 'budget.up'),
        post(17, '2026-11-26T20:00:07Z', 'room', 'olga', 'I only observe', 'mode.observe'),
        post(18, '2026-11-26T20:00:08Z', 'olga', 'olga', 'I answer gently', 'mode.gentle'),
    ], {
        'handle': [{'account': name, 'person_id': person} for name, person in
                   (('annika', ANNIKA), ('olga', OLGA), ('benedikt', BENEDIKT))],
        'member': [{'person_id': person, 'name': name} for name, person in
                   (('annika', ANNIKA), ('olga', OLGA), ('benedikt', BENEDIKT))],
        'work': [{'id': 1, 'number': 1, 'maker_id': ANNIKA}],
        'round': [{'id': 1, 'day': 739943, 'state': 'closed'},
                  {'id': 2, 'day': 739950, 'state': 'planned'}],
        'entry': [{'id': 1, 'round_id': 1, 'work_id': 1, 'person_id': ANNIKA}],
        'reading': [{'entry_id': 1, 'reader_id': OLGA, 'maker_id': ANNIKA}],
        'note': [{'work_id': 1, 'person_id': BENEDIKT, 'text': 'own2q2z'}],
        'share': [], 'thanks': [], 'story': [], 'absence': [], 'vouch': [], 'launch': [],
        'pass': [], 'outbox': [], 'exempt': [],
        'meta': [{'key': 'hash-key', 'value': 'key'}],
        'pitch': [case(1, 'decline', OFFERED_US, LURKERION),
                  case(2, 'hold', OFFERED_US + 10**6, LURKERION),
                  case(3, 'nudge', OFFERED_US + 2 * 10**6, None, ANNIKA)],
        'leave': [{'person_id': None, 'stranger': LURKERION, 'until_us': OFFERED_US + DAY_US}],
        'promotion': [{'person_id': ANNIKA, 'week': WEEK, 'at_us': OFFERED_US}],
    }, b'annika own1q1z benedikt own2q2z olga')


def case(number, decision, at_us, stranger, person=None):
    return {'id': number, 'person_id': person, 'stranger': stranger, 'decision': decision,
            'crowded': 0, 'observed': 0, 'at_us': at_us}


def find(name, lines, what):
    check = next(check for check in invariants.INVARIANTS if check.__name__ == name)
    return list(check(invariants.Case(lines, what)))


@pytest.mark.parametrize('check', invariants.INVARIANTS, ids=lambda check: check.__name__)
def test_nothing_is_found_where_nothing_is_wrong(check):
    assert not list(check(invariants.Case(SCRIPT, played())))


def said(number, **changed):
    return lambda lines, what: what.posts[number].update(changed)


def kept(table, number=0, **changed):
    return lambda lines, what: what.store[table][number].update(changed)


def more(table, **row):
    return lambda lines, what: what.store[table].append(row)


def another(number, **changed):
    return lambda lines, what: what.posts.insert(number, {**what.posts[number], **changed})



def answered(line, who, word='pitch.decline', at='2026-11-26T20:00:30Z'):
    """Something of the guard more, last: before it another thing said may have been planted."""
    room = word == 'pitch.decline'
    return lambda lines, what: what.posts.append(
        post(line, at, 'room' if room else who, who if room else None, f'{who} wrote this', word))


def all_of(*changes):
    def change(lines, what):
        for each in changes:
            each(lines, what)
    return change


def says(*said):
    return lambda lines, what: lines.extend(said)


def three_more(lines, what):
    for number, who in enumerate(('mortimerus', '~annika', '~olga'), len(SCRIPT) + 1):
        lines.append(f'{who}: {sayings.LINKED[number % 3 + 1]}')
        answered(number, who)(lines, what)


def left_behind(raw):
    def change(lines, what):
        what.raw += raw
    return change


def without(number):
    return lambda lines, what: what.posts.pop(number)


def crashed(lines, what):
    what.status = 99


def forgotten(*changes):
    def change(lines, what):
        what.posts.insert(-1, post(7, '2026-11-25T18:00:02Z', 'benedikt', 'benedikt', 'Erased.',
                                   'forget.done'))
        for each in changes:
            each(lines, what)
    return change


def taken_back(lines, what):
    lines[4:4] = ['benedikt deletes']


@pytest.mark.parametrize('name, change', [
    ('runs_clean', crashed),
    ('store_is_sound', lambda lines, what: what.faults.append('row 1 missing from index')),
    ('json_is_as_promised', said(0, more='')),
    ('json_is_as_promised', said(0, line='2')),
    ('json_is_as_promised', said(0, line=99)),
    ('json_is_as_promised', said(0, word='no.such.key')),
    ('json_is_as_promised', said(0, to=None)),
    ('text_is_clean', said(0, text='bell \x07')),
    ('text_is_clean', said(0, text='next \x85 line')),
    ('text_is_clean', said(0, text='turned \u202e around')),
    ('text_is_clean', said(0, text='look @Room')),
    ('text_is_clean', said(0, text=f'first\n- {conversation.BROKEN_OUT}')),
    ('answers_who_spoke', said(0, line=6)),
    ('answers_who_spoke', said(0, reply_to='benedikt')),
    ('answers_who_spoke', said(0, reply_to=None)),
    ('answers_who_spoke', said(7, reply_to='benedikt')),
    ('answers_who_spoke', said(3, word='mydata')),
    ('counts_nobody', said(0, text='That is your 3rd.')),
    ('counts_nobody', said(0, text='annika, 12 of #1 so far')),
    ('counts_nobody', said(0, text='You have said three notes.')),
    ('leaves_the_absent_alone', more('absence', person_id=ANNIKA, from_us=0, until_us=2**60)),
    ('readers_are_others', said(5, to='annika')),
    ('readers_are_others', kept('reading', reader_id=ANNIKA)),
    ('nobody_speaks_of_themself', kept('note', person_id=ANNIKA)),
    ('nobody_speaks_of_themself', more('thanks', person_id=OLGA, to_id=OLGA, text=None)),
    ('rounds_are_consistent', kept('round', 1, state='open')),
    ('rounds_are_consistent', kept('round', 1, day=739943)),
    ('rounds_are_consistent', kept('round', 0, day=739957)),
    ('rounds_are_consistent', kept('entry', person_id=OLGA)),
    ('rounds_are_consistent', kept('round', 0, state='skipped')),
    ('steps_are_said_once', another(1)),
    ('steps_are_said_once', another(4)),
    ('steps_are_said_once', another(6, word='round.quiet')),
    ('steps_are_said_once', without(1)),
    ('steps_are_said_once', another(1, word='round.skipped')),
    ('keeps_only_what_was_given', more('handle', account='lurkerion', person_id=9)),
    ('keeps_only_what_was_given', left_behind(b'chat1q3z')),
    ('keeps_only_what_was_given', left_behind(b'ownxq9z')),
    ('forgets', forgotten()),
    ('answers_who_spoke', said(9, reply_to='annika')),
    ('answers_who_spoke', said(11, to='benedikt')),
    ('answers_only_talk', said(9, line=12)),
    ('answers_only_talk', said(9, line=2, reply_to='annika')),
    ('answers_only_talk', all_of(says(f'annika>> {OFFER}'), answered(20, 'annika'))),
    ('answers_only_talk', all_of(says('annika deletes'), answered(20, 'annika'))),
    ('answers_only_talk', all_of(says(f'olga: {OFFER}'), answered(20, 'olga'))),
    ('answers_only_talk', all_of(says(f'olga: {OFFER}'), answered(20, 'olga', 'pitch.nudge'))),
    ('answers_only_talk', answered(19, '~nepomuk')),
    ('answers_only_talk', said(11, line=16)),
    ('answers_once', answered(15, 'annika')),
    ('answers_once', answered(15, 'annika', 'pitch.nudge')),
    ('answers_once', answered(15, 'annika', 'pitch.show-how')),
    ('answers_once', answered(14, 'lurkerion')),
    ('says_little', all_of(says(f'lurkerion: {OWN}'), answered(20, 'lurkerion'))),
    ('says_little', all_of(says(f'~olga: {OFFER}'), answered(20, '~olga'))),
    ('says_little', three_more),
    ('hushes', lambda lines, what: what.posts.insert(9, what.posts[13])),
    ('hushes', all_of(says('olga: !admin pitch mode off', f'annika: {OFFER}'),
                      answered(20, 'olga', 'mode.off'), answered(21, 'annika', 'pitch.nudge'))),
    ('hushes', all_of(says('olga: !admin pitch mode off', f'lurkerion: {OFFER}'),
                      answered(20, 'olga', 'mode.off'),
                      lambda lines, what: what.posts.append({**what.posts[10], 'line': 21}))),
    ('hushes', all_of(says('olga: !admin quiet 30 minutes', '@ +29m', f'annika: {OFFER}'),
                      answered(20, 'olga', 'quiet.kept'),
                      answered(22, 'annika', 'pitch.nudge', '2026-11-26T20:29:30Z'))),
    ('tells_organizers_alone', said(10, to='annika')),
    ('tells_organizers_alone', said(10, to='room', word='held')),
    ('tells_organizers_alone', said(10, to='annika', word='observed.misread-only')),
    ('tells_organizers_alone', kept('pitch', 2, person_id=OLGA)),
    ('holds_after_a_word', without(9)),
    ('holds_after_a_word', said(9, at='2026-10-26T20:00:03Z')),
    ('holds_after_a_word', said(9, reply_to='~olga')),
    ('holds_after_a_word', kept('pitch', 1, stranger='somebody else')),
    ('keeps_no_talk', left_behind(OFFER.encode())),
    ('keeps_no_talk', left_behind(b'ZETTELFUX')),
    ('keeps_no_talk', kept('pitch', stranger='libera/lurkerion')),
    ('keeps_no_talk', kept('leave', stranger='Nepomuk')),
    ('forgets_in_time', kept('pitch', at_us=OFFERED_US - 32 * DAY_US)),
    ('forgets_in_time', kept('leave', until_us=OFFERED_US - 2 * DAY_US)),
    ('forgets_whoever_asks', answered(14, 'lurkerion', 'forget.done-stranger',
                                      '2026-11-26T21:00:00Z')),
    ('forgets_whoever_asks', all_of(answered(14, 'lurkerion', 'forget.done',
                                             '2026-11-26T21:00:00Z'),
                                    lambda lines, what: what.store['pitch'].clear())),
    ('forgets_whoever_asks', kept('promotion', person_id=9)),
    ('forgets_whoever_asks', more('pass', person_id=9)),
    ('keeps_to_the_budget', another(12)),
    ('keeps_to_the_budget', all_of(*(another(12, text=f'{who} would like you to know of this: x')
                                     for who in ('olga', 'benedikt', 'cleophea')))),
    ('keeps_to_the_budget', all_of(*[more('promotion', person_id=OLGA, week=WEEK)] * 3)),
    ('edits_take_the_place', taken_back),
    ('edits_take_the_place', lambda lines, what: lines.insert(4, 'benedikt edits: !note 1 again')),
])
def test_what_is_wrong_is_found(name, change):
    lines, what = list(SCRIPT), copy.deepcopy(played())
    change(lines, what)
    assert find(name, lines, what)


def test_a_moment_a_day_a_number_of_a_work_and_a_name_are_no_counts():
    lint = counts.Lint('annika: !show "own1q1z"', ['annika'])
    assert not list(lint.faults('annika-2, #12 own1q1z: Thu 26 Nov 20:00 (London), 3 January 2027; '
                                '!note 12 and your words', 'show.entered'))


def test_the_catalogue_counts_nobody():
    assert not list(counts.catalogue_faults())


def test_a_script_is_shrunk_to_what_fails():
    lines = [str(n) for n in range(200)]
    assert shrink.shrink(lines, lambda part: {'17', '113'} <= set(part), 10) == ['17', '113']


def test_a_mark_is_in_each_offer_and_in_nothing_else():
    said = [*sayings.OFFERS, sayings.OWN, *(''.join(parts) for parts in sayings.SPLIT),
            sayings.ANSWER]
    marked = [mark for text in said for mark in sayings.MARKS if mark in text.lower()]
    assert sorted(marked) == sorted(sayings.MARKS)
    others = ' '.join(sayings.QUESTIONS + sayings.INTRODUCTIONS + sayings.INNOCENT)
    assert not [mark for mark in sayings.MARKS if mark in others.lower()]


def test_crashes_are_far_from_what_the_guard_remembers():
    for seed in range(20):
        assert conversation.apart(conversation.Conversation(seed, 1000).lines)


@pytest.mark.parametrize('lines, right', [
    (['!crash', f'x: {AGAIN}', '@ +31s'], True),
    (['!crash', f'x: {AGAIN}', '@ +30s'], False),
    (['!crash', f'x edits: {AGAIN}', '@ +31s'], False),
    (['!crash', f'x: {OFFER}', '@ +31s'], False),
    ([f'x: {OFFER}', '@ +1h', '!crash', ''], False),
    ([f'x: {OFFER}', '@ +61m', '!crash', ''], True),
    (['!crash', '@ +61m', f'x: {OFFER}', ''], False),
    (['!crash', 'olga>> admin pitch mode off', '@ +61m', f'x: {OFFER}', ''], True),
    (['!crash', f'olga>> admin pitch test {OFFER}', ''], True),
])
def test_what_is_far_from_a_crash(lines, right):
    assert conversation.apart(lines) == right


def test_hashes_are_compared_by_what_is_equal():
    def store(one, other):
        rows = [{'id': number, 'text': each * 64, 'event': each * 64, 'stranger': None, 'at_us': 1}
                for number, each in enumerate((one, other))]
        return {'pitch': rows, 'exempt': [{'text': other * 64}]}

    same, renamed, mixed = (sandbox.comparable(store(*pair), 0)
                            for pair in (('a', 'b'), ('c', 'd'), ('a', 'a')))
    assert not list(sandbox.store_differences(same, renamed))
    assert list(sandbox.store_differences(same, mixed))


def test_a_seed_is_a_conversation():
    first, again, other = (conversation.Conversation(seed, 300).lines for seed in (7, 7, 8))
    assert first == again != other
