"""kith on a real server of IRC, among people."""
import os
import re
import signal

import irc


def test_answers_where_it_is_spoken_to(kith, person):
    observer = person('observer', '#makers')
    ana = person('ana', '#makers')
    kith()
    observer.expect(r'^:kith!\S+ JOIN :?#makers')
    ana.say('#makers', 'kith: help')
    answers = {'#makers': observer.expect_said('kith', '#makers', '')}
    ana.say('kith', 'help')
    answers['ana'] = ana.expect_said('kith', 'ana', '')
    ana.say('#makers', 'just talking, nobody named')
    ana.say('#makers', '\x01VERSION\x01')
    ana.say('kith', '\x01FINGER\x01')
    ana.send('NOTICE #makers :kith: help')
    ana.send('NOTICE kith :help')
    # Asked last: once it is answered, whatever the rest had led to would have been said.
    ana.say('#makers', 'kith: charter')
    observer.expect_said('kith', '#makers', 'Makers')
    ana.say('kith', 'charter')
    ana.expect_said('kith', 'ana', 'Makers')
    for target, answer in answers.items():
        assert [text for _, _, text in ana.said_in(target)].count(answer) == 1
    assert not ana.heard(r'^:kith!\S+ NOTICE')


def test_knows_five_people_apart(kith, person):
    observer = person('observer', '#makers')
    kith()
    people = [person(name, '#makers') for name in ('ana', 'ben', 'cleo', 'dora', 'eve')]
    for somebody in people:
        somebody.say('#makers', f'!intro I make things, says {somebody.nick}')
    for somebody in people:
        observer.expect_said('kith', '#makers', '')
    for somebody in people:
        observer.say('#makers', f'!who {somebody.nick}')
        observer.expect_said('kith', '#makers', f'says {somebody.nick}')


def test_long_answers_arrive_whole_and_in_order(kith, person):
    ana = person('ana', '#makers')
    kith()
    text = ' '.join(f'wörd{i}' for i in range(100))
    ana.say('#makers', f'!intro {text[:380]}')
    ana.expect_said('kith', '#makers', '')
    for _ in range(4):
        ana.say('#makers', '!who ana')
    said = []
    while sum('wörd0' in line for line in said) < 4:
        said.append(ana.expect_said('kith', '#makers', ''))
    # The server cut none of them in the middle of a character.
    assert not any('�' in line for line in said)
    times = [at for at, nick, _ in ana.said_in('#makers') if nick == 'kith']
    assert times == sorted(times)


def test_comes_back_when_the_server_does(kith, ircd, person):
    bot = kith()
    ircd.stop()
    bot.await_log('disconnected')
    ircd.start()
    bot.await_log('in #makers', times=2)
    ana = person('ana', '#makers')
    ana.say('#makers', 'kith: help')
    ana.expect_said('kith', '#makers', 'help')


def test_takes_another_nick_and_its_own_back(kith, person):
    squatter = person('kith', '#makers')
    ana = person('ana', '#makers')
    kith()
    ana.say('#makers', 'kith_: help')
    ana.expect_said('kith_', '#makers', 'help')
    squatter.quit()
    ana.expect(r'^:kith_!\S+ NICK :?kith$')
    ana.say('#makers', 'kith: help')
    ana.expect_said('kith', '#makers', 'help')


def test_leaves_with_a_word(kith, person):
    bot = kith()
    ana = person('ana', '#makers')
    bot.stop()
    assert re.search('leaves', ana.expect(r'^:kith!\S+ QUIT :?(.*)')[1])


def test_outlives_a_hang_up(kith, person):
    bot = kith()
    ana = person('ana', '#makers')
    bot.process.send_signal(signal.SIGHUP)
    bot.await_log('read again')
    ana.say('#makers', 'kith: charter')
    ana.expect_said('kith', '#makers', 'Makers')


def test_gives_the_servers_password(kith, ircd, tmp_path):
    ircd.stop()
    ircd.password = 'open-sesame'
    ircd.configure()
    ircd.start()
    secret = tmp_path / 'secret'
    secret.write_text('close-sesame\n')
    bot = kith(f'password-file = {secret}\nsasl = no', wait=False)
    # There is no other network, so it ends (EX_NOPERM), for somebody to look at it.
    assert bot.process.wait(irc.WAIT_S) == os.EX_NOPERM
    assert re.search('Bad password.*does not try again', bot.log.read_text())
    bot.process = None
    secret.write_text('open-sesame\n')
    bot.start()
    bot.await_log('in #makers')
    assert 'sesame' not in bot.log.read_text()


def test_does_not_go_in_where_it_cannot_sign_in(kith, person, tmp_path):
    observer = person('observer', '#makers')
    secret = tmp_path / 'secret'
    secret.write_text('open-sesame\n')
    bot = kith(f'password-file = {secret}', wait=False)
    bot.await_log('does not offer SASL now.*next try')
    assert not observer.heard(r'^:kith!')
    assert 'sesame' not in bot.log.read_text()
