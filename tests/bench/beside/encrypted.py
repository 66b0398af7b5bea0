"""The harness's measurements on Matrix in an encrypted room: run as its hbench.py, where that is.

The bot is in it with eight people whose devices are libolm's, each signed by its owner. They send
the bot their keys as clients do, and rotate them; whatever is said was encrypted before the clock
runs, and what the bot says is read after it has stopped. The bot tells how much it could read (or
its store does), which has to be all.
"""
import asyncio
import gc
import itertools
import json
import re
import sqlite3
import sys
import time

sys.path.insert(0, '.')
import hbench  # noqa: E402
from hb import chat, fakehs, matrix, procs  # noqa: E402
from people import MEGOLM, Person  # noqa: E402

MEMBERS = 9  # with the bot
READY_S = 60  # until a bot has published its keys
plain_sync = fakehs.sync_body


def room_state():
    return fakehs.room_state(1, MEMBERS, [fakehs.event(
        40, 'm.room.encryption', {'algorithm': MEGOLM}, state_key='')])


class Homeserver(fakehs.Homeserver):
    """The harness's, with the keys of devices."""

    def __init__(self, people):
        super().__init__()
        self.people = people
        self.device_keys = None  # the bot's
        self.identity = {}  # of its owner: 'master_key', ... -> the key
        self.one_time_keys = {}
        self.fallback = False
        self.letters = []  # what the bot sent to people's devices, unread
        fakehs.sync_body = self.sync_body
        self.routes[:0] = [(re.compile(pattern), handler) for pattern, handler in (
            (r'POST .*/keys/upload', self.r_upload),
            (r'POST .*/keys/query$', self.r_query),
            (r'POST .*/keys/claim$', self.r_claim),
            (r'POST .*/keys/signatures/upload$', self.r_signatures),
            (r'POST .*/keys/device_signing/upload$', self.r_identity),
            (r'GET .*/keys/changes$', lambda *_: fakehs.response({'changed': [], 'left': []})),
            (r'PUT .*/sendToDevice/', self.r_letters),
            (r'GET .*/joined_members$', lambda *_: fakehs.response({'joined': {
                member['state_key']: {'display_name': member['content']['displayname']}
                for member in self.members()}})),
            (r'GET .*/rooms/[^/]+/members$', lambda *_: fakehs.response(
                {'chunk': self.members()})),
            (r'GET .*/rooms/[^/]+/state$', lambda *_: fakehs.response(room_state())),
            (r'GET .*/state/m.room.encryption', lambda *_: fakehs.response(
                {'algorithm': MEGOLM})),
        )]

    @staticmethod
    def members():
        return [event for event in room_state() if event['type'] == 'm.room.member']

    def counts(self):
        return {'signed_curve25519': len(self.one_time_keys)}

    def sync_body(self, token, rooms=None, letters=()):
        body = json.loads(plain_sync(token, rooms))
        body['device_one_time_keys_count'] = self.counts()
        body['device_unused_fallback_key_types'] = ['signed_curve25519'] if self.fallback else []
        body['to_device']['events'] = list(letters)
        return json.dumps(body, separators=(',', ':')).encode()

    def claim(self):
        name = next(iter(self.one_time_keys))
        return self.one_time_keys.pop(name)

    # What the bot asks.

    def r_sync(self, conn, query, body):
        if 'since' not in query:
            self.first_body = self.sync_body(self.next_token(), {fakehs.ROOM: (room_state(), [])})
        return super().r_sync(conn, query, body)

    def r_upload(self, conn, query, body):
        body = json.loads(body)
        self.device_keys = body.get('device_keys', self.device_keys)
        self.one_time_keys.update(body.get('one_time_keys', {}))
        self.fallback = self.fallback or bool(body.get('fallback_keys'))
        return fakehs.response({'one_time_key_counts': self.counts()})

    def r_query(self, conn, query, body):
        asked = json.loads(body)['device_keys']
        answer = {name: {} for name in ('device_keys', 'master_keys', 'self_signing_keys',
                                        'user_signing_keys', 'failures')}
        for person in self.people:
            if person.user in asked:
                answer['device_keys'][person.user] = {person.device: person.device_keys}
                answer['master_keys'][person.user] = person.master
                answer['self_signing_keys'][person.user] = person.self_signing
        if fakehs.BOT in asked and self.device_keys:
            answer['device_keys'][fakehs.BOT] = {self.device_keys['device_id']: self.device_keys}
            for name, key in self.identity.items():
                answer[f'{name}s'][fakehs.BOT] = key
        return fakehs.response(answer)

    def r_claim(self, conn, query, body):
        asked = json.loads(body)['one_time_keys']
        return fakehs.response({'failures': {}, 'one_time_keys': {
            person.user: {person.device: dict([person.one_time_key()])}
            for person in self.people if person.device in asked.get(person.user, {})}})

    def r_identity(self, conn, query, body):
        self.identity = {name: key for name, key in json.loads(body).items() if name != 'auth'}
        return fakehs.EMPTY

    def r_signatures(self, conn, query, body):
        for name, thing in json.loads(body).get(fakehs.BOT, {}).items():
            if name == self.device_keys['device_id']:
                self.device_keys['signatures'][fakehs.BOT].update(
                    thing['signatures'][fakehs.BOT])
        return fakehs.response({'failures': {}})

    def r_letters(self, conn, query, body):
        self.letters.append(body)
        return fakehs.EMPTY

    def pass_on(self):
        """To whom they were sent. Only now: reading them is no part of the homeserver's work."""
        letters, self.letters = self.letters, []
        of = {person.user: person for person in self.people}
        for body in letters:
            for user, devices in json.loads(body)['messages'].items():
                for content in devices.values():
                    if 'ciphertext' in content and user in of:
                        of[user].take(content)


class Session(matrix.Session):
    """The harness's, in that room. The people take turns."""

    def __init__(self, entry, workdir, first_body=None):
        users = [fakehs.HUMAN, *(f'@user{n}:{fakehs.SERVER}' for n in range(MEMBERS - 2))]
        self.people = [Person(user, f'PHONE{n}', fakehs.ROOM) for n, user in enumerate(users)]
        self.turns = itertools.cycle(self.people)
        self.said = 0  # by them
        self.reading = {}  # how much of it the bot has read, in the end
        super().__init__(entry, workdir, first_body)
        self.hs = Homeserver(self.people)
        self.hs.on_sync, self.hs.on_send = self._on_sync, self._on_send

    def _on_send(self, body, at):
        """What was said; nothing, if it was said in clear or one of them has not the key."""
        self.hs.pass_on()
        content = json.loads(body)
        readable = all(content.get('session_id') in person.sessions for person in self.people)
        heard = {person.read(content) for person in self.people if readable}
        self.sends.put_nowait((at, heard.pop().encode() if len(heard) == 1 else b''))

    async def start(self, timeout=120):
        await super().start(timeout)
        deadline = time.monotonic() + READY_S
        while not self._published():
            self._expect(time.monotonic() < deadline, 'has not published its keys')
            await asyncio.sleep(0.01)
        for person in self.people:
            person.meet(self.hs.device_keys, self.hs.claim())
        # What is made only once has been made when it rests; newcomers may be answered otherwise.
        for _ in self.people:
            await self.ask(READY_S)
        for person in self.people:
            self._expect(await self.ask(READY_S) is not None, f'does not answer {person.user}')
        return self

    def _expect(self, holds, otherwise):
        if not holds:
            raise RuntimeError(f'{self.entry["name"]} {otherwise}: {self.running.log_tail()} '
                               f'unknown: {self.hs.unknown}')

    def _published(self):
        """`signs`: a bot that has its device signed, too."""
        keys = self.hs.device_keys
        return keys and len(self.hs.one_time_keys) >= len(self.people) and (
            not self.entry.get('signs') or len(keys['signatures'][fakehs.BOT]) > 1)

    def body_of(self, texts):
        """A /sync in which they say this, with the keys to it."""
        events, letters = [], []
        for text in texts:
            person = next(self.turns)
            content, letter = person.say(text)
            letters += [letter] if letter else []
            self.n += 1
            events.append(fakehs.event(self.n, 'm.room.encrypted', content, person.user))
        self.said += len(events)
        return self.hs.sync_body(self.hs.next_token(), {fakehs.ROOM: ([], events)}, letters)

    def command_body(self, extra=()):
        return self.body_of([self.entry['say'].replace('{n}', str(self.n))])

    async def heard(self):
        """How much of what was said the bot has read."""
        if 'store' in self.entry:
            store = sqlite3.connect(f'file:{self.running.dir / self.entry["store"]}?mode=ro',
                                    uri=True)
            try:
                return store.execute(self.entry['read']).fetchone()[0]
            finally:
                store.close()
        while not self.sends.empty():
            self.sends.get_nowait()
        await self.ready()
        self.hs.deliver(self.body_of(['!heard']))
        _, answer = await asyncio.wait_for(self.sends.get(), READY_S)
        return int(answer)


async def throughput(s, count=10000, per_sync=50):
    """As the harness's own."""
    texts = chat.lines(count)
    bodies = [s.body_of(texts[i:i + per_sync]) for i in range(0, count, per_sync)]
    bodies.append(s.command_body())
    await s.ready()
    while not s.sends.empty():
        s.sends.get_nowait()
    procs.reset_peak(s.running.pid)
    gc.collect()
    c0, n0, t0 = procs.cpu_seconds(s.running.pid), procs.machine_noise(), time.monotonic()
    s.hs.deliver(*bodies)
    try:
        _, answer = await asyncio.wait_for(s.sends.get(), 300)
    except asyncio.TimeoutError:
        answer = b''
    await s.ready()
    wall_s = time.monotonic() - t0
    cpu_s = procs.cpu_seconds(s.running.pid) - c0
    result = dict(events=count, bytes=sum(map(len, bodies)), cpu_s=round(cpu_s, 4),
                  drained_s=round(wall_s, 3), peak_kb=procs.peak_kb(s.running.pid),
                  after=procs.memory(s.running.pid),
                  noise=procs.noise_between(n0, procs.machine_noise()))
    s.reading.update(heard=await s.heard(), said=s.said)
    return dict(result, ok=s.entry['reply'] in answer.decode(), reading=s.reading)


matrix.Session, matrix.throughput = Session, throughput
sys.exit(hbench.main())
