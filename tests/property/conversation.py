"""Conversations by chance: what a group may do to kith within a year, all from one seed."""
import random

import sayings

# Long and odd, so that one of them found in a store can only have come from that person.
MEMBERS = ['annika', 'benedikt', 'cleophea', 'dagobert', 'evelina', 'fiorella', 'gundula',
           'hyazinth', 'Ignatius', 'jörinde', 'кирилл', 'lavinia']
# They speak and try things, but never join.
STRANGERS = ['lurkerion', 'mortimerus', '~nepomuk', '~annika', '~olga']
ORGANIZER = 'olga'
# Stays, under this name: whom else an organizer may mean after a crash is not known for sure.
STEADY = 'wilhelmine'
# A member as well, who never gives anything: the guard does not look away.
TACITURN = 'thusnelda'

WORDS = '''the garden river opening letter slow bright frost kitchen window spoon radio song page
draft almost again quiet after before because until under carries keeps turns opens reads sounds
better honest wooden winter summer evening story verse chapter colour line train hand'''.split()

# Where a new line would show: nothing kith says may begin with it.
BROKEN_OUT = 'BROKENOUT'

HOSTILE = [
    r'\x01\x02\x1f\x7f\x9b', r'\x0304,12red\x0f \x02bold\x02', r'\x1b[31mred\x1b[m',
    r'\xff\xfe\xc3', r'\x00', 'a\u202eb\u202c \u2066c\u2069', 'z\u200be\u200dr\u200co\ufeff',
    '\ue000', '\U000e0041', 'e' + '\u0301' * 60,
    '\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308',
    '@room', '@ROOM look', 'x@room', '<b>bold</b>', '<script>alert(document)</script>',
    '&lt;i&gt; &amp;', '**bold** `code` [x](javascript:alert)', '- item', '{name} {p} {text} {{',
    r'first\n' + BROKEN_OUT, r'first\r\n- ' + BROKEN_OUT, 'first\u2028' + BROKEN_OUT,
    r'first\x0b' + BROKEN_OUT, r'first\xc2\x85' + BROKEN_OUT,
    '%s%n%d', "'; DROP TABLE work; --", '"', '\u201c', '\\\\', '#',
    'https://example.org/' + 'a' * 2000, 'because', 'want:', 'until',
]
NAMES = ['kith', 'KITH', 'room', '@room', 'everyone', 'here', 'me', '\uff4b\uff49\uff54\uff48',
         r'\x02bold', '<i>x</i>', 'a former member', 'ol\u200bga',
         'the very long name of somebody who has more to say than fits']
ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC', 'Mars/X']
UNTIL = ['friday', 'tomorrow 18:00', 'until monday', 'until next friday', 'in an hour',
         'half a day', 'a week', 'until 24 december', 'the end of the month', 'yesterday',
         'whenever', '']
DAYS = ['tomorrow', 'next week', '24 december - 2 january', 'monday', 'today', 'fri-sun', 'soon']
LAUNCHES = ['today', 'tomorrow-friday', '3-14 march', 'next week', 'next year', 'yesterday', '']
DURATIONS = ['30 minutes', '2 hours', '1 day', '3 days', 'ages', '']
MOVES = ['+1s', '+20s', '+59s', '+5m', '+10m', '+30m', '+1h', '+3h', '+11h', '+1d', '+2d', '+6d',
         '+1w', '+3w', 'Mon 08:59:59', 'Mon 09:00', 'Wed 17:59:59', 'Wed 18:00', 'Thu 19:59:59',
         'Thu 20:00', 'Fri 20:00', 'Sun 00:59', 'Sun 01:30', 'Sun 02:00', '23:59:59']
STARTS = [None, '2026-12-20 12:00', '2027-03-26 12:00', '2027-10-29 12:00']
CRASHES = ['!crash', '!crash before-commit', '!crash after-commit', '!crash after-send']
MODES = ['gentle'] * 4 + ['observe'] * 2 + ['off']
MARKS = ['↩', '↩\ufe0f', '🔙', '👎', '🙏', '🙏', '🔍', '🎉', 'undo']
PAUSES = ['+31s', '+5m', '+20m', '+59m', '+61m', '+1d', '+6d', '+8d']

# The guard remembers talk for an hour and no longer than it runs. So where kith crashes people say
# nothing that hangs on what was said before; SETTLED is where a crash that was asked for happens at
# the latest, and an hour later kith is as if it had not.
SETTLED = f'{ORGANIZER}>> admin pitch mode '
AN_HOUR = '@ +61m'
# The lines of one person belong together if no more than half a minute is between them.
A_PAUSE = '@ +31s'

# A day for the chores, then the time: every conversation ends so, however short.
END = ['@ +25h', f'{ORGANIZER}>> help']


class Conversation:
    def __init__(self, seed, lines):
        self.chance = random.Random(seed)
        self.lines = []
        self.number = 0
        self.shown = 1
        self.messages = {}   # name -> how many of their room messages stand
        self.here = set()
        self.links = {}      # name -> the links of what they have shown
        # Whom kith has seen speaking is known to the running process alone, so that in a
        # conversation that crashes nobody but members can be meant.
        self.crashes = self.chance.random() < 0.75
        self.crashing = False
        self.people = [ORGANIZER, STEADY, TACITURN]
        self.people += MEMBERS[:self.chance.choice([1, 2, 5, len(MEMBERS)])]
        self.generate(lines)

    # What people write

    def token(self, who, kind='own'):
        """A word that is like no other, to be found again. In it: whose, and what of."""
        self.number += 1
        return f'{kind}{self.people.index(who) if who in self.people else "x"}q{self.number}z'

    def text(self, who, kind='own'):
        chance = self.chance
        parts = chance.choices(WORDS, k=chance.randint(1, 12))
        parts.insert(chance.randrange(len(parts) + 1), self.token(who, kind))
        if chance.random() < 0.2:
            parts.insert(chance.randrange(len(parts) + 1), chance.choice(HOSTILE))
        if chance.random() < 0.002:
            parts += chance.choices(WORDS, k=16000)
        return ' '.join(parts)

    def work(self):
        number = self.chance.randint(1, max(3, self.shown // 2))  # not every show is a new work
        number = self.chance.choice([number] * 20 + [0, 99999999])
        return f'{self.chance.choice(["", "#"])}{number}'

    def show(self, who):
        chance = self.chance
        self.shown += 1
        what = f'"{self.text(who)}"'
        if chance.random() < 0.5:
            link = f'https://example.org/{self.token(who)}'
            self.links.setdefault(who, []).append(link)
            what = f'{link} {self.text(who)}'
        elif chance.random() < 0.1:
            what = self.text(who)
        option = chance.choice(['', '', '', '--next '])
        want = f' want: {self.text(who)}' if chance.random() < 0.3 else ''
        return f'{chance.choice(["show", "best"])} {option}{what}{want}'

    def admin(self, who):
        chance = self.chance
        name = chance.choice(self.people)
        known = STEADY if self.crashes else chance.choice(self.people + STRANGERS[:2])
        return 'admin ' + chance.choice([
            'round open', 'round close', 'round extend ' + chance.choice(DURATIONS), 'round skip',
            f'vouch {known}', f'vouch {chance.choice(HOSTILE)}',
            f'allow {known} {chance.choice(DURATIONS)}', 'held', 'held', *self.verdicts(),
            f'pitch mode {chance.choice(MODES)}', f'pitch test {chance.choice(sayings.OFFERS)}',
            'pitch mode' if not self.crashing else 'pitch',
            f'announce {self.text(who)}',
            'quiet ' + chance.choice([*DURATIONS, 'off', 'off', 'off']),
            'holiday ' + chance.choice(DAYS), f'holiday {chance.choice(DAYS)} {name}', 'round', '',
            chance.choice(HOSTILE)])

    def verdicts(self):
        return [f'held {self.chance.choice(["yes", "no"])} {self.chance.choice([1, 1, 1, 2, 9])}'
                for _ in range(4)]

    def command(self, who):
        chance = self.chance
        name = chance.choice(self.people)
        kind = chance.choices(
            ['show', 'note', 'shared', 'thanks', 'led-to', 'undo', 'withdraw', 'ask', 'intro',
             'time', 'room', 'guard', 'leave', 'forget', 'admin', 'wrong', 'hostile'],
            [16, 16, 8, 6, 6, 4, 3, 14, 4, 9, 8, 5, 0.7, 1.2, 0.7, 3, 3])[0]
        if who == ORGANIZER and chance.random() < 0.4:
            kind = 'admin'
        if who in STRANGERS and kind == 'intro' or \
                who == STEADY and kind in ('intro', 'leave', 'forget') or \
                who == TACITURN and kind in ('note', 'shared', 'thanks'):
            kind = 'ask'
        made = {
            'show': lambda: self.show(who),
            'note': lambda: f'note {self.work()} {self.text(who)}',
            'shared': lambda: f'shared {self.work()} {self.text(who)} because {self.text(who)}',
            'thanks': lambda: f'thanks {name}' + chance.choice(['', f' for {self.text(who)}']),
            'led-to': lambda: f'led-to {self.work()} {self.text(who)}',
            'undo': lambda: 'undo',
            'withdraw': lambda: 'withdraw' + chance.choice(['', f' {self.work()}']),
            'ask': lambda: chance.choice([
                'list', 'round', 'charter', 'why', 'mydata', 'join', 'help', 'help show',
                f'work {self.work()}', f'who {name}', 'who me', f'help {chance.choice(HOSTILE)}']),
            'intro': lambda: 'intro ' + chance.choice(
                ['', '', f'as {chance.choice(NAMES)}: ', 'as : ']) + self.text(who),
            'time': lambda: chance.choice([
                f'away {chance.choice(UNTIL)}', f'rest {chance.choice(UNTIL)}', 'back',
                'remind on', 'remind off', 'remind', f'tz {chance.choice(ZONES)}',
                f'tz {chance.choice(HOSTILE)}']),
            'room': lambda: chance.choice([
                f'pitch {self.text(who)}', f'pitch {self.text(who)}', 'pitch',
                f'launch {chance.choice(LAUNCHES)}', f'check {self.work()}',
                f'pass {self.work()}']),
            'guard': lambda: chance.choice(['not-a-pitch', 'not-a-pitch', 'why', 'charter']),
            'leave': lambda: 'leave',
            'forget': lambda: 'forget me',
            'admin': lambda: self.admin(who),
            'wrong': lambda: chance.choice(['note', 'note 1', 'shared 1', 'thanks', 'who', 'show',
                                            'lst', 'hepl', 'wokr', 'shared 1 somewhere']),
            'hostile': lambda: f'{chance.choice(["show", "note", "who", "", "help me"])} '
                               f'{chance.choice(HOSTILE)}',
        }[kind]()
        return made if chance.random() < 0.9 else made.capitalize()

    # What happens

    def say(self, who, text, how=''):
        self.lines.append(f'{who} {how}: {text}' if how else f'{who}: {text}')
        self.messages[who] = self.messages.get(who, 0) + 1
        self.here.add(who)

    def speak(self, who):
        form = self.chance.random()
        command = self.command(who).strip()
        if form < 0.25:
            self.lines.append(f'{who}>> {self.chance.choice(["", "!"])}{command}')
            self.here.add(who)
        elif form < 0.35:
            self.say(who, f'{self.chance.choice(["kith: ", "Kith, ", "KITH: !"])}{command}')
        else:
            self.say(who, f'!{command}')

    def chat(self, who):
        text = self.text(who, 'chat')
        if text.startswith('!'):
            text = f'well {text}'
        spoken = sorted(name for name, n in self.messages.items() if n > 0)
        # Whose a message was is known to the running process alone.
        if spoken and not self.crashes and who != TACITURN and self.chance.random() < 0.15:
            self.point(who, self.chance.choice(spoken))
        elif spoken and self.chance.random() < 0.2:
            self.lines.append(f'{who} replies {self.chance.choice(spoken)}: {text}')
            self.messages[who] = self.messages.get(who, 0) + 1
            self.here.add(who)
        else:
            self.say(who, text)

    def point(self, who, other):
        """At what `other`, or kith, said last: a mark, or a command that leaves out of what."""
        if self.chance.random() < 0.5:
            self.say(who, '!list')
            other = 'kith'
        if self.chance.random() < 0.5:
            self.lines.append(f'{who} reacts {other}: {self.chance.choice(MARKS)}')
        else:
            command = self.chance.choice([
                f'note {self.text(who)}', f'shared {self.text(who)} because {self.text(who)}',
                'thanks', f'thanks for {self.text(who)}', 'work', 'pass', 'check'])
            self.say(who, f'!{command}', f'replies {other}')
        self.here.add(who)

    def change(self, who):
        chance = self.chance
        what = chance.random()
        if what < 0.4 and self.messages.get(who):
            self.lines.append(f'{who} deletes')
            self.messages[who] -= 1
        elif what < 0.8 and self.messages.get(who):
            text = chance.choice([lambda: f'!{self.command(who)}',
                                  lambda: f'well {self.text(who, "chat")}'])()
            self.lines.append(f'{who} edits: {text}')
            self.here.add(who)
            if chance.random() < 0.5:
                self.change(who)
            return
        elif who in self.here:
            self.lines.append(f'{who} leaves')
            self.here.discard(who)
            return
        else:
            self.lines.append(f'{who} joins')
        self.here.add(who)

    def offer(self, name):
        """An offer in the words of many, or, with a word of its own, in nobody else's."""
        text = self.chance.choice(sayings.OFFERS)
        if self.links.get(name) and self.chance.random() < 0.3:
            text = sayings.OWN.format(self.chance.choice(self.links[name]))
        return text if self.chance.random() < 0.6 else f'{text} {self.token(name, "chat")}'

    def lone_offer(self, who):
        """Judged the same whether or not kith knows what was said before."""
        self.say(who, self.chance.choice(sayings.LONE))
        self.lines.append(A_PAUSE)

    def talk(self, who):
        """Something the guard has a mind about, and what may come of it."""
        chance = self.chance
        others = [name for name in self.people + STRANGERS if name != who]
        kind = chance.choices(['one', 'chorus', 'again', 'split', 'edit', 'object', 'answer',
                               'quote', 'innocent', 'busy'], [4, 2, 3, 2, 3, 2, 2, 1, 3, 1])[0]
        if kind == 'one':
            self.say(who, self.offer(who))
        elif kind == 'chorus':
            text = self.offer(who)
            for name in [who, *chance.sample(others, min(len(others), chance.randint(1, 4)))]:
                self.say(name, text)
        elif kind == 'again':
            for _ in range(chance.randint(2, 4)):
                self.say(who, self.offer(who))
                self.lines.append(f'@ {chance.choice(PAUSES)}')
            self.lines.append(f'{ORGANIZER}>> admin {chance.choice(self.verdicts())}')
            self.here.add(ORGANIZER)
        elif kind == 'split':
            for part in chance.choice(sayings.SPLIT):
                self.say(who, part)
                if chance.random() < 0.2:
                    self.chat(chance.choice(others))
        elif kind == 'edit':
            self.edited_offer(who)
        elif kind == 'object':
            text = self.offer(who)
            self.say(who, text)
            self.speaks_up(who)
            self.say(chance.choice([who, *others]), text)
        elif kind == 'answer':
            self.say(who, chance.choice(sayings.QUESTIONS))
            asked = f'replies {who}' if chance.random() < 0.5 else ''
            other = chance.choice(others)
            self.say(other, sayings.ANSWER, asked)
        elif kind == 'quote':
            self.say(who, chance.choice(sayings.QUOTES))
        elif kind == 'innocent':
            self.say(who, chance.choice(sayings.INNOCENT + sayings.INTRODUCTIONS))
        else:
            for _ in range(chance.randint(3, 9)):
                self.talk(chance.choice(others))

    def edited_offer(self, who):
        """Into an offer, and maybe out of it again."""
        chance = self.chance
        first, last = self.offer(who), chance.choice(sayings.INNOCENT)
        if chance.random() < 0.5:
            self.say(who, last)
            if chance.random() < 0.3:
                self.lines.append(f'@ {chance.choice(PAUSES)}')
            self.lines.append(f'{who} edits: {first}')
        else:
            self.say(who, first)
        after = chance.random()
        if after < 0.3:
            self.lines.append(f'{who} edits: {last}')
        elif after < 0.5:
            self.lines.append(f'{who} edits: {self.offer(who)}')
        elif after < 0.8:
            self.lines.append(f'{who} deletes')
            self.messages[who] -= 1

    def speaks_up(self, who):
        self.lines.append(f'{who}>> {self.chance.choice(["not-a-pitch", "why", "forget me"])}')
        self.here.add(who)

    def absence(self, who):
        """Somebody goes away, then for longer than they thought, while the others carry on."""
        for until in 'tomorrow', 'friday':
            self.lines.append(f'{who}>> {self.chance.choice(["away", "rest"])} until {until}')
            self.here.add(who)
            for _ in range(self.chance.randint(2, 12)):
                self.happen()
        self.lines.append('@ +1d')

    def happen(self):
        chance = self.chance
        who = chance.choice(self.people * 4 + STRANGERS + [ORGANIZER] * 3)
        what = chance.random()
        if what < (0.07 if self.crashing else 0.14):
            who = chance.choice(self.people + STRANGERS * 2 + [TACITURN] * 2)
            if self.crashing:
                self.lone_offer(who)
            else:
                self.talk(who)
        elif what < 0.28:
            self.chat(who)
        elif what < 0.85:
            self.speak(who)
        elif what < 0.915:
            self.change(who)
        elif what < 0.92:
            self.absence(who)
        else:
            self.lines.append(f'@ {chance.choice(MOVES)}')

    def stretch(self, lines):
        """A while in which kith crashes now and then, or one in which people talk at their ease."""
        chance = self.chance
        until = min(len(self.lines) + chance.randint(30, 150), lines)
        while len(self.lines) < until:
            what = chance.random()
            if what < 0.08 and self.crashing:
                self.lines.append(chance.choice(CRASHES))
            elif what < 0.085:
                self.lines.append('!down')
                for _ in range(chance.randint(1, 8)):
                    self.happen()
                self.lines.append('!up')
            elif what < 0.09:
                self.lines.append(f'members {chance.choice(self.people)}')
            elif what < 0.095 and not self.crashes:
                stranger = chance.choice(STRANGERS[:2])
                self.say(stranger, self.text(stranger, 'chat'))
                self.say(ORGANIZER, f'!admin vouch {stranger}')
            self.happen()

    def generate(self, lines):
        chance = self.chance
        start = chance.choice(STARTS)
        self.lines += [f'members {" ".join(self.people[1:])}'] + [f'@ {start}'] * bool(start)
        self.here.update(self.people[1:])
        while len(self.lines) < lines:
            self.crashing = self.crashes and not self.crashing
            self.stretch(lines)
            self.here.add(ORGANIZER)
            self.lines += [SETTLED + chance.choice(MODES), AN_HOUR]
        self.lines += END


def _hangs_on_the_past(line, after):
    """Whether what the guard makes of it depends on what it remembers, or may do so later."""
    if 'admin pitch test' in line.lower():
        return False
    alone = any(f': {lone}' in line for lone in sayings.LONE) and ' edits: ' not in line
    offer = any(text in line for text in sayings.MINDED + sayings.LONE)
    return offer and not (alone and after == A_PAUSE)


def apart(lines):
    """Whether each crash is far from all that the guard would forget in it."""
    minded = crashed = settled = False
    for line, after in zip(lines, lines[1:]):
        if line.startswith('!crash'):
            crashed, settled = True, False
        elif line.startswith(SETTLED):
            settled = True
        elif line == AN_HOUR:
            minded, crashed = False, crashed and not settled
        else:
            minded = minded or _hangs_on_the_past(line, after)
        if minded and crashed:
            return False
    return True


def without_crashes(lines):
    """The same, line by line, but nothing crashes."""
    return [f'# {line}' if line.startswith('!crash') else line for line in lines]
