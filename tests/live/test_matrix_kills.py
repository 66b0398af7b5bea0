"""kill -9 at random instants of a busy week on Matrix, where nothing may be said twice, in clear
and encrypted.

    LONG_TESTS=true WEEK_SEEDS=14 pytest -s tests/live/test_matrix_kills.py -k encrypted

is 210 kills; WEEK_SEED=N begins with that week, and -s shows each kill."""
import random

import pytest

import kills
import week
from group_matrix import MatrixGroup


@pytest.mark.parametrize('seed', kills.seeds())
@pytest.mark.parametrize('crypto', [None, 'strict'], ids=['clear', 'encrypted'])
def test_the_week_is_the_same_whenever_kith_is_killed(own_town, matrix_kith, crypto, seed):
    town = own_town(crypto)
    # Slow enough to be killed with something left to say.
    the_week = week.Week(week.of_demo(week.DEMO.read_text()), each=2, spare=16)
    group = MatrixGroup(the_week, lambda *config, **how: matrix_kith(town, *config, **how), town)
    killer = kills.Killer(group, random.Random(seed))
    try:
        group.play(killer)
        group.stop()
        killer.check()
        group.check()
    finally:
        print('\n', *(f'week {seed}: {line}\n' for line in killer.report()), sep='')
