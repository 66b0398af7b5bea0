"""The people of a week on two networks, some on IRC and some on Matrix, one on both; and kith among
them, which takes them for one group."""
import concurrent.futures
import re
from typing import NamedTuple

import encrypted
import group_matrix
import irc
import week
from group import ROOM, Group

CONFIG = '''
[group]
name = Makers
timezone = {zone}
organizers = home/{olga}
places = home/{room}, test/{channel}
[irc test]
{irc}
rate = 600
trust-nicks = yes
[matrix home]
{keys}
[store]
path = {store}
{sections}
'''


class Door(NamedTuple):
    """Where something is said: on which side, and to whom alone (the room: None)."""
    side: str
    name: str = None


class MixedGroup(Group):
    """`sides` tells who is where, "irc" or "matrix"; who is on both is on Matrix at first, and on
    IRC from when they link the two until the round closes. The posts of each line are those of the
    sandbox, at the doors where they are to be said: an answer where it was asked for, what is for
    somebody alone where they spoke last, and what is for everybody on both sides."""

    def __init__(self, the_week, kith_of, ircd, irc_person, town, sides):
        self.week = the_week
        self.town = town
        self.sides = sides
        self.people = {}  # Door -> person
        with concurrent.futures.ThreadPoolExecutor() as pool:
            coming = {Door('irc', name): pool.submit(irc_person, name, ROOM)
                      for name in self.names() if 'irc' in sides[name]}
            self.observers = {'irc': irc_person('observer', ROOM),
                              'matrix': town.person('observer')}
            self.people.update({Door('matrix', name): town.person(name)
                                for name in self.names() if 'matrix' in sides[name]})
        self.people.update({door: somebody.result() for door, somebody in coming.items()})
        self.open_room()
        self.begin(kith_of(CONFIG, irc=ircd.keys(), channel=ROOM, room=self.rooms['matrix'],
                           olga=self.people[Door('matrix', 'olga')].user, zone=the_week.zone,
                           sections=the_week.sections()))

    def open_room(self):
        olga = self.people[Door('matrix', 'olga')]
        others = [somebody for door, somebody in self.people.items()
                  if door.side == 'matrix' and somebody is not olga] + [self.observers['matrix']]
        room = olga.create(*[somebody.user for somebody in others], self.town.kith, name='Makers')
        for somebody in others:
            somebody.join(room)
        self.rooms = {'irc': ROOM, 'matrix': room}

    def begin(self, bot):
        super().begin(bot)
        self.doors = self.spoken_at()
        self.at_line = [[post._replace(to=door) for post in posts
                         for door in self.doors_of(n, post)]
                        for n, posts in enumerate(self.at_line)]

    def await_kith(self):
        for room in self.rooms.values():
            self.bot.await_log('in ' + re.escape(room), times=self.starts)
        for somebody in self.town.people:
            somebody.expect_member(self.rooms['matrix'], self.town.kith)

    def spoken_at(self):
        """{name: side} for each line: where everybody has spoken last when it has been said."""
        now = {name: 'matrix' if 'matrix' in sides else 'irc'
               for name, sides in self.sides.items()}
        found = []
        for line in self.week.lines:
            if isinstance(line, week.Links):
                now[line.nick] = 'irc'
            elif isinstance(line, week.Said) and self.is_after_the_round(line):
                now[line.nick] = 'matrix' if 'matrix' in self.sides[line.nick] else 'irc'
            found.append(dict(now))
        return found

    def is_after_the_round(self, line):
        closes = next(n for n, step in enumerate(self.week.lines)
                      if isinstance(step, week.Step) and step.key == 'closes')
        return any(line is later for later in self.week.lines[closes:])

    def doors_of(self, n, post):
        line = self.week.lines[n]
        if post.to is not None:
            return [Door(self.doors[n][post.to], post.to)]
        if post.word.startswith('round.'):
            return [Door('irc'), Door('matrix')]
        return [Door(self.doors[n][line.nick])]

    def speaker(self, n):
        line = self.week.lines[n]
        return self.people[Door(self.doors[n][line.nick], line.nick)]

    def listeners(self):
        for side, observer in self.observers.items():
            yield observer, [self.rooms[side]], Door(side)
        for door, somebody in self.people.items():
            yield somebody, self.alone(somebody), door

    def alone(self, somebody):
        if isinstance(somebody, irc.Person):
            return somebody.nicks
        return [room for room in somebody.memberships if room != self.rooms['matrix']]

    def follow(self, listener, targets, posts, speakers=('kith',)):
        posts = [post._replace(to=post.to and post.to.name) for post in posts]
        if isinstance(listener, irc.Person):
            return super().follow(listener, targets, posts, speakers)
        return group_matrix.follow(listener.said_in(*targets), posts, speakers)

    def ask_for_more(self):
        for listener, targets, to in self.listeners():
            if isinstance(listener, irc.Person):
                said = [text for _, nick, text in listener.said_in(*targets) if nick == 'kith']
                for i, text in enumerate(said):
                    if text.endswith(week.ending(to.name)) and (to, i) not in self.asked:
                        self.asked.add((to, i))
                        listener.say(*(('kith', 'more') if to.name else (ROOM, '!more')))

    def say(self, n):
        line, somebody = self.week.lines[n], self.speaker(n)
        if isinstance(somebody, irc.Person):
            somebody.say('kith' if line.alone else ROOM, line.text)
        elif line.alone:
            somebody.tell(self.town.kith, line.text)
        else:
            somebody.say(self.rooms['matrix'], line.text)

    def is_in_room(self, n):
        line, side = self.week.lines[n], self.doors[n][self.week.lines[n].nick]
        return (line.nick, line.text) in [
            (nick, text) for _, nick, text in self.observers[side].said_in(self.rooms[side])]

    def move(self, n):
        line = self.week.lines[n]
        if isinstance(line, week.Links):
            self.link(n)

    def link(self, n):
        """A code is asked for on Matrix, and said on IRC, twice: the first time kith tells what
        would come of it. All it says to that is added to what is said at this line."""
        nick = self.week.lines[n].nick
        there, here = (self.people[Door(side, nick)] for side in ('matrix', 'irc'))

        def say(post, pattern, *doors):
            before = {door: len(self.told(door)) for door in doors}
            post()
            for door in doors:
                irc.wait_for(f'{pattern} to {door}', lambda: re.search(
                    pattern, ' '.join(self.told(door)[before[door]:]), re.S))
            for door in doors:
                heard = self.told(door)[before[door]:]
                self.at_line[n].append(week.Post('kith', door, ' '.join(heard)))
            return re.search(pattern, ' '.join(self.told(doors[0])[before[doors[0]]:]), re.S)

        code = say(lambda: there.tell(self.town.kith, 'link'), r'`?link ([A-Z0-9-]+)`?',
                   Door('matrix', nick))[1]
        say(lambda: here.say('kith', f'link {code}'), 'nothing has changed', Door('irc', nick))
        say(lambda: here.say('kith', f'link {code}'), 'parts them again', Door('irc', nick),
            Door('matrix', nick))

    def told(self, door):
        """What kith has told them alone."""
        somebody = self.people[door]
        return [text for _, nick, text in somebody.said_in(*self.alone(somebody)) if nick == 'kith']

    def spoken(self, side):
        """A side's whole conversation, as it should be."""
        for n, (line, posts) in enumerate(zip(self.week.lines, self.at_line)):
            if isinstance(line, week.Said) and not line.alone and \
                    self.doors[n][line.nick] == side:
                yield week.Post(line.nick, None, line.text)
            yield from (post for post in posts if post.to == Door(side))

    def check(self):
        for side, observer in self.observers.items():
            conversation = list(self.spoken(side))
            everybody = [door.name for door in self.people if door.side == side]
            heard = self.follow(observer, [self.rooms[side]], conversation, ['kith', *everybody])
            assert heard.posts == len(conversation)
            assert not observer.said_in(*self.alone(observer))
            self.check_steps(observer, self.rooms[side])
        for door, somebody in self.people.items():
            posts = self.posts_to(door)
            assert self.follow(somebody, self.alone(somebody), posts).posts == len(posts)
        if self.town.crypto:
            encrypted.check(self.town.people, self.town.kith)
