"""What the tests of encryption on Matrix stand on, without kith: that people who want devices to be
signed by their owners read each other, and refuse whoever is not; and that these tests notice."""
import re

import pytest

import encrypted
import irc
import matrix

UNSIGNED = 'UNSIGNED_SENDER_DEVICE'
WITHHELD = 'MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE'
NO_KEY = 'MEGOLM_UNKNOWN_INBOUND_SESSION_ID'

pytestmark = pytest.mark.parametrize('peers', [matrix.NEWEST, matrix.OLD], indirect=True)


class Two:
    """Olga and Ana in a room of Olga's."""

    def __init__(self, town, **options):
        self.olga = town.person('olga')
        self.ana = town.person('ana')
        self.room = self.olga.create(self.ana.user, **options)
        self.ana.join(self.room)
        self.olga.expect_member(self.room, self.ana.user)

    def says(self, somebody, text):
        """The event, as the other one heard it come."""
        said = somebody.say(self.room, text)
        other = self.ana if somebody is self.olga else self.olga
        return other.expect(f'{text} to come', lambda event: event.get('event_id') == said)


@pytest.fixture
def two(encrypted_town):
    return Two(encrypted_town)


def test_signed_devices_read_each_other(encrypted_town, two):
    for n in range(3):
        for listener, somebody in ((two.olga, two.ana), (two.ana, two.olga)):
            event = two.says(somebody, f'hello {n}')
            assert event['type'] == 'm.room.encrypted'
            assert encrypted.seen(listener, event)['content']['body'] == f'hello {n}'
            assert encrypted.index(event['content']) == n
    irc.wait_for('both to have heard the same', lambda: len({tuple(
        text for _, _, text in somebody.said_in(two.room))
        for somebody in (two.ana, two.olga)}) == 1)
    for somebody in (two.olga, two.ana):
        encrypted.check([two.olga, two.ana], somebody.user)


def test_an_unsigned_device_is_refused_both_ways(encrypted_town, two):
    """Of somebody who has signed none, and a second one of somebody who has signed the first."""
    eve = encrypted_town.person('eve', crypto='lax', signed=False)
    two.olga.invite(two.room, eve.user)
    eve.join(two.room)
    second = encrypted_town.another_device(two.ana, signed=False, crypto='lax')
    two.olga.expect_member(two.room, eve.user)
    for unsigned in (eve, second):
        said = unsigned.say(two.room, f'from {unsigned.device}')
        encrypted.seen(two.olga, {'event_id': said}, UNSIGNED)
        shown = two.olga.ask('shown', room=two.room, event=said)
        assert shown['failure'] == UNSIGNED
    answer = two.olga.say(two.room, 'for signed devices')
    for unsigned in (eve, second):
        encrypted.seen(unsigned, {'event_id': answer}, WITHHELD)
    encrypted.seen(two.ana, {'event_id': answer})
    # Who takes any device reads it, and is warned.
    lax = encrypted_town.person('lou', crypto='lax')
    two.olga.invite(two.room, lax.user)
    lax.join(two.room)
    eve.expect_member(two.room, lax.user)
    said = eve.say(two.room, 'for anybody')
    with pytest.raises(AssertionError, match='UNSIGNED_DEVICE'):
        encrypted.seen(lax, {'event_id': said})
    assert lax.clear[said]['shield'] == 'RED'


def test_another_signed_device_reads_what_is_said_next(encrypted_town, two):
    second = encrypted_town.another_device(two.olga)
    irc.wait_for('Ana to know it', lambda: two.ana.ask(
        'devices', user=two.olga.user) == {two.olga.device: True, second.device: True})
    two.ana.say(two.room, 'to both')
    encrypted.seen(second, second.expect_said(two.ana.user, two.room, 'to both'))
    encrypted.seen(two.ana, {'event_id': second.say(two.room, 'from the second')})


def test_somebody_with_another_identity_is_read_still(two):
    """By those who have not made sure of the first one."""
    encrypted.seen(two.olga, two.says(two.ana, 'before'))
    two.ana.ask('renew', password=matrix.PASSWORD)
    encrypted.seen(two.olga, two.says(two.ana, 'after'))
    encrypted.seen(two.ana, two.says(two.olga, 'answer'))


def test_a_key_is_dropped_held_and_spoilt(two):
    """And the next session gets through again."""
    encrypted.passing(two.ana, out='hold')
    said = two.says(two.ana, 'late')
    encrypted.seen(two.olga, said, NO_KEY)
    encrypted.passing(two.ana, out='send')
    two.ana.ask('release')
    assert encrypted.seen(two.olga, said)['content']['body'] == 'late'
    for how in ({'out': 'drop'}, {'in': 'drop'}, {'in': 'spoil'}):
        encrypted.forget_session(two.ana, two.room)
        speaks, reads = (two.ana, two.olga)
        encrypted.passing(speaks if 'out' in how else reads, **how)
        lost = two.says(speaks, f'lost by {how}')
        encrypted.seen(reads, lost, NO_KEY)
        assert not encrypted.has_key(reads, two.room, encrypted.session(reads, lost))
        encrypted.passing(two.ana, out='send')
        encrypted.passing(two.olga, **{'in': 'take'})
        encrypted.forget_session(speaks, two.room)
        encrypted.seen(reads, two.says(speaks, f'after {how}'))


def test_a_session_ends_when_somebody_leaves(encrypted_town, two):
    eve = encrypted_town.person('eve')
    two.olga.invite(two.room, eve.user)
    eve.join(two.room)
    two.ana.expect_member(two.room, eve.user)
    before = two.says(two.ana, 'before')
    assert encrypted.session(two.olga, before) == \
        encrypted.session(two.olga, two.says(two.ana, 'still'))
    encrypted.seen(eve, before)
    eve.leave(two.room)
    two.ana.expect_member(two.room, eve.user, 'leave')
    after = two.says(two.ana, 'after')
    assert encrypted.session(two.olga, after) != encrypted.session(two.olga, before)
    assert encrypted.has_key(two.olga, two.room, encrypted.session(two.olga, after))
    assert not encrypted.has_key(eve, two.room, encrypted.session(two.olga, after))


def test_what_is_said_in_clear_or_by_a_used_key_is_noticed(encrypted_town, two):
    event = two.says(two.ana, 'hello')
    encrypted.check([two.olga], two.ana.user)
    content = two.olga.wire[event['event_id']]
    again = encrypted.send_raw(two.ana, two.room, content, 'm.room.encrypted')
    two.olga.expect('it again', lambda heard: heard.get('event_id') == again)
    with pytest.raises(AssertionError, match='was used by|was shown'):
        encrypted.check([two.olga], two.ana.user)
    clear = encrypted.send_raw(two.ana, two.room, {'msgtype': 'm.text', 'body': 'in clear'})
    two.olga.expect_said(two.ana.user, two.room, re.escape('in clear'))
    assert clear not in two.olga.wire
    with pytest.raises(AssertionError):
        encrypted.check([two.olga], two.ana.user)
