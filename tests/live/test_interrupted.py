"""A round goes on although the server, or the room, was not always there."""
import time

import pytest

import week

ROOM = '#makers'


def start_round(kith, person):
    """Ana and Ben are in; the round is open, her work in it, and last call a few seconds away.
    Gives the times, kith and the two."""
    pauses = [week.Pause()] * 4
    times = week.Week([*pauses, week.Step('opens'), *pauses, week.Step('last-call'),
                       *[week.Pause()] * 600, week.Step('closes')])
    people = [person(nick, ROOM) for nick in ('ana', 'ben')]
    bot = kith(zone=times.zone, sections=times.sections())
    ana = people[0]
    for somebody in people:
        somebody.say(ROOM, f'!intro I am {somebody.nick}')
        ana.expect_said('kith', ROOM, f'Welcome, {somebody.nick}')
    ana.expect_said('kith', ROOM, 'A new round is open')
    ana.say(ROOM, '!show "Almanac"')
    ana.expect_said('kith', ROOM, '#1 “Almanac” is in')
    return times, bot, *people


def await_step(times, key):
    left = times.is_due(key) - time.monotonic()
    assert left > 0, 'this machine is too slow'
    time.sleep(left + 0.5)


def test_starts_before_the_server_does(kith, ircd, person):
    ircd.stop()
    bot = kith(wait=False)
    bot.await_log('next try')
    ircd.start()
    ana = person('ana', ROOM)
    bot.await_log('in #makers')
    ana.say(ROOM, 'kith: help')
    ana.expect_said('kith', ROOM, 'help')


@pytest.mark.long
def test_says_the_last_call_when_the_server_is_back(kith, ircd, person):
    times, bot, *_ = start_round(kith, person)
    ircd.stop()
    await_step(times, 'last-call')
    ircd.start()
    ana = person('ana', ROOM)
    ana.expect_said('kith', ROOM, 'Last call')
    # Ben, who is to read it, has not found the way back yet.
    ben = person('ben', ROOM)
    ben.expect_said('kith', 'ben', 'close reading for you.*#1')
    ben.say(ROOM, '!note 1 it made me want to go outside')
    ana.expect_said('kith', 'ana', 'want to go outside')
    ben.say(ROOM, '!round')
    ana.expect_said('kith', ROOM, 'at last call')
    assert not ana.heard('A new round')
    assert len(ana.heard('Last call')) == len(ben.heard('close reading')) == 1


@pytest.mark.long
def test_says_the_last_call_when_it_is_back_in_the_room(kith, person):
    times, bot, ana, ben = start_round(kith, person)
    ana.send(f'KICK {ROOM} kith :not now')  # who is first in a room may
    bot.await_log(f'put out of {ROOM} by ana: not now')
    await_step(times, 'last-call')
    assert not ben.heard('Last call')
    # It waits half a minute before it comes back, so as not to quarrel.
    ana.expect_said('kith', ROOM, 'Last call', seconds=60)
    ben.expect_said('kith', 'ben', 'close reading for you.*#1')
    ben.say(ROOM, '!round')
    ana.expect_said('kith', ROOM, 'at last call')
    assert len(ana.heard('Last call')) == len(ben.heard('close reading')) == 1
