"""Devices on Matrix that say what no client would: tests/live/forger.c writes it, and plain HTTP
brings it there. What nobody changes is as a client would have it."""
import base64
import json
import secrets
import subprocess

import encrypted
import irc
import matrix
from matrix import MEGOLM, quoted

OLM = 'm.olm.v1.curve25519-aes-sha2'
ONE_TIME_KEYS = 5  # which all who are in the room use up


def decoded(text):
    return base64.b64decode(text + '=' * (-len(text) % 4))


def encoded(data):
    return base64.b64encode(data).decode().rstrip('=')


def changed(content, changes):
    """Without what is None there."""
    return {name: value for name, value in {**content, **changes}.items() if value is not None}


def exported(session_key):
    """That of an m.room_key as m.forwarded_room_key has it: not signed (Megolm: session export
    format)."""
    return encoded(b'\x01' + decoded(session_key)[1:-64])


class Forger:
    """A process of forger.c."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, do, **asked):
        self.process.stdin.write(json.dumps({'do': do, **asked}).encode() + b'\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f'the forger is gone, when it was to {do} {asked}'
        told = json.loads(line)
        assert 'error' not in told, f'{do} {asked}: {told["error"]}'
        return told

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(irc.WAIT_S) == 0


class Device:
    """One of that user's, which writes to one device of kith's."""

    def __init__(self, town, user, forger):
        signed_in = matrix.login(town.server.base, user)
        self.user = user
        self.id = signed_in['device_id']
        self.http = matrix.Client(town.server.base, signed_in['access_token'])
        self.kith = town.kith
        self._forger = forger
        told = forger.ask('keys')
        self.curve25519, self.ed25519 = told['curve25519'], told['ed25519']

    # What it tells of itself.

    def signed(self, thing):
        return self._forger.ask('sign', object=thing, user=self.user, device=self.id)['object']

    def device_keys(self, **changes):
        """`changes` are of its keys, by algorithm."""
        keys = {'curve25519': self.curve25519, 'ed25519': self.ed25519, **changes}
        return self.signed({'user_id': self.user, 'device_id': self.id,
                            'algorithms': [OLM, MEGOLM],
                            'keys': {f'{name}:{self.id}': key for name, key in keys.items()}})

    def one_time_keys(self, keys=None):
        keys = keys or list(self._forger.ask('one_time', count=ONE_TIME_KEYS)['keys'].values())
        return {f'signed_curve25519:{secrets.token_hex(4)}': self.signed({'key': key})
                for key in keys}

    def publish(self, device_keys=None, one_time_keys=None):
        self.http.client('POST', 'keys/upload', {
            'device_keys': device_keys or self.device_keys(),
            'one_time_keys': one_time_keys or self.one_time_keys()})

    def join(self, room):
        self.http.client('POST', f'rooms/{quoted(room)}/join', {})

    # What comes to it.

    def told(self, event_type):
        """The contents of all messages of that type that were ever sent to it."""
        events = self.http.client('GET', 'sync?timeout=0').get('to_device', {}).get('events', [])
        return [event['content'] for event in events if event['type'] == event_type]

    def room_keys(self, sender):
        """The contents of those m.room_key that a device with that identity key gave it by
        messages that began a session."""
        letters = [content['ciphertext'][self.curve25519] for content in
                   self.told('m.room.encrypted') if content['sender_key'] == sender]
        payloads = [json.loads(self._forger.ask('read', curve25519=sender,
                                                body=letter['body'])['text'])
                    for letter in letters if letter['type'] == 0]
        return [payload['content'] for payload in payloads if payload['type'] == 'm.room_key']

    # What it says to kith's device.

    def kiths(self):
        """The device's id and keys, as the server tells."""
        told = self.http.client('POST', 'keys/query', {'device_keys': {self.kith: []}})
        [(device, keys)] = told['device_keys'][self.kith].items()
        return device, {name.partition(':')[0]: key for name, key in keys['keys'].items()}

    def begin(self):
        """Another session of Olm with it, from now on."""
        device, keys = self.kiths()
        claimed = self.http.client('POST', 'keys/claim', {
            'one_time_keys': {self.kith: {device: 'signed_curve25519'}}})
        [key] = claimed['one_time_keys'][self.kith][device].values()
        self._forger.ask('begin', curve25519=keys['curve25519'], one_time_key=key['key'])

    def send(self, content, event_type, http=None):
        """To the device, as it is; `http` is whose the server says it is."""
        device, _ = self.kiths()
        (http or self.http).client('PUT', f'sendToDevice/{event_type}/{secrets.token_hex(8)}', {
            'messages': {self.kith: {device: content}}})

    def letter(self, content, event_type='m.room_key', sender_key=None, http=None, **changes):
        """The same by Olm; `changes` are of the payload, where None leaves something out."""
        _, keys = self.kiths()
        payload = changed({
            'type': event_type, 'content': content, 'sender': self.user,
            'keys': {'ed25519': self.ed25519},
            'recipient': self.kith, 'recipient_keys': {'ed25519': keys['ed25519']}}, changes)
        self.send({'algorithm': OLM, 'sender_key': sender_key or self.curve25519,
                   'ciphertext': {keys['curve25519']: self._forger.ask('olm', payload=payload)}},
                  'm.room.encrypted', http)

    # What it says in rooms.

    def speak(self, room):
        """The m.room_key of a new session."""
        return {'algorithm': MEGOLM, 'room_id': room, **self._forger.ask('speak')}

    def wire(self, session, text, **changes):
        """The content of an event in which that is said in that session; `changes` are of what can
        be read of it."""
        payload = {'type': 'm.room.message', 'room_id': session['room_id'],
                   'content': {'msgtype': 'm.text', 'body': text}}
        return {'algorithm': MEGOLM, 'session_id': session['session_id'],
                'sender_key': self.curve25519, 'device_id': self.id,
                **self._forger.ask('megolm', session_id=session['session_id'], payload=payload),
                **changes}

    def say(self, session, text, **changes):
        self.put(session['room_id'], self.wire(session, text, **changes))

    def put(self, room, content):
        """An event with that content, encrypted or not by this device."""
        encrypted.send_raw(self, room, content, 'm.room.encrypted')
