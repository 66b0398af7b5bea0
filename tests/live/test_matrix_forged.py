"""kith in an encrypted room of a real homeserver with Mallory, whose devices forge what no client
can be made to (tests/live/forger.c). Kith takes any device here, so that only what is forged is in
the way; and each time it does the same for who has done it right.

Keys of low order, by which anybody could read:  test_gives_no_key_to_a_device_of_low_order
Room keys that did not come by Olm, are from or for another, of another room or session, or were
not asked for:  test_believes_no_room_key_that_is_forged
What Mallory says in a session of Ana's, or calls one:  test_a_session_stays_its_owners
What a server that lies says is Ana's and is Mallory's:  test_believes_no_server_that_says_who_it_is
"""
import pytest

import irc
from encrypted import check, session
from forged import ONE_TIME_KEYS, Device, Forger, encoded, exported
from house import CONFIG, House

# Those of Curve25519 on which every secret is the same, and other ways to write some.
P = 2**255 - 19
ORDER_8 = ('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
           '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157')
LOW = [encoded(raw) for raw in (
    *(n.to_bytes(32, 'little') for n in (0, 1, P - 1, P, P + 1, 2**255, 2**255 + 1)),
    *map(bytes.fromhex, ORDER_8))]
# One of Ed25519, and what passes for its signature of anything.
NEUTRAL = encoded((1).to_bytes(32, 'little'))
SIGNS_ALL = encoded((1).to_bytes(64, 'little'))


@pytest.fixture
def town(encrypted_town):
    return encrypted_town


@pytest.fixture
def house(town, matrix_kith):
    return House(town, matrix_kith, config=CONFIG.replace('{keys}', '{keys}\ntrust = any'))


@pytest.fixture
def device_of(town, forger_program, cleanup):
    """device_of(user): another one of theirs, that forges."""
    def arrive(user):
        forger = Forger(forger_program)
        cleanup.callback(forger.stop)
        return Device(town, user, forger)
    return arrive


@pytest.fixture
def mallory(house, town, device_of):
    """A device that kith reads, of somebody who is in the room."""
    device = device_of(town.register('mallory'))
    device.publish()
    device.begin()
    enters(house, device)
    reads(house, device, 'honest')
    return device


def enters(house, device):
    house.olga.invite(house.room, device.user)
    device.join(house.room)
    for listener in (house.olga, house.ana):
        listener.expect_member(house.room, device.user)


def reads(house, device, probe):
    """Kith does what it says in a session whose key it has given as it should: the session."""
    speaks = device.speak(house.room)
    device.letter(speaks)
    device.say(speaks, f'!who {probe}')
    answered(house, probe)
    return speaks


def answered(house, *probes):
    irc.wait_for(f'answers to {probes}',
                 lambda: set(probes) <= set(house.answered(house.ana)), 30)


# Keys of low order.

def test_gives_no_key_to_a_device_of_low_order(house, town, device_of):
    user = town.register('mallory')
    honest, signs_all = device_of(user), device_of(user)
    honest.publish()
    signs_all.publish(**signed_by_all(signs_all))
    identities, one_time = ([device_of(user) for _ in LOW] for _ in range(2))
    for device, key in zip(identities, LOW):
        device.publish(device_keys=device.device_keys(curve25519=key))
    for device, key in zip(one_time, LOW):
        device.publish(one_time_keys=device.one_time_keys(ONE_TIME_KEYS * [key]))
    enters(house, honest)
    answer = house.answers(house.ana, 'first')
    _, kiths = honest.kiths()
    [key] = irc.wait_for('the key', lambda: honest.room_keys(kiths['curve25519']))
    assert key['session_id'] == session(house.ana, answer)
    house.never_answered()
    for device in (*identities, *one_time, signs_all):
        assert not device.told('m.room.encrypted'), device.id
    check([house.olga, house.ana], town.kith)


def signed_by_all(device):
    """All that it publishes, where the key that it signs with is of low order."""
    def signed(thing):
        return {**thing, 'signatures': {device.user: {f'ed25519:{device.id}': SIGNS_ALL}}}
    return {'device_keys': signed(device.device_keys(ed25519=NEUTRAL)),
            'one_time_keys': {name: signed(key) for name, key in device.one_time_keys().items()}}


# Room keys.

OTHER_ROOM = '!other:hs.test'

# How Mallory sends that m.room_key.
FORGED = {
    'in-clear': lambda mallory, ana, key: mallory.send(key, 'm.room_key'),
    'in-clear-by-another': lambda mallory, ana, key: mallory.send(
        {**key, 'sender': ana.user, 'sender_key': ana.curve25519}, 'm.room_key'),
    'to-another': lambda mallory, ana, key: mallory.letter(key, recipient=ana.user),
    'to-nobody': lambda mallory, ana, key: mallory.letter(key, recipient=None),
    'to-another-device': lambda mallory, ana, key: mallory.letter(
        key, recipient_keys={'ed25519': ana.ed25519}),
    'to-no-device': lambda mallory, ana, key: mallory.letter(key, recipient_keys=None),
    'by-another': lambda mallory, ana, key: mallory.letter(key, sender=ana.user),
    'by-nobody': lambda mallory, ana, key: mallory.letter(key, sender=None),
    'by-another-device': lambda mallory, ana, key: mallory.letter(
        key, keys={'ed25519': ana.ed25519}),
    'by-no-device': lambda mallory, ana, key: mallory.letter(key, keys=None),
    'by-another-identity': lambda mallory, ana, key: mallory.letter(
        key, sender_key=ana.curve25519),
    'with-keys-of-another': lambda mallory, ana, key: mallory.letter(
        key, sender_device_keys=ana.device_keys()),
    'of-another-algorithm': lambda mallory, ana, key: mallory.letter(
        {**key, 'algorithm': 'm.megolm.v2.aes-sha2'}),
    'of-another-room': lambda mallory, ana, key: mallory.letter({**key, 'room_id': OTHER_ROOM}),
    'of-another-session': lambda mallory, ana, key: mallory.letter(
        {**key, 'session_id': mallory.speak(OTHER_ROOM)['session_id']}),
    'unasked': lambda mallory, ana, key: mallory.letter(
        {**key, 'session_key': exported(key['session_key'])}, 'm.forwarded_room_key'),
    'unasked-as-it-was': lambda mallory, ana, key: mallory.letter(key, 'm.forwarded_room_key'),
}


@pytest.mark.parametrize('anew', [False, True], ids=['goes on', 'begins'])
def test_believes_no_room_key_that_is_forged(house, town, mallory, device_of, anew):
    """Neither in a session of Olm that goes on nor in one that begins by it."""
    ana = device_of(house.ana.user)
    keys = {}
    for name, forge in FORGED.items():
        if anew:
            mallory.begin()
        keys[name] = mallory.speak(house.room)
        forge(mallory, ana, keys[name])
        mallory.say(keys[name], f'!who {name}')
    house.never_answered(*keys)
    # Nothing but the key was missing.
    for key in keys.values():
        mallory.letter(key)
    answered(house, *keys)
    check([house.olga, house.ana], town.kith)


def test_a_session_stays_its_owners(house, town, mallory, device_of):
    """Also one whose key kith has not yet."""
    ana = device_of(house.ana.user)
    ana.publish()
    ana.begin()
    hers, next_of_hers = reads(house, ana, 'hers'), ana.speak(house.room)
    own = mallory.speak(house.room)
    taken = ana.wire(hers, '!who taken')
    mallory.put(house.room, taken)
    for claimed in (hers, next_of_hers):
        key = {**own, 'session_id': claimed['session_id']}
        mallory.send(key, 'm.room_key')
        mallory.letter(key)
        mallory.letter({**key, 'session_key': exported(key['session_key']),
                        'sender_key': ana.curve25519, 'sender_claimed_ed25519_key': ana.ed25519,
                        'forwarding_curve25519_key_chain': []}, 'm.forwarded_room_key')
        for speaker in (mallory, ana):
            speaker.put(house.room, mallory.wire(
                own, '!who claimed', session_id=claimed['session_id'],
                sender_key=ana.curve25519, device_id=ana.id))
    house.never_answered('claimed', 'taken')
    # Who says it is all that was wrong.
    ana.put(house.room, taken)
    answered(house, 'taken')
    # Whoever has a key can give it on as their own, even before its owner does.
    mallory.letter(next_of_hers)
    mallory.letter(hers)
    house.answers(house.ana, 'given-on')
    ana.letter(next_of_hers)
    ana.say(next_of_hers, '!who next')
    ana.say(hers, '!who still')
    answered(house, 'next', 'still')
    mallory.letter(own)
    mallory.say(own, '!who mallorys')
    answered(house, 'mallorys')
    house.never_answered('claimed')
    check([house.olga, house.ana], town.kith)


def test_believes_no_server_that_says_who_it_is(house, town, mallory, device_of):
    """What comes from Ana's account here no device of hers has said."""
    ana, unlisted = device_of(house.ana.user), device_of(house.ana.user)
    ana.publish()
    own = mallory.speak(house.room)
    mallory.letter(own)
    ana.put(house.room, mallory.wire(own, '!who relabelled'))
    forged = {
        'sent': {},
        'sent-by-device': {'keys': {'ed25519': ana.ed25519}},
        'sent-by-identity': {'sender_key': ana.curve25519},
    }
    for name, changes in forged.items():
        key = mallory.speak(house.room)
        mallory.letter(key, http=ana.http, sender=ana.user, **changes)
        ana.put(house.room, mallory.wire(key, f'!who {name}'))
    unlisted.begin()
    hidden = unlisted.speak(house.room)
    unlisted.letter(hidden, sender_device_keys=unlisted.device_keys())
    unlisted.say(hidden, '!who unlisted')
    house.never_answered('relabelled', 'unlisted', *forged)
    unlisted.publish()
    unlisted.say(hidden, '!who listed')
    mallory.say(own, '!who mallorys')
    answered(house, 'listed', 'mallorys')
    check([house.olga, house.ana], town.kith)
