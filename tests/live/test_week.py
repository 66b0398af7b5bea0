"""A whole week of a group on a real server: what kith says there is what the sandbox says."""
import collections
import contextlib
import random
import sqlite3
import time

import pytest

import irc
import week

ROOM = '#makers'

# Kith writes down that something was said at most a second late.
SETTLED_S = 1.5


class Group:
    """The people of a week and an observer in the room, and kith among them, known to say what the
    sandbox says."""

    def __init__(self, the_week, kith, person, keys='rate = 600'):
        self.week = the_week
        self.observer = person('observer', ROOM)
        nicks = {line.nick for line in the_week.lines if isinstance(line, week.Said)}
        self.people = {nick: person(nick, ROOM) for nick in sorted(nicks)}
        self.bot = kith(keys, the_week.zone, the_week.sections(), wait=False)
        self.at_line = the_week.posts(self.bot.sandbox(the_week.script()))
        self.starts = 1
        self.asked = set()  # (target, life, piece): the rest of what ended there
        self.bot.await_log('in ' + ROOM)

    def posts_to(self, to, lines=None):
        return [post for at_line in self.at_line[:lines] for post in at_line if post.to == to]

    def listeners(self):
        """(who hears it, what it is said to, whom it is for) for the room and everybody in it."""
        yield self.observer, ROOM, None
        for nick, somebody in self.people.items():
            yield somebody, nick, nick

    def heard(self):
        """How many posts have arrived everywhere, and {life: what it repeated}."""
        posts, again = 0, collections.defaultdict(list)
        for listener, target, to in self.listeners():
            heard = week.follow(week.lives(listener, target), self.posts_to(to))
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
        anybody does. A new life of kith would not know of it."""
        for listener, target, to in self.listeners():
            lives = week.lives(listener, target)
            for life, pieces in enumerate(lives):
                for i, (_, text) in enumerate(pieces):
                    if text.endswith(week.ending(to)) and (target, life, i) not in self.asked:
                        self.asked.add((target, life, i))
                        if life == len(lives) - 1:
                            self.ask(to)

    def ask(self, to):
        if to is None:
            self.people['ana'].say(ROOM, '!more')
        else:
            self.people[to].say('kith', 'more')

    def is_settled(self, n):
        """Whether kith has said everything up to that line, and written down that it has; of a step
        it may be about to say something."""
        if isinstance(self.week.lines[n], week.Step):
            return False
        last = max((at for listener, target, _ in self.listeners()
                    for at, nick, _ in listener.said_in(target) if nick == 'kith'), default=0)
        there = sum(len(at_line) for at_line in self.at_line[:n + 1])
        return self.heard()[0] == there and time.monotonic() - last > SETTLED_S

    def kill(self):
        """kill -9, and a new start with the same store; comes back when kith has."""
        self.bot.kill()
        for listener, target, _ in self.listeners():
            irc.wait_for("kith's QUIT", lambda: len(week.lives(listener, target)) > self.starts)
        self.starts += 1
        self.bot.start()
        self.bot.await_log('in ' + ROOM, times=self.starts)

    def is_lost(self, n, stored):
        """Whether the line was said to a kith that did not live to do anything about it. What it
        did is in the store, beyond the posts `stored` before; what only needs an answer may have
        got that."""
        there = sum(len(at_line) for at_line in self.at_line[:n + 1])
        return posts_stored(self.bot) == stored and self.heard()[0] < there

    def say(self, n):
        line = self.week.lines[n]
        self.people[line.nick].say('kith' if line.alone else ROOM, line.text)

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
                    irc.wait_for(f'{line} in the room', lambda: (line.nick, line.text) in [
                        (nick, text) for _, nick, text in self.observer.said_in(ROOM)])
                self.await_posts(n + 1, part=max(0, len(self.at_line[n]) - 1))
                disturb(n, answered=True)
            elif isinstance(line, week.Step):
                left = self.week.is_due(line.key) - time.monotonic()
                assert left > 1, f'{line} is to be in {left:.1f} s: this machine is too slow'
                disturb(n, answered=True)
                time.sleep(max(0, self.week.is_due(line.key) - time.monotonic()))
            self.await_posts(n + 1)


def spoken(group):
    """The room's whole conversation, as it should be."""
    for line, posts in zip(group.week.lines, group.at_line):
        if isinstance(line, week.Said) and not line.alone:
            yield week.Post(line.nick, None, line.text)
        yield from (post for post in posts if post.to is None)


def store_of(bot):
    return contextlib.closing(sqlite3.connect(f'file:{bot.folder}/kith.db?mode=ro', uri=True))


def posts_stored(bot):
    with store_of(bot) as store:
        return store.execute('SELECT count(*) FROM outbox').fetchone()[0]


def said_by_words(bot):
    """{words: how many posts the store knows that began with them}; all of them were delivered."""
    with store_of(bot) as store:
        left = store.execute('SELECT word FROM outbox WHERE markup IS NOT NULL').fetchall()
        assert not left
        return dict(store.execute('SELECT word, count(*) FROM outbox GROUP BY word'))


def steps_of(bot):
    """How far the rounds have come, in order."""
    with store_of(bot) as store:
        return [state for state, in store.execute('SELECT state FROM round ORDER BY day')]


def the_week(**pace):
    return week.Week(week.of_demo(week.DEMO.read_text()), **pace)


def test_the_week_is_the_sandboxs(kith, person):
    group = Group(the_week(), kith, person)
    group.play()
    group.bot.stop()

    # The room, word for word and in order, people and all; then what was for one person alone.
    conversation = list(spoken(group))
    everybody = '|'.join([*group.people, 'kith'])
    heard = week.follow(week.lives(group.observer, ROOM, everybody), conversation)
    assert heard.posts == len(conversation)
    for nick, somebody in group.people.items():
        posts = group.posts_to(nick)
        assert week.follow(week.lives(somebody, nick), posts).posts == len(posts)
    assert {post.to for post in sum(group.at_line, [])} >= {None, 'olga', 'ana', 'cleo'}
    assert not group.observer.said_in('observer')

    # Each step when it was due: not before, and not much later.
    said = [(at, text) for at, nick, text in group.observer.said_in(ROOM) if nick == 'kith']
    for n, line in enumerate(group.week.lines):
        if isinstance(line, week.Step):
            first_line = group.at_line[n][0].text.split('\n')[0]
            at = next(at for at, text in said if first_line.startswith(text))
            assert 0 <= at - group.week.is_due(line.key) < 3, line
    assert steps_of(group.bot) == ['closed', 'open', 'planned']


class Killer:
    """Kills kith at every step, and at three of what people say before each: one it may not have
    heard yet, one it has begun to answer, and one where perhaps all is settled."""

    def __init__(self, group, chance):
        self.group = group
        self.after_s = {}  # (line, whether it has been answered) -> when to kill
        self.settled = []  # of each kill, whether nothing was on its way
        asked = []
        for n, line in enumerate(group.week.lines):
            if isinstance(line, week.Step):
                self.after_s[n, True] = chance.uniform(-0.2, 0.6)
                self.choose(asked, chance)
                asked = []
            elif group.at_line[n]:
                asked.append(n)
        self.choose(asked, chance)

    def choose(self, asked, chance):
        several = [n for n in asked if len(self.group.at_line[n]) > 1]
        begun = chance.choice(several or asked)
        unheard, late = chance.sample([n for n in asked if n != begun], 2)
        self.after_s[unheard, False] = chance.uniform(0, 0.1)
        self.after_s[begun, True] = chance.uniform(0, 0.2)
        self.after_s[late, True] = chance.choice([0.5, 2]) + chance.uniform(0.1, 0.5)

    def __call__(self, n, answered):
        if (n, answered) not in self.after_s:
            return False
        line, after_s = self.group.week.lines[n], self.after_s[n, answered]
        step = isinstance(line, week.Step)
        start = self.group.week.is_due(line.key) if step else time.monotonic()
        time.sleep(max(0, start + after_s - time.monotonic()))
        self.settled.append(self.group.is_settled(n))
        self.group.kill()
        return True


@pytest.mark.long
@pytest.mark.parametrize('penalty_s', [0, -1], ids=['quick-server', 'slow-server'])
def test_the_week_is_the_same_whenever_kith_is_killed(kith, ircd, person, penalty_s):
    ircd.stop()
    ircd.configure(penalty_s)
    ircd.start()
    # Slow enough to be killed with something left to say.
    group = Group(the_week(each=2, spare=14), kith, person, keys='rate = 100')
    killer = Killer(group, random.Random(week.seed()))
    group.play(killer)
    group.bot.stop()

    posts, again = group.heard()
    for n, (line, answered) in enumerate(sorted(killer.after_s)):
        print(f'killed {killer.after_s[line, answered]:.3f} s after', group.week.lines[line],
              *(f'- repeated {post.word} to {post.to}' for post in again[n + 1]))
    assert posts == sum(len(at_line) for at_line in group.at_line)
    assert len(killer.settled) == len(killer.after_s) == 15
    # The room and each person have one post on its way at most, and follow() allows no more.
    for life, settled in enumerate(killer.settled, 1):
        repeated = [post.to for post in again[life]]
        assert len(repeated) == len(set(repeated)) and not (settled and repeated)
    assert not again[0]
    assert steps_of(group.bot) == ['closed', 'open', 'planned']
    counts = said_by_words(group.bot)
    assert counts['round.open'] == 2  # the second by hand
    assert counts['round.last-call'] == counts['round.recap'] == 1
