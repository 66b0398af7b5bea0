"""Olga, Ana and kith in a room of Olga's; what each of them sees there, and what kith keeps."""
import re
import secrets
import time

import irc
from group import posts_left, store_of

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

LEFT_S = 90  # what a network did not take is offered again after a minute
QUIET_S = 4  # for what is not to come
TOLD_S = 60  # in private, where a room has to be opened first and somebody has to follow

KNOWS_NOBODY = 'I know nobody called “{}” here'
ASKED_FOR = re.compile(KNOWS_NOBODY.format('(.*?)'))


class House:
    """`options` are those the room is made with; its place is called as `place` says, if not by
    its id. Kith is not started unless `start`."""

    def __init__(self, town, kith, start=True, place=None, config=CONFIG, **options):
        self.town = town
        self.kith = kith
        self.config = config
        self.olga = town.person('olga')
        self.ana = town.person('ana', accept=None)
        self.room = self.olga.create(self.ana.user, town.kith, name='Makers', **options)
        self.ana.join(self.room)
        self.place = place or self.room
        self.bot = None
        self.settled = 0
        if start:
            self.start()

    def start(self):
        """For the first time; self.bot.start() from then on."""
        self.bot = self.kith(self.town, self.config, olga=self.olga.user, room=self.place)
        self.bot.await_log('in ' + re.escape(self.place))
        for somebody in (self.olga, self.ana):
            somebody.expect_member(self.room, self.town.kith)

    def asks(self, somebody, *probes, room=None):
        for probe in probes:
            somebody.say(room or self.room, f'!who {probe}')

    def answers(self, somebody, probe, room=None, seconds=irc.WAIT_S):
        """They ask something there, and hear the answer; its event."""
        self.asks(somebody, probe, room=room)
        return somebody.expect_said(self.town.kith, room or self.room,
                                    KNOWS_NOBODY.format(re.escape(probe)), seconds)

    def said(self, listener, *rooms):
        """What kith has said there, as that somebody heard it."""
        return [text for _, nick, text in listener.said_in(*(rooms or [self.room]))
                if nick == 'kith']

    def answered(self, listener, *rooms):
        """What kith was asked and has answered there, in order."""
        return [asked[1] for asked in map(ASKED_FOR.search, self.said(listener, *rooms)) if asked]

    def told(self, listener, pattern=''):
        """What kith has told them alone and matches."""
        rooms = listener.direct_with(self.town.kith)
        return [text for text in (self.said(listener, *rooms) if rooms else [])
                if re.search(pattern, text)]

    def await_told(self, listener, pattern):
        return irc.wait_for(f'{listener.name} to be told {pattern}',
                            lambda: self.told(listener, pattern), TOLD_S)

    def await_answered(self, listener, expected, seconds=irc.WAIT_S, rooms=()):
        """All of these, in this order, and no others."""
        irc.wait_for(f'answers to {expected[-1]}',
                     lambda: expected[-1] in self.answered(listener, *rooms), seconds)
        answered = self.answered(listener, *rooms)
        assert answered == expected, f'answered: {answered}'

    def settle(self, room=None):
        """Whatever kith was told before has come to an end: a question has been answered, nothing
        is left to say, and both of them have heard all that was said until then."""
        self.settled += 1
        self.answers(self.ana, f'settled{self.settled}', room=room)
        irc.wait_for('nothing left to say', lambda: not posts_left(self.bot), LEFT_S)
        self.olga.say(room or self.room, f'so far, {self.settled}')
        for listener in (self.olga, self.ana):
            irc.wait_for(f'{listener.name} to have heard it', lambda: any(
                text == f'so far, {self.settled}'
                for _, _, text in listener.said_in(room or self.room)))

    def never_answered(self, *probes):
        """They were asked before; a question of Ana's asked later is answered, and then nothing
        comes."""
        self.answers(self.ana, f'silence{secrets.token_hex(2)}')
        time.sleep(QUIET_S)
        self.settle()
        for listener in (self.olga, self.ana):
            answered = set(self.answered(listener)) & set(probes)
            assert not answered, f'answered: {answered}'

    def devices(self):
        """Kith's, as the server knows them."""
        return [device['device_id'] for device in self.town.admin().admin(
            'GET', f'v2/users/{self.town.kith}/devices')['devices']]

    def requests(self, method, path):
        """What kith has asked the server: see synapse.Synapse.requests."""
        return self.town.server.requests('kith/', method, path)

    def stored(self, sql, *values):
        with store_of(self.bot) as store:
            return store.execute(sql, values).fetchall()
