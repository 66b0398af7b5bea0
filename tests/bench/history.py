"""Ten years of a group, put straight into a store that kith has made: what its rounds, its works
and what was said about them would have left behind."""
import datetime
import random
import sqlite3

YEARS = 10
MEMBERS = [f'member{n:02}' for n in range(50)]
WORKS = 25_000
RECORDS = 250_000
SECOND_US = 10**6
DAY_US = 24 * 3600 * SECOND_US
NOW = datetime.datetime(2026, 11, 23, 8, tzinfo=datetime.timezone.utc)  # when the sandbox begins
NOW_US = int(NOW.timestamp()) * SECOND_US

WORDS = '''the garden river opening letter slow bright frost kitchen window spoon radio song page
draft almost again quiet carries keeps turns reads sounds honest wooden winter summer evening story
verse chapter colour line train hand'''.split()


class History:
    def __init__(self, path):
        self.chance = random.Random(1)
        self.db = sqlite3.connect(path)
        self.start_us = NOW_US - YEARS * 365 * DAY_US
        self.people, self.works = [], []

    def add(self, table, **row):
        names = ', '.join(row)
        marks = ', '.join('?' * len(row))
        values = list(row.values())
        return self.db.execute(f'INSERT INTO {table}({names}) VALUES({marks})', values).lastrowid

    def text(self, most=25):
        return ' '.join(self.chance.choices(WORDS, k=self.chance.randint(4, most)))

    def moment(self):
        return self.chance.randrange(self.start_us, NOW_US - DAY_US) // SECOND_US * SECOND_US

    def join(self):
        for number, name in enumerate(MEMBERS):
            at_us = self.start_us + number * DAY_US
            person = self.db.execute('INSERT INTO person DEFAULT VALUES').lastrowid
            self.add('handle', network='console', account=name, person_id=person, spelled=name,
                     used_at_us=at_us)
            self.add('member', group_id=1, person_id=person, name=name, fold=name,
                     intro=self.text(), joined_at_us=at_us)
            self.people.append(person)
            for _ in range(YEARS):
                from_us = self.moment()
                if from_us > NOW_US - 400 * DAY_US:
                    self.add('absence', group_id=1, person_id=person, kind='away', from_us=from_us,
                             until_us=from_us + 7 * DAY_US)
            self.add('vouch', group_id=1, person_id=person, by_id=1, at_us=at_us)

    def week(self, day, rule):
        """A round, what was shown in it, and who was to read it."""
        round_id = self.add('round', group_id=1, day=day, rule=rule, state='archived')
        opens_us = (day - NOW.toordinal()) * DAY_US + NOW_US
        showing = self.chance.sample(self.people, -(-WORKS // (YEARS * 52)))
        showing = showing[:WORKS - len(self.works)]
        for maker in showing:
            at_us = opens_us + self.chance.randrange(3 * 24 * 3600) * SECOND_US
            number = len(self.works) + 1
            work = self.add('work', group_id=1, number=number, maker_id=maker, title=self.text(8),
                            link=f'https://example.org/{number}', want=self.text(10),
                            made_at_us=at_us)
            entry = self.add('entry', group_id=1, round_id=round_id, work_id=work, person_id=maker,
                             shown_at_us=at_us)
            reader = self.chance.choice([person for person in self.people if person != maker])
            self.add('reading', entry_id=entry, group_id=1, reader_id=reader, maker_id=maker,
                     drawn_at_us=opens_us + 2 * DAY_US)
            self.works.append((work, maker))

    def said(self):
        """What was said about a work, or to somebody, until there is as much as there is to be."""
        kept = sum(self.db.execute(f'SELECT count(*) FROM {table}').fetchone()[0]
                   for table in ('work', 'entry', 'reading', 'round'))
        for _ in range(RECORDS - kept):
            work, maker = self.chance.choice(self.works)
            person = next(p for p in self.chance.sample(self.people, 2) if p != maker)
            common = {'group_id': 1, 'person_id': person, 'at_us': self.moment()}
            kind = self.chance.random()
            if kind < 0.6:
                self.add('note', work_id=work, private=kind < 0.1, text=self.text(), **common)
            elif kind < 0.8:
                self.add('share', work_id=work, place=self.text(4), because=self.text(), **common)
            elif kind < 0.9:
                self.add('thanks', to_id=maker, text=self.text(), **common)
            else:
                self.add('story', work_id=work, text=self.text(), **common)

    def posts(self):
        """The keys of what was said in the last two months."""
        for number in range(5000):
            self.add('outbox', key=f'{self.chance.getrandbits(128):032x}', seq=number,
                     network='console', room='room', kind=0, not_before_us=0, word='note.kept',
                     expires_at_us=NOW_US - self.chance.randrange(60 * DAY_US))

    def make(self):
        (day, rule), = self.db.execute("SELECT day, rule FROM round WHERE state = 'planned'")
        self.join()
        for weeks in range(YEARS * 52, 0, -1):
            self.week(day - 7 * weeks, rule)
        self.said()
        self.posts()
        self.db.execute('UPDATE groups SET next_work = ?, cap_told = 1', [len(self.works) + 1])
        self.db.commit()
        self.db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        tables = [name for (name,) in self.db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        counts = {table: self.db.execute(f'SELECT count(*) FROM {table}').fetchone()[0]
                  for table in tables}
        faults = self.db.execute('PRAGMA foreign_key_check').fetchall()
        self.db.close()
        assert not faults, faults
        return counts
