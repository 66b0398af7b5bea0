"""What people on Matrix (matrix.Person, with `crypto`) see of encryption, and what is true of all
that somebody says under it."""
import base64
import secrets

import irc
from matrix import quoted

READ_S = 30  # until what was said can be read, or not


def index(content):
    """That of a Megolm message, behind its version: field 1, a varint (Megolm: message format)."""
    text = content['ciphertext']
    raw = base64.b64decode(text + '=' * (-len(text) % 4))
    assert raw[:2] == b'\x03\x08', f'that is no Megolm message: {text[:20]}'
    value, shift, at = 0, 0, 2
    while raw[at] & 0x80:
        value |= (raw[at] & 0x7f) << shift
        shift, at = shift + 7, at + 1
    return value | raw[at] << shift


def session(listener, event):
    """The id of the Megolm session it was said in."""
    return listener.wire[event['event_id']]['session_id']


def seen(listener, event, failure=None):
    """What they are shown of it in the end: see peer.mjs. It is one that they could read without a
    shield, or one that failed so."""
    name = event['event_id']

    def clear():
        found = listener.clear.get(name)
        return found if found and found['failure'] == failure else None
    try:
        found = irc.wait_for('that', clear, READ_S)
    except AssertionError:
        raise AssertionError(f'{listener.name} was shown {listener.clear.get(name)} of '
                             f'{name}, not {failure or "its text"}') from None
    assert failure or (found['shield'], found['reason']) == ('NONE', None), found
    return found


def said_by(listener, user):
    """The events, encrypted or not, by which that user said something to them while they were in
    the room."""
    events = [event for _, event in list(listener.events)]
    entered = {}
    for event in events:
        if event.get('type') == 'm.room.member' and event['state_key'] == listener.user and \
                event['content'].get('membership') == 'join':
            entered.setdefault(event['room_id'], listener.place(event))
    return [event for event in events
            if event.get('type') in ('m.room.message', 'm.room.encrypted')
            and event['sender'] == user and event['room_id'] in entered
            and listener.place(event) > entered[event['room_id']]]


def check(listeners, user):
    """All that this user said to them was encrypted, each of them could read it without a shield,
    and nothing was encrypted by a key that something else was."""
    used = {}  # (room, session, index) -> event
    for listener in listeners:
        for event in said_by(listener, user):
            name = event['event_id']
            assert name in listener.wire, f'said in clear: {event}'
            seen(listener, event)
            wire = listener.wire[name]
            key = (event['room_id'], wire['session_id'], index(wire))
            assert used.setdefault(key, name) == name, f'{key} was used by {name} and {used[key]}'
    assert used, f'{user} has said nothing'


def send_raw(somebody, room, content, event_type='m.room.message'):
    """As it is, whatever the room is: its id."""
    return somebody.http.client(
        'PUT', f'rooms/{quoted(room)}/send/{event_type}/{secrets.token_hex(8)}',
        content)['event_id']


def has_key(somebody, room, session_id):
    return session_id in somebody.ask('sessions', room=room)


def passing(somebody, **how):
    """How messages from device to device come and go from now on: see peer.mjs."""
    somebody.ask('passing', **how)


def forget_session(somebody, room):
    """What they say next is said in another one."""
    somebody.ask('crypto', method='forceDiscardSession', args=[room])
