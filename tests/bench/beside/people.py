"""Somebody in an encrypted room, at one device of libolm's that they have signed."""
import json

import olm

OLM, MEGOLM = 'm.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'
ROTATES_AFTER = 100  # messages, as clients do


def canonical(thing):
    return json.dumps(thing, ensure_ascii=False, separators=(',', ':'), sort_keys=True)


def sign(thing, user, key, signer):
    """As that key's (device's, or public) owner; `signer` is libolm's."""
    bare = {name: value for name, value in thing.items() if name != 'signatures'}
    thing.setdefault('signatures', {}).setdefault(user, {})[f'ed25519:{key}'] = \
        signer.sign(canonical(bare))
    return thing


def identity_key(user, usage, public):
    return {'user_id': user, 'usage': [usage], 'keys': {f'ed25519:{public}': public}}


class Person:
    """`device_keys`, `master` and `self_signing` are what their homeserver tells of them."""

    def __init__(self, user, device, room):
        self.user, self.device, self.room = user, device, room
        self.account = olm.Account()
        self.curve25519 = self.account.identity_keys['curve25519']
        self.ed25519 = self.account.identity_keys['ed25519']
        master, signer = (olm.PkSigning(olm.PkSigning.generate_seed()) for _ in range(2))
        self.master = sign(identity_key(user, 'master', master.public_key), user, device,
                           self.account)
        self.self_signing = sign(identity_key(user, 'self_signing', signer.public_key), user,
                                 master.public_key, master)
        self.device_keys = sign({
            'user_id': user, 'device_id': device, 'algorithms': [OLM, MEGOLM],
            'keys': {f'curve25519:{device}': self.curve25519, f'ed25519:{device}': self.ed25519},
        }, user, device, self.account)
        sign(self.device_keys, user, signer.public_key, signer)
        self.bot = None  # its user, and its keys of both kinds
        self.links = []  # Olm sessions with it, the newest first
        self.group = None  # the Megolm session that they speak in, and
        self.left = 0  # how much may be said in it still
        self.sessions = {}  # those that the bot speaks in

    def one_time_key(self):
        """A new one, for whoever claims it: its name and itself."""
        self.account.generate_one_time_keys(1)
        (name, key), = self.account.one_time_keys['curve25519'].items()
        self.account.mark_keys_as_published()
        return f'signed_curve25519:{name}', sign({'key': key}, self.user, self.device,
                                                 self.account)

    def meet(self, device_keys, one_time_key):
        """The bot's, as they were got from their homeserver."""
        user, device = device_keys['user_id'], device_keys['device_id']
        keys = {name.partition(':')[0]: key for name, key in device_keys['keys'].items()}
        for thing in (device_keys, one_time_key):
            bare = {name: value for name, value in thing.items()
                    if name not in ('signatures', 'unsigned')}
            olm.ed25519_verify(keys['ed25519'], canonical(bare),
                               thing['signatures'][user][f'ed25519:{device}'])
        self.bot = user, keys['curve25519'], keys['ed25519']
        self.links.insert(0, olm.OutboundSession(self.account, keys['curve25519'],
                                                 one_time_key['key']))

    def letter(self, kind, content):
        """An event for the bot's device, in Olm."""
        user, curve25519, ed25519 = self.bot
        sealed = self.links[0].encrypt(json.dumps({
            'type': kind, 'content': content, 'sender': self.user, 'sender_device': self.device,
            'keys': {'ed25519': self.ed25519}, 'sender_device_keys': self.device_keys,
            'recipient': user, 'recipient_keys': {'ed25519': ed25519}}))
        return {'type': 'm.room.encrypted', 'sender': self.user, 'content': {
            'algorithm': OLM, 'sender_key': self.curve25519, 'ciphertext': {
                curve25519: {'type': sealed.message_type, 'body': sealed.ciphertext}}}}

    def say(self, text):
        """The content of m.room.encrypted, and the letter that has to come before, or None."""
        letter = None
        if self.left == 0:
            self.group, self.left = olm.OutboundGroupSession(), ROTATES_AFTER
            letter = self.letter('m.room_key', {
                'algorithm': MEGOLM, 'room_id': self.room, 'session_id': self.group.id,
                'session_key': self.group.session_key})
        self.left -= 1
        ciphertext = self.group.encrypt(json.dumps({
            'type': 'm.room.message', 'room_id': self.room,
            'content': {'msgtype': 'm.text', 'body': text}}))
        return {'algorithm': MEGOLM, 'sender_key': self.curve25519, 'device_id': self.device,
                'session_id': self.group.id, 'ciphertext': ciphertext}, letter

    def open(self, sealed):
        """A message in Olm of the bot's: its text."""
        if sealed['type'] == 1:
            message = olm.OlmMessage(sealed['body'])
            for link in self.links:
                try:
                    return link.decrypt(message)
                except olm.OlmSessionError:
                    pass
            raise ValueError(f'{self.user} cannot read a message in Olm')
        message = olm.OlmPreKeyMessage(sealed['body'])
        for link in self.links:
            if link.matches(message):
                return link.decrypt(message)
        link = olm.InboundSession(self.account, message, self.bot[1])
        self.account.remove_one_time_keys(link)
        self.links.insert(0, link)
        return link.decrypt(message)

    def take(self, content):
        """An event of the bot's for this device."""
        inner = json.loads(self.open(content['ciphertext'][self.curve25519]))
        assert (inner['sender'], inner['recipient_keys']['ed25519']) == (self.bot[0], self.ed25519)
        if inner['type'] == 'm.room_key':
            key = inner['content']
            self.sessions[key['session_id']] = olm.InboundGroupSession(key['session_key'])

    def read(self, content):
        """What the bot has said in the room."""
        text, _ = self.sessions[content['session_id']].decrypt(content['ciphertext'])
        return json.loads(text)['content']['body']
