"""What people's clients say to kith on Matrix, and what they are shown: replies, threads, pills,
edits, marks, uploads, direct rooms; and that nobody's words become anybody else's markup."""
import html.parser
import re
import sqlite3

import pytest

import irc
from matrix import START_S, Client, login, quoted, spoken

CONFIG = '''
[group]
name = Makers
timezone = Europe/Berlin
organizers = home/{olga}
places = home/{room}
[matrix home]
{keys}
[store]
path = {store}
'''

# What kith may send of HTML, and what a tag may have.
TAGS = {'strong': set(), 'code': set(), 'a': {'href'}, 'br': set(), 'ul': set(), 'li': set()}


class Shown(html.parser.HTMLParser):
    """A formatted_body as somebody reads it: lines, items, and links with where they lead."""

    def __init__(self, text):
        super().__init__()
        self.text, self.link, self.open = '', None, []
        self.feed(text)
        self.close()
        assert not self.open, f'{self.open} not closed in {text}'

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS and {name for name, _ in attrs} <= TAGS[tag], (tag, attrs)
        if tag != 'br':
            self.open.append(tag)
        if tag == 'a':
            assert re.match('(https?://|mailto:)', dict(attrs)['href']), attrs
            self.link = (dict(attrs)['href'], len(self.text))
        self.text += {'br': '\n', 'ul': '\n', 'li': '- '}.get(tag, '')

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == 'a':
            link, at = self.link
            if self.text[at:] != link:
                self.text += f' ({link})'
        self.text += '\n' if tag == 'li' else ''

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f'a comment: {data}')

    handle_decl = handle_pi = unknown_decl = handle_comment


def lines_of(text):
    return [line for line in map(str.strip, text.splitlines()) if line]


def check_content(content):
    """As any content of kith's has to be."""
    assert content['msgtype'] in ('m.text', 'm.notice'), content
    assert set(content['m.mentions']) <= {'user_ids'}, content
    assert ('format' in content) == ('formatted_body' in content), content
    # A client that knows no m.mentions would look for these.
    assert not re.search(r'@room\b', content['body']), content
    # Direction overrides, line breaks and what is not seen.
    assert not re.search('[\u202a-\u202e\u2066-\u2069\u2028\u2029\x00-\x09\x0b-\x1f\x7f-\x9f]',
                         content['body']), content
    if 'formatted_body' in content:
        assert content['format'] == 'org.matrix.custom.html'
        assert lines_of(Shown(content['formatted_body']).text) == lines_of(content['body'])


class Makers:
    """Olga, who organizes, Ana and Ben, who have joined, and kith; a round is open."""

    def __init__(self, town, kith, names=('ana', 'ben')):
        self.town = town
        self.kith = town.kith
        self.olga = town.person('olga')
        self.people = {name: town.person(name) for name in names}
        everybody = [somebody.user for somebody in self.people.values()]
        self.room = self.olga.create(*everybody, self.kith, name='Makers')
        for somebody in self.people.values():
            somebody.join(self.room)
        self.bot = kith(town, CONFIG, olga=self.olga.user, room=self.room)
        self.starts = 1
        self.bot.await_log('in ' + re.escape(self.room), seconds=START_S)
        for name, somebody in self.people.items():
            somebody.say(self.room, f'!intro I am {name}, and I make things')
            somebody.expect_said(self.kith, self.room, f'Welcome, {name}', START_S)
        self.olga.say(self.room, '!admin round open')
        self.opening = self.everybody_hears('A new round is open')

    def __getattr__(self, name):
        people = self.__dict__.get('people', {})
        if name not in people:
            raise AttributeError(name)
        return people[name]

    def everybody_hears(self, text):
        [event, *_] = [somebody.expect_said(self.kith, self.room, text, START_S)
                       for somebody in [self.olga, *self.people.values()]]
        return event

    def answer_to(self, somebody, asked, answer=''):
        """Kith's, which has to match."""
        event = somebody.expect(f'an answer to {asked}: {answer}', lambda event: (
            event['type'] == 'm.room.message' and event['sender'] == self.kith
            and event['content'].get('m.relates_to', {}).get(
                'm.in_reply_to', {}).get('event_id') == asked), START_S)
        assert re.search(answer, spoken(event)), (answer, event)
        return event

    def asks(self, somebody, text, answer, **how):
        """They say it in the room and are answered there; gives both events' ids, and what the
        answer holds."""
        asked = somebody.say(self.room, text, **how)
        event = self.answer_to(somebody, asked, answer)
        assert event['room_id'] == self.room
        return asked, event['event_id'], event['content']

    def comes(self, name, shown=None):
        """Somebody more is in the room, and has heard all that was said there."""
        somebody = self.town.person(name)
        if shown:
            somebody.call('setDisplayName', shown)
        self.olga.invite(self.room, somebody.user)
        somebody.join(self.room)
        self.settled(somebody)
        return somebody

    def shows(self, somebody, title):
        return self.asks(somebody, f'!show "{title}"', f'“{title}” is in')[:2]

    def told(self, somebody, text):
        """Kith says it to them alone; gives the event."""
        event = somebody.expect(f'kith to tell {somebody.name} {text}', lambda event: (
            event['type'] == 'm.room.message' and event['sender'] == self.kith
            and event['room_id'] != self.room and re.search(text, spoken(event))), START_S)
        return event

    def settled(self, somebody=None, room=None):
        """All that was said before has been dealt with."""
        self.starts += 100
        somebody = somebody or self.olga
        somebody.say(room or self.room, f'!who settled{self.starts}')
        somebody.expect_said(self.kith, room or self.room, f'“settled{self.starts}”', START_S)

    def listed(self):
        """The work of the round, as kith lists it."""
        self.settled()
        return self.asks(self.olga, '!list', '')[2]['body']

    def work(self, number):
        self.settled()
        return self.asks(self.olga, f'!work {number}', '')[2]['body']

    def said(self, somebody, *rooms):
        return [event for event in somebody.heard('m.room.message')
                if event['sender'] == self.kith and (not rooms or event['room_id'] in rooms)]

    def store(self):
        return sqlite3.connect(self.bot.folder / 'kith.db')

    def restart(self, change=lambda db: None):
        """And what is in the store is changed meanwhile."""
        self.bot.stop()
        with self.store() as db:
            change(db)
        db.close()
        self.bot.start()
        self.settled()

    def check(self):
        for somebody in [self.olga, *self.people.values()]:
            for event in self.said(somebody):
                if event['content']:  # it is empty once it is redacted
                    check_content(event['content'])
                    check_content({'m.mentions': {}, **event['content'].get(
                        'm.new_content', event['content'])})


@pytest.fixture
def makers_of(town, matrix_kith):
    """makers_of(names): Makers, whose every word is looked at in the end."""
    there = []

    def gather(names=('ana', 'ben')):
        there.append(Makers(town, matrix_kith, names))
        return there[-1]
    yield gather
    for makers in there:
        makers.check()


@pytest.fixture
def makers(makers_of):
    return makers_of()


def as_element_replies(event, text):
    """How a client quotes what it answers, up to version 1.12 of the specification."""
    sender, room, event_id = event['sender'], event['room_id'], event['event_id']
    quoted = '\n'.join(f'> {line}' for line in spoken(event).splitlines())
    return {
        'text': f'> <{sender}> {quoted[2:]}\n\n{text}',
        'html': f'<mx-reply><blockquote><a href="https://matrix.to/#/{room}/{event_id}">In reply '
                f'to</a> <a href="https://matrix.to/#/{sender}">{sender}</a><br>quoted'
                f'</blockquote></mx-reply>{text}',
        'reply': event_id, 'm.mentions': {'user_ids': [sender]}}


def test_an_opening_notifies_and_an_answer_does_not(makers):
    assert makers.opening['content']['msgtype'] == 'm.text'
    assert 'm.relates_to' not in makers.opening['content']
    asked, _, answer = makers.asks(makers.ana, '!list', 'Nothing is in this round')
    assert answer['msgtype'] == 'm.notice'
    assert answer['m.relates_to'] == {'m.in_reply_to': {'event_id': asked}}
    makers.shows(makers.ana, 'Spoons')
    makers.asks(makers.ben, '!note 1 the handle is a joy', 'I keep that')
    told = makers.told(makers.ana, 'ben on your #1')
    assert told['content']['msgtype'] == 'm.text', 'nobody looks there for an answer'
    makers.olga.say(makers.room, '!admin round close')
    recap = makers.everybody_hears('The round has closed')
    assert recap['content']['msgtype'] == 'm.text'
    assert '<strong>' in recap['content']['formatted_body']


def test_a_reply_says_what_it_is_about(makers):
    """To what a member has shown, and to what kith has said about it."""
    ana, ben = makers.ana, makers.ben
    shown, answer = makers.shows(ana, 'Spoons')
    shown_event = ben.expect_said(ana.user, makers.room, 'Spoons')
    _, _, kept = makers.asks(ben, '!note the handle is a joy', 'I keep that', reply=shown)
    assert 'I took it to be about #1 “Spoons”' in kept['body']
    makers.asks(ben, '!shared my newsletter because it made me carve again', 'Noted, ben',
                reply=answer)
    how = as_element_replies(shown_event, '!thanks for showing me the grain')
    makers.asks(ben, answer='ben thanks ana', **how)
    makers.told(ana, 'ben on your #1 “Spoons”: “the handle is a joy”')
    makers.told(ana, r'ben passed on your #1 “Spoons” \(my newsletter\): “it made me carve')
    work = makers.work(1)
    assert 'the handle is a joy' in work and 'my newsletter' in work
    # Said by its name in a reply, as clients do that name everybody they answer.
    makers.asks(ben, 'kith: note and so is the bowl', 'I keep that', reply=answer)
    # A reply to nothing that kith knows.
    talk = ana.say(makers.room, 'what a day')
    makers.asks(ben, '!note it is long', 'I cannot tell which work', reply=talk)


def test_a_reply_days_later_and_after_a_restart(makers):
    """To a line of kith's, to what somebody has shown, and in private to what was told there."""
    ana, ben = makers.ana, makers.ben
    shown, answer = makers.shows(ana, 'Spoons')
    makers.asks(ben, '!note 1 the handle is a joy', 'I keep that')
    told = makers.told(ana, 'ben on your #1')

    def days_later(db):
        for table in ('matrix_spoken', 'record'):
            db.execute(f'UPDATE {table} SET at_us = at_us - 5 * 86400 * 1000000')
        db.execute('UPDATE outbox SET expires_at_us = expires_at_us - 5 * 86400 * 1000000')
    makers.restart(days_later)
    makers.asks(ben, '!note and so is the bowl', 'about #1 “Spoons”', reply=answer)
    makers.asks(ben, '!shared the fair because people asked', 'about #1 “Spoons”', reply=shown)
    makers.asks(ben, '!thanks for the bowl', 'ben thanks ana', reply=shown)
    ana.say(told['room_id'], 'work', reply=told['event_id'])
    assert '#1' in spoken(makers.told(ana, 'by ana'))


def test_answers_in_the_thread(makers):
    ana, ben = makers.ana, makers.ben
    shown, answer = makers.shows(ana, 'Spoons')

    def in_thread(content, asked):
        assert content['m.relates_to'] == {
            'rel_type': 'm.thread', 'event_id': shown, 'is_falling_back': True,
            'm.in_reply_to': {'event_id': asked}}

    ben.say(makers.room, 'that is a fine spoon', thread=shown)
    asked, _, content = makers.asks(ana, '!who ben', 'I make things', thread=shown)
    in_thread(content, asked)
    # It is about what it hangs on. What only falls back there is no reply, and thanks nobody.
    asked, _, content = makers.asks(ben, '!note it is light', 'about #1', thread=shown)
    in_thread(content, asked)
    asked, _, content = makers.asks(ben, '!thanks', 'Whom would you like', thread=shown)
    in_thread(content, asked)
    makers.asks(ben, '!note it floats', 'about #1', thread=answer)
    # A reply within it is one.
    asked, _, content = makers.asks(ben, '!note the handle is a joy', 'about #1', thread=shown,
                                    reply=shown)
    in_thread(content, asked)
    # An edit does not tell its thread.
    ben.edit(makers.room, asked, '!note the handle is a marvel')
    content = ben.expect_said(makers.kith, makers.room, 'I keep that', START_S)['content']
    in_thread(content, asked)
    work = makers.work(1)
    assert 'marvel' in work and 'joy' not in work and 'light' in work and 'floats' in work


@pytest.fixture(scope='module')
def names():
    """How clients write that kith is meant: text and HTML, {} being the command."""
    link = 'https://matrix.to/#/{user}'
    return {
        'the prefix': ('!{}', None),
        'a colon': ('kith: {}', None),
        'a comma': ('Kith, {}', None),
        'an at': ('@kith: {}', None),
        'its id': ('{user}: {}', None),
        'a pill': ('kith: {}', f'<a href="{link}">kith</a>: {{}}'),
        'a pill and a space': ('kith {}', f'<a href="{link}">kith</a> {{}}'),
        'a pill in a paragraph': ('kith: {}', f'<p><a href="{link}">kith</a>: {{}}</p>'),
        'an encoded pill': ('kith {}', '<a href="https://matrix.to/#/%40kith'
                            '{tag}%3Ahs.test">kith</a> {}'),
        'a written pill': (f'[kith]({link}): {{}}', f'<a href="{link}">kith</a>: {{}}'),
        'a pill of the id': ('{user} {}', f'<a href="{link}">{{user}}</a> {{}}'),
    }


def test_is_spoken_to_as_clients_do_it(makers, names, town):
    ana = makers.ana
    for n, (text, html_of) in enumerate(names.values()):
        values = {'user': makers.kith, 'tag': town.tag}
        text, formatted = (one and one.format(f'who nobody{n}', **values)
                           for one in (text, html_of))
        more = {'m.mentions': {'user_ids': [makers.kith]}} if formatted else {}
        makers.asks(ana, text, f'called “nobody{n}”', html=formatted, **more)
    ana.say(makers.room, 'kith lits', html=f'<a href="https://matrix.to/#/{makers.kith}">kith</a> '
            'lits', **{'m.mentions': {'user_ids': [makers.kith]}})
    ana.expect_said(makers.kith, makers.room, 'Did you mean !list', START_S)
    # Of it is not to it.
    before = len(makers.said(ana, makers.room))
    for text in ('I told kith: list', 'kith lists things', '!lits', '! list', 'kithara: list'):
        ana.say(makers.room, text)
    makers.settled(ana)
    assert len(makers.said(ana, makers.room)) == before + 1


def test_a_name_of_several_words(makers, town):
    """Kith is called as its account is shown in the room."""
    base = town.server.base
    Client(base, login(base, makers.kith)['access_token']).client(
        'PUT', f'profile/{quoted(makers.kith)}/displayname', {'displayname': 'Kith of the Makers'})
    irc.wait_for('the name', lambda: makers.ana.shown.get(makers.kith) == 'Kith of the Makers')
    for n, text in enumerate(('Kith of the Makers: {}', '@Kith of the Makers {}',
                              f'kith{town.tag}: {{}}')):
        more = {'m.mentions': {'user_ids': [makers.kith]}} if '@' in text else {}
        makers.asks(makers.ana, text.format(f'who words{n}'), f'“words{n}”', **more)


def test_an_edit_takes_the_place_of_the_first(makers):
    ana, ben = makers.ana, makers.ben
    shown, _ = makers.shows(ana, 'Spons')
    ana.edit(makers.room, shown, '!show "Spoons"')
    ana.expect_said(makers.kith, makers.room, '“Spoons”', START_S)
    ana.edit(makers.room, shown, '!show "Wooden spoons" want: is it too thick?')
    answer = ana.expect_said(makers.kith, makers.room, '“Wooden spoons”', START_S)['content']
    assert answer['m.relates_to']['m.in_reply_to']['event_id'] == shown
    listed = makers.listed()
    assert listed.count('“') == 1 and 'Wooden spoons' in listed, listed
    # Of somebody else's message it is none (CS API: Event replacements).
    ben.edit(makers.room, shown, '!show "Knives"')
    listed = makers.listed()
    assert listed.count('“') == 1 and 'Wooden spoons' in listed, listed
    # What is no command any more is taken back.
    ana.edit(makers.room, shown, 'never mind')
    assert 'Nothing is in this round' in makers.listed()


def test_an_edit_makes_a_command(makers):
    """And a mistyped one is done, once it is right."""
    ana = makers.ana
    said = ana.say(makers.room, 'show "Spoons"')
    ana.edit(makers.room, said, '!show "Spoons"')
    ana.expect_said(makers.kith, makers.room, '“Spoons” is in', START_S)
    asked, _, _ = makers.asks(ana, 'kith: whoo ben', 'Did you mean !who')
    ana.edit(makers.room, asked, 'kith: who ben')
    ana.expect_said(makers.kith, makers.room, 'I make things', START_S)


def test_what_is_removed_is_withdrawn(makers):
    ana, ben = makers.ana, makers.ben
    shown, _ = makers.shows(ana, 'Spoons')
    noted, _, _ = makers.asks(ben, '!note 1 the handle is a joy', 'I keep that')
    ben.redact(makers.room, noted)
    makers.told(ben, 'Taken back. Your note is gone')
    assert 'joy' not in makers.work(1)
    # By who looks after the room: what was there is gone, and who wrote it is told.
    makers.olga.redact(makers.room, shown, 'not here')
    makers.told(ana, 'ana, a message of yours was removed .* The round is as it was')
    assert 'Nothing is in this round' in makers.listed()


MARKS = {'undo': ['↩', '↩\ufe0f', '🔙', '🔙\ufe0f'], 'thanks': ['🙏', '🙏\ufe0f'],
         'work': ['🔍', '🔍\ufe0f', '🔎']}


def test_marks_are_shortcuts(makers):
    ana, ben = makers.ana, makers.ben
    for mark in MARKS['undo']:
        shown, answer = makers.shows(ana, 'Spoons')
        ana.react(makers.room, answer if mark in MARKS['undo'][:2] else shown, mark)
        makers.told(ana, 'Taken back')
        assert 'Nothing is in this round' in makers.listed(), mark
    shown, answer = makers.shows(ana, 'Spoons')
    for mark in MARKS['work']:
        ben.react(makers.room, answer, mark)
        assert 'Spoons' in spoken(makers.told(ben, 'by ana'))
        ben.react(makers.room, shown, mark)
        assert 'Spoons' in spoken(makers.told(ben, 'by ana'))
    said = ana.say(makers.room, 'the grain runs along the handle')
    for mark in MARKS['thanks']:
        thanked = ben.react(makers.room, said, mark)
        makers.told(ben, 'I keep your thanks to ana')
        ben.redact(makers.room, thanked)
        makers.told(ben, 'Taken back')
    # Of others' answers nobody undoes anything, and other marks are for people.
    before = len(makers.said(ben))
    ben.react(makers.room, answer, '↩\ufe0f')
    ben.react(makers.room, answer, '👍')
    ben.react(makers.room, shown, '❤️')
    makers.settled(ben)
    assert len(makers.said(ben)) == before + 1
    assert 'Spoons' in makers.listed()


OFFER = ('Hey everyone! My new course is {} off, only today! Sign up now at '
         'https://buy.example.com/course?ref=sam and you will triple your sales, $49 only!')


def test_a_mark_says_that_it_was_no_pitch(makers):
    makers.asks(makers.olga, '!admin pitch mode gentle', 'I answer what reads like an offer')
    for n, mark in enumerate(('👎', '👎\ufe0f', '🙅')):
        sam = makers.comes(f'sam{n}')
        _, declined, content = makers.asks(sam, OFFER.format(f'{n}0%'), 'reads like an offer')
        assert len(content['body'].splitlines()) == 1
        sam.react(makers.room, declined, mark)
        makers.settled(sam)
        asked = sam.tell(makers.kith, 'why')
        assert 'You told me that I misread it' in spoken(makers.answer_to(sam, asked))


def test_shows_what_was_uploaded(makers):
    ana, ben = makers.ana, makers.ben
    ana.upload(makers.room, b'PNG', 'spoon.png', 'image/png', '!show want: is it too thick?')
    ana.expect_said(makers.kith, makers.room, '“spoon.png” is in', START_S)
    assert 'is it too thick' in makers.listed()
    sheet = ana.upload(makers.room, b'%PDF', 'a sheet.pdf', 'application/pdf')
    makers.asks(ana, '!show want: is it too long?', '“a sheet.pdf” is in', reply=sheet)
    makers.asks(ben, '!show', 'What would you like to show', reply=sheet)
    ben.upload(makers.room, b'OGG', 'song.ogg', 'audio/ogg', '!show "A song of spoons"')
    ben.expect_said(makers.kith, makers.room, '“A song of spoons” is in', START_S)
    # What is only put there is nothing to kith.
    makers.settled(ana)
    before = len(makers.said(ana, makers.room))
    ben.upload(makers.room, b'MP4', '!show "a film"', 'video/mp4')
    ben.upload(makers.room, b'MP4', 'film.mp4', 'video/mp4', 'a film of mine')
    makers.settled(ana)
    assert len(makers.said(ana, makers.room)) == before + 1


def test_hears_no_notice_and_no_talk(makers):
    ana = makers.ana
    before = len(makers.said(ana, makers.room))
    for text in ('!list', 'kith: list'):
        ana.say(makers.room, text, msgtype='m.notice')
    for text in ('waves at kith', 'likes kith: list'):
        ana.say(makers.room, text, msgtype='m.emote')
    ana.send(makers.room, {'body': '!list', 'info': {}, 'url': 'mxc://hs.test/x'}, 'm.sticker')
    ana.send(makers.room, {'msgtype': 'm.location', 'body': '!list', 'geo_uri': 'geo:1,1'})
    makers.settled(ana)
    assert len(makers.said(ana, makers.room)) == before + 1


NOTES = 400


def test_says_what_is_very_long_in_parts_and_in_order(makers):
    """Of somebody who has given much."""
    ana, ben = makers.ana, makers.ben
    makers.shows(ana, 'Spoons')
    makers.asks(ben, '!note 1 first', 'I keep that')

    def give_more(db):
        db.executemany(
            'INSERT INTO note(group_id, work_id, person_id, private, text, at_us)'
            ' SELECT group_id, work_id, person_id, private, ?, at_us FROM note LIMIT 1',
            [(f'number {n}: ' + 'a <word> & more, ' * 20,) for n in range(NOTES)])
    makers.restart(give_more)
    ben.tell(makers.kith, 'mydata')
    room = ben.alone_with(makers.kith)
    ben.expect_said(makers.kith, room, 'Your chat is not kept', START_S)
    said = makers.said(ben, room)
    assert len(said) > 2, 'it should not fit into one'
    assert {event['content']['msgtype'] for event in said[-2:]} == {'m.notice'}
    numbers = [int(n) for event in said for n in re.findall(r'number (\d+):', spoken(event))]
    assert numbers == list(range(NOTES))


# Direct rooms.


def test_opens_one_direct_room_for_a_member(makers):
    ana, ben = makers.ana, makers.ben
    makers.shows(ana, 'Spoons')
    for n in range(3):
        makers.asks(ben, f'!note 1 it is good, {n}', 'I keep that')
    for n in range(3):
        makers.told(ana, f'it is good, {n}')
    assert len(ana.direct_with(makers.kith)) == 1
    [room] = ana.direct_with(makers.kith)
    assert ana.http.joined(room) == {ana.user, makers.kith}
    # What is private is told there, whoever asks for it in the room.
    makers.ana.say(makers.room, '!mydata')
    assert makers.told(ana, 'Your chat is not kept')['room_id'] == room
    assert not [event for event in makers.said(ben, makers.room) if 'chat is not' in spoken(event)]


def test_follows_a_member_who_speaks_before_it_is_there(makers):
    """And hears what was said meanwhile."""
    ana = makers.ana
    room = ana.create(makers.kith, preset='trusted_private_chat', is_direct=True)
    asked = ana.say(room, 'who ben')
    answer = ana.expect_said(makers.kith, room, 'I make things', START_S)
    assert answer['content'].get('m.relates_to') in (
        None, {'m.in_reply_to': {'event_id': asked}})
    ana.say(room, 'list')
    ana.expect_said(makers.kith, room, 'Nothing is in this round', START_S)


def test_answers_in_the_direct_room_that_it_was_asked_in(makers):
    ana = makers.ana
    rooms = [ana.create(makers.kith, preset='trusted_private_chat', is_direct=True)
             for _ in range(2)]
    for room in rooms:
        ana.expect_member(room, makers.kith)
    for n, room in enumerate([*rooms, *reversed(rooms)]):
        ana.say(room, f'who nobody{n}')
        ana.expect_said(makers.kith, room, f'“nobody{n}”', START_S)
    makers.shows(ana, 'Spoons')
    makers.asks(makers.ben, '!note 1 it is good', 'I keep that')
    assert makers.told(ana, 'it is good')['room_id'] in rooms
    assert set(ana.direct_with(makers.kith)) == set(rooms)


def test_finds_another_way_to_who_left_the_direct_room(makers):
    ana, ben = makers.ana, makers.ben
    room = ana.create(makers.kith, preset='trusted_private_chat', is_direct=True)
    ana.expect_member(room, makers.kith)
    ana.say(room, 'who ben')
    ana.expect_said(makers.kith, room, 'I make things', START_S)
    ana.leave(room)
    makers.settled()
    makers.shows(ana, 'Spoons')
    makers.asks(ben, '!note 1 it is good', 'I keep that')
    told = makers.told(ana, 'it is good')
    assert told['room_id'] != room
    # Kith's own, too, once it was left.
    ana.leave(told['room_id'])
    ana.say(makers.room, '!mydata')
    again = ana.expect_said(makers.kith, None, 'Your chat is not kept|say the same to me', START_S)
    assert again['room_id'] != told['room_id']


def test_a_stranger_is_told_in_one_public_line(makers):
    sam = makers.comes('sam')
    before = len(makers.said(sam))
    _, _, content = makers.asks(sam, '!mydata', 'sam')
    assert len(content['body'].splitlines()) == 1
    assert content['m.mentions'] == {'user_ids': [sam.user]}
    assert content['msgtype'] == 'm.notice'
    makers.settled(sam)
    assert len(makers.said(sam)) == before + 2
    assert not sam.direct_with(makers.kith)
    # Who speaks to it alone is answered alone.
    asked = sam.tell(makers.kith, 'mydata')
    answer = makers.answer_to(sam, asked, 'I keep nothing about you')
    assert answer['room_id'] == sam.alone_with(makers.kith)


def test_is_seen_reading_and_typing(makers):
    ana = makers.ana
    admin = makers.town.admin()
    asked, _, _ = makers.asks(ana, '!who nobody', '“nobody”')
    ana.expect('a receipt', lambda event: (
        event['type'] == 'm.receipt' and
        makers.kith in event['content'].get(asked, {}).get('m.read', {})), START_S)
    admin.limit(makers.kith, 1, 1)
    for n in range(6):
        ana.say(makers.room, f'!who slow{n}')
    ana.expect('kith typing', lambda event: (
        event['type'] == 'm.typing' and makers.kith in event['content']['user_ids']), START_S)
    ana.expect_said(makers.kith, makers.room, 'slow5', START_S)
    admin.limit(makers.kith)
    irc.wait_for('kith to stop typing', lambda: makers.kith not in (
        ana.heard('m.typing')[-1]['content']['user_ids']), START_S)


# What people call themselves and their work.
STRANGE = [
    '<b>Eve</b>', '@room', '<a href="https://matrix.to/#/@ana:hs.test">ana</a>',
    '\u202eevE\u202c \u2067x\u2069', 'two\nlines', 'https://matrix.to/#/@ana:hs.test',
    '[ana](https://matrix.to/#/@ana:hs.test)', '**bold** `code`', '- item', '&lt;b&gt;',
    '<mx-reply>x</mx-reply>', '</strong></li><script>', '\\*\\*x\\*\\*', '@ana:hs.test',
    '<!-- x -->', '<img src=x onerror=y>',
]


def plain_of(text):
    """What should be read of it."""
    text = re.sub('[\u202a-\u202e\u2066-\u2069]', '', text)
    return re.sub(r'\s+', ' ', text).strip()


def test_a_persons_words_are_literal_text(makers):
    """Every line of kith's is looked at besides, as everywhere here."""
    ana, ben = makers.ana, makers.ben
    for n, strange in enumerate(STRANGE):
        makers.asks(ana, f'!show "{strange}" want: {strange}', 'is in')
        makers.asks(ben, f'!note {n + 1} {strange} noted', 'I keep that')
        for body in (makers.listed(), makers.work(n + 1)):
            assert plain_of(strange) in body.replace('\u2060', ''), (strange, body)
        makers.told(ana, 'ben on your')
    makers.olga.say(makers.room, '!admin round close')
    recap = makers.everybody_hears('The round has closed')
    assert recap['content']['m.mentions'] == {}


def test_a_persons_name_is_literal_text(makers):
    for n, strange in enumerate(STRANGE[:5]):
        eve = makers.comes(f'eve{n}', shown=strange)
        content = makers.asks(eve, '!intro I am ' + strange, 'Welcome')[2]
        name = plain_of(strange).lstrip('@')[:20]
        assert name in content['body'].replace('\u2060', ''), (strange, content)
        assert content['m.mentions'] == {}
        content = makers.asks(eve, f'!who Zoe {strange}', 'nobody called')[2]
        assert content['m.mentions'] == {}
