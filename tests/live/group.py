"""The people of a week on a real server, and kith among them."""
import collections
import concurrent.futures
import contextlib
import re
import sqlite3
import time

import irc
import week

ROOM = '#makers'

# Kith writes down that something was said at most a second late.
SETTLED_S = 1.5


class Group:
    """The people of a week and an observer in the room, and kith among them, known to say what the
    sandbox says. `person(name, room)` lets somebody come."""

    room = ROOM  # as those say it who speak in it

    def __init__(self, the_week, kith, person, keys='rate = 600'):
        self.week = the_week
        self.person = person
        with concurrent.futures.ThreadPoolExecutor() as pool:
            coming = {name: pool.submit(person, name, ROOM) for name in self.names()}
            self.observer = person('observer', ROOM)
        self.people = {name: somebody.result() for name, somebody in coming.items()}
        self.begin(kith(keys=keys, zone=the_week.zone, sections=the_week.sections(), wait=False))

    def names(self):
        """Of those who speak and are there from the start."""
        late = {line.nick for line in self.week.lines if isinstance(line, week.Comes)}
        return sorted({line.nick for line in self.week.lines if isinstance(line, week.Said)} - late)

    def begin(self, bot):
        """Kith has been started, and comes."""
        self.bot = bot
        self.at_line = self.week.posts(bot.sandbox(self.week.script()))
        self.starts = 1
        self.asked = set()  # (to whom, life, piece): the rest of what ended there
        self.await_kith()

    def await_kith(self):
        self.bot.await_log('in ' + re.escape(self.room), times=self.starts)

    def posts_to(self, to, lines=None):
        return [post for at_line in self.at_line[:lines] for post in at_line if post.to == to]

    def listeners(self):
        """(who hears it, what it may be said to, whom it is for) for the room and everybody in
        it."""
        yield self.observer, [self.room], None
        for name, somebody in self.people.items():
            yield somebody, self.alone(somebody), name

    def alone(self, somebody):
        """What kith speaks to to be heard by them alone."""
        return somebody.nicks

    def follow(self, listener, targets, posts, speakers=('kith',)):
        """Reads what was said there as these posts; gives a week.Heard."""
        return week.follow(week.lives(listener, targets, speakers), posts)

    def heard(self):
        """How many posts have arrived everywhere, and {life: what it repeated}."""
        posts, again = 0, collections.defaultdict(list)
        for listener, targets, to in self.listeners():
            heard = self.follow(listener, targets, self.posts_to(to))
            posts += heard.posts
            for life, repeated in heard.again:
                again[life].append(repeated)
        return posts, again

    def await_posts(self, lines, part=0):
        """Until all that kith says at these first lines has arrived, or `part` posts less."""
        there = sum(len(at_line) for at_line in self.at_line[:lines]) - part
        irc.wait_for(f'what kith says at {self.week.lines[lines - 1]}',
                     lambda: self.ask_for_more() or self.heard()[0] >= there)

    def ask_for_more(self):
        """Who has just heard the start of something long asks for the rest of it; in the room
        the observer does. A new life of kith would not know of it."""
        for listener, targets, to in self.listeners():
            lives = week.lives(listener, targets)
            for life, pieces in enumerate(lives):
                for i, (_, text) in enumerate(pieces):
                    if text.endswith(week.ending(to)) and (to, life, i) not in self.asked:
                        self.asked.add((to, life, i))
                        if life == len(lives) - 1:
                            self.ask(to)

    def ask(self, to):
        if to is None:
            self.observer.say(self.room, '!more')
        else:
            self.people[to].say('kith', 'more')

    def is_settled(self, n):
        """Whether kith has said everything up to that line, and written down that it has; of a step
        it may be about to say something."""
        if isinstance(self.week.lines[n], week.Step):
            return False
        last = max((at for listener, targets, _ in self.listeners()
                    for at, nick, _ in listener.said_in(*targets) if nick == 'kith'), default=0)
        there = sum(len(at_line) for at_line in self.at_line[:n + 1])
        return self.heard()[0] == there and time.monotonic() - last > SETTLED_S

    def stop(self):
        """Once kith has written down that all of it was said: the last post is heard before the
        server's word that it has it."""
        irc.wait_for('all marks to be written', lambda: not posts_left(self.bot))
        self.bot.stop()

    def kill(self):
        """kill -9, and a new start with the same store; comes back when kith has."""
        self.bot.kill()
        for listener, targets, _ in self.listeners():
            irc.wait_for("kith's QUIT", lambda: len(week.lives(listener, targets)) > self.starts)
        self.starts += 1
        self.bot.start()
        self.await_kith()

    def is_lost(self, n, stored):
        """Whether the line was said to a kith that did not live to do anything about it. What it
        did is in the store, beyond the posts `stored` before; what only needs an answer may have
        got that."""
        there = sum(len(at_line) for at_line in self.at_line[:n + 1])
        return posts_stored(self.bot) == stored and self.heard()[0] < there

    def say(self, n):
        line = self.week.lines[n]
        self.people[line.nick].say('kith' if line.alone else self.room, line.text)

    def is_in_room(self, n):
        line = self.week.lines[n]
        return (self.people[line.nick].nick, line.text) in [
            (nick, text) for _, nick, text in self.observer.said_in(self.room)]

    def move(self, n):
        line = self.week.lines[n]
        if isinstance(line, week.Comes):
            self.people[line.nick] = self.person(line.nick, ROOM)
        elif isinstance(line, week.Goes):
            self.people[line.nick].quit()
        elif isinstance(line, week.Renamed):
            self.people[line.nick].rename(line.to)

    def play(self, disturb=lambda n, answered: False):
        """Everybody says their lines, the next when kith has answered. `disturb` is called with the
        number of a line when it has just been said, and again when it has been answered by a first
        post; of a step while it is still to come. It tells whether it killed kith."""
        for n, line in enumerate(self.week.lines):
            if isinstance(line, week.Said):
                stored = posts_stored(self.bot)
                self.say(n)
                if disturb(n, answered=False) and self.is_lost(n, stored):
                    self.say(n)
                if not self.at_line[n] and not line.alone:
                    # Nothing else tells that the server has it, and the next to speak may have
                    # the quicker line.
                    irc.wait_for(f'{line} in the room', lambda: self.is_in_room(n))
                self.await_posts(n + 1, part=max(0, len(self.at_line[n]) - 1))
                disturb(n, answered=True)
            elif isinstance(line, week.Step):
                left = self.week.is_due(line.key) - time.monotonic()
                assert left > 1, f'{line} is to be in {left:.1f} s: this machine is too slow'
                disturb(n, answered=True)
                time.sleep(max(0, self.week.is_due(line.key) - time.monotonic()))
            else:
                self.move(n)
            self.await_posts(n + 1)

    def spoken(self):
        """The room's whole conversation, as it should be."""
        nicks = {}
        for line, posts in zip(self.week.lines, self.at_line):
            if isinstance(line, week.Renamed):
                nicks[line.nick] = line.to
            elif isinstance(line, week.Said) and not line.alone:
                yield week.Post(nicks.get(line.nick, line.nick.lstrip('~')), None, line.text)
            yield from (post for post in posts if post.to is None)

    def check(self):
        """When all is said: the room word for word and in order, people and all; then what was for
        one person alone; and each step when it was due, not before and not much later."""
        conversation = list(self.spoken())
        everybody = [nick for somebody in self.people.values() for nick in somebody.nicks]
        heard = self.follow(self.observer, [self.room], conversation, ['kith', *everybody])
        assert heard.posts == len(conversation)
        for name, somebody in self.people.items():
            posts = self.posts_to(name)
            assert self.follow(somebody, self.alone(somebody), posts).posts == len(posts)
        assert not self.observer.said_in(*self.alone(self.observer))
        self.check_steps(self.observer, self.room)

    def check_steps(self, observer, room):
        said = [(at, text) for at, nick, text in observer.said_in(room) if nick == 'kith']
        for n, line in enumerate(self.week.lines):
            if isinstance(line, week.Step):
                first_line = self.at_line[n][0].text.split('\n')[0]
                at = next(at for at, text in said if first_line.startswith(text.split('\n')[0]))
                assert 0 <= at - self.week.is_due(line.key) < 3, line


def store_of(bot):
    return contextlib.closing(sqlite3.connect(f'file:{bot.folder}/kith.db?mode=ro', uri=True))


def posts_stored(bot):
    with store_of(bot) as store:
        return store.execute('SELECT count(*) FROM outbox').fetchone()[0]


def steps_of(bot):
    """How far the rounds have come, in order."""
    with store_of(bot) as store:
        return [state for state, in store.execute('SELECT state FROM round ORDER BY day')]


def posts_left(bot):
    """The words of those that are not known to have been said."""
    with store_of(bot) as store:
        return [word for word, in
                store.execute('SELECT word FROM outbox WHERE markup IS NOT NULL')]


def said_by_words(bot):
    """{words: how many posts the store knows that began with them}; all of them were delivered."""
    assert not posts_left(bot)
    with store_of(bot) as store:
        return dict(store.execute('SELECT word, count(*) FROM outbox GROUP BY word'))
