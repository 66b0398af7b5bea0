"""From the first byte to the room: capabilities, signing in, and a nick, with servers that do not
make it easy. The password is in no log and on no command line: Kith.stop and check_log look."""
import os
import re

import pytest

import irc
from scripted import NAME, ROOM, Certificate

PASSWORD = 'correct%s%n horse:battery\\ stäple'
ACCOUNT = 'kith-account'


def signs_in(plays, tmp_path, password=PASSWORD, keys=None, offers=None, **server):
    file = tmp_path / 'password'
    file.write_text(password + '\n')
    keys = {'account': ACCOUNT, 'password-file': file, **(keys or {})}
    return plays.start(keys=keys, secrets=[password],
                       offers={'sasl': 'PLAIN,EXTERNAL'} if offers is None else offers, **server)


def numeric(*parts):
    """An answer that is this numeric, whatever was asked."""
    return lambda link, line: link.tell(*parts)


def assert_stopped(server, bot, why):
    """It has gone, says why, and, as there is no other network, ends for somebody to look at it."""
    link = server.meet()
    link.await_end()
    assert bot.process.wait(irc.WAIT_S) == os.EX_NOPERM
    bot.process = None
    assert re.search(f'{why}.*; kith does not try again', bot.log.read_text())
    assert not link.said('^JOIN')
    return link


def assert_later(server, bot, why):
    link = server.meet()
    link.await_end()
    bot.await_log(f'disconnected: .*{why}.*; next try in')
    assert not link.said('^JOIN')


# Signing in

def test_signs_in_before_it_joins(plays, tmp_path):
    server, bot = signs_in(plays, tmp_path)
    link = server.welcome()
    assert link.login() == ['', ACCOUNT, PASSWORD]
    order = [line.split()[0] for line in link.said('^(CAP LS|AUTHENTICATE|CAP END|JOIN)')]
    assert order == ['CAP', 'AUTHENTICATE', 'AUTHENTICATE', 'CAP', 'JOIN']
    link.asks('anybody')
    assert not link.said('^PASS')


def test_signs_in_as_its_nick_without_an_account(plays, tmp_path):
    file = tmp_path / 'password'
    file.write_text(f'{PASSWORD}\r\nsecond line')
    server, _ = plays.start(keys={'password-file': file}, secrets=[PASSWORD],
                            offers={'sasl': ''})
    assert server.welcome().login() == ['', 'kith', PASSWORD]


def test_signs_in_whatever_the_challenge_looks_like(plays, tmp_path):
    def challenge(link, line):
        if line.params[0] == 'PLAIN':
            link.send('AUTHENTICATE :+')
        else:
            link.sign_in()
    server, _ = signs_in(plays, tmp_path, answers={'AUTHENTICATE': challenge})
    server.welcome().asks('anybody')


# A message of so many bytes is so many in base64; each AUTHENTICATE takes 400 of them.
@pytest.mark.parametrize('size, parts', [
    (297, [396]), (298, [400, 1]), (300, [400, 1]), (303, [400, 4]), (306, [400, 8]),
    (399, [400, 132]), (600, [400, 400, 1]),
])
def test_cuts_what_it_signs_in_with(plays, tmp_path, size, parts):
    password = ('p%s' * size)[:size - len(f'\0{ACCOUNT}\0')]
    server, _ = signs_in(plays, tmp_path, password=password)
    link = server.welcome()
    assert link.login() == ['', ACCOUNT, password]
    said = [line.split()[1] for line in link.said('^AUTHENTICATE')]
    assert [len(part) for part in said[1:]] == parts
    assert ('+' in said) == (parts[-1] == 1)


@pytest.mark.parametrize('answer, why', [
    (('904', 'SASL authentication failed'), 'account'),
    (('902', 'You must use a nick assigned to you'), 'account'),
    (('905', 'SASL message too long'), 'account'),
], ids=['904', '902', '905'])
def test_stops_when_it_is_refused(plays, tmp_path, answer, why):
    def refuse(link, line):
        if line.params[0] == 'PLAIN':
            link.send('AUTHENTICATE +')
        else:
            link.tell(*answer)
    server, bot = signs_in(plays, tmp_path, answers={'AUTHENTICATE': refuse})
    assert_stopped(server, bot, why)


def test_stops_when_its_way_is_unknown(plays, tmp_path):
    def unknown(link, line):
        link.tell('908', 'EXTERNAL,SCRAM-SHA-256', 'are available SASL mechanisms')
        link.tell('904', 'SASL authentication failed')
    server, bot = signs_in(plays, tmp_path, offers={'sasl': ''},
                           answers={'AUTHENTICATE': unknown})
    link = assert_stopped(server, bot, 'EXTERNAL,SCRAM-SHA-256')
    assert link.said('^AUTHENTICATE') == ['AUTHENTICATE PLAIN']


def test_does_not_begin_what_is_not_offered(plays, tmp_path):
    server, bot = signs_in(plays, tmp_path, offers={'sasl': 'EXTERNAL,SCRAM-SHA-256'})
    link = assert_stopped(server, bot, 'PLAIN')
    assert not link.said('^AUTHENTICATE')


@pytest.mark.parametrize('offers', [{}, {'account-tag': ''}], ids=['nothing', 'others'])
def test_waits_for_services_that_are_away(plays, tmp_path, offers):
    server, bot = signs_in(plays, tmp_path, offers=offers)
    assert_later(server, bot, 'SASL')


def refusing_sasl(link, line):
    """They went between LS and REQ."""
    if line.params[0] == 'REQ' and 'sasl' in line.params[1].split():
        link.send(f':{NAME} CAP * NAK :{line.params[1]}')
    else:
        link._answer_cap(line)


def test_waits_for_services_that_refuse(plays, tmp_path):
    server, bot = signs_in(plays, tmp_path, answers={'CAP': refusing_sasl})
    assert_later(server, bot, 'SASL')


@pytest.mark.parametrize('answer', [('906', 'SASL authentication aborted'),
                                    ('263', 'AUTHENTICATE', 'Please wait a while')],
                         ids=['906', '263'])
def test_waits_for_services_that_break_off(plays, tmp_path, answer):
    server, bot = signs_in(plays, tmp_path, answers={'AUTHENTICATE': numeric(*answer)})
    assert_later(server, bot, re.escape(answer[-1]))


@pytest.mark.parametrize('welcomes', ['421', 'at once'])
def test_does_not_go_in_unsigned(plays, tmp_path, welcomes):
    """The server knows no CAP, and would let it in as nobody."""
    answers = {} if welcomes == '421' else {'CAP': None}
    file = tmp_path / 'password'
    file.write_text(PASSWORD)
    server, bot = plays.start(keys={'password-file': file}, secrets=[PASSWORD], answers=answers)
    assert_later(server, bot, 'SASL')


def test_gives_its_password_once(plays, tmp_path):
    """Not again to a server that goes on asking."""
    def insist(link, line):
        link.send('AUTHENTICATE +')
        if line.params[0] != 'PLAIN':
            link.send('AUTHENTICATE +')
            link.sign_in()
    server, _ = signs_in(plays, tmp_path, answers={'AUTHENTICATE': insist})
    link = server.welcome()
    link.send('AUTHENTICATE +')
    link.asks('anybody')
    assert len(link.said('^AUTHENTICATE')) == 2


def test_signs_in_with_its_certificate(plays, tmp_path):
    certificate = Certificate(tmp_path)
    server, _ = plays.start(keys={'sasl': 'external', 'certificate': certificate.file},
                            certificate=certificate, offers={'sasl': 'EXTERNAL'})
    link = server.welcome()
    assert link.said('^AUTHENTICATE') == ['AUTHENTICATE EXTERNAL', 'AUTHENTICATE +']


def test_gives_a_server_its_password(plays, tmp_path):
    file = tmp_path / 'password'
    file.write_text(PASSWORD)
    server, _ = plays.start(keys={'password-file': file, 'sasl': 'no'}, secrets=[PASSWORD])
    link = server.welcome()
    assert link.said('^PASS') == [f'PASS :{PASSWORD}']
    said = link.said('^(PASS|NICK)')
    assert said[0].startswith('PASS')


def test_keeps_its_password_out_of_the_store(plays, tmp_path):
    server, bot = signs_in(plays, tmp_path)
    server.welcome().asks('anybody')
    bot.stop()
    for file in bot.folder.glob('kith.db*'):
        kept = file.read_bytes()
        assert not any(secret.encode() in kept for secret in bot.secrets)


# Capabilities

def asked_for(link):
    return [cap for line in link.said('^CAP REQ') for cap in line.split(':', 1)[1].split()]


def test_reads_offers_over_several_lines(plays):
    def list_slowly(link, line):
        if line.params[0] != 'LS':
            return link._answer_cap(line)
        link._negotiates = True
        link.send(f':{NAME} CAP * LS * :account-tag some/unknown=thing,that=is')
        link.send(f':{NAME} CAP * LS * :')
        link.send(f':{NAME} CAP * LS * :server-time tls another-one')
        link.send(f':{NAME} NOTICE * :*** Looking up your hostname')
        link.said_before = len(link.said('^CAP REQ'))
        link.send(f':{NAME} CAP * LS :batch')
    offers = {cap: '' for cap in ('account-tag', 'server-time', 'batch')}
    server, _ = plays.start(offers=offers, answers={'CAP': list_slowly})
    link = server.welcome()
    assert link.said('^CAP LS') == ['CAP LS 302']
    assert sorted(asked_for(link)) == sorted(offers)
    assert link.said_before == 0
    assert link.said('^CAP END') == ['CAP END']


def test_asks_for_nothing_that_is_not_offered(plays):
    offers = {'account-tag': '', 'tls': '', 'sts': 'port=6697', 'sasl': 'PLAIN',
              'draft/relaymsg': '/', 'away-notify': '', 'labeled-response': ''}
    server, _ = plays.start(offers=offers)
    link = server.welcome()
    assert asked_for(link) == ['account-tag']  # sasl: it has nothing to sign in with


def test_does_without_what_is_refused(plays):
    def refuse(link, line):
        if line.params[0] == 'REQ' and 'batch' in line.params[1].split():
            link.send(f':{NAME} CAP * NAK :{line.params[1]}')
        else:
            link._answer_cap(line)
    offers = {cap: '' for cap in ('account-tag', 'server-time', 'batch', 'chghost')}
    server, _ = plays.start(offers=offers, answers={'CAP': refuse})
    link = server.welcome()
    asked = asked_for(link)
    # All of them, then each alone, and what was refused alone no more.
    assert sorted(asked) == sorted([*offers, *offers])
    link.asks('anybody')


def test_does_without_anything(plays):
    def refuse(link, line):
        if line.params[0] == 'REQ':
            link.send(f':{NAME} CAP * NAK :{line.params[1]}')
        else:
            link._answer_cap(line)
    offers = {cap: '' for cap in ('account-tag', 'server-time')}
    server, _ = plays.start(offers=offers, answers={'CAP': refuse})
    server.welcome().asks('anybody')


def test_asks_for_what_is_new_and_forgets_what_is_gone(plays):
    server, _ = plays.start(offers={'server-time': '', 'cap-notify': ''})
    link = server.welcome()
    server.offers['account-tag'] = ''
    for _ in range(2):
        link.send(f':{NAME} CAP kith NEW :account-tag some/thing=of-value')
        link.expect('^CAP REQ :account-tag$')
        link.asks('anybody')
        link.send(f':{NAME} CAP kith DEL :account-tag some/thing')
        link.asks('anybody')
    link.send(f':{NAME} CAP kith NEW :sasl=PLAIN')  # nothing to sign in with, now or then
    link.asks('anybody')
    assert 'sasl' not in asked_for(link)


@pytest.mark.parametrize('line', [
    'CAP kith DEL :server-time unknown sasl', 'CAP kith ACK :echo-message draft/x -unknown',
    'CAP kith NAK :account-tag', 'CAP kith ACK :-server-time', 'CAP kith LS :account-tag',
    'CAP kith NEW :', 'CAP kith LIST :server-time', 'CAP kith ODD :thing', 'CAP kith', 'CAP * ACK',
])
def test_takes_odd_news_of_capabilities(plays, line):
    server, _ = plays.start(offers={'server-time': ''})
    link = server.welcome()
    before = asked_for(link)
    link.send(f':{NAME} {line}')
    link.asks('anybody')
    assert asked_for(link) == before


@pytest.mark.parametrize('answers', [{}, {'CAP': None}], ids=['421', 'silence'])
def test_registers_where_cap_is_unknown(plays, answers):
    server, _ = plays.start(answers=answers)
    server.welcome().asks('anybody')


# A nick

REFUSED = {'433': 'Nickname is already in use', '432': 'Erroneous Nickname',
           '437': 'Nick/channel is temporarily unavailable'}


def refuse_nick(link, with_numeric, nick='kith'):
    link.send(f':{NAME} {with_numeric} * {nick} :{REFUSED[with_numeric]}')


def takes_another(link):
    """Refused once, then known by the other one."""
    nick = link.expect(r'^NICK :?(kith_\S*)$')[1]
    assert link.expect(f'^JOIN :?{ROOM}')
    link.say('ana', ROOM, f'{nick}: !who x')
    link.expect_said(ROOM, 'nobody called “x”')
    assert len(link.said('^NICK')) == 2


@pytest.mark.parametrize('with_numeric', REFUSED)
class TestTakesAnotherNick:
    """Whenever the server finds out."""

    def test_at_once(self, plays, with_numeric):
        def refuse(link, line):
            if line.params[0] == 'kith':
                refuse_nick(link, with_numeric)
            else:
                link._answer_nick(line)
        server, _ = plays.start(answers={'NICK': refuse}, offers={'server-time': ''})
        takes_another(server.meet())

    def test_before_the_offers(self, plays, with_numeric):
        def late(link, line):
            if line.params[0] == 'LS':
                refuse_nick(link, with_numeric)
            link._answer_cap(line)
        server, _ = plays.start(answers={'CAP': late}, offers={'server-time': ''})
        takes_another(server.meet())

    def test_while_signing_in(self, plays, tmp_path, with_numeric):
        def late(link, line):
            if line.params[0] == 'PLAIN':
                refuse_nick(link, with_numeric)
            link._answer_authenticate(line)
        server, _ = signs_in(plays, tmp_path, answers={'AUTHENTICATE': late})
        link = server.meet()
        takes_another(link)
        assert link.login() == ['', ACCOUNT, PASSWORD]

    def test_at_the_end(self, plays, with_numeric):
        def late(link, line):
            if line.params[0] == 'END':
                link.nick = None  # until it has another
                refuse_nick(link, with_numeric)
            link._answer_cap(line)
        server, _ = plays.start(answers={'CAP': late}, offers={'server-time': ''})
        takes_another(server.meet())

    def test_not_any_more(self, plays, with_numeric):
        """In the room it has one, whatever the server says of another."""
        server, _ = plays.start()
        link = server.welcome()
        refuse_nick(link, with_numeric)
        refuse_nick(link, with_numeric, nick='other')
        link.asks('anybody')
        assert len(link.said('^NICK')) == 1
