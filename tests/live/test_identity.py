"""Whoever kith takes somebody for is what services say now, never a nick. Olga is the organizer."""
import itertools

import pytest

from scripted import ROOM

CAPS = {'message-tags': '', 'account-tag': '', 'account-notify': '', 'extended-join': ''}
WITHOUT_TAG = {cap: '' for cap in CAPS if 'tag' not in cap}

ANSWERS = {
    'olga': '“{probe}”',  # she may, but there is no such person
    'somebody': 'that one is for the organizers',
    'nobody': 'log in to',
}

numbers = itertools.count()


def taken_for(link, nick, tag=None):
    """As whom this nick is heard by kith: 'olga', 'somebody' else, or 'nobody' it knows."""
    probe = f'probe{next(numbers)}'
    tags = f'@account={tag} ' if tag else ''
    link.send(f'{tags}:{nick}!{nick}@host PRIVMSG {ROOM} :!admin vouch {probe}')
    said = link.expect_said(ROOM, '|'.join(ANSWERS.values()).format(probe=probe))
    return next(who for who, answer in ANSWERS.items() if answer.format(probe=probe) in said)


def test_an_impostors_nick_is_nobody(plays):
    """Her nick, but no account-tag, or another's."""
    server, _ = plays.start(offers=CAPS, tokens='WHOX', accounts={'olga': None})
    link = server.welcome()
    assert taken_for(link, 'olga') == 'nobody'
    assert taken_for(link, 'olga', tag='eve') == 'somebody'
    assert taken_for(link, 'eve', tag='olga') == 'olga'


def test_a_tag_counts_only_where_it_was_agreed_on(plays):
    """Any client may send a tag that the server passes on as it is."""
    server, _ = plays.start(offers={'message-tags': ''}, tokens='WHOX', accounts={'eve': None})
    link = server.welcome()
    assert taken_for(link, 'eve', tag='olga') == 'nobody'


def test_a_missing_tag_is_no_account_whatever_was_known(plays):
    """She was signed in when kith came; what each message says is the latest."""
    server, _ = plays.start(offers=CAPS, tokens='WHOX', accounts={'olga': 'olga'})
    link = server.welcome()
    assert taken_for(link, 'olga') == 'nobody'


def test_a_tag_that_is_withdrawn_counts_no_more(plays):
    server, _ = plays.start(offers=CAPS, tokens='WHOX', accounts={'olga': 'olga', 'eve': None})
    link = server.welcome()
    assert taken_for(link, 'olga', tag='olga') == 'olga'
    link.send(':irc.test CAP kith DEL :account-tag')
    assert taken_for(link, 'eve', tag='olga') == 'nobody'
    assert taken_for(link, 'olga') == 'olga'  # as WHOX told


@pytest.mark.parametrize('tokens', ['WHOX', ''], ids=['WHOX', 'WHOIS'])
def test_who_is_signed_in_is_known_from_the_start(plays, tokens):
    server, _ = plays.start(offers=WITHOUT_TAG, tokens=tokens,
                            accounts={'olga': 'olga', 'ana': 'ana', 'eve': None})
    link = server.welcome()
    assert taken_for(link, 'olga') == 'olga'
    assert taken_for(link, 'ana') == 'somebody'
    assert taken_for(link, 'eve') == 'nobody'


def test_a_logout_is_heard_at_once(plays):
    server, _ = plays.start(offers=WITHOUT_TAG, tokens='WHOX', accounts={'olga': 'olga'})
    link = server.welcome()
    assert taken_for(link, 'olga') == 'olga'
    server.accounts['olga'] = None
    link.send(':olga!olga@host ACCOUNT *')
    assert taken_for(link, 'olga') == 'nobody'
    server.accounts['olga'] = 'eve'
    link.send(':olga!olga@host ACCOUNT eve')
    assert taken_for(link, 'olga') == 'somebody'
    server.accounts['olga'] = 'olga'
    link.send(':olga!olga@host ACCOUNT olga')
    assert taken_for(link, 'olga') == 'olga'


def test_an_account_goes_with_its_person(plays):
    server, _ = plays.start(offers=WITHOUT_TAG, tokens='WHOX', accounts={'olga': 'olga'})
    link = server.welcome()
    server.accounts = {'dora': 'olga', 'olga': None}
    link.send(':olga!olga@host NICK dora')
    link.send(f':olga!eve@host JOIN {ROOM} * :an impostor')
    assert taken_for(link, 'dora') == 'olga'
    assert taken_for(link, 'olga') == 'nobody'


@pytest.mark.parametrize('leaves', [f'PART {ROOM}', 'QUIT :gone', f'KICK {ROOM} olga :out'],
                         ids=['PART', 'QUIT', 'KICK'])
def test_an_account_is_forgotten_when_its_person_leaves(plays, leaves):
    """Out of sight, she may sign out, and another may take her nick."""
    server, _ = plays.start(offers=WITHOUT_TAG, tokens='WHOX', accounts={'olga': 'olga'})
    link = server.welcome()
    assert taken_for(link, 'olga') == 'olga'
    server.accounts = {'olga': None}
    link.send(f':olga!olga@host {leaves}')
    assert taken_for(link, 'olga') == 'nobody'
    link.send(f':olga!eve@host JOIN {ROOM} * :an impostor')
    assert taken_for(link, 'olga') == 'nobody'
    server.accounts = {'olga': 'olga'}
    link.send(f':olga!eve@host PART {ROOM}')
    link.send(f':olga!olga@host JOIN {ROOM} olga :Olga')
    assert taken_for(link, 'olga') == 'olga'


@pytest.mark.parametrize('account', ['*', ''])
def test_a_sign_of_no_account_is_none(plays, account):
    server, _ = plays.start(offers=CAPS)
    link = server.welcome()
    link.send(f'@account={account} :eve!eve@host PRIVMSG {ROOM} :!intro I make things')
    link.expect_said(ROOM, 'log in to')


def test_a_nick_that_begins_with_ours_is_not_ours(plays):
    """libircclient compares but the beginning: kith2's new nick it would take for its own."""
    server, bot = plays.start()
    link = server.welcome()
    link.send(f':kith2!k@host JOIN {ROOM}')
    link.send(':kith2!k@host NICK evil')
    link.send(':kit!k@host NICK evil2')
    link.say('ana', 'kith', '!who x')
    link.expect_said('ana', 'nobody called “x”')
    link.say('ana', 'evil', '!who y')
    link.say('ana', ROOM, 'evil: charter')
    link.say('ana', ROOM, 'kith2: charter')
    link.say('kith2', ROOM, '!who z')  # somebody like any, and not our echo
    link.expect_said(ROOM, 'nobody called “z”')
    assert not link.said('“y”|Makers')
    assert 'now known' not in bot.log.read_text()


def test_our_own_new_nick_is_ours(plays):
    server, bot = plays.start()
    link = server.welcome()
    link.send(':kith!~kith@host.test NICK Guest17')
    link.say('ana', 'Guest17', '!who x')
    link.expect_said('ana', 'nobody called “x”')
    link.say('ana', ROOM, 'guest17: !who y')
    link.expect_said(ROOM, 'nobody called “y”')
    bot.await_log('now known as Guest17')
