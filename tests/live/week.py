"""The week of deploy/demo.kith in under a minute: the same script for the sandbox and for people on
real servers, and what kith is to say in it, told from what it did say."""
import datetime
import os
import pathlib
import re
import time
from typing import NamedTuple

import irc

DEMO = pathlib.Path(__file__).resolve().parents[2] / 'deploy/demo.kith'

TIME = re.compile(r'\b(\d\d):(\d\d)\b')

# The times the demo's group keeps, and the keys of [round] that say them.
STEPS = {'Mon 09:00': 'opens', 'Wed 18:00': 'last-call', 'Thu 20:00': 'closes'}

# The recap begins with another entry each week, in turn: this many weeks later it is the same one
# again, with up to six of them.
TURN = datetime.timedelta(weeks=60)
SANDBOX_STARTS = datetime.datetime(2026, 11, 24)

# So many lines kith says at once, and this when it is asked for more and there is none.
PART_LINES = 3
NOTHING_LEFT = 'I have nothing left to say just now. If you miss something, ask me for it again.'


class Said(NamedTuple):
    """Somebody says something, in the room or to kith alone. "~ana" is somebody called so who is
    not signed in."""
    nick: str
    alone: bool
    text: str

    def script(self):
        return f'{self.nick}{">>" if self.alone else ":"} {self.text}'


class Comes(NamedTuple):
    """Somebody enters the room, who was not there from the start."""
    nick: str

    def script(self):
        return f'{self.nick} joins'


class Goes(NamedTuple):
    """Somebody leaves, the network too."""
    nick: str

    def script(self):
        return f'{self.nick} leaves'


class Renamed(NamedTuple):
    """Somebody goes by another nick from now on. The sandbox, where names are accounts, does not
    hear of it."""
    nick: str
    to: str


class Links(NamedTuple):
    """Somebody tells kith that they are on two networks. The sandbox, which is one, does not hear
    of it."""
    nick: str


class Step(NamedTuple):
    """A step of the round falls due."""
    key: str


class Pause(NamedTuple):
    """Nobody speaks for a moment."""


class Post(NamedTuple):
    """Something said: by whom, to whom (the room: None), and, if by kith, by which words."""
    nick: str
    to: str
    text: str
    word: str = None


def of_demo(script):
    """The demo, line by line. Its members have to introduce themselves here, and its second Monday
    is a week away, so Olga opens that round by hand. Asked last is something that is always
    answered: whatever else there were to say would be said before it."""
    lines, opened = [], False
    for line in script.splitlines():
        if said := re.match(r'(\w+)(:|>>) ?(.+)', line):
            lines.append(Said(said[1], said[2] == '>>', said[3]))
        elif line.startswith('members '):
            lines += [Said(name, False, f'!intro I am {name}, and I make things')
                      for name in ['olga', *line.split()[1:]]]
        elif line.startswith('@ +') or line.startswith('@ ') and line[2:] not in STEPS:
            lines.append(Pause())
        elif line.startswith('@ ') and STEPS[line[2:]] == 'opens' and opened:
            lines.append(Said('olga', False, '!admin round open'))
        elif line.startswith('@ '):
            opened = True
            lines.append(Step(STEPS[line[2:]]))
        else:
            assert not line or line.startswith('#'), f'this test cannot play {line}'
    assert [line.key for line in lines if isinstance(line, Step)] == list(STEPS.values())
    return [*lines, Said('olga', False, '!charter')]


def noon():
    """The zone where it is about noon, so that no week is cut by midnight: its name and its now."""
    now = datetime.datetime.utcnow()
    hours = 12 - now.hour
    return f'Etc/GMT{-hours:+d}', now + datetime.timedelta(hours=hours)


class Week:
    """These lines, with times from now on: between two steps, and before the first, there are
    `each` seconds for every line and `spare` more."""

    def __init__(self, lines, each=1, spare=2):
        self.lines = lines
        self.zone, now = noon()
        self.zero = time.monotonic()
        self.now = now
        self.steps = {}
        at = now.replace(microsecond=0) + datetime.timedelta(seconds=1)
        for line in lines:
            if isinstance(line, Step):
                at += datetime.timedelta(seconds=spare)
                self.steps[line.key] = at
            else:
                at += datetime.timedelta(seconds=each)
        self.later = TURN * max(0, -((now - SANDBOX_STARTS) // TURN))

    def sections(self):
        """Of the configuration."""
        return '\n'.join(['[round]', 'archive = 1 hour',
                          *(f'{key} = {at:%a %H:%M:%S}' for key, at in self.steps.items())])

    def is_due(self, key):
        """When that step is, on the monotonic clock."""
        return self.zero + (self.steps[key] - self.now).total_seconds()

    def script(self):
        """For the sandbox, whose clock starts later than now: the same time of the same weekday,
        some weeks on. It takes as many lines to get there as self.before."""
        lines = ['!down', f'@ {self.now + self.later:%Y-%m-%d %H:%M:%S}', '!up']
        self.before = len(lines)
        for line in self.lines:
            if isinstance(line, (Said, Comes, Goes)):
                lines.append(line.script())
            elif isinstance(line, Step):
                lines.append(f'@ {self.steps[line.key] + self.later:%Y-%m-%d %H:%M:%S}')
            else:
                lines.append('@ +1s')
        return '\n'.join(lines) + '\n'

    def posts(self, said):
        """What kith says at each line, from what it said in the sandbox at it."""
        at_line = [[] for _ in self.lines]
        for post in said:
            if post['line'] > self.before:
                to = None if post['to'] == 'room' else post['to']
                at_line[post['line'] - self.before - 1].append(
                    Post('kith', to, self.dated(post['text']), post['word']))
        return at_line

    def dated(self, text):
        """A text of the sandbox with the days it would name here: "26 Nov", "26 November 2026"."""
        names = {}
        for n in range(366):
            here = self.now + datetime.timedelta(days=n)
            there = here + self.later
            names.setdefault(f'{there.day} {there:%b}', f'{here.day} {here:%b}')
            names.setdefault(f'{there.day} {there:%B %Y}', f'{here.day} {here:%B %Y}')
        return re.sub(r'\b\d{1,2} [A-Z][a-z]+(?: \d{4})?\b', lambda day: names.get(day[0], day[0]),
                      text)


def lives(person, targets, speakers=('kith',)):
    """All that `speakers` said to any of `targets`, as this person heard it, [(nick, line)] for
    each life of kith: a life ends with its QUIT."""
    heard = re.compile(rf'^:(?P<nick>{irc.any_of(speakers)})!\S+ '
                       rf'(QUIT|PRIVMSG {irc.any_of(targets)} :?(?P<text>.*))')
    found = [[]]
    for _, line in list(person.lines):
        if not (m := heard.match(line)):
            continue
        if m['text'] is not None:
            found[-1].append((m['nick'], m['text']))
        elif m['nick'] == 'kith':
            found.append([])
    return found


def retimed(piece, text):
    """`piece` with the times that `text` names, if it names them a minute earlier or later: what is
    due "a day from now" was said by the sandbox's clock some seconds before."""
    def time_in_text(found):
        there = TIME.match(text, found.start())
        if not there:
            return found[0]
        minutes = [int(t[1]) * 60 + int(t[2]) for t in (found, there)]
        return there[0] if abs(minutes[0] - minutes[1]) <= 1 else found[0]
    return TIME.sub(time_in_text, piece)


def ending(to):
    """What ends a part of something long, in the room or in private."""
    return ' … !more has the rest.' if to is None else ' … more has the rest.'


def match(pieces, post):
    """How many of the pieces, from the first on, say the post, broken into lines as IRC wants it,
    and what they leave of it to be asked for: kith says three lines at a time. None, if they end,
    or say something else, before that."""
    used, lines = 0, [line for line in post.text.split('\n') if line]
    while lines:
        if used == len(pieces):
            return used, None
        nick, piece = pieces[used]
        said = piece.removesuffix(ending(post.to)) if nick == 'kith' else piece
        ends = said != piece
        said = retimed(said, lines[0])
        if nick != post.nick or not said or not (lines[0] + ' ').startswith(said + ' '):
            return used, None
        rest = lines[0][len(said):].lstrip(' ')
        lines = [rest, *lines[1:]] if rest else lines[1:]
        if ends != (nick == 'kith' and used + 1 == PART_LINES and bool(lines)):
            return used, None
        used += 1
        if ends:
            break
    return used, post._replace(text='\n'.join(lines))


class Heard(NamedTuple):
    """How many posts have arrived whole, and what had to be said once more, [(life, post)], because
    the life before had ended on it."""
    posts: int
    again: list


def follow(spoken, posts):
    """Reads lives() as `posts`, in this order and nothing else. At most the post on its way when a
    life ends may be there twice, or in part and then whole. What is left of a long one may come
    later, but before another long one; a new life does not know of it any more, and says so if
    somebody had asked."""
    done, again, cut, left, forgotten = 0, [], False, None, False
    for life, pieces in enumerate(spoken):
        at = 0
        left, forgotten = None, left is not None
        while at < len(pieces):
            rest = pieces[at:]
            if left and rest[0][0] != 'kith' and rest[0][1] == '!more':
                at += 1
                continue
            if forgotten and rest[0] == ('kith', NOTHING_LEFT):
                forgotten = False
                at += 1
                continue
            used, after = match(rest, left) if left else (0, None)
            if used:
                assert after or used == len(rest), wrong(pieces, at + used, [left])
                left = left if not after else after if after.text else None
                at += used
                continue
            used, after = match(rest, posts[done]) if done < len(posts) else (0, None)
            if used == 0 and at == 0 and life > 0 and done > 0 and not cut:
                used, after = match(rest, posts[done - 1])
                assert used, wrong(pieces, at, posts[done:])
                again.append((life, posts[done - 1]))
                done -= 1
            elif cut and at == 0:
                again.append((life, posts[done]))
            assert after or used == len(rest), wrong(pieces, at + used, posts[done:])
            assert not left or not after or not after.text, f'nobody has asked for {left}'
            if after:
                left = after if after.text else left
                done += 1
            cut = not after
            at += used
    return Heard(done - bool(left), again)


def wrong(pieces, at, posts):
    heard = '\n'.join(f'{">" if i == at else " "} {nick}: {text}'
                      for i, (nick, text) in enumerate(pieces) if i > at - 6)
    wanted = '\n'.join(f'  {post.nick}: {post.text}' for post in posts[:2])
    return f'kith said:\n{heard}\ninstead of:\n{wanted or "  nothing"}'


def seed():
    """Of what a test leaves to chance; WEEK_SEED chooses another."""
    return int(os.environ.get('WEEK_SEED', '1'))
