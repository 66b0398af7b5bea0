"""The invariants find what is planted for them: a small conversation by hand, right in everything,
and then wrong in one thing at a time."""
import copy

import pytest

import conversation
import counts
import invariants
import sandbox
import shrink

SCRIPT = '''
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
'''.strip().split('\n')

GROUP, ANNIKA, OLGA, BENEDIKT = 1, 2, 3, 4


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
        'share': [], 'thanks': [], 'story': [], 'absence': [],
    }, b'annika own1q1z benedikt own2q2z olga')


def find(name, lines, what):
    return list(getattr(invariants, name)(invariants.Case(lines, what)))


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


def test_a_seed_is_a_conversation():
    first, again, other = (conversation.Conversation(seed, 300).lines for seed in (7, 7, 8))
    assert first == again != other
