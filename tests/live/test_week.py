"""A whole week of a group on a real server: what kith says there is what the sandbox says."""
import week
from group import Group, steps_of


def the_week(**pace):
    return week.Week(week.of_demo(week.DEMO.read_text()), **pace)


def test_the_week_is_the_sandboxs(kith, person):
    group = Group(the_week(), kith, person)
    group.play()
    group.bot.stop()
    group.check()
    assert {post.to for post in sum(group.at_line, [])} >= {None, 'olga', 'ana', 'cleo'}
    assert steps_of(group.bot) == ['closed', 'open', 'planned']
