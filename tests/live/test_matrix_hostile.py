"""A homeserver that lies, breaks off, floods, and never ends: whatever it does, kith lives, goes on
and answers the next good question. Under ASan, but for what is measured of memory."""
import contextlib
import itertools
import json
import pathlib
import re
import threading
import time

import pytest

import homeserver
import irc
from homeserver import ANA, ANY, KITH, OLGA, ROOM, Answer

numbers = itertools.count(1)


def probe():
    return f'probe{next(numbers)}'


def meeting(program, folder, cleanup, **how):
    """A scripted server, and a kith in the room there."""
    server = homeserver.Server(**how)
    cleanup.callback(server.stop)
    cleanup.callback(server.check)
    bot = homeserver.Kith(program, folder, server)
    cleanup.callback(bot.check_log)
    cleanup.callback(bot.stop)
    bot.start()
    bot.await_room()
    return server, bot


@pytest.fixture
def meet(kith_program, tmp_path, cleanup):
    return lambda program=kith_program, folder=tmp_path, **how: \
        meeting(program, folder, cleanup, **how)


@pytest.fixture(scope='module')
def met(kith_program, tmp_path_factory):
    """One of them for the tests that leave it as it was."""
    with contextlib.ExitStack() as stack:
        yield meeting(kith_program, tmp_path_factory.mktemp('met'), stack)


def deep(opening, closing):
    return b'{"next_batch":"s0","rooms":' + opening * 10000 + b'1' + closing * 10000 + b'}'


def with_bytes(told, more):
    return json.dumps(told).encode().replace(b'"next_batch"', more + b'"next_batch"', 1)


BROKEN = {
    'truncated': lambda told: Answer(json.dumps(told).encode()[:-2]),
    'nested': lambda told: Answer(deep(b'[', b']')),
    'nested objects': lambda told: Answer(deep(b'{"a":', b'}')),
    'nested without end': lambda told: Answer(b'[' * 1000000),
    'empty': lambda told: Answer(b''),
    'a page': lambda told: Answer(b'<html><body>It works!</body></html>'),
    'a list': lambda told: Answer([told]),
    'two values': lambda told: Answer(json.dumps(told).encode() * 2),
    'not UTF-8': lambda told: Answer(with_bytes(told, b'"\xff\xfe\xc0\x80":1,')),
    'a NUL': lambda told: Answer(with_bytes(told, b'"a\0b":1,')),
    'without next_batch': lambda told: Answer({**told, 'next_batch': None}),
    'next_batch is a number': lambda told: Answer({**told, 'next_batch': 17}),
    'next_batch is a list': lambda told: Answer({**told, 'next_batch': ['s0']}),
    'less than promised': lambda told: Answer(told, length=1 << 20),
    'a length below nought': lambda told: Answer(told, length=-5),
    'out of order': lambda told: Answer.error(500, 'M_UNKNOWN'),
    'a gateway': lambda told: Answer(b'<html>Bad Gateway</html>', 502),
    'no status there is': lambda told: Answer(told, 799),
    'headers without end': lambda told: Answer(told, headers={f'X-{n}': 'x' * 8000
                                                              for n in range(40)}),
}


@pytest.mark.parametrize('how', BROKEN)
def test_asks_again_where_an_answer_is_none(met, how):
    server, _ = met
    server.script(BROKEN[how])
    server.say('hm, hm')
    server.await_scripts()
    server.asks(probe())


@pytest.mark.long
def test_asks_again_where_an_answer_is_too_long(met):
    server, _ = met
    server.script(lambda told: Answer(json.dumps(told).encode() + b' ' * (70 << 20)))
    server.await_scripts(60)
    server.asks(probe(), seconds=60)


@pytest.mark.parametrize('step', [
    pytest.param(10, marks=pytest.mark.long), 150], ids=['every 10th byte', 'every 150th'])
def test_hears_a_sync_that_was_reset(met, step):
    """Whichever byte was the last: what was said in it is heard, and heard once."""
    server, _ = met
    server.say('hm, hm')
    length = len(json.dumps(server.told(len(server.timeline) - 1)))
    for cut in range(0, length, step):
        asked = probe()
        server.script(lambda told, cut=cut: Answer(told, cut=cut))
        server.asks(asked, seconds=30)
        server.asks(probe())
        said = [content for _, _, content in server.said if f'“{asked}”' in content['body']]
        assert len(said) == 1, f'{said} after {cut} bytes'


@pytest.mark.long
def test_gives_a_sync_up_that_never_ends(met):
    server, _ = met
    server.script(lambda told: Answer(b'{', endless=True))
    server.asks(probe(), seconds=150)


JUNK = [None, True, -1, 1e300, 'x', '', [], {}, [[]], ['x', 1, {}], {'x': {}}, 2 ** 63, 'ü' * 3000]


def everything(server):
    """A sync with all that kith minds, and some that it does not."""
    text = {'msgtype': 'm.text', 'body': 'hm', 'format': 'org.matrix.custom.html',
            'formatted_body': '<b>hm</b>', 'm.mentions': {'user_ids': [ANA]}}
    about = {'event_id': '$event1:hs.test'}

    def told(content, event_type='m.room.message', **more):
        return server.event(content, event_type=event_type, **more)

    timeline = [
        told({**text, 'm.relates_to': {'m.in_reply_to': about}}),
        told({**text, 'm.relates_to': {'rel_type': 'm.thread', 'is_falling_back': True, **about,
                                       'm.in_reply_to': about}}),
        told({**text, 'm.new_content': text, 'm.relates_to': {'rel_type': 'm.replace', **about}}),
        told({'m.relates_to': {'rel_type': 'm.annotation', 'key': 'x', **about}}, 'm.reaction'),
        told({'redacts': '$event2:hs.test', 'reason': 'hm'}, 'm.room.redaction',
             redacts='$event2:hs.test'),
        told({'msgtype': 'm.image', 'body': 'hm.png', 'filename': 'hm.png',
              'url': 'mxc://hs.test/abc', 'info': {'mimetype': 'image/png', 'size': 17}}),
        told(text, sender=KITH, unsigned={'transaction_id': 'x', 'age': 5}),
        told({'membership': 'join', 'displayname': 'Ana'}, 'm.room.member', state_key=ANA,
             unsigned={'prev_content': {'membership': 'invite'}, 'prev_sender': OLGA}),
    ]
    return {
        'rooms': {
            'join': {ROOM: {
                'timeline': {'events': timeline, 'limited': False, 'prev_batch': 's0'},
                'state': {'events': server.told(None)['rooms']['join'][ROOM]['state']['events']},
                'ephemeral': {'events': [
                    {'type': 'm.typing', 'content': {'user_ids': [ANA]}},
                    {'type': 'm.receipt', 'content': {
                        '$event1:hs.test': {'m.read': {ANA: {'ts': 17}}}}}]},
                'account_data': {'events': [{'type': 'm.tag', 'content': {'tags': {}}}]},
                'summary': {'m.heroes': [ANA], 'm.joined_member_count': 3},
                'unread_notifications': {'highlight_count': 0},
            }},
            'invite': {'!other:hs.test': {'invite_state': {'events': [
                homeserver.member('@eve:hs.test'),
                homeserver.member(KITH, membership='invite')]}}},
            'leave': {'!former:hs.test': {'timeline': {'events': [
                told({'membership': 'leave'}, 'm.room.member', state_key=KITH)]}}},
            'knock': {},
        },
        'account_data': {'events': [{'type': 'm.direct', 'content': {ANA: ['!ana:hs.test']}}]},
        'to_device': {'events': [{'type': 'm.dummy', 'sender': ANA, 'content': {}}]},
        'device_lists': {'changed': [ANA], 'left': []},
        'device_one_time_keys_count': {'signed_curve25519': 50},
        'presence': {'events': [{'type': 'm.presence', 'sender': ANA, 'content': {}}]},
    }


def paths(tree, above=()):
    """Every member and element, from the outside in."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) \
        if isinstance(tree, list) else ()
    for key, value in inside:
        yield (*above, key)
        yield from paths(value, (*above, key))


def spoilt(tree, path, junk):
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = junk
    return tree


def await_all(server, scripts, seconds):
    for function in scripts:
        server.script(function)
    server.await_scripts(seconds)


@pytest.mark.parametrize('all_junk', [pytest.param(True, marks=pytest.mark.long), False],
                         ids=['all junk', 'some'])
def test_passes_over_what_is_of_a_wrong_type(meet, all_junk):
    server, bot = meet()
    server.say('hm, hm')
    scripts = []
    for n, path in enumerate(paths(everything(server))):
        for junk in JUNK if all_junk else [JUNK[n % len(JUNK)]]:
            def script(told, path=path, junk=junk):
                return {**spoilt(everything(server), path, junk), 'next_batch': told['next_batch']}
            scripts.append(script)
    await_all(server, scripts, 300)
    # What they left of the room's state may be that nobody can speak there.
    await_all(server, [lambda told: {**everything(server), 'next_batch': told['next_batch']}], 60)
    server.asks(probe(), seconds=60)
    assert bot.process.poll() is None


FATEFUL = {
    'm.room.tombstone': {'body': 'moved', 'replacement_room': '!new:hs.test'},
    'm.room.encryption': {'algorithm': 'm.megolm.v1.aes-sha2', 'rotation_period_ms': 604800000,
                          'rotation_period_msgs': 100},
    'm.room.power_levels': {'users': {OLGA: 100}, 'users_default': 0, 'events_default': 0,
                            'events': {'m.room.message': 0}, 'state_default': 50, 'ban': 50,
                            'notifications': {'room': 50}},
    'm.room.create': {'room_version': '12', 'additional_creators': [ANA],
                      'predecessor': {'room_id': '!old:hs.test', 'event_id': '$event1'}},
    'm.room.join_rules': {'join_rule': 'restricted', 'allow': [{'type': 'm.room_membership'}]},
    'm.room.history_visibility': {'history_visibility': 'shared'},
    'm.room.name': {'name': 'Makers'},
    'm.room.canonical_alias': {'alias': '#makers:hs.test', 'alt_aliases': []},
    'm.room.server_acl': {'allow': ['*'], 'deny': []},
}


@pytest.mark.parametrize('event_type', FATEFUL)
def test_lives_with_a_state_of_wrong_types(meet, event_type):
    """Whatever may become of the room by it."""
    server, bot = meet()
    server.say('hm, hm')

    def state(content):
        return lambda told: {'next_batch': told['next_batch'], 'rooms': {'join': {ROOM: {
            'timeline': {'events': [server.event(content, OLGA, event_type, state_key='')]}}}}}

    spoilt_ones = [spoilt(json.loads(json.dumps(FATEFUL[event_type])), path, junk)
                   for path in paths(FATEFUL[event_type]) for junk in JUNK]
    await_all(server, [state(content) for content in [*spoilt_ones, *JUNK]], 120)
    before = len(server.requested('GET', '/sync'))
    server.say('hm, hm')
    server.await_requests('GET', '/sync', before + 1)  # it has heard that, and all before
    assert bot.process.poll() is None


FORGED = [
    '@olga:evil.test', '@olga:hs.test:8448', '@OLGA:hs.test', '@olg\u0430:hs.test',
    '@olga:hs.test ', ' @olga:hs.test', '@olga:hs.test\n', '@olga:hs.test\u200b', 'olga',
    'olga:hs.test', '', '@', ':', '@:', '@olga', '@olga:', '@' + 'x' * 300 + ':hs.test',
    '@ol\u202ega:hs.test', KITH, None, 17, [OLGA], {'user': OLGA},
]


def test_obeys_nobody_who_looks_like_an_organizer(met):
    server, _ = met
    since = len(server.said)
    for n, sender in enumerate(FORGED):
        server.say(f'!admin announce forged {n}', sender)
        server.put(server.event({'msgtype': 'm.text', 'body': f'!admin announce forged {n}'},
                                sender, content_sender=OLGA, user_id=OLGA))
    server.asks(probe())
    assert not [content for _, _, content in server.said[since:] if 'forged' in content['body']]
    server.say('!admin announce genuine', OLGA)
    server.expect_said('genuine')


@pytest.mark.parametrize('at', [2 ** 63 - 1, 2 ** 63, 2 ** 53, 4102444800000, 0, -1, -2 ** 63,
                                1.5, 1e30, '17', None])
def test_is_not_put_off_by_the_time_of_an_event(met, at):
    """Of the future, of the past, of no time there is."""
    server, _ = met
    server.say(f'!who {probe()}', origin_server_ts=at)
    server.say('!remind on', origin_server_ts=at)
    server.asks(probe())


HUGE = {
    'a text': lambda server: server.say('!who ' + 'x' * (1 << 20)),
    'a text of lines': lambda server: server.say('!note 1 ' + 'a line\n' * 100000),
    'a text of spaces': lambda server: server.say('!who' + ' ' * (1 << 20)),
    'a name': lambda server: server.put(server.event(
        {'membership': 'join', 'displayname': 'Ana' * 300000}, event_type='m.room.member',
        state_key=ANA)),
    'an id': lambda server: server.say('hm', event_id='$' + 'x' * (1 << 20)),
    'a reply': lambda server: server.put(server.event(
        {'msgtype': 'm.text', 'body': '> <@ana:hs.test> hm\n' * 50000 + '\n!list',
         'm.relates_to': {'m.in_reply_to': {'event_id': '$' + 'x' * (1 << 20)}}})),
    'a key': lambda server: server.put(server.event({'x' * (1 << 20): 1})),
    'many events': lambda server: [server.say(f'hm {n}') for n in range(3000)],
    'many names': lambda server: [server.put(server.event(
        {'membership': 'join', 'displayname': f'Guest {n}'}, f'@guest{n}:hs.test',
        'm.room.member', state_key=f'@guest{n}:hs.test')) for n in range(2000)],
}


@pytest.mark.parametrize('what', HUGE)
def test_hears_what_is_huge(meet, what):
    server, _ = meet()
    HUGE[what](server)
    server.asks(probe(), OLGA, seconds=60)


def test_refuses_a_crowd_of_invites(meet):
    server, _ = meet()
    server.say('hm, hm')
    server.script(lambda told: {**told, 'rooms': {'invite': {
        f'!crowd{n}:hs.test': {'invite_state': {'events': [
            homeserver.member(f'@eve{n}:hs.test'), homeserver.member(KITH, membership='invite')]}}
        for n in range(200)}}})
    server.await_requests('POST', '/crowd|!crowd.*/leave', 200, seconds=60)
    server.asks(probe())
    assert not server.requested('POST', 'join.*crowd|crowd.*/join')


def test_takes_its_token_nowhere_else(met, cleanup):
    server, _ = met
    other = homeserver.Server()
    cleanup.callback(other.stop)
    server.script(lambda told: Answer(b'', 302, {'Location': other.base +
                                                 '/_matrix/client/v3/sync'}))
    server.script(lambda told: Answer(b'', 307, {'Location': other.base +
                                                 '/_matrix/client/v3/sync'}))
    server.asks(probe(), seconds=30)
    assert not other.requests


def storm(status, times, **more):
    """An answer that many times, and then the usual one."""
    left = itertools.count(times, -1)
    return lambda request: Answer.error(status, 'M_LIMIT_EXCEEDED' if status == 429 else
                                        'M_UNKNOWN', **more) if next(left) > 0 else None


STORMS = {
    '429, in the body': lambda: storm(429, 5, retry_after_ms=50),
    '429, in a header': lambda: storm(429, 2, headers={'Retry-After': '1'}),
    '429, in none': lambda: storm(429, 2),
    '429, of no sense': lambda: storm(429, 2, retry_after_ms='soon', headers={'Retry-After': '-9'}),
    '500': lambda: storm(500, 2),
    '503': lambda: storm(503, 2),
}


@pytest.mark.parametrize('how', [next(iter(STORMS)), *(
    pytest.param(how, marks=pytest.mark.long) for how in list(STORMS)[1:])])
@pytest.mark.parametrize('where', ['/send/', '/'])
def test_says_everything_once_and_in_order_after_a_storm(met, where, how):
    server, _ = met
    since = len(server.said)
    asked = [probe() for _ in range(5)]
    server.answer(ANY, where, STORMS[how]())
    for one in asked:
        server.say(f'!who {one}')
    server.expect_said(f'“{asked[-1]}”', seconds=60, since=since)
    server.usual()
    server.asks(probe())
    said = [re.search('“(.*?)”', content['body'])[1] for _, _, content in server.said[since:]]
    assert said[:-1] == asked


def test_says_it_once_where_the_servers_word_is_lost(met):
    """The server has it, but kith does not hear so."""
    server, _ = met
    since, asked = len(server.said), probe()
    lost = itertools.count()

    def lose(request):
        if next(lost) >= 2:
            return None
        room, event_type, transaction = request.path.split('/')[3], *request.path.split('/')[5:]
        return Answer(server.send(request, room, event_type, transaction), cut=3)

    server.answer('PUT', '/send/', lose)
    server.asks(asked, seconds=30)
    server.asks(probe())
    server.usual()
    said = [content['body'] for _, _, content in server.said[since:]]
    assert len(said) == 2, said


@pytest.mark.parametrize('answer', [
    Answer(b''), Answer([]), Answer({}), Answer({'event_id': 17}), Answer({'event_id': ''}),
    Answer({'event_id': '$' + 'x' * 100000}), Answer(b'{"event_id":"$1"'),
    Answer.error(403, 'M_FORBIDDEN'), Answer.error(413, 'M_TOO_LARGE'),
    Answer.error(400, 'x' * 5000), Answer({'errcode': ['M_FORBIDDEN']}, 403),
    Answer(b'<html>no</html>', 404)], ids=str)
def test_goes_on_whatever_becomes_of_a_post(met, answer):
    server, _ = met
    once = itertools.count()
    server.answer('PUT', '/send/', lambda request: answer if next(once) < 1 else None)
    server.say(f'!who {probe()}')
    irc.wait_for('kith to say it', lambda: next(once) > 1 or time.sleep(0.1))
    server.usual()
    server.asks(probe())


@pytest.mark.parametrize('soft', [True, False])
def test_signs_in_again_when_it_was_signed_out(meet, soft):
    server, bot = meet()
    valid = server.accounts

    def signed_out(request):
        if request.token == f'{homeserver.TOKEN}{valid}':
            return Answer.error(401, 'M_UNKNOWN_TOKEN', soft_logout=soft)
        return None

    server.answer(ANY, 'v3/(?!login)', signed_out)
    server.say('hm, hm')
    server.asks(probe(), seconds=30)
    assert server.accounts == valid + 1
    devices = {request.body['device_id'] for request in server.requested('POST', '/login')}
    assert len(devices) == 1
    assert ('signed out' in bot.log.read_text()) == (not soft)


ROOMS, ROOM_BYTES = 2000, 10000  # of a first sync: 20 MB
ABOVE_IDLE_MOST_KB = 4 * 1024
LEFT_MOST_KB = 1536


def private_dirty_kb(bot):
    text = pathlib.Path(f'/proc/{bot.process.pid}/smaps_rollup').read_text()
    return int(re.search(r'^Private_Dirty:\s+(\d+)', text, re.M)[1])


class Peak:
    """The most that was dirty while it was looked at."""

    def __init__(self, bot):
        self.bot = bot
        self.kb = 0
        self.looks = 0
        self._over = False
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        while not self._over:
            try:
                self.kb = max(self.kb, private_dirty_kb(self.bot))
                self.looks += 1
            except (OSError, TypeError):
                return
            time.sleep(0.001)

    def end(self):
        self._over = True
        self._thread.join(irc.WAIT_S)
        return self.kb


def crowded(server):
    """What a first sync of so many rooms says besides."""
    people = [f'@somebody{n}:hs.test' for n in range(5)]
    state = [{'event_id': f'$old{n}', 'origin_server_ts': 1700000000000, **event}
             for n, event in enumerate(homeserver.room_state(*people, KITH))]
    text = {'msgtype': 'm.text', 'body': 'x' * 500}

    def room(n):
        events = [server.event(text, people[n % 5]) for _ in range(20)]
        while len(json.dumps([state, events])) > ROOM_BYTES:
            events.pop()
        return {'state': {'events': state},
                'timeline': {'events': events, 'limited': True, 'prev_batch': 's0'}}
    return {f'!crowd{n}:hs.test': room(n) for n in range(ROOMS)}


@pytest.mark.long
def test_a_first_sync_of_2000_rooms_takes_no_memory(kith_release, meet, tmp_path):
    small = tmp_path / 'small'
    small.mkdir()
    server, bot = meet(kith_release, small)
    server.asks(probe())
    time.sleep(1)
    idle = private_dirty_kb(bot)

    server = homeserver.Server()
    more = crowded(server)
    body = json.dumps({'next_batch': 's0', 'rooms': {'join': {
        **more, **server.told(None)['rooms']['join']}}}).encode()
    assert len(body) > 18e6
    server.first = lambda told: Answer(body)
    bot = homeserver.Kith(kith_release, tmp_path, server)
    bot.start()
    peak = Peak(bot)
    try:
        bot.await_room(seconds=60)
        server.asks(probe(), seconds=60)
        most = peak.end()
        time.sleep(1)
        after = private_dirty_kb(bot)
    finally:
        bot.stop()
        server.stop()
    print(f'idle {idle} KiB, at most {most} KiB ({peak.looks} looks), afterwards {after} KiB')
    assert most <= idle + ABOVE_IDLE_MOST_KB
    assert after <= idle + LEFT_MOST_KB
