"""kith on a network with services, and without them: who is who, and what may become of the
connection."""
import concurrent.futures
import re
import time

import pytest

import services
import week
from group import ROOM, Group, steps_of

UNKNOWN = 'I go by accounts, not by nicks'  # not-identified
KEPT = 'I keep .* for the next round'  # show.kept and show.kept-replaced


@pytest.fixture
def kith(kith_at, network):
    """kith(keys, ...): kith_at the network by TLS, signed in by a password. `keys` are further
    ones."""
    def start(keys='rate = 600', sasl=None, **how):
        bot = kith_at('\n'.join([network.keys(), sasl or network.sasl_plain(), keys]), **how)
        bot.secrets.append(services.PASSWORD)
        return bot
    return start


@pytest.fixture
def oper(network, member):
    def arrive():
        somebody = member('oper')
        somebody.send(f'OPER oper {services.PASSWORD}')
        somebody.expect(' 381 ')
        return somebody
    return arrive


@pytest.fixture
def members(member):
    """members(nick...): in the room, all at once: a server takes a second to let somebody in."""
    def arrive(*nicks):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return list(pool.map(lambda nick: member(nick, ROOM), nicks))
    return arrive


def introduce(somebody):
    somebody.say(ROOM, f'!intro I am {somebody.nick}, and I make things')
    somebody.expect_said('kith', ROOM, f'Welcome, {somebody.nick}')


def show_next(somebody, answer):
    """A member keeps a work for the next round; others are not known."""
    somebody.say(ROOM, '!show --next "Almanac"')
    somebody.expect_said('kith', ROOM, answer)


# The week.

def lines_among_strangers():
    """The demo, with what happens on a real network: who drops by has no account, Dev gets another
    nick, somebody is called almost like Olga, and somebody takes Ana's nick when she has left."""
    lines = []
    for line in week.of_demo(week.DEMO.read_text()):
        if getattr(line, 'nick', None) == 'sam':
            line = line._replace(nick='~sam')
        lines.append(line)
        if line == week.Step('opens'):
            lines.append(week.Renamed('dev', 'dev|spoons'))
    *lines, last = lines
    return [*lines,
            week.Said('~olga_', False, '!admin round close'),
            week.Goes('ana'),
            week.Comes('~ana'),
            week.Said('~ana', False, '!intro I am Ana, and this is another matter'),
            week.Said('~ana', False, '!show "Almanac, again"'),
            week.Said('~ana', True, '!mydata'),
            last]


def play_week(kith, member, sasl, keys, **pace):
    def somebody(name, room):
        stranger = {'account': None} if name.startswith('~') else {}
        return member(name.lstrip('~'), room, **stranger)
    group = Group(week.Week(lines_among_strangers(), **pace),
                  lambda **how: kith(sasl=sasl, **how), somebody, keys)
    group.play()
    group.bot.stop()
    group.check()
    assert len(group.observer.heard(rf'^:kith!\S+ PRIVMSG {ROOM} .*{UNKNOWN}')) == 3
    assert {post.to for post in sum(group.at_line, [])} >= {None, 'olga', 'ana', 'cleo', '~ana'}
    assert steps_of(group.bot) == ['closed', 'open', 'planned']


@pytest.mark.long
def test_the_week_with_a_password(kith, network, member):
    network.restart(services.NO_LIMITS)
    play_week(kith, member, network.sasl_plain(), 'rate = 600')


@pytest.mark.long
def test_the_week_with_a_certificate_at_a_networks_pace(kith, network, member):
    pem = network.authority.client('kith')
    # Its owner shows it once, signed in by the password.
    owner = member('kith', port=network.server.ports['good'], context=network.context(pem))
    owner.say('NickServ', 'CERT ADD')
    owner.expect('NOTICE .*Added fingerprint')
    owner.quit()
    # Its own limits and ours as they come: everything takes its time.
    play_week(kith, member, f'account = kith\ncertificate = {pem}\n', '', each=2, spare=20)


# Who is who.

def test_goes_by_accounts_where_there_are_none(kith_at, ircd, person):
    ana, sam = person('ana', ROOM), person('sam', ROOM)
    kith_at(f'{ircd.keys()}\nrate = 600', sections='[pitch]\nmode = gentle')
    ana.say(ROOM, 'kith: charter')
    ana.expect_said('kith', ROOM, 'Makers')
    sam.say(ROOM, 'My photography course is 40% off this week only, sign up at '
                  'https://example.org/course')
    ana.expect_said('kith', ROOM, 'sam, this reads like an offer')
    ana.say(ROOM, '!intro I am ana, and I make things')
    ana.expect_said('kith', ROOM, UNKNOWN)
    ana.say('kith', 'show "Almanac"')
    ana.expect_said('kith', 'ana', UNKNOWN)


def test_knows_who_signs_in_and_out_and_changes_nick(kith, member):
    ana = member('ana', ROOM)
    kith()
    introduce(ana)
    show_next(ana, KEPT)
    ana.say('NickServ', 'LOGOUT')
    ana.expect(' 901 ')
    show_next(ana, UNKNOWN)
    ana.say('NickServ', f'IDENTIFY ana {services.PASSWORD}')
    ana.expect(' 900 ')
    show_next(ana, KEPT)
    ana.rename('ana|home')
    show_next(ana, KEPT)
    impostor = member('ana', ROOM, account=None)
    show_next(impostor, UNKNOWN)
    impostor.say('kith', 'mydata')
    impostor.expect_said('kith', 'ana', UNKNOWN)


# Services that come and go.

def test_waits_for_services(kith, network, member):
    network.services.stop()
    observer = member('observer', ROOM, account=None)
    bot = kith(wait=False)
    bot.await_log(r'(?i)services.*next try')
    assert not observer.heard(r'^:kith!\S+ JOIN')
    network.services.start()
    bot.await_log('in #makers')
    ana = member('ana', ROOM)
    introduce(ana)


def test_stays_while_services_restart(kith, network, member, members):
    ana, ben, sam = members('ana', 'ben', 'sam')
    bot = kith()
    introduce(ana)
    network.services.stop()
    show_next(ana, KEPT)
    network.services.start()
    introduce(ben)
    show_next(sam, UNKNOWN)
    sam.say('NickServ', f'IDENTIFY cleopatra {services.PASSWORD}')
    sam.expect(' 900 ')
    introduce(sam)
    introduce(member('dev', ROOM))
    assert not ana.heard(r'^:kith!\S+ (QUIT|PART)')
    assert len(re.findall('registered as', bot.log.read_text())) == 1


# What becomes of a connection.

def test_says_nothing_of_a_netsplit(kith, network, member, oper):
    network.leaf.start()
    op = oper()
    network.link(op)
    ana = member('ana', ROOM)
    ben = member('ben', ROOM, port=network.leaf.ports['plain'])
    bot = kith()
    introduce(ana)
    introduce(ben)
    show_next(ben, KEPT)
    ana.expect_said('kith', ROOM, KEPT)
    said = len(ana.said_in(ROOM))
    op.send('SQUIT leaf.test :away')
    ana.expect(r'^:ben!\S+ QUIT :?irc.test leaf.test')
    ana.say(ROOM, '!who ben')
    ana.expect_said('kith', ROOM, 'I am ben, and I make things')
    network.link(op)
    ana.expect(r'^:ben!\S+ JOIN')
    show_next(ben, KEPT)
    ana.expect_said('kith', ROOM, KEPT)
    # Nobody hears themselves.
    assert [nick for _, nick, _ in ana.said_in(ROOM)[said:]] == ['kith', 'ben', 'kith']
    assert not ana.said_in('ana') and not ben.said_in('ben')
    assert len(re.findall('registered as', bot.log.read_text())) == 1


def test_long_lines_arrive_whole_behind_a_longer_cloak(kith, member, oper):
    ana = member('ana', ROOM)
    kith()
    words = [f'wörd{n}' for n in range(10, 65)]
    ana.say(ROOM, f'!intro {" ".join(words)}')
    ana.expect_said('kith', ROOM, 'Welcome')
    op = oper()
    # The whole answer fits into a line of its first two masks, not into one of the last.
    lines = {}
    for host in ('127.0.0.1', 'a.test', '.'.join(['long'] * 11) + '.test'):
        op.send(f'CHGHOST kith {host}')
        op.send('WHOIS kith')
        op.expect(rf' 311 \S+ kith \S+ {re.escape(host)} ')
        before = len(ana.said_in(ROOM))
        ana.say(ROOM, '!who ana')
        ana.expect_said('kith', ROOM, words[-1])
        said = [text for _, _, text in ana.said_in(ROOM)[before:]]
        assert re.findall(r'w\S*rd\d+', ' '.join(said)) == words
        lines[host] = len(said)
    assert list(lines.values()) == [1, 1, 2]


def test_comes_back_after_a_kill(kith, member, oper):
    ana = member('ana', ROOM)
    bot = kith()
    oper().send('KILL kith :a mistake')
    bot.await_log(r'(?i)kill.*a mistake')
    bot.await_log('next try in [1-9] s')
    bot.await_log('in #makers', times=2)
    introduce(ana)


@pytest.mark.long
def test_leaves_a_network_alone_that_bans_it(kith, network, member, oper):
    bot = kith()
    oper().send('KLINE kith@* 600s :no bots here')
    bot.await_log(r'banned.*no bots here.*next try in [2-4]\d min')
    time.sleep(8)  # longer than after any other loss
    assert len(re.findall('connected to', bot.log.read_text())) <= 2
    assert bot.process.poll() is None


def test_has_services_give_its_nick_back(kith, member):
    squatter = member('kith', account=None)
    ana = member('ana', ROOM)
    kith()
    ana.expect(r'^:kith_!\S+ NICK :?kith$')
    squatter.expect(r'^:kith!\S+ NICK|ERROR')
    ana.say(ROOM, 'kith: charter')
    ana.expect_said('kith', ROOM, 'Makers')


# Whom it trusts.

@pytest.mark.parametrize('port, authority_known, why', [
    ('good', False, 'certificate.*issuer'),
    ('wrong-name', True, "certificate.*localhost"),
    ('expired', True, 'certificate.*expired'),
])
def test_tells_why_it_does_not_trust_a_server(kith_at, network, port, authority_known, why):
    bot = kith_at(f'{network.keys(port, authority_known)}\n{network.sasl_plain()}', wait=False)
    bot.await_log(f'(?i){why}.*next try')
    assert 'connected to' not in bot.log.read_text()
