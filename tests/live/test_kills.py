"""kill -9 at random instants of a busy week, on a network without services and on one with them.

    LONG_TESTS=true WEEK_SEEDS=7 pytest -s tests/live/test_kills.py

is 210 kills; WEEK_SEED=N begins with that week, and -s shows each kill."""
import concurrent.futures
import random

import pytest

import kills
import week
from group import Group


class Ngircd:
    """Without services, so nicks are trusted. Every other week it lets nobody say much at once."""

    def __init__(self, ircd, kith_at, person):
        self.ircd, self.kith_at, self.person = ircd, kith_at, person

    def prepare(self, seed):
        self.ircd.stop()
        self.ircd.configure(penalty_s=-1 if seed % 2 else 0)
        self.ircd.start()

    def lines(self):
        return week.of_demo(week.DEMO.read_text())

    def kith(self, keys, **how):
        return self.kith_at(f'{self.ircd.keys()}\ntrust-nicks = yes\n{keys}', **how)


class Inspircd:
    """With services: kith comes by TLS, signs in with a password, and sees its echo. Who drops by
    has no account."""

    def __init__(self, network, kith_at, member):
        self.network, self.kith_at, self.member = network, kith_at, member

    def prepare(self, seed):
        pass

    def lines(self):
        return [line._replace(nick='~sam') if getattr(line, 'nick', None) == 'sam' else line
                for line in week.of_demo(week.DEMO.read_text())]

    def person(self, name, room):
        stranger = {'account': None} if name.startswith('~') else {}
        return self.member(name.lstrip('~'), room, **stranger)

    def kith(self, keys, **how):
        keys = '\n'.join([self.network.keys(), self.network.sasl_plain(), keys])
        return self.kith_at(keys, **how)


@pytest.fixture
def servers(ircd, person, network, member, kith_at, tmp_path):
    def of(kind, arrive):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        return kind(ircd if kind is Ngircd else network,
                    lambda keys, **how: kith_at(keys, folder=folder, **how), arrive)
    return [of(Ngircd, person), of(Inspircd, member)]


@pytest.fixture(scope='module')
def summary():
    """(kills, those after which something was said twice) of each week that has ended well."""
    weeks = []
    yield weeks
    killed, repeated = map(sum, zip(*weeks)) if weeks else (0, 0)
    print(f'\n{killed} kills in {len(weeks)} weeks: nothing lost, '
          f'after {repeated} of them something on its way said twice')


def play(server, seed):
    """A week; gives what to say about its kills, and how it went wrong if it did."""
    server.prepare(seed)
    # Slow enough to be killed with something left to say.
    group = Group(week.Week(server.lines(), each=2, spare=16), server.kith, server.person,
                  keys='rate = 100')
    killer = kills.Killer(group, random.Random(seed))
    wrong = None
    try:
        group.play(killer)
        group.stop()
        killer.check()
    except AssertionError as e:
        wrong = e
    return killer, wrong


@pytest.mark.long
@pytest.mark.parametrize('seed', kills.seeds())
def test_the_week_is_the_same_whenever_kith_is_killed(servers, summary, seed):
    """On both at once: they mostly wait."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        weeks = list(pool.map(lambda server: play(server, seed), servers))
    for server, (killer, wrong) in zip(servers, weeks):
        name = f'week {seed} on {type(server).__name__}'
        print('\n', *(f'{name}: {line}\n' for line in killer.report()), sep='')
        if not wrong:
            kept = killer.in_order()
            summary.append((len(kept), sum(bool(kill.repeated) for _, kill in kept)))
    for _, wrong in weeks:
        if wrong:
            raise wrong
