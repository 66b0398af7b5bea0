"""A whole week of a group on a real homeserver, in a room that is not encrypted: what kith says
there is what the sandbox says."""
import week
from group import steps_of
from group_matrix import MatrixGroup


def test_the_week_is_the_sandboxs(matrix_kith, own_town):
    town = own_town()
    the_week = week.Week(week.of_demo(week.DEMO.read_text()), spare=4)
    group = MatrixGroup(the_week, lambda *config, **how: matrix_kith(town, *config, **how), town)
    group.play()
    group.stop()
    group.check()
    assert {post.to for post in sum(group.at_line, [])} >= {None, 'olga', 'ana', 'cleo'}
    assert steps_of(group.bot) == ['closed', 'open', 'planned']
