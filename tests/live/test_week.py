"""A whole week of a group on a real server: what kith says there is what the sandbox says."""
import random
import time

import pytest

import week
from group import Group, steps_of, store_of


def said_by_words(bot):
    """{words: how many posts the store knows that began with them}; all of them were delivered."""
    with store_of(bot) as store:
        left = store.execute('SELECT word FROM outbox WHERE markup IS NOT NULL').fetchall()
        assert not left
        return dict(store.execute('SELECT word, count(*) FROM outbox GROUP BY word'))


def the_week(**pace):
    return week.Week(week.of_demo(week.DEMO.read_text()), **pace)


def test_the_week_is_the_sandboxs(kith, person):
    group = Group(the_week(), kith, person)
    group.play()
    group.bot.stop()
    group.check()
    assert {post.to for post in sum(group.at_line, [])} >= {None, 'olga', 'ana', 'cleo'}
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
