"""A homeserver of Matrix that says and does what its test tells it to: what no real one would.

Without being told anything it is a small, well-behaved one: kith signs in, stores its filter, and
syncs; it is in one room, with people who are not there unless a test speaks for them; what it says
comes back to it by the next sync.
"""
import collections
import copy
import http.server
import itertools
import json
import re
import socket
import struct
import threading
import time
import urllib.parse
from typing import NamedTuple

import irc
from irc import WAIT_S

NAME = 'hs.test'
ROOM = f'!makers:{NAME}'
KITH, OLGA, ANA = (f'@{name}:{NAME}' for name in ('kith', 'olga', 'ana'))
ANY = 'any method'
TOKEN = 'token-number-'  # of the accounts: this and how many there have been
POLL_MOST_S = 2  # a sync waits this long at most, whatever it asks for


class Request(NamedTuple):
    """What kith asked, and when (monotonic seconds)."""
    at: float
    method: str
    path: str  # unescaped, behind /_matrix/client
    query: dict
    body: object  # JSON; None: none
    token: str

    def __str__(self):
        return f'{self.method} {self.path} {json.dumps(self.body)}'


class Answer:
    """`content` is JSON, or bytes as they are. Of the body only `cut` bytes are sent, and then
    the connection is reset; if it is `endless`, it goes on for ever, a space at a time. `length`
    is what the headers promise, if it is something else."""

    def __init__(self, content, status=200, headers=(), cut=None, endless=False, length=None):
        self.body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.status = status
        self.headers = {'Content-Type': 'application/json', **dict(headers)}
        self.cut = cut
        self.endless = endless
        self.length = len(self.body) if length is None else length

    def __str__(self):
        return f'{self.status} {self.body[:30].decode(errors="replace")}'

    @classmethod
    def error(cls, status, code, headers=(), **more):
        return cls({'errcode': code, 'error': f'the test wants {code}', **more}, status, headers)


def member(user, shown=None, membership='join', **content):
    return state('m.room.member', {'membership': membership, 'displayname': shown or local(user),
                                   **content}, key=user, sender=user)


def state(event_type, content, key='', sender=OLGA):
    return {'type': event_type, 'state_key': key, 'sender': sender, 'content': content}


def local(user):
    return user[1:].partition(':')[0]


def room_state(*users, version='10'):
    """Of a private room of Olga's."""
    return [state('m.room.create', {'room_version': version, 'creator': OLGA}),
            *(member(user) for user in users),
            state('m.room.power_levels', {'users': {OLGA: 100}, 'users_default': 0}),
            state('m.room.join_rules', {'join_rule': 'invite'}),
            state('m.room.history_visibility', {'history_visibility': 'shared'})]


class Server:
    """`answer(method, pattern, function)` takes requests out of the usual ones: it is given the
    request and gives an Answer, or None for the usual one; the last that was told is asked first.
    `script(function)` answers one /sync: it is given what would be said, JSON, and gives that or
    something else, or an Answer, or None: as is; without waiting for anything to be said. What is
    not in it is lost if its next_batch is as usual."""

    def __init__(self, **how):
        self.requests = []
        self.said = []  # (monotonic seconds, room, content), by kith
        self.timeline = []  # (room, event), by everybody
        self.state = {ROOM: room_state(OLGA, ANA, KITH)}
        self.invites = {}
        self._scripted = itertools.count(1)
        self.accounts = 0  # how many tokens there have been
        self.device_keys = {}  # kith's, by their devices
        self.one_time_keys = {}
        self.identity = {}  # kith's: 'master_key', ... -> the key
        self.first = None  # a function that changes the first sync, as scripts do
        self._answers = []
        self._scripts = collections.deque()
        self._ids = itertools.count(1)
        self._transactions = {}
        self._change = threading.Condition()
        self._server = Sockets(('127.0.0.1', 0), Handler)
        self._server.played = self
        self.base = f'http://127.0.0.1:{self._server.server_address[1]}'
        self.failures = []  # of this server itself
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,),
                                        daemon=True)
        self._thread.start()
        for name, value in how.items():
            setattr(self, name, value)

    # What a test does.

    def answer(self, method, pattern, function):
        with self._change:
            self._answers.insert(0, (method, re.compile(pattern), function))

    def script(self, function):
        with self._change:
            self._scripts.append(function)
            self._change.notify_all()

    def usual(self):
        """From now on all is answered as usual."""
        with self._change:
            self._answers.clear()
            self._scripts.clear()

    def event(self, content, sender=ANA, event_type='m.room.message', **more):
        """A new one, of a timeline."""
        return {'event_id': f'$event{next(self._ids)}:{NAME}', 'type': event_type, 'sender': sender,
                'origin_server_ts': int(time.time() * 1000), 'content': content, **more}

    def put(self, event, room=ROOM):
        """Into the room; the next sync tells it."""
        with self._change:
            self.timeline.append((room, event))
            self._change.notify_all()
        return event['event_id']

    def say(self, text, sender=ANA, room=ROOM, **more):
        return self.put(self.event({'msgtype': 'm.text', 'body': text}, sender, **more), room)

    def expect_said(self, text, room=ROOM, seconds=WAIT_S, since=0):
        """kith says there what matches, after `since` things it has said before; the content."""
        def found():
            return next((content for _, there, content in self.said[since:]
                         if there == room and re.search(text, content.get('body', ''))), None)
        try:
            return irc.wait_for(f'kith to say {text}', found, seconds)
        except AssertionError as e:
            raise AssertionError(f'{e}; it said {self.said[since:]}, and asked:\n' + '\n'.join(
                str(request)[:300] for request in self.requests[-20:])) from None

    def asks(self, probe, sender=ANA, seconds=WAIT_S):
        """Somebody asks something in the room, and is answered."""
        self.say(f'!who {probe}', sender)
        return self.expect_said(f'nobody called “{re.escape(probe)}”', seconds=seconds)

    def requested(self, method, pattern):
        return [request for request in list(self.requests)
                if request.method == method and re.search(pattern, request.path)]

    def await_requests(self, method, pattern, times=1, seconds=WAIT_S):
        return irc.wait_for(f'{method} {pattern}, {times} times', lambda: (
            found := self.requested(method, pattern)) and len(found) >= times and found, seconds)

    def await_scripts(self, seconds=WAIT_S):
        """All of them have been asked for."""
        irc.wait_for('the scripted syncs', lambda: not self._scripts, seconds)

    def check(self):
        assert not self.failures, self.failures

    def stop(self):
        self._server.shutdown()
        self._server.end()
        self._server.server_close()
        self._thread.join(WAIT_S)

    # What it does by itself.

    def respond(self, request):
        self.requests.append(request)
        with self._change:
            answers = list(self._answers)
        for method, pattern, function in answers:
            if method in (request.method, ANY) and pattern.search(request.path):
                given = function(request)
                if given is not None:
                    return given
        for method, pattern, name in USUAL:
            found = re.fullmatch(pattern, request.path)
            if method == request.method and found:
                given = getattr(self, name)(request, *found.groups())
                return given if isinstance(given, Answer) else Answer(given)
        return Answer.error(404, 'M_UNRECOGNIZED')

    def versions(self, request):
        return {'versions': ['v1.1', 'v1.11', 'v1.12']}

    def flows(self, request):
        return {'flows': [{'type': 'm.login.password'}]}

    def login(self, request):
        self.accounts += 1
        body = request.body if isinstance(request.body, dict) else {}
        return {'user_id': KITH, 'device_id': body.get('device_id', 'DEVICE'),
                'access_token': f'{TOKEN}{self.accounts}'}

    def whoami(self, request):
        return {'user_id': KITH, 'device_id': 'DEVICE'}

    def keys_query(self, request):
        return {'device_keys': {KITH: copy.deepcopy(self.device_keys)},
                **{f'{name}s': {KITH: key} for name, key in self.identity.items()}}

    def keys_upload(self, request):
        if 'device_keys' in request.body:
            keys = request.body['device_keys']
            self.device_keys[keys['device_id']] = keys
        self.one_time_keys.update(request.body.get('one_time_keys', {}))
        return {'one_time_key_counts': {'signed_curve25519': len(self.one_time_keys)}}

    def identity_upload(self, request):
        self.identity = {name: key for name, key in request.body.items() if name != 'auth'}
        return {}

    def signatures_upload(self, request):
        for device, keys in request.body.get(KITH, {}).items():
            self.device_keys[device]['signatures'][KITH].update(keys['signatures'][KITH])
        return {'failures': {}}

    def filter(self, request):
        return {'filter_id': 'filter1'}

    def nothing(self, request, *path):
        return {}

    def unknown(self, request, *path):
        return Answer.error(404, 'M_NOT_FOUND')

    def join(self, request, room):
        return {'room_id': room}

    def members(self, request, room):
        return {'joined': {event['state_key']: {'display_name': event['content']['displayname']}
                           for event in self.state.get(room, ())
                           if event['type'] == 'm.room.member'}}

    def messages(self, request, room):
        return {'chunk': [], 'start': request.query.get('from', ['s0'])[0]}

    def create(self, request):
        """A direct room, most likely: whoever is asked in is there."""
        room = f'!room{next(self._ids)}:{NAME}'
        with self._change:
            self.state[room] = room_state(KITH, *request.body.get('invite', ()))
        return {'room_id': room}

    def send(self, request, room, event_type, transaction):
        known = (room, request.token, transaction)
        with self._change:
            if known in self._transactions:
                return {'event_id': self._transactions[known]}
            event = self.event(request.body, KITH, event_type,
                               unsigned={'transaction_id': transaction})
            self._transactions[known] = event['event_id']
            if event_type == 'm.room.message':
                self.said.append((request.at, room, request.body))
            self.put(event, room)
        return {'event_id': event['event_id']}

    def sync(self, request):
        since = request.query.get('since', [None])[0]
        try:
            after = int(since[1:].partition('.')[0]) if since else None
        except ValueError:
            after = None
        asked_s = int(request.query.get('timeout', ['0'])[0]) / 1000
        with self._change:
            if after is not None:
                self._change.wait_for(lambda: len(self.timeline) > after or self._scripts,
                                      min(asked_s, POLL_MOST_S))
            told = self.told(after)
            function = self.first if after is None and self.first else \
                self._scripts.popleft() if self._scripts and after is not None else None
            if function and after is not None:
                # As from any server: what is told at once has a cursor of its own.
                told['next_batch'] += f'.{next(self._scripted)}'
        return (function(told) if function else None) or told

    def told(self, after):
        """What a sync says: everything behind that point of the timeline; None: all there is."""
        rooms = {}
        for room, event in self.timeline[after or 0:]:
            rooms.setdefault(room, []).append(event)
        if after is None:
            rooms = {room: rooms.get(room, []) for room in self.state}
        return {'next_batch': f's{len(self.timeline)}', 'rooms': {'join': {room: {
            'state': {'events': self._own(room) if after is None else []},
            'timeline': {'events': events, 'limited': False, 'prev_batch': f's{after or 0}'},
        } for room, events in rooms.items()}}}

    def _own(self, room):
        """The state of a room, as events that have happened."""
        return [{'event_id': f'$state{n}{room}', 'origin_server_ts': 1700000000000, **event}
                for n, event in enumerate(copy.deepcopy(self.state[room]))]


CLIENT = '/_matrix/client'
V = '/(?:v3|r0|v1)'
USUAL = [
    ('GET', '/versions', 'versions'),
    ('GET', f'{V}/login', 'flows'),
    ('POST', f'{V}/login', 'login'),
    ('POST', f'{V}/logout', 'nothing'),
    ('GET', f'{V}/account/whoami', 'whoami'),
    ('POST', f'{V}/keys/query', 'keys_query'),
    ('POST', f'{V}/keys/upload', 'keys_upload'),
    ('POST', f'{V}/keys/device_signing/upload', 'identity_upload'),
    ('POST', f'{V}/keys/signatures/upload', 'signatures_upload'),
    ('POST', f'{V}/user/[^/]+/filter', 'filter'),
    ('GET', f'{V}/sync', 'sync'),
    ('POST', f'{V}/join/([^/]+)', 'join'),
    ('POST', f'{V}/rooms/([^/]+)/join', 'join'),
    ('POST', f'{V}/rooms/([^/]+)/(?:leave|forget)', 'nothing'),
    ('POST', f'{V}/createRoom', 'create'),
    ('GET', f'{V}/rooms/([^/]+)/joined_members', 'members'),
    ('GET', f'{V}/rooms/([^/]+)/messages', 'messages'),
    ('PUT', f'{V}/rooms/([^/]+)/send/([^/]+)/([^/]+)', 'send'),
    ('PUT', f'{V}/rooms/([^/]+)/typing/([^/]+)', 'nothing'),
    ('POST', f'{V}/rooms/([^/]+)/receipt/([^/]+)/([^/]+)', 'nothing'),
    ('GET', f'{V}/user/[^/]+/account_data/([^/]+)', 'unknown'),
    ('PUT', f'{V}/user/[^/]+/account_data/([^/]+)', 'nothing'),
]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ValueError):
            pass  # kith was first, or the test was

    def _answer(self):
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get('Content-Length', 0))
        body = self.rfile.read(length)
        bearer = self.headers.get('Authorization', '')
        try:
            request = Request(time.monotonic(), self.command,
                              urllib.parse.unquote(url.path).removeprefix(CLIENT),
                              urllib.parse.parse_qs(url.query), json.loads(body) if body else None,
                              bearer.removeprefix('Bearer '))
            given = self.server.played.respond(request)
            answer = given if isinstance(given, Answer) else Answer(given)
        except Exception as e:  # the test is wrong: it hears of it
            self.server.played.failures.append(repr(e))
            raise
        self._write(answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_OPTIONS = _answer

    def _write(self, answer):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.endless:
            self.send_header('Transfer-Encoding', 'chunked')
            self.end_headers()
            self._trickle(answer.body)
            return
        self.send_header('Content-Length', str(answer.length))
        self.end_headers()
        self.wfile.write(answer.body if answer.cut is None else answer.body[:answer.cut])
        self.wfile.flush()
        if answer.cut is not None:
            # What was sent is read first: a reset overtakes what still lies there.
            time.sleep(0.02)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack('ii', 1, 0))
        self.close_connection = answer.cut is not None or answer.length != len(answer.body)

    def _trickle(self, body):
        for piece in itertools.chain([body], itertools.repeat(b' ')):
            self.wfile.write(f'{len(piece):x}\r\n'.encode() + piece + b'\r\n')
            self.wfile.flush()
            time.sleep(0.2)


class Sockets(http.server.ThreadingHTTPServer):
    """Its connections end with it."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *how):
        self.open = set()
        super().__init__(*how)

    def get_request(self):
        link, address = super().get_request()
        self.open.add(link)
        return link, address

    def shutdown_request(self, request):
        """Without a FIN: whether there is a reset is the handler's affair."""
        self.open.discard(request)
        request.close()

    def end(self):
        for link in list(self.open):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


CONFIG = '''
[group]
name = Makers
timezone = Europe/Berlin
organizers = home/{olga}
places = home/{room}
[matrix home]
homeserver = {base}
user = {user}
password-file = {secret}
[store]
path = {store}
[log]
level = debug
'''
PASSWORD = 'spoons-and-almanacs'


class Kith(irc.Kith):
    """`kith run` on its way to such a server. What it logs holds neither its password nor any of
    its tokens."""

    def __init__(self, program, folder, server):
        secret = folder / 'password'
        secret.write_text(PASSWORD + '\n')
        secret.chmod(0o600)
        super().__init__(program, folder, CONFIG.format(
            olga=OLGA, room=ROOM, base=server.base, user=KITH, secret=secret,
            store=folder / 'kith.db'))
        self.secrets = [PASSWORD, TOKEN]

    def await_room(self, times=1, seconds=WAIT_S):
        self.await_log('in home/' + re.escape(ROOM) + '|in ' + re.escape(ROOM), times, seconds)
