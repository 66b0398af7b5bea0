"""Conversations by chance: what a group may do to kith within a year, all from one seed."""
import random

# Long and odd, so that one of them found in a store can only have come from that person.
MEMBERS = ['annika', 'benedikt', 'cleophea', 'dagobert', 'evelina', 'fiorella', 'gundula',
           'hyazinth', 'Ignatius', 'jörinde', 'кирилл', 'lavinia']
# They speak and try things, but never join.
STRANGERS = ['lurkerion', 'mortimerus', '~nepomuk', '~annika', '~olga']
ORGANIZER = 'olga'

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
DURATIONS = ['30 minutes', '2 hours', '1 day', '3 days', 'ages', '']
MOVES = ['+1s', '+20s', '+59s', '+5m', '+10m', '+30m', '+1h', '+3h', '+11h', '+1d', '+2d', '+6d',
         '+1w', '+3w', 'Mon 08:59:59', 'Mon 09:00', 'Wed 17:59:59', 'Wed 18:00', 'Thu 19:59:59',
         'Thu 20:00', 'Fri 20:00', 'Sun 00:59', 'Sun 01:30', 'Sun 02:00', '23:59:59']
STARTS = [None, '2026-12-20 12:00', '2027-03-26 12:00', '2027-10-29 12:00']
CRASHES = ['!crash', '!crash before-commit', '!crash after-commit', '!crash after-send']

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
        # Whom kith has seen speaking is known to the running process alone, so that in a
        # conversation that crashes nobody is vouched for.
        self.crashes = self.chance.random() < 0.75
        self.people = [ORGANIZER] + MEMBERS[:self.chance.choice([1, 2, 5, len(MEMBERS)])]
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
            what = f'https://example.org/{self.token(who)} {self.text(who)}'
        elif chance.random() < 0.1:
            what = self.text(who)
        option = chance.choice(['', '', '', '--next '])
        want = f' want: {self.text(who)}' if chance.random() < 0.3 else ''
        return f'{chance.choice(["show", "best"])} {option}{what}{want}'

    def admin(self, who):
        chance = self.chance
        name = chance.choice(self.people)
        return 'admin ' + chance.choice([
            'round open', 'round close', 'round extend ' + chance.choice(DURATIONS), 'round skip',
            f'vouch {"" if self.crashes else name}', f'vouch {chance.choice(HOSTILE)}',
            f'announce {self.text(who)}',
            'quiet ' + chance.choice([*DURATIONS, 'off', 'off', 'off']),
            'holiday ' + chance.choice(DAYS), f'holiday {chance.choice(DAYS)} {name}', 'round', '',
            chance.choice(HOSTILE)])

    def command(self, who):
        chance = self.chance
        name = chance.choice(self.people)
        kind = chance.choices(
            ['show', 'note', 'shared', 'thanks', 'led-to', 'undo', 'withdraw', 'ask', 'intro',
             'time', 'leave', 'forget', 'admin', 'wrong', 'hostile'],
            [16, 16, 8, 6, 6, 4, 3, 14, 4, 9, 0.7, 1.2, 0.7, 3, 3])[0]
        if who == ORGANIZER and chance.random() < 0.4:
            kind = 'admin'
        if who in STRANGERS and kind == 'intro':
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

    def say(self, who, text):
        self.lines.append(f'{who}: {text}')
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
        if spoken and self.chance.random() < 0.2:
            self.lines.append(f'{who} replies {self.chance.choice(spoken)}: {text}')
            self.messages[who] = self.messages.get(who, 0) + 1
            self.here.add(who)
        else:
            self.say(who, text)

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
        if what < 0.25:
            self.chat(who)
        elif what < 0.85:
            self.speak(who)
        elif what < 0.915:
            self.change(who)
        elif what < 0.92:
            self.absence(who)
        else:
            self.lines.append(f'@ {chance.choice(MOVES)}')

    def generate(self, lines):
        chance = self.chance
        start = chance.choice(STARTS)
        self.lines += [f'members {" ".join(self.people[1:])}'] + [f'@ {start}'] * bool(start)
        self.here.update(self.people[1:])
        while len(self.lines) < lines:
            what = chance.random()
            if what < 0.04 and self.crashes:
                self.lines.append(chance.choice(CRASHES))
            elif what < 0.045:
                self.lines.append('!down')
                for _ in range(chance.randint(1, 8)):
                    self.happen()
                self.lines.append('!up')
            elif what < 0.05:
                self.lines.append(f'members {chance.choice(self.people)}')
            elif what < 0.055 and not self.crashes:
                stranger = chance.choice(STRANGERS[:2])
                self.say(stranger, self.text(stranger, 'chat'))
                self.say(ORGANIZER, f'!admin vouch {stranger}')
            self.happen()
        self.lines += END


def without_crashes(lines):
    """The same, line by line, but nothing crashes."""
    return [f'# {line}' if line.startswith('!crash') else line for line in lines]
