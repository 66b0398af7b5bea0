"""kill -9 at random instants of a week, again and again; and what its people may notice of that:
nothing is lost, what was on its way may be said twice, each step of the round is taken once.

It knows a week (week.py) and a group in it (group.Group, or one on another network that plays,
hears, is killed and is settled as that does), and nothing of IRC."""
import collections
import os
import time

import week
from group import said_by_words, steps_of

KILLS = 15  # in a week


def seeds():
    """Of the weeks to play. WEEK_SEED chooses the first, WEEK_SEEDS how many."""
    first = week.seed()
    return range(first, first + int(os.environ.get('WEEK_SEEDS', '1')))


class Kill:
    """A kill and what came of it. Of a line it is so long after that has been said or, if it is
    `answered`, after its first answer; of a step, after it was due."""

    def __init__(self, after_s):
        self.after_s = after_s
        self.settled = None  # whether nothing was on its way; None: it was not to be
        self.repeated = ()   # the posts said once more because of it


class Killer:
    """Kills kith at every step, and at three of what people say before each: one it may not have
    heard yet, one it has begun to answer, and one where perhaps all is settled."""

    def __init__(self, group, chance):
        self.group = group
        self.kills = {}  # (line, whether it has been answered) -> Kill
        asked = []
        for n, line in enumerate(group.week.lines):
            if isinstance(line, week.Step):
                self.kills[n, True] = Kill(chance.uniform(-0.2, 0.6))
                self.choose(asked, chance)
                asked = []
            elif group.at_line[n]:
                asked.append(n)
        self.choose(asked, chance)

    def choose(self, asked, chance):
        several = [n for n in asked if len(self.group.at_line[n]) > 1]
        begun = chance.choice(several or asked)
        unheard, late = chance.sample([n for n in asked if n != begun], 2)
        self.kills[unheard, False] = Kill(chance.uniform(0, 0.1))
        self.kills[begun, True] = Kill(chance.uniform(0, 0.2))
        self.kills[late, True] = Kill(chance.choice([0.5, 2]) + chance.uniform(0.1, 0.5))

    def __call__(self, n, answered):
        if (n, answered) not in self.kills:
            return False
        line, kill = self.group.week.lines[n], self.kills[n, answered]
        step = isinstance(line, week.Step)
        start = self.group.week.is_due(line.key) if step else time.monotonic()
        time.sleep(max(0, start + kill.after_s - time.monotonic()))
        kill.settled = self.group.is_settled(n)
        self.group.kill()
        return True

    def in_order(self):
        """[(line, Kill)]"""
        return [(self.group.week.lines[n], kill) for (n, _), kill in sorted(self.kills.items())]

    def check(self):
        """When the week is over, and kith has been stopped."""
        posts, again = self.group.heard()
        for life, (_, kill) in enumerate(self.in_order(), 1):
            kill.repeated = again.pop(life, ())
        assert posts == sum(len(at_line) for at_line in self.group.at_line)
        assert not again, 'repeated without a kill'
        assert len(self.kills) == KILLS
        for line, kill in self.in_order():
            assert kill.settled is not None, f'no kill at {line}'
            assert not (kill.settled and kill.repeated), f'after {line}: {kill.repeated}'
            # The room and each person have one post on its way at most; follow() allows no more.
            targets = collections.Counter(post.to for post in kill.repeated)
            assert not targets or max(targets.values()) == 1, f'after {line}: {kill.repeated}'
        assert steps_of(self.group.bot) == ['closed', 'open', 'planned']
        counts = said_by_words(self.group.bot)
        assert counts['round.open'] == 2  # the second by hand
        assert counts['round.last-call'] == counts['round.recap'] == 1

    def report(self):
        """A line for each kill there has been."""
        for line, kill in self.in_order():
            if kill.settled is not None:
                repeated = ''.join(f', repeated {post.word} to {post.to or "the room"}'
                                   for post in kill.repeated)
                yield (f'killed {kill.after_s:.3f} s after {line}'
                       f'{", settled" if kill.settled else ""}{repeated}')
