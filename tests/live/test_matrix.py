"""kith on a real homeserver: who may ask it in, where it goes on, and that nothing is lost or said
twice when the server is slow, away, or has forgotten it."""
import re
import time

import pytest

import irc
from group import posts_left
from matrix import Refused

CONFIG = '''
[group]
name = Makers
timezone = Europe/Berlin
organizers = home/{olga}
places = home/{room}
[matrix home]
{keys}
[store]
path = {store}
'''

STOPPED_S = 120


class House:
    """Olga, Ana and kith in a room of Olga's; `options` are those it is made with."""

    def __init__(self, town, kith, start=True, **options):
        self.town = town
        self.olga = town.person('olga')
        self.ana = town.person('ana', accept=None)
        self.room = self.olga.create(self.ana.user, town.kith, name='Makers', **options)
        self.ana.join(self.room)
        self.bot = kith(town, CONFIG, olga=self.olga.user, room=self.room)
        self.bot.await_log('in ' + re.escape(self.room))

    def answers(self, somebody, probe, room=None, seconds=irc.WAIT_S):
        """They ask something there, and hear the answer; its event."""
        somebody.say(room or self.room, f'!who {probe}')
        return somebody.expect_said(self.town.kith, room or self.room,
                                    f'nobody called “{probe}”', seconds)

    def said(self, listener, room=None):
        return [text for _, nick, text in listener.said_in(room or self.room) if nick == 'kith']

    def probes(self, listener, room=None):
        """What kith has answered, in order."""
        found = [re.search('nobody called “(.*?)”', text)
                 for text in self.said(listener, room)]
        return [one[1] for one in found if one]

    def devices(self):
        """Kith's, as the server knows them."""
        return [device['device_id'] for device in self.town.admin().admin(
            'GET', f'v2/users/{self.town.kith}/devices')['devices']]


@pytest.fixture
def house(town, matrix_kith):
    return House(town, matrix_kith)


@pytest.fixture
def own_house(own_town, matrix_kith):
    """own_house(town): on a server that only the test uses; see own_town."""
    return lambda town=None, **options: House(town or own_town(), matrix_kith, **options)


def test_follows_no_stranger(house, town):
    eve = town.person('eve', accept=None)
    rooms = [eve.create(town.kith, name=f'Offers {n}') for n in range(2)]
    for room in rooms:
        eve.expect_member(room, town.kith, 'leave')
    house.olga.expect_said(town.kith, None, 'asked me into a room, and I did not go')
    house.answers(house.ana, 'afterwards')
    assert all(town.kith not in eve.http.joined(room) for room in rooms)
    told = [text for room in house.olga.direct_with(town.kith)
            for text in house.said(house.olga, room)]
    assert len([text for text in told if 'did not go' in text]) == 1, told


def test_follows_an_organizer(house, town):
    other = house.olga.create(town.kith, name='Another')
    house.olga.expect_member(other, town.kith)
    house.olga.expect_said(town.kith, None, 'I am where .* asked me to come')
    house.olga.say(other, '!who here')
    house.answers(house.ana, 'afterwards')
    assert not house.said(house.olga, other), 'that is no place of the group'


def test_comes_again_when_it_was_put_out(house, town):
    house.olga.kick(house.room, town.kith, 'you talk too much')
    house.olga.expect_said(town.kith, None, 'put me out of')
    house.olga.invite(house.room, town.kith)
    house.ana.expect_member(house.room, town.kith)
    house.answers(house.ana, 'again')


def test_stays_out_where_it_is_banned(house, town):
    house.olga.ban(house.room, town.kith)
    house.olga.expect_said(town.kith, None, 'put me out of')
    house.olga.call('unban', house.room, town.kith)
    house.olga.invite(house.room, town.kith)
    house.ana.expect_member(house.room, town.kith)
    house.answers(house.ana, 'again')


def test_goes_on_where_a_room_goes_on(town, matrix_kith):
    """From version 10 to 12, where the creator's power is in no power levels."""
    house = House(town, matrix_kith, room_version='10')
    house.ana.say(house.room, '!intro I am Ana, and I make things')
    house.ana.expect_said(town.kith, house.room, 'Welcome')
    new = house.olga.upgrade(house.room, '12')
    for user in (town.kith, house.ana.user):
        house.olga.invite(new, user)
    house.ana.join(new)
    house.ana.expect_member(new, town.kith)
    house.answers(house.ana, 'there', room=new)
    house.ana.say(new, '!who ana')
    house.ana.expect_said(town.kith, new, 'make things')
    house.olga.expect_said(town.kith, None, 'goes on in another room')

    # Olga is its creator: no level is above hers, and she is in none.
    levels = house.olga.http.state(new, 'm.room.power_levels')
    assert house.olga.user not in levels.get('users', {})
    house.olga.http.set_state(new, 'm.room.power_levels', {**levels, 'events_default': 50})
    house.bot.await_log('may not speak in')
    house.olga.http.set_state(new, 'm.room.power_levels', {
        **levels, 'events_default': 50, 'users': {town.kith: 50}})
    house.olga.say(new, '!who heard')
    house.olga.expect_said(town.kith, new, 'nobody called “heard”')


def test_says_everything_once_and_in_order_when_it_may_say_little(house, town):
    admin = town.admin()
    admin.limit(town.kith, 1, 1)
    asked = [f'slow{n}' for n in range(8)]
    for probe in asked:
        house.ana.say(house.room, f'!who {probe}')
    house.ana.expect_said(town.kith, house.room, asked[-1], seconds=60)
    admin.limit(town.kith)
    house.answers(house.ana, 'afterwards')
    assert house.probes(house.ana) == [*asked, 'afterwards']


def test_signs_in_again_as_the_same_device_whenever_its_token_ends(own_town, own_house):
    """Tokens that there were before last; those from now on last a moment."""
    town = own_town()
    house = own_house(town)
    [device] = house.devices()
    house.bot.stop()
    town.server.stop()
    town.server.start(nonrefreshable_access_token_lifetime='4s',
                      refreshable_access_token_lifetime='3s', session_lifetime='9s')
    admin = town.admin()
    admin.admin('POST', f'v2/users/{town.kith}/delete_devices', {'devices': [device]})
    house.bot.start()
    asked = [f'token{n}' for n in range(10)]
    for probe in asked:
        house.answers(house.ana, probe, seconds=30)
        time.sleep(2)
    assert house.probes(house.ana) == asked
    assert house.devices() == [device]


def test_stays_the_same_device_over_a_restart(house, town):
    before = house.devices()
    house.bot.stop()
    house.bot.start()
    house.answers(house.ana, 'again')
    assert house.devices() == before
    assert len(before) == 1


def test_hears_what_was_said_while_it_was_not_there(house, town):
    """More than the server tells of at once, and a command at the far end of it."""
    house.bot.stop()
    house.ana.say(house.room, '!intro I am Ana, and I make things')
    for n in range(150):
        house.olga.say(house.room, f'we talk and talk, {n}')
    house.bot.start()
    house.ana.expect_said(town.kith, house.room, 'Welcome', seconds=30)
    house.answers(house.olga, 'afterwards')
    assert len([text for text in house.said(house.ana) if 'Welcome' in text]) == 1


def test_answers_where_it_was_asked(house, town):
    """In a reply, in a thread, by its name, by a pill, and in private."""
    root = house.olga.say(house.room, 'what do you think?')
    asked = house.ana.say(house.room, '!who inthread', thread=root)
    relation = house.ana.expect_said(town.kith, house.room, 'inthread')['content']['m.relates_to']
    assert (relation['rel_type'], relation['event_id']) == ('m.thread', root)
    assert relation['m.in_reply_to'] == {'event_id': asked}

    pill = f'<a href="https://matrix.to/#/{town.kith}">kith</a>'
    for n, (text, html) in enumerate([
            ('kith: who {}', None), (f'{town.kith}: who {{}}', None),
            ('kith: who {}', f'{pill}: who {{}}'), ('kith who {}', f'{pill} who {{}}')]):
        asked = house.ana.say(house.room, text.format(f'named{n}'),
                              html=html and html.format(f'named{n}'))
        answer = house.ana.expect_said(town.kith, house.room, f'named{n}')['content']
        assert answer['msgtype'] == 'm.notice'
        assert answer['m.mentions'] == {} or answer['m.mentions'] == {
            'user_ids': [house.ana.user]}

    house.ana.tell(town.kith, 'who alone')
    alone = house.ana.expect_said(town.kith, house.ana.alone_with(town.kith), 'alone')
    assert 'm.relates_to' not in alone['content'] or \
        alone['content']['m.relates_to'].get('rel_type') != 'm.thread'


def test_does_an_edited_command_again_and_takes_a_redacted_one_back(house, town):
    ana = house.ana
    ana.say(house.room, '!intro I am Ana, and I make things')
    ana.expect_said(town.kith, house.room, 'Welcome')
    house.olga.say(house.room, '!admin round open')
    ana.expect_said(town.kith, house.room, 'round is open')
    shown = ana.say(house.room, '!show "Spons"')
    ana.expect_said(town.kith, house.room, 'Spons')
    ana.edit(house.room, shown, '!show "Spoons"')
    ana.expect_said(town.kith, house.room, 'Spoons')
    house.olga.say(house.room, '!list')
    listed = house.olga.expect_said(town.kith, house.room, 'Spoons')
    assert 'Spons' not in listed['content']['body']
    ana.redact(house.room, shown)
    irc.wait_for('the list without it', lambda: (
        house.olga.say(house.room, '!list'),
        'Spoons' not in house.olga.expect_said(town.kith, house.room, '')['content']['body'])[1])


def test_says_what_is_long_at_once(house, town):
    house.ana.say(house.room, '!help')
    answer = house.ana.expect_said(town.kith, house.room, 'help')['content']
    assert '!more' not in answer['body'].splitlines()[-1]
    assert answer['format'] == 'org.matrix.custom.html'


def test_is_known_by_nobodys_markup(house, town):
    """What people say is text, in the answer, too."""
    house.ana.say(house.room, '!intro as <b>Ana</b>: I make <i>things</i> &amp; @room')
    said = house.ana.expect_said(town.kith, house.room, 'Welcome')['content']
    assert '<b>Ana' not in said.get('formatted_body', '')
    house.ana.say(house.room, '!who <b>ana</b>')
    content = house.olga.expect_said(town.kith, house.room, 'things')['content']
    assert '<i>' not in content.get('formatted_body', '')
    assert '@room' not in content['body'] and '@room' not in content.get('formatted_body', '')
    assert content['m.mentions'].get('room') is None


def killed(server):
    server.kill()
    time.sleep(20)
    server.start()


def halted(server):
    server.halt()
    time.sleep(STOPPED_S)
    server.go_on()


@pytest.mark.parametrize('away', [killed, halted])
def test_is_back_when_the_server_is(own_town, own_house, away):
    town = own_town()
    house = own_house(town)
    house.answers(house.ana, 'before')
    away(town.server)
    house.answers(house.ana, 'after', seconds=90)
    house.bot.stop()
    assert house.probes(house.ana) == ['before', 'after']
    assert not posts_left(house.bot)


def test_tells_why_it_cannot_sign_in(own_town, matrix_kith, tmp_path):
    town = own_town()
    olga = town.person('olga')
    room = olga.create(town.kith)
    admin = town.admin()
    admin.admin('POST', f'v1/reset_password/{town.kith}',
                {'new_password': 'another', 'logout_devices': True})
    bot = matrix_kith(town, CONFIG, olga=olga.user, room=room)
    bot.await_log(r'matrix home: .*(password|refuse|sign)')
    with pytest.raises(Refused):
        olga.http.client('GET', f'rooms/{room}/state/m.room.nothing')
    assert bot.process.poll() is None or bot.process.returncode != 0
    bot.kill()
