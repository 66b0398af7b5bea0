"""Trouble on a real homeserver: it is away, or wants kith to be slow, or ends its session; rooms
and people put kith out, or do not let it speak. What members asked for is answered all the same,
once and in order, and the organizers are told in private what only they can mend."""
import json
import re
import secrets
import subprocess
import time

import pytest

import irc
import matrix
from group import posts_left
from house import CONFIG, House
from matrix import PASSWORD, quoted

STOPPED_S = 120
RECOVERS_S = 90  # the longest pause between two tries, on a machine that does a lot besides

TOKEN_CONFIG = CONFIG.replace('{keys}', '''homeserver = {base}
user = {user}
token-file = {token}''')

TWO_GROUPS = '''
[group makers]
name = Makers
timezone = Europe/Berlin
organizers = home/{olga}
places = home/{room}
[group readers]
name = Readers
timezone = Europe/Berlin
organizers = home/{rhea}
places = home/{other}
prefix = ?
[matrix home]
{keys}
[store]
path = {store}
'''


@pytest.fixture
def house(town, matrix_kith):
    return House(town, matrix_kith)


@pytest.fixture
def own_house(own_town, matrix_kith):
    """own_house(options): on a server that only the test uses."""
    return lambda server=(), **options: House(own_town(**dict(server)), matrix_kith, **options)


# The server is away.

def hangs(server):
    server.halt()
    time.sleep(STOPPED_S)
    server.go_on()


def is_gone(server):
    server.kill()
    time.sleep(STOPPED_S)
    server.start()


@pytest.mark.parametrize('away', [hangs, is_gone])
def test_answers_what_was_asked_right_before_the_server_went(own_house, away):
    house = own_house()
    house.answers(house.ana, 'first')
    before = [f'before{n}' for n in range(6)]
    house.asks(house.ana, *before)
    away(house.town.server)
    house.await_answered(house.ana, ['first', *before], RECOVERS_S)
    after = [f'after{n}' for n in range(4)]
    house.asks(house.ana, *after)
    house.await_answered(house.ana, ['first', *before, *after], RECOVERS_S)
    house.settle()
    assert house.answered(house.olga)[:-1] == ['first', *before, *after]


def test_does_once_what_was_asked_right_before_the_server_went(own_house):
    """What changes what kith keeps, and what it tells others of that."""
    house = own_house()
    house.ana.say(house.room, '!intro I am Ana, and I make things')
    house.ana.expect_said(house.town.kith, house.room, 'Welcome')
    house.olga.say(house.room, '!intro I am Olga')
    house.olga.expect_said(house.town.kith, house.room, 'Welcome')
    house.olga.say(house.room, '!show --next "Spoons"')
    house.olga.expect_said(house.town.kith, house.room, 'Spoons')
    house.ana.say(house.room, '!note 1 thought 0')
    house.await_told(house.olga, 'thought 0')
    for n in range(1, 6):
        house.ana.say(house.room, f'!note 1 thought {n}')
    house.town.server.halt()
    time.sleep(15)
    house.town.server.kill()
    house.town.server.start()
    thoughts = [f'thought {n}' for n in range(6)]
    irc.wait_for('Olga to hear of each', lambda: house.told(house.olga, thoughts[-1]), RECOVERS_S)
    house.settle()
    assert [text for text, in house.stored('SELECT text FROM note ORDER BY id')] == thoughts
    assert len([text for text in house.said(house.ana) if 'I keep that with' in text]) == 6
    told = house.told(house.olga, 'thought')
    assert [re.search('thought .', text)[0] for text in told] == thoughts


# The server wants kith to be slow.

def test_says_everything_once_in_order_and_hammers_nothing(own_house):
    house = own_house()
    house.answers(house.ana, 'first')
    admin, began = house.town.admin(), len(house.requests('PUT', 'rooms/'))
    admin.limit(house.town.kith, 1, 1)
    asked = [f'slow{n}' for n in range(20)]
    house.asks(house.ana, *asked)
    house.await_answered(house.ana, ['first', *asked], 90)
    tries = [(at, status, path) for at, status, path in
             house.requests('PUT', 'rooms/')[began:] if '/send/' in path]
    refused = [path for _, status, path in tries if status == 429]
    assert refused, 'there was no limit'
    # One that the server had no room for yet, then one that it took.
    assert len(tries) <= 3 * len(asked), tries
    assert all(refused.count(path) <= 3 for path in set(refused)), tries
    assert len(house.requests('GET', 'sync')) <= 3 * len(asked) + 60
    admin.limit(house.town.kith)
    house.settle()


# The server ends kith's session.

def restarted(house, **changes):
    """With these changes, of which the people who are signed in already know nothing; and kith,
    for the first time."""
    house.town.admin()
    house.town.server.stop()
    house.town.server.start(**changes)
    house.olga.say(house.room, 'hello')
    house.ana.expect_said(house.olga.user, house.room, 'hello', RECOVERS_S)
    house.start()


def answers_for_half_a_minute(house):
    devices = house.devices()
    asked = [f'token{n}' for n in range(40)]
    for probe in asked:
        house.asks(house.ana, probe)
        time.sleep(0.7)
    house.await_answered(house.ana, asked, RECOVERS_S)
    house.settle()
    assert house.devices() == devices and len(devices) == 1
    return ([status for _, status, _ in house.requests('POST', request)]
            for request in ('login', 'refresh'))


def test_loses_nothing_to_tokens_that_end(own_house):
    house = own_house(start=False)
    restarted(house, nonrefreshable_access_token_lifetime='5s',
              refreshable_access_token_lifetime=None)
    logins, refreshed = answers_for_half_a_minute(house)
    assert logins.count(200) >= 5 and not refreshed
    assert len(logins) <= 15, 'that is more often than they end'


def test_loses_nothing_to_tokens_that_are_refreshed(own_town, kith_program, tmp_path, cleanup):
    """Where the password was given once, by hand."""
    def kith(town, config, **values):
        bot = irc.Kith(kith_program, tmp_path, config.format(
            base=town.server.base, user=town.kith, store=tmp_path / 'kith.db', **values))
        bot.secrets = [PASSWORD]
        subprocess.run([kith_program, 'matrix', 'login', '-c', bot.config], input=PASSWORD,
                       text=True, check=True, capture_output=True, timeout=irc.WAIT_S)
        cleanup.callback(bot.check_log)
        cleanup.callback(bot.stop)
        bot.start()
        return bot
    house = House(own_town(), kith, start=False, config=CONFIG.replace(
        '{keys}', 'homeserver = {base}\nuser = {user}'))
    restarted(house, refreshable_access_token_lifetime='5s',
              nonrefreshable_access_token_lifetime='5s')
    logins, refreshed = answers_for_half_a_minute(house)
    assert refreshed.count(200) >= 5 and len(logins) <= 2, (logins, refreshed)
    assert len(refreshed) <= 15, 'that is more often than they end'
    house.bot.stop()
    time.sleep(6)
    house.bot.start()
    house.settle()
    assert len(house.requests('POST', 'login')) == len(logins)


def test_signs_in_again_after_an_admin_ended_its_session(house):
    [device] = house.devices()
    house.answers(house.ana, 'first')
    house.asks(house.ana, 'before')
    house.town.admin().admin('POST', f'v2/users/{house.town.kith}/delete_devices',
                             {'devices': [device]})
    house.asks(house.ana, 'after0', 'after1')
    house.await_answered(house.ana, ['first', 'before', 'after0', 'after1'], RECOVERS_S)
    house.settle()
    assert house.devices() == [device], 'kith is the device that it was'


def test_says_what_to_do_when_its_token_was_taken_back(town, matrix_kith, tmp_path):
    """It has no password; with another token it goes on where it was."""
    token = tmp_path / 'kith.token'

    def sign_in(**more):
        signed_in = matrix.Client(town.server.base).client('POST', 'login', {
            'type': 'm.login.password', 'identifier': {'type': 'm.id.user', 'user': town.kith},
            'password': PASSWORD, 'device_id': 'KITHS', **more})
        token.write_text(signed_in['access_token'] + '\n')
        token.chmod(0o600)

    def kith(town, config, **values):
        return matrix_kith(town, config, base=town.server.base, user=town.kith, token=token,
                           **values)
    sign_in()
    house = House(town, kith, config=TOKEN_CONFIG)
    house.answers(house.ana, 'first')
    town.admin().admin('POST', f'v2/users/{town.kith}/delete_devices', {'devices': ['KITHS']})
    house.bot.await_log(r'matrix home: signed out by the server')
    house.bot.await_log(r'matrix home: .*(token-file|kith matrix login)', seconds=RECOVERS_S)
    tried = len(house.requests('GET', 'account/whoami'))
    time.sleep(10)
    assert len(house.requests('GET', 'account/whoami')) <= tried + 1, 'it asks again and again'
    house.asks(house.ana, 'meanwhile')
    if house.bot.process.poll() is None:
        house.bot.stop()
    house.bot.process = None
    sign_in()
    house.bot.start()
    house.await_answered(house.ana, ['first', 'meanwhile'], RECOVERS_S)
    house.settle()


# Rooms that go on elsewhere.

def test_goes_where_the_creator_moves_the_room(town, matrix_kith):
    """From version 10 to 12, in which creators' power is in no power levels."""
    house = House(town, matrix_kith, room_version='10')
    house.ana.say(house.room, '!intro I am Ana, and I make things')
    house.ana.expect_said(town.kith, house.room, 'Welcome')
    new = house.olga.upgrade(house.room, '12', additional_creators=[town.kith])
    house.olga.invite(new, house.ana.user)
    house.olga.invite(new, town.kith)
    house.ana.join(new)
    house.ana.expect_member(new, town.kith)
    house.await_told(house.olga, 'goes on in another room')

    # Nobody but creators may speak there: kith is one, by what its create event says.
    levels = house.olga.http.state(new, 'm.room.power_levels')
    assert not {house.olga.user, town.kith} & levels.get('users', {}).keys()
    house.olga.http.set_state(new, 'm.room.power_levels', {**levels, 'events_default': 100})
    house.olga.say(new, '!who ana')
    house.olga.expect_said(town.kith, new, 'make things')
    assert not house.told(house.olga, 'may not speak')
    house.olga.http.set_state(new, 'm.room.power_levels', levels)

    house.bot.stop()
    house.bot.start()
    house.settle(room=new)
    house.olga.tell(town.kith, 'admin round open')
    house.ana.expect_said(town.kith, new, 'round is open')
    house.ana.say(new, '!show "Spoons"')
    house.ana.expect_said(town.kith, new, 'Spoons')
    house.olga.say(house.room, '!who old')
    house.settle(room=new)
    assert not [text for text in house.said(house.ana) if 'round is open' in text or 'old' in text]
    [told] = house.told(house.olga, 'goes on in another room')
    assert f'home/{new}' in told
    assert not house.told(house.olga, 'may not speak|asked me to come')
    assert not house.told(house.ana)


# Who asks kith in.

def test_tells_a_stranger_why_it_does_not_come(house, town):
    eve = town.person('eve', accept=None)
    room = eve.create(town.kith, name='Offers')
    refusal = eve.expect('kith to refuse', lambda event: (
        event['type'] == 'm.room.member' and event.get('state_key') == town.kith
        and event['content']['membership'] == 'leave'))
    assert 'organizers of Makers' in refusal['content']['reason']
    house.await_told(house.olga, 'did not go')
    eve.invite(room, town.kith)
    eve.expect('kith to refuse again', lambda event: (
        event['type'] == 'm.room.member' and event.get('state_key') == town.kith
        and event['content']['membership'] == 'leave'))
    house.bot.stop()
    house.bot.start()
    house.settle()
    [told] = house.told(house.olga, 'did not go')
    assert eve.user in told
    assert town.kith not in eve.http.joined(room)
    assert not house.said(eve, room) and not house.told(eve)


def test_waits_in_a_room_that_is_no_place(house, town):
    other = house.olga.create(town.kith, house.ana.user, name='Another')
    house.ana.join(other)
    house.ana.expect_member(other, town.kith)
    [told] = house.await_told(house.olga, 'asked me to come')
    assert f'home/{other}' in told, 'what to write into the configuration'
    house.asks(house.ana, 'here', room=other)
    house.ana.say(other, 'kith: who here')
    house.olga.tell(town.kith, 'admin round open')
    house.ana.expect_said(town.kith, house.room, 'round is open')
    house.bot.stop()
    house.bot.start()
    house.settle()
    assert not house.said(house.ana, other)
    assert len(house.told(house.olga, 'asked me to come')) == 1


# Who puts it out.

def test_comes_back_when_it_is_invited_again(house, town):
    house.answers(house.ana, 'first')
    house.olga.kick(house.room, town.kith, 'not so loud')
    [told] = house.await_told(house.olga, 'put me out')
    assert '“not so loud”' in told and 'olga' in told and house.room in told
    assert town.kith not in house.olga.http.joined(house.room)
    house.olga.invite(house.room, town.kith)
    house.ana.expect_member(house.room, town.kith)
    house.answers(house.ana, 'again')
    house.bot.stop()
    house.bot.start()
    house.settle()
    assert len(house.told(house.olga, 'put me out')) == 1
    assert house.answered(house.ana) == ['first', 'again', 'settled1']


def test_comes_back_when_it_was_put_out_and_invited_while_it_was_away(house, town):
    house.answers(house.ana, 'first')
    house.bot.stop()
    house.asks(house.ana, 'before')
    house.olga.kick(house.room, town.kith, 'are you there?')
    house.asks(house.ana, 'outside')
    house.olga.invite(house.room, town.kith)
    house.bot.start()
    house.ana.expect_member(house.room, town.kith)
    house.answers(house.ana, 'again')
    house.settle()
    assert house.answered(house.ana) == ['first', 'again', 'settled1'], \
        'what was asked while it was a member went with its membership'
    assert len(house.told(house.olga, 'put me out')) == 1


def test_stays_out_while_it_is_banned(house, town):
    house.answers(house.ana, 'first')
    house.olga.ban(house.room, town.kith, 'enough')
    [told] = house.await_told(house.olga, 'put me out')
    assert '“enough”' in told
    house.asks(house.ana, 'banned')
    tried = len(house.requests('POST', 'join'))
    time.sleep(5)
    assert len(house.requests('POST', 'join')) <= tried + 1
    house.olga.call('unban', house.room, town.kith)
    house.olga.invite(house.room, town.kith)
    house.ana.expect_member(house.room, town.kith)
    house.answers(house.ana, 'again')
    house.settle()
    assert house.answered(house.ana) == ['first', 'again', 'settled1']
    assert len(house.told(house.olga, 'put me out')) == 1


def test_tells_that_it_may_not_speak_and_speaks_once_it_may(house, town):
    house.answers(house.ana, 'first')
    levels = house.olga.http.state(house.room, 'm.room.power_levels')
    quiet = {**levels, 'events_default': 50,
             'users': {**levels['users'], house.ana.user: 50}}
    house.olga.http.set_state(house.room, 'm.room.power_levels', quiet)
    [told] = house.await_told(house.olga, 'may not speak')
    assert house.room in told
    house.asks(house.ana, 'silenced0', 'silenced1')
    house.olga.tell(town.kith, 'admin round open')
    # It is told again by nothing: not by another change, not by a start.
    house.olga.http.set_state(house.room, 'm.room.power_levels', {**quiet, 'kick': 60})
    house.bot.stop()
    house.bot.start()
    house.bot.await_log('in ' + re.escape(house.room), times=1)
    time.sleep(5)
    assert house.answered(house.ana) == ['first']
    assert len(house.told(house.olga, 'may not speak')) == 1
    house.olga.http.set_state(house.room, 'm.room.power_levels', {
        **quiet, 'users': {**quiet['users'], town.kith: 50}})
    house.ana.expect_said(town.kith, house.room, 'round is open', 90)
    house.settle()
    said = house.said(house.ana)
    assert len([text for text in said if 'round is open' in text]) == 1
    assert house.answered(house.ana) == ['first', 'silenced0', 'silenced1', 'settled1']
    assert len(house.told(house.olga, 'may not speak')) == 1


# More was said than the server tells at once.

class Bridge:
    """It says things for others, and when they said them."""

    def __init__(self, server):
        self.server = server
        self.token = secrets.token_hex(16)
        (server.folder / 'bridge.yaml').write_text(json.dumps({
            'id': 'bridge', 'url': None, 'as_token': self.token, 'hs_token': secrets.token_hex(16),
            'sender_localpart': 'bridge', 'rate_limited': False,
            'namespaces': {'users': [{'exclusive': False, 'regex': '@.*'}]}}))
        server.stop()
        server.start(app_service_config_files=[server.seen('bridge.yaml')])

    def say(self, user, room, text, ago_s):
        matrix.Client(self.server.base, self.token).client(
            'PUT', f'rooms/{quoted(room)}/send/m.room.message/{secrets.token_hex(8)}'
            f'?user_id={quoted(user)}&ts={int((time.time() - ago_s) * 1000)}',
            {'msgtype': 'm.text', 'body': text})


def test_hears_all_that_was_said_while_it_was_away(own_house):
    house = own_house(start=False)
    bridge = Bridge(house.town.server)
    house.start()
    for somebody in (house.ana, house.olga):
        somebody.say(house.room, f'!intro I am {somebody.name}')
        somebody.expect_said(house.town.kith, house.room, 'Welcome')
    house.olga.say(house.room, '!show --next "Spoons"')
    house.olga.expect_said(house.town.kith, house.room, 'Spoons')
    house.bot.stop()
    for n in range(150):
        bridge.say(house.olga.user, house.room, f'long ago, {n}', 1800 - n)
        if n % 15 == 7:
            bridge.say(house.ana.user, house.room, f'!note 1 old {n}', 1800 - n)
            bridge.say(house.ana.user, house.room, f'!who old{n}', 1800 - n)
    for n in range(150):
        bridge.say(house.olga.user, house.room, f'just now, {n}', 300 - n)
        if n % 15 == 7:
            bridge.say(house.ana.user, house.room, f'!note 1 new {n}', 300 - n)
            bridge.say(house.ana.user, house.room, f'!who new{n}', 300 - n)
    house.bot.start()
    asked = [f'new{n}' for n in range(7, 150, 15)]
    house.await_answered(house.ana, asked, RECOVERS_S)
    house.settle()
    assert house.answered(house.ana)[:-1] == asked
    notes = [text for text, in house.stored('SELECT text FROM note ORDER BY id')]
    assert notes == [f'{age} {n}' for age in ('old', 'new') for n in range(7, 150, 15)]
    # Each answered where it was asked for: the note, then the question behind it.
    said = [text for text in house.said(house.ana) if 'keep that with' in text or 'nobody' in text]
    assert ['note' if 'keep' in text else 'who' for text in said] == \
        [*['note', 'who'] * len(asked), 'who']
    house.bot.stop()
    house.bot.start()
    house.settle()
    assert len(house.stored('SELECT text FROM note')) == len(notes)
    assert house.answered(house.ana)[:-2] == asked


# How places are written.

@pytest.mark.parametrize('options', [{}, {'visibility': 'public', 'preset': 'public_chat'}],
                         ids=['private', 'public'])
def test_is_in_a_place_that_is_written_as_an_alias(town, matrix_kith, options):
    name = f'makers{town.tag or "0"}-{secrets.token_hex(3)}'
    alias = f'#{name}:{town.id("x").partition(":")[2]}'
    house = House(town, matrix_kith, place=alias, room_alias_name=name, **options)
    house.answers(house.ana, 'first')
    house.ana.say(house.room, '!intro I am Ana, and I make things')
    house.ana.expect_said(town.kith, house.room, 'Welcome')
    house.olga.tell(town.kith, 'admin round open')
    house.ana.expect_said(town.kith, house.room, 'round is open')
    house.bot.stop()
    house.asks(house.ana, 'meanwhile')
    house.bot.start()
    house.settle()
    assert house.answered(house.ana) == ['first', 'meanwhile', 'settled1']
    house.olga.kick(house.room, town.kith)
    [told] = house.await_told(house.olga, 'put me out')
    assert alias in told
    assert not house.told(house.olga, 'asked me to come'), 'it is a place already'
    house.olga.invite(house.room, town.kith)
    house.ana.expect_member(house.room, town.kith)
    house.settle()


def test_tells_two_groups_apart(town, matrix_kith):
    rhea = town.person('rhea')

    def kith(town, config, **values):
        return matrix_kith(town, config, rhea=rhea.user, other=other, **values)
    other = rhea.create(town.kith, name='Readers')
    house = House(town, kith, config=TWO_GROUPS)
    rhea.invite(other, house.ana.user)
    house.ana.join(other)
    house.bot.await_log('in ' + re.escape(other))

    house.ana.say(house.room, '!intro I am Ana, and I make things')
    house.ana.expect_said(town.kith, house.room, 'Welcome')
    house.ana.say(other, '?who ana')
    house.ana.expect_said(town.kith, other, 'nobody called “ana”')
    house.ana.say(other, '?intro I am Ana, and I read things')
    house.ana.expect_said(town.kith, other, 'Welcome')
    for room, command, intro in ((house.room, '!', 'make things'), (other, '?', 'read things')):
        house.ana.say(room, f'{command}who ana')
        house.ana.expect_said(town.kith, room, intro)
        house.ana.say(room, f'{command}charter')
    house.ana.expect_said(town.kith, other, 'This is Readers')
    assert any('This is Makers' in text for text in house.said(house.ana, house.room))

    # Each has its own round, organizers and prefix.
    rhea.say(other, '?admin round open')
    house.ana.expect_said(town.kith, other, 'round is open')
    house.olga.say(house.room, '!show "Spoons"')
    house.ana.say(house.room, '?show "Nothing"')
    house.settle()
    assert not [text for text in house.said(house.ana, house.room) if 'round is open' in text]
    rhea.kick(other, town.kith, 'a break')
    house.await_told(rhea, 'put me out')
    house.settle()
    assert not house.told(house.olga, 'put me out')
    assert posts_left(house.bot) == []
