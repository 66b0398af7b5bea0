"""The people of a week in a room of Matrix, and kith among them."""
import encrypted
import irc
import week
from group import Group

CONFIG = '''
[group]
name = Makers
timezone = {zone}
organizers = home/{olga}
places = home/{room}
[matrix home]
{keys}
[store]
path = {store}
{sections}
'''


class MatrixGroup(Group):
    """As on IRC, but each post is one event, said once whatever happens, and what is for somebody
    alone is said in a direct room, which kith has opened or they have. Olga makes the room, and
    asks everybody in, a stranger and an observer, too."""

    def __init__(self, the_week, kith_of, town):
        self.week = the_week
        self.town = town
        self.people = {name: town.person(name) for name in self.names()}
        self.observer = town.person('observer')
        olga = self.people['olga']
        others = [somebody for somebody in [*self.people.values(), self.observer]
                  if somebody is not olga]
        self.room = olga.create(*[somebody.user for somebody in others], town.kith, name='Makers')
        for somebody in others:
            somebody.join(self.room)
        self.begin(kith_of(CONFIG, olga=olga.user, room=self.room, zone=the_week.zone,
                           sections=the_week.sections()))

    def await_kith(self):
        super().await_kith()
        for somebody in [*self.people.values(), self.observer]:
            somebody.expect_member(self.room, self.town.kith)

    def alone(self, somebody):
        return [room for room in somebody.memberships if room != self.room]

    def follow(self, listener, targets, posts, speakers=('kith',)):
        return follow(listener.said_in(*targets), posts, speakers)

    def ask_for_more(self):
        """There is none: long or short, a post is one event."""

    def kill(self):
        """Comes back when kith knows itself signed in: it is in the room all the time."""
        self.bot.kill()
        self.starts += 1
        self.bot.start()
        self.bot.await_log('signed in at', times=self.starts)

    def is_lost(self, n, stored):
        """Nothing is: what kith has not dealt with, the server tells again."""
        return False

    def say(self, n):
        line = self.week.lines[n]
        somebody = self.people[line.nick]
        if line.alone:
            somebody.tell(self.town.kith, line.text)
        else:
            somebody.say(self.room, line.text)

    def move(self, n):
        line = self.week.lines[n]
        if isinstance(line, week.Comes):
            somebody = self.people[line.nick] = self.town.person(line.nick)
            self.people['olga'].invite(self.room, somebody.user)
            somebody.join(self.room)
        elif isinstance(line, week.Goes):
            self.people[line.nick].leave(self.room)
        elif isinstance(line, week.Renamed):
            somebody = self.people[line.nick]
            somebody.call('setDisplayName', line.to)
            irc.wait_for(f'{line}', lambda: self.observer.shown[somebody.user] == line.to)
            somebody.nicks.append(line.to)

    def check(self):
        super().check()
        for somebody in [*self.people.values(), self.observer]:
            assert self.alone(somebody) == somebody.direct_with(self.town.kith)
            assert len(self.alone(somebody)) <= 1, \
                f'{somebody.name} has several rooms with kith'
        assert not self.alone(self.observer)
        if self.town.crypto:
            encrypted.check(self.town.people, self.town.kith)


def follow(said, posts, speakers):
    """[(seconds, nick, text)] as these posts: each of them once, whole, and nothing else."""
    heard = [(nick, text) for _, nick, text in said if nick in speakers]
    for n, (nick, text) in enumerate(heard):
        post = posts[n] if n < len(posts) else None
        assert post and (nick, week.retimed(text, post.text)) == (post.nick, post.text), \
            week.wrong(heard, n, posts[n:])
    return week.Heard(len(heard), [])
