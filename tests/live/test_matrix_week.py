"""A whole week of a group on a real homeserver, in a room that is not encrypted: what kith says
there is what the sandbox says. And one whose people are partly on IRC."""
import week
from group import steps_of
from group_matrix import MatrixGroup
from group_mixed import Door, MixedGroup


def test_the_week_is_the_sandboxs(matrix_kith, own_town):
    town = own_town()
    the_week = week.Week(week.of_demo(week.DEMO.read_text()), spare=4)
    group = MatrixGroup(the_week, lambda *config, **how: matrix_kith(town, *config, **how), town)
    group.play()
    group.stop()
    group.check()
    assert {post.to for post in sum(group.at_line, [])} >= {None, 'olga', 'ana', 'cleo'}
    assert steps_of(group.bot) == ['closed', 'open', 'planned']


def test_a_week_on_two_networks_is_one_week(matrix_kith, own_town, ircd, person):
    """Ana, Ben and whoever drops by are on IRC, Olga and Dev on Matrix, and Cleo is on both."""
    town = own_town()
    lines = week.of_demo(week.DEMO.read_text())
    introduced = next(n for n, line in enumerate(lines)
                      if line.nick == 'cleo' and line.text.startswith('!intro'))
    lines[introduced + 1:introduced + 1] = [week.Links('cleo'), week.Pause(), week.Pause()]
    group = MixedGroup(
        week.Week(lines, spare=4), lambda *config, **how: matrix_kith(town, *config, **how), ircd,
        person, town, {'olga': ['matrix'], 'dev': ['matrix'], 'cleo': ['matrix', 'irc'],
                       'ana': ['irc'], 'ben': ['irc'], 'sam': ['irc']})
    group.play()
    group.stop()
    group.check()
    assert {post.to for post in sum(group.at_line, [])} >= {
        Door('irc'), Door('matrix'), Door('irc', 'cleo'), Door('matrix', 'cleo'),
        Door('irc', 'ana'), Door('matrix', 'olga')}
    assert steps_of(group.bot) == ['closed', 'open', 'planned']
