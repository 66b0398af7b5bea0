"""kith on a real homeserver: as whom it is there, where it goes on, and how it answers."""
import time

import pytest

import irc
from house import CONFIG, House
from matrix import Refused


@pytest.fixture
def house(town, matrix_kith):
    return House(town, matrix_kith)


@pytest.fixture
def own_house(own_town, matrix_kith):
    """own_house(town): on a server that only the test uses; see own_town."""
    return lambda town=None, **options: House(town or own_town(), matrix_kith, **options)


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
    assert house.answered(house.ana) == asked
    assert house.devices() == [device]


def test_stays_the_same_device_over_a_restart(house, town):
    before = house.devices()
    house.bot.stop()
    house.bot.start()
    house.answers(house.ana, 'again')
    assert house.devices() == before
    assert len(before) == 1


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
