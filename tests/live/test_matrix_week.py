"""A whole week of a group on a real homeserver, in a room that is not encrypted or in one that is,
as the private ones are then: what kith says there is what the sandbox says. And one whose people
are partly on IRC."""
import pytest

import week
from group import steps_of
from group_matrix import MatrixGroup
from group_mixed import Door, MixedGroup
from matrix import NEWEST, OLD

SPARE_S = {None: 4, 'strict': 8}  # keys take their time


@pytest.mark.parametrize('peers,crypto', [(NEWEST, None), (NEWEST, 'strict'), (OLD, 'strict')],
                         indirect=['peers'], ids=['clear', 'encrypted', 'encrypted-old'])
def test_the_week_is_the_sandboxs(matrix_kith, own_town, crypto):
    town = own_town(crypto)
    the_week = week.Week(week.of_demo(week.DEMO.read_text()), spare=SPARE_S[crypto])
    group = MatrixGroup(the_week, lambda *config, **how: matrix_kith(town, *config, **how), town)
    group.play()
    group.stop()
    group.check()
    assert {post.to for post in sum(group.at_line, [])} >= {None, 'olga', 'ana', 'cleo'}
    assert steps_of(group.bot) == ['closed', 'open', 'planned']


@pytest.mark.parametrize('crypto', [None, 'strict'], ids=['clear', 'encrypted'])
def test_a_week_on_two_networks_is_one_week(matrix_kith, own_town, ircd, person, crypto):
    """Ana, Ben and whoever drops by are on IRC, Olga and Dev on Matrix, and Cleo is on both."""
    town = own_town(crypto)
    lines = week.of_demo(week.DEMO.read_text())
    introduced = next(n for n, line in enumerate(lines)
                      if line.nick == 'cleo' and line.text.startswith('!intro'))
    lines[introduced + 1:introduced + 1] = [week.Links('cleo'), week.Pause(), week.Pause()]
    the_week = week.Week(lines, spare=SPARE_S[crypto])
    group = MixedGroup(
        the_week, lambda *config, **how: matrix_kith(town, *config, **how), ircd, person, town,
        {'olga': ['matrix'], 'dev': ['matrix'], 'cleo': ['matrix', 'irc'],
         'ana': ['irc'], 'ben': ['irc'], 'sam': ['irc']})
    group.play()
    group.stop()
    group.check()
    assert {post.to for post in sum(group.at_line, [])} >= {
        Door('irc'), Door('matrix'), Door('irc', 'cleo'), Door('matrix', 'cleo'),
        Door('irc', 'ana'), Door('matrix', 'olga')}
    assert steps_of(group.bot) == ['closed', 'open', 'planned']
