"""kith in encrypted rooms of a real homeserver, among people whose clients neither read nor answer
a device that its owner has not signed: who reads whom, and by which keys."""
import contextlib
import json
import re
import secrets
import shutil
import sqlite3
import subprocess
import time

import pytest

import irc
import matrix
from encrypted import (check, forget_session, has_key, passing, said_by, seen, send_raw,
                       session)
from gate import AFTER, BEFORE, Gate
from house import CONFIG, KNOWS_NOBODY, QUIET_S, House
from matrix import NEWEST, OLD

UNSIGNED = 'UNSIGNED_SENDER_DEVICE'
WITHHELD = 'MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE'
LATE_S = 30
PERIOD_S = 60  # the shortest that kith keeps to
KEYS = 20  # one-time keys; fewer on the server would soon be none

both_versions = pytest.mark.parametrize('peers', [NEWEST, OLD], indirect=True)


@pytest.fixture
def town(encrypted_town):
    return encrypted_town


@pytest.fixture
def house(town, matrix_kith):
    return House(town, matrix_kith)


@pytest.fixture
def unsigned_kith(matrix_kith):
    """As matrix_kith, where the account has an identity already whose keys kith was not given: its
    owner has signed a device of theirs, and not kith's."""
    def start(town, config, **values):
        town.at_device('owner', town.kith, accept=None)
        return matrix_kith(town, config, signed_in=False, **values)
    return start


def guest(house, name, **options):
    """Somebody more in the room, who follows kith into private."""
    somebody = house.town.person(name, **options)
    house.olga.invite(house.room, somebody.user)
    somebody.join(house.room)
    for listener in (house.olga, house.ana):
        listener.expect_member(house.room, somebody.user)
    return somebody


def member(house, name, **options):
    """A guest who has joined the group: strangers are spoken to in the room alone."""
    somebody = guest(house, name, **options)
    somebody.say(house.room, f'!intro I am {name}, and I make things')
    irc.wait_for(f'{name} to be welcome', lambda: welcomes(house))
    return somebody


def welcomes(house):
    return [text for text in house.said(house.ana) if 'Welcome' in text]


# Who is who.

def identity(house):
    """kith's, as the server tells Olga: its master key, and the devices that its self-signing key
    has signed."""
    kith = house.town.kith
    told = house.olga.http.client('POST', 'keys/query', {'device_keys': {kith: []}})
    master, = told['master_keys'][kith]['keys'].values()
    signer, = told['self_signing_keys'][kith]['keys']
    return master, {device for device, keys in told['device_keys'][kith].items()
                    if signer in keys['signatures'][kith]}


@both_versions
def test_the_first_login_ends_signed(house, town):
    master, signed = identity(house)
    assert signed == set(house.devices()) and len(signed) == 1
    for listener, somebody in ((house.olga, house.ana), (house.ana, house.olga)):
        answer = house.answers(somebody, f'for-{somebody.name}')
        assert seen(somebody, answer)['shield'] == 'NONE'
        assert seen(listener, answer)['content']['msgtype'] == 'm.notice'
    assert house.olga.ask('devices', user=town.kith) == dict.fromkeys(signed, True)
    # Who signs in again is the same, for everybody.
    house.bot.stop()
    matrix.sign_in(house.bot)
    house.bot.start()
    house.settle()
    assert identity(house) == (master, signed)
    check([house.olga, house.ana], town.kith)


@both_versions
def test_is_refused_where_nobody_has_signed_it(town, unsigned_kith):
    """Which is what the tests above would see if kith did not sign itself. Who takes any device
    sees it, with a warning."""
    house = House(town, unsigned_kith)
    _, signed = identity(house)
    assert signed == {somebody.device for somebody in town.people if somebody.user == town.kith}
    assert len(house.devices()) == 2
    lou = guest(house, 'lou', crypto='lax')
    house.asks(house.ana, 'strictly')
    house.asks(lou, 'laxly')
    answer = lou.expect_said(town.kith, house.room, KNOWS_NOBODY.format('laxly'))
    assert lou.ask('shown', room=house.room, event=answer['event_id'])['shield'] == 'RED'
    for listener in (house.olga, house.ana):
        seen(listener, answer, UNSIGNED)
    assert house.answered(lou) == ['laxly'], 'nobody gave it the key to the other'

    house.bot.stop()
    matrix.sign_in(house.bot, matrix.NEW_IDENTITY)
    house.bot.start()
    for somebody in (house.olga, house.ana):
        irc.wait_for('a signed device', lambda: knows_another(somebody, house, ()), 60)
    seen(house.olga, house.answers(house.ana, 'signed'))


def test_tells_the_organizers_that_somebody_has_another_identity(house, town):
    house.answers(house.ana, 'first')
    house.ana.ask('renew', password=matrix.PASSWORD)
    [told] = house.await_told(house.olga, 'ana')
    house.answers(house.ana, 'second')
    house.bot.stop()
    house.bot.start()
    house.settle()
    assert house.told(house.olga, 'ana') == [told]
    check([house.olga], town.kith)


def test_status_tells_who_cannot_read_it(house, town):
    eve = guest(house, 'eve', crypto='lax', signed=False)
    house.answers(house.ana, 'first')
    told = subprocess.run([house.bot.program, 'matrix', 'status', '-c', house.bot.config],
                          capture_output=True, text=True, check=True, timeout=irc.WAIT_S).stdout
    for part in (eve.user, eve.device, house.room, *house.devices()):
        assert part in told, told
    assert house.ana.device not in told


# Whom kith reads, and who reads kith.

@both_versions
def test_neither_reads_nor_obeys_a_device_that_is_not_signed(house, town):
    ben = member(house, 'ben')
    welcome = welcomes(house)
    phone = town.another_device(ben, signed=False, crypto='lax', accept=None)
    for text in ('!intro as Bent: I make other things', '!who unsigned0', 'kith: who unsigned1'):
        phone.say(house.room, text)
    house.never_answered('unsigned0', 'unsigned1')
    assert welcomes(house) == welcome
    seen(phone, house.answers(house.ana, 'secret'), WITHHELD)
    [explained] = house.await_told(ben, '')
    phone.say(house.room, '!who unsigned2')
    house.bot.stop()
    house.bot.start()
    phone.say(house.room, '!who unsigned3')
    house.never_answered('unsigned2', 'unsigned3')
    assert house.told(ben) == [explained]
    # What is said there by a device of his that is signed is done.
    house.answers(ben, 'signed')
    check([house.olga, house.ana, ben], town.kith)


def test_takes_any_device_where_that_is_wanted(town, matrix_kith):
    house = House(town, matrix_kith, config=CONFIG.replace('{keys}', '{keys}\ntrust = any'))
    eve = guest(house, 'eve', crypto='lax', signed=False)
    seen(eve, house.answers(eve, 'unsigned'))
    seen(house.ana, house.answers(house.ana, 'signed'))
    send_raw(house.ana, house.room, {'msgtype': 'm.text', 'body': '!who clear'})
    house.never_answered('clear')


def test_does_not_do_what_was_said_in_clear(house, town):
    ben = member(house, 'ben')
    welcome = welcomes(house)
    house.answers(ben, 'first')
    for text in ('!intro as Bent: I make other things', '!who clear0', 'kith: who clear1'):
        send_raw(ben, house.room, {'msgtype': 'm.text', 'body': text})
    house.never_answered('clear0', 'clear1')
    assert welcomes(house) == welcome
    [explained] = house.await_told(ben, '')
    send_raw(ben, house.room, {'msgtype': 'm.text', 'body': '!who clear2'})
    house.never_answered('clear2')
    assert house.told(ben) == [explained]
    house.answers(ben, 'encrypted')
    check([house.olga, house.ana, ben], town.kith)


def test_speaks_encrypted_in_private(house, town):
    """In rooms that it has opened, and in those of others; and keeps threads, edits and what was
    redacted as it does elsewhere."""
    ben = guest(house, 'ben')
    ben.say(house.room, '!intro I am Ben, and I make things')
    ben.expect_said(town.kith, house.room, 'Welcome')
    house.olga.tell(town.kith, 'who alone')
    answer = house.olga.expect_said(town.kith, None, KNOWS_NOBODY.format('alone'))
    assert answer['room_id'] != house.room
    house.ana.say(house.room, '!intro I am Ana, and I make things')
    house.ana.expect_said(town.kith, house.room, 'Welcome')
    ben.say(house.room, '!show --next "Spoons"')
    ben.expect_said(town.kith, house.room, 'Spoons')
    house.ana.say(house.room, '!note 1 a thought')
    house.await_told(ben, 'a thought')
    [room] = ben.direct_with(town.kith)
    assert ben.http.state(room, 'm.room.encryption')['algorithm'] == matrix.MEGOLM

    root = house.olga.say(house.room, 'what do you think?')
    asked = house.ana.say(house.room, '!who inthread', thread=root)
    answer = house.ana.expect_said(town.kith, house.room, 'inthread')
    relation = house.ana.wire[answer['event_id']]['m.relates_to']
    assert (relation['rel_type'], relation['event_id']) == ('m.thread', root)
    assert relation['m.in_reply_to'] == {'event_id': asked}
    asked = house.ana.say(house.room, '!who befor')
    house.ana.expect_said(town.kith, house.room, 'befor')
    house.ana.edit(house.room, asked, '!who afterwards')
    house.ana.expect_said(town.kith, house.room, 'afterwards')
    check([house.olga, house.ana, ben], town.kith)


# Keys.

@contextlib.contextmanager
def database_of(server):
    path = server.folder / 'homeserver.db'
    with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as database:
        yield database


def one_time_keys(house):
    """How many of kith's the server has."""
    with database_of(house.town.server) as database:
        return database.execute('SELECT count(*) FROM e2e_one_time_keys_json WHERE user_id = ?',
                                (house.town.kith,)).fetchone()[0]


def fallback_key(house):
    """kith's: its id, and whether it was used."""
    with database_of(house.town.server) as database:
        return database.execute('SELECT key_id, used FROM e2e_fallback_keys_json '
                                'WHERE user_id = ?', (house.town.kith,)).fetchone()


def uploads(house):
    """The statuses of every kith's on that server, so far."""
    return [status for _, status, _ in house.requests('POST', 'keys/upload')]


def claim(house):
    """One of kith's keys: whether it is the fallback key."""
    [device], kith = house.devices(), house.town.kith
    claimed = house.olga.http.client('POST', 'keys/claim', {
        'one_time_keys': {kith: {device: 'signed_curve25519'}}})
    [key] = claimed['one_time_keys'][kith][device].values()
    return key.get('fallback', False)


@both_versions
def test_is_read_by_the_fallback_key_once_others_are_used_up(house, town):
    house.answers(house.ana, 'first')
    ben = guest(house, 'ben')
    irc.wait_for('one-time keys', lambda: one_time_keys(house) >= KEYS)
    house.bot.stop()
    while not claim(house):
        pass
    before, asked = fallback_key(house), len(uploads(house))
    assert one_time_keys(house) == 0 and before[1]
    house.asks(ben, 'fallback')
    house.asks(house.ana, 'known')
    house.bot.start()
    house.await_answered(house.olga, ['first', 'fallback', 'known'])
    irc.wait_for('other keys', lambda: one_time_keys(house) >= KEYS)
    irc.wait_for('another fallback key', lambda: fallback_key(house) != before)
    after = fallback_key(house)
    assert after[0] != before[0] and not after[1]
    cleo = guest(house, 'cleo')
    house.answers(cleo, 'another')
    assert set(uploads(house)[asked:]) == {200}
    check([house.olga, house.ana, ben, cleo], town.kith)


@pytest.mark.parametrize('restart', [False, True])
def test_reads_what_was_said_when_its_key_comes_late(house, town, restart):
    house.answers(house.ana, 'first')
    forget_session(house.ana, house.room)
    passing(house.ana, out='hold')
    house.asks(house.ana, 'late0', 'late1')
    house.answers(house.olga, 'meanwhile')
    if restart:
        house.bot.stop()
        house.bot.start()
    time.sleep(LATE_S)
    assert house.answered(house.olga) == ['first', 'meanwhile']
    passing(house.ana, out='send')
    house.ana.ask('release')
    house.await_answered(house.olga, ['first', 'meanwhile', 'late0', 'late1'])
    house.settle()
    assert house.answered(house.ana)[:-1] == ['first', 'meanwhile', 'late0', 'late1']
    check([house.olga, house.ana], town.kith)


def test_reads_again_after_its_sessions_with_a_device_are_gone(house, town):
    """What is said by the old one cannot be read; then a new one is begun."""
    house.answers(house.ana, 'first')
    house.bot.stop()
    keys = house.ana.ask('crypto', method='getOwnDeviceKeys', args=[])
    with contextlib.closing(sqlite3.connect(house.bot.folder / 'kith.db')) as store:
        assert store.execute('DELETE FROM e2ee_session WHERE curve25519 = ?',
                             (keys['curve25519'],)).rowcount
        store.commit()
    house.bot.start()
    house.answers(house.olga, 'meanwhile')
    for n in range(5):
        forget_session(house.ana, house.room)
        house.asks(house.ana, f'wedged{n}')
        time.sleep(QUIET_S)
        if f'wedged{n}' in house.answered(house.ana):
            break
    assert 0 < n < 3, 'the first one is lost, and the third is not'
    seen(house.ana, house.answers(house.ana, 'again'))
    house.answers(house.olga, 'again')
    check([house.olga, house.ana], town.kith)


# Sessions that kith speaks in.

def leaves(house, somebody):
    somebody.leave(house.room)


def is_kicked(house, somebody):
    house.olga.kick(house.room, somebody.user)


def signs_out(house, somebody):
    """Of one of two devices."""
    somebody.http.client('POST', 'logout', {})


def newcomers_read_less(house, somebody):
    house.olga.http.set_state(house.room, 'm.room.history_visibility',
                              {'history_visibility': 'joined'})


def is_invited_no_more(house, somebody):
    invited = house.town.person('invited')
    house.olga.invite(house.room, invited.user)
    house.ana.expect_member(house.room, invited.user, 'invite')
    house.answers(house.ana, 'invited')
    house.olga.kick(house.room, invited.user)


@both_versions
@pytest.mark.parametrize('happens', [leaves, is_kicked, signs_out, newcomers_read_less,
                                     is_invited_no_more])
def test_speaks_in_another_session_when(house, town, happens):
    ben = guest(house, 'ben')
    goes = town.another_device(ben) if happens is signs_out else ben
    before = house.answers(house.ana, 'before')
    assert seen(goes, before)
    assert session(house.ana, house.answers(house.ana, 'still')) == session(house.ana, before)
    happens(house, goes)
    if happens is signs_out:  # of which kith hears in its own time
        irc.wait_for('another session', lambda: session(
            house.ana, house.answers(house.ana, 'until')) != session(house.ana, before))
    after = house.answers(house.ana, 'after')
    assert session(house.ana, after) != session(house.ana, before)
    assert session(house.ana, house.answers(house.ana, 'now')) == session(house.ana, after)
    if happens in (leaves, is_kicked):
        assert not has_key(ben, house.room, session(house.ana, after))
    if happens is signs_out:
        assert not has_key(goes, house.room, session(house.ana, after))
        seen(ben, after)
    check([house.olga, house.ana], town.kith)


def test_speaks_in_another_session_after_so_many_messages(town, matrix_kith):
    house = House(town, matrix_kith, encrypted={'rotation_period_msgs': 4})
    answers = [house.answers(house.ana, f'message{n}') for n in range(13)]
    sessions = [session(house.ana, answer) for answer in answers]
    assert len(set(sessions)) == 4
    assert [sessions.count(one) for one in dict.fromkeys(sessions)] == [4, 4, 4, 1]
    check([house.olga, house.ana], town.kith)


def test_speaks_in_another_session_after_so_long(town, matrix_kith):
    house = House(town, matrix_kith, encrypted={'rotation_period_ms': 1000 * PERIOD_S})
    before = house.answers(house.ana, 'before')
    time.sleep(PERIOD_S + 1)
    assert session(house.ana, house.answers(house.ana, 'after')) != session(house.ana, before)
    check([house.olga, house.ana], town.kith)


@both_versions
def test_a_device_that_comes_later_reads_what_is_said_next(house, town):
    before = house.answers(house.ana, 'before')
    second = town.another_device(house.olga, accept=None)
    ben = guest(house, 'ben')
    after = house.answers(house.ana, 'after')
    for listener in (second, ben, house.olga):
        assert 'after' in seen(listener, after)['content']['body']
    assert before['event_id'] not in second.clear or second.clear[before['event_id']]['failure']
    house.answers(second, 'there')
    check([house.olga, house.ana, ben], town.kith)


# Rooms.

def test_a_room_that_becomes_encrypted_stays_so(town, matrix_kith):
    house = House(town, matrix_kith, encrypted=False)
    house.answers(house.ana, 'clear')
    house.olga.http.set_state(house.room, 'm.room.encryption', {'algorithm': matrix.MEGOLM})
    for listener in (house.olga, house.ana):
        listener.expect('encryption', lambda event: event['type'] == 'm.room.encryption')
    first = house.answers(house.ana, 'encrypted')
    seen(house.olga, first)
    house.olga.http.set_state(house.room, 'm.room.encryption', {})
    house.olga.http.set_state(house.room, 'm.room.encryption', {'algorithm': 'none'})
    seen(house.olga, house.answers(house.ana, 'still'))
    house.bot.stop()
    house.bot.start()
    seen(house.olga, house.answers(house.ana, 'after'))
    send_raw(house.ana, house.room, {'msgtype': 'm.text', 'body': '!who again'})
    house.never_answered('again')
    said = said_by(house.olga, town.kith)
    assert len([event for event in said if event['event_id'] not in house.olga.wire]) == 1


def test_goes_on_encrypted_where_a_room_goes_on(town, matrix_kith):
    house = House(town, matrix_kith, room_version='10')
    house.answers(house.ana, 'first')
    new = house.olga.upgrade(house.room, '12')
    for user in (town.kith, house.ana.user):
        house.olga.invite(new, user)
    house.ana.join(new)
    house.ana.expect_member(new, town.kith)
    seen(house.olga, house.answers(house.ana, 'there', room=new))
    check([house.olga, house.ana], town.kith)


# Twice.

def test_does_once_what_somebody_says_again_in_the_same_words(house, town):
    """The ciphertext of another event, as its sender could say it again, or anybody else."""
    house.answers(house.ana, 'first')
    asked = house.ana.say(house.room, '!who replayed')
    house.ana.expect_said(town.kith, house.room, 'replayed')
    wire = irc.wait_for('it', lambda: house.olga.wire.get(asked))
    for somebody in (house.ana, house.olga):
        send_raw(somebody, house.room, wire, 'm.room.encrypted')
    house.bot.stop()
    send_raw(house.ana, house.room, wire, 'm.room.encrypted')
    house.bot.start()
    house.settle()
    time.sleep(QUIET_S)
    assert house.answered(house.olga) == ['first', 'replayed', 'settled1']


def test_hears_once_all_that_was_said_while_it_was_away(house, town):
    """More than one answer of the server has: the rest is asked for, and some comes by both."""
    house.answers(house.ana, 'first')
    house.bot.stop()
    asked = []
    for n in range(90):
        house.olga.say(house.room, f'by the way, {n}')
        if n % 9 == 4:
            asked.append(f'away{n}')
            house.asks(house.ana, asked[-1])
        if n == 45:
            forget_session(house.ana, house.room)
    house.bot.start()
    house.await_answered(house.ana, ['first', *asked], 60)
    house.settle()
    assert house.answered(house.olga)[:-1] == ['first', *asked]
    check([house.olga, house.ana], town.kith)


# A store that is gone, or an older one.

STORE = ('kith.db', 'kith.db-wal', 'kith.db-shm')


def knows_another(somebody, house, before):
    """Whether they know one of kith's that its account has signed."""
    known = somebody.ask('devices', user=house.town.kith)
    return any(signed for device, signed in known.items() if device not in before)


def is_another_device(house, before, asked):
    """By now, for everybody."""
    for somebody in (house.olga, house.ana):
        irc.wait_for('another device', lambda: knows_another(somebody, house, before), 60)
    goes_on(house, asked)


def goes_on(house, asked):
    """Strict people read it all; and since there were so many uploads, no key was put there again
    and again."""
    for n in range(3):
        seen(house.olga, house.answers(house.ana, f'anew{n}', seconds=60))
    ben = guest(house, 'ben')
    seen(ben, house.answers(ben, 'of-ben'))
    house.settle()
    time.sleep(QUIET_S)
    statuses = uploads(house)[asked:]
    assert len(statuses) < 12 and statuses.count(400) <= 1, statuses
    check([house.olga, house.ana, ben], house.town.kith)


def test_goes_on_as_another_device_when_its_store_is_lost(house):
    house.answers(house.ana, 'first')
    before, asked = house.devices(), len(uploads(house))
    house.bot.stop()
    for name in STORE:
        (house.bot.folder / name).unlink(missing_ok=True)
    matrix.sign_in(house.bot, matrix.NEW_IDENTITY)
    house.bot.start()
    # A store that is new has no past: what was said before its first sync is nothing to it.
    house.bot.await_log('people there', times=2, seconds=60)
    is_another_device(house, before, asked)


def speaks(house):
    for n in range(40):
        house.answers(house.ana, f'since{n}')


def hears(house):
    """The key of another session of Ana's, and says nothing."""
    known = house.stored('SELECT count(*) FROM e2ee_inbound')
    forget_session(house.ana, house.room)
    house.ana.say(house.room, 'by the way')
    irc.wait_for('the key', lambda: house.stored('SELECT count(*) FROM e2ee_inbound') != known)


def gives_keys(house):
    """To who knows whom."""
    for _ in range(30):
        claim(house)
    irc.wait_for('other keys', lambda: one_time_keys(house) >= KEYS)


def is_remembered(house):
    """All that it has done, by its account: an older store is known by that."""
    with database_of(house.town.server) as database:
        found = database.execute('SELECT content FROM account_data WHERE user_id = ? AND '
                                 'account_data_type = ?', (house.town.kith, 'kith.device'))
        content = json.loads(found.fetchone()[0])
    [(moved, generation)] = house.stored('SELECT moved, generation FROM e2ee_own')
    assert content['generation'] <= generation
    return not moved and content['generation'] == generation


def copy_store(source, target):
    for name in STORE:
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copy(source / name, target)


@pytest.mark.parametrize('goes', [speaks, hears, gives_keys])
def test_goes_on_as_another_device_when_its_store_is_an_older_one(house, tmp_path, goes):
    """Which lacks what it has done since, whatever that is."""
    house.answers(house.ana, 'first')
    before, copy = house.devices(), tmp_path / 'copy'
    copy.mkdir()
    house.bot.stop()
    copy_store(house.bot.folder, copy)
    house.bot.start()
    goes(house)
    irc.wait_for('it to be remembered', lambda: is_remembered(house))
    house.bot.stop()
    copy_store(copy, house.bot.folder)
    # What it uploads under the same names is refused no more.
    while not claim(house):
        pass
    asked = len(uploads(house))
    house.bot.start()
    is_another_device(house, before, asked)


# Killed where it matters.

MOMENTS = [(method, path, when) for method, path in [
    ('PUT', '/send/m[.]room[.]encrypted/'), ('PUT', '/sendToDevice/m[.]room[.]encrypted/'),
    ('POST', '/keys/claim'), ('POST', '/keys/query'), ('POST', '/keys/upload'),
    ('PUT', '/account_data/kith[.]device')]
    for when in (BEFORE, AFTER)]


@pytest.mark.parametrize('method,path,when', MOMENTS, ids=[
    f'{when}-{re.sub("[^a-zA-Z]+", "-", path).strip("-")}' for _, path, when in MOMENTS])
def test_says_it_once_if_killed(town, matrix_kith, cleanup, method, path, when):
    """What it was about to ask the server for was in the store already, or is not needed: whether
    the server has heard of it or not, twice in a row."""
    gate = Gate(town.server.base)
    cleanup.callback(gate.close)
    town.base = gate.base
    house = House(town, matrix_kith)
    house.answers(house.ana, 'first')
    expected = ['first']
    for n in range(2):
        killed = []

        def kill():
            house.bot.kill()
            killed.append(True)
            return True
        gate.watch(method, path, when, kill)
        # Who comes and goes makes it need a session, keys, and devices.
        ben = guest(house, f'ben{n}')
        for _ in range(40):
            claim(house)
        house.asks(house.ana, f'killed{n}')
        irc.wait_for(f'{method} {path}', lambda: killed, 30)
        house.bot.start()
        expected.append(f'killed{n}')
        house.await_answered(house.ana, expected, 60)
        seen(ben, house.answers(house.ana, f'after{n}'))
        expected.append(f'after{n}')
        ben.leave(house.room)
    house.settle()
    for listener in (house.olga, house.ana):
        assert house.answered(listener)[:-1] == expected
    check([house.olga, house.ana], town.kith)
