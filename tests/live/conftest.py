"""What the live tests stand on. A server that is not installed is a skip, and with CI=true a
failure. What a test starts is ended by it, and has to have ended well."""
import contextlib
import itertools
import os
import pathlib

import pytest

import irc
import matrix
import scripted
import services
import synapse

ROOT = pathlib.Path(__file__).resolve().parents[2]

CONFIG = '''
[group]
name = Makers
timezone = {zone}
organizers = test/olga
places = test/#makers
[irc test]
{keys}
[store]
path = {store}
{sections}
'''


def pytest_configure(config):
    config.addinivalue_line('markers', 'long: takes its time; runs where LONG_TESTS=true')


def pytest_collection_modifyitems(config, items):
    """Leaves the long tests out, unless the environment wants them."""
    if os.environ.get('LONG_TESTS') == 'true':
        return
    config.hook.pytest_deselected(items=[i for i in items if i.get_closest_marker('long')])
    items[:] = [i for i in items if not i.get_closest_marker('long')]


def missing(what):
    if os.environ.get('CI') == 'true':
        pytest.fail(f'{what} is missing')
    pytest.skip(f'{what} is missing')


@pytest.fixture(scope='session')
def kith_program():
    """The program under test: $KITH, else where tests/run builds it."""
    program = pathlib.Path(os.environ.get('KITH', ROOT / 'build/sanitized/kith'))
    if not program.exists():
        missing(str(program))
    return program.resolve()


@pytest.fixture(scope='session')
def kith_release():
    """The same without sanitizers: $KITH_RELEASE, else where tests/run --all builds it."""
    program = pathlib.Path(os.environ.get('KITH_RELEASE', ROOT / 'build/release/kith'))
    if not program.exists():
        missing(str(program))
    return program.resolve()


@pytest.fixture(scope='session')
def forger_program(kith_program):
    """What forged.Forger runs: $FORGER, else where it lies in the same build as kith."""
    program = pathlib.Path(os.environ.get('FORGER', kith_program.parent / 'tests/live/forger'))
    if not program.exists():
        missing(str(program))
    return program.resolve()


@pytest.fixture
def cleanup():
    """Callbacks are called last first, all of them, even if one fails."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def ircd(tmp_path, cleanup):
    if not irc.program('ngircd'):
        missing('ngircd')
    server = irc.Ngircd(tmp_path)
    cleanup.callback(server.stop)
    server.start()
    return server


@pytest.fixture
def person(ircd, cleanup):
    """person(nick, *rooms): somebody on the server, in these rooms."""
    def arrive(nick, *rooms):
        somebody = irc.Person(ircd.port, nick, *rooms)
        cleanup.callback(somebody.quit)
        return somebody
    return arrive


@pytest.fixture
def kith_at(kith_program, tmp_path, cleanup):
    """kith_at(keys, zone, sections, wait, folder): the bot, running and, unless it is not to be
    waited for, in #makers. `keys` are those of [irc test], `zone` is the group's, `sections` more
    of the configuration; a second kith needs a folder of its own."""
    def start(keys, zone='Europe/Berlin', sections='', wait=True, folder=tmp_path):
        bot = irc.Kith(kith_program, folder, CONFIG.format(
            keys=keys, zone=zone, store=folder / 'kith.db', sections=sections))
        cleanup.callback(bot.check_log)
        cleanup.callback(bot.stop)
        bot.start()
        if wait:
            bot.await_log('in #makers')
        return bot
    return start


@pytest.fixture
def plays(kith_program, tmp_path, cleanup):
    """plays.start(keys, group, secrets, ...): a scripted.Server and a kith on its way there."""
    return scripted.Plays(kith_program, tmp_path, cleanup)


@pytest.fixture(scope='module')
def plays_of_all(kith_program, tmp_path_factory):
    """The same for what the tests of a module share."""
    with contextlib.ExitStack() as stack:
        yield scripted.Plays(kith_program, tmp_path_factory.mktemp('plays'), stack)


@pytest.fixture
def kith(kith_at, ircd):
    """kith(keys, ...): kith_at the ircd, trusting nicks. `keys` are further ones; without any
    it speaks faster than it would among strangers."""
    def start(keys='rate = 600', **how):
        return kith_at(f'{ircd.keys()}\ntrust-nicks = yes\n{keys}', **how)
    return start


@pytest.fixture(scope='session')
def authority(tmp_path_factory):
    if not irc.program('openssl'):
        missing('openssl')
    return services.Authority(tmp_path_factory.mktemp('authority') / 'pem')


@pytest.fixture
def network(tmp_path, cleanup, authority):
    """irc.test, running, and its services."""
    for program in ('inspircd', 'atheme-services'):
        if not irc.program(program):
            missing(program)
    there = services.Network(authority, tmp_path, services.ACCOUNTS.values())
    cleanup.callback(there.stop)
    there.start()
    return there


@pytest.fixture
def member(network, cleanup):
    """member(nick, *rooms): see services.Network.person."""
    def arrive(nick, *rooms, **how):
        somebody = network.person(nick, *rooms, **how)
        cleanup.callback(somebody.quit)
        return somebody
    return arrive


def got(get):
    """What `get` gives; where it cannot be had, that is missing."""
    try:
        return get()
    except synapse.Unavailable as e:
        missing(str(e))


@pytest.fixture(scope='session')
def homeserver_program():
    if os.environ.get('LONG_TESTS') != 'true':
        pytest.skip('a real homeserver is for tests/run --all')
    return got(synapse.get)


@pytest.fixture(scope='session')
def peers(request, homeserver_program, tmp_path_factory):
    """Where people live who use matrix-js-sdk: the newest one, or of the version that the test is
    parametrized with."""
    version = getattr(request, 'param', matrix.NEWEST)
    there = matrix.Peers(got(lambda: matrix.Sdk(version)),
                         tmp_path_factory.mktemp('peers') / 'peers.log')
    yield there
    there.stop()


@pytest.fixture
def homeserver(homeserver_program, cleanup):
    """homeserver(rc_message=..., ...): a Synapse of the test's own, running, by this configuration;
    see synapse.Synapse."""
    def start(**changes):
        server = synapse.Synapse(homeserver_program, **changes)
        cleanup.callback(server.remove)
        server.start()
        return server
    return start


@pytest.fixture(scope='session')
def shared_homeserver(homeserver_program):
    """For tests that leave it as it is."""
    with contextlib.ExitStack() as stack:
        server = synapse.Synapse(homeserver_program)
        stack.callback(server.remove)
        server.start()
        yield server, itertools.count(1)


@pytest.fixture
def town(shared_homeserver, peers, cleanup):
    """A matrix.Town on a server that goes on running, with ids of its own."""
    server, numbers = shared_homeserver
    return matrix.Town(server, peers, cleanup, tag=str(next(numbers)))


@pytest.fixture
def encrypted_town(shared_homeserver, peers, cleanup):
    """The same, of people who read nothing but what was encrypted by a device that its owner has
    signed."""
    server, numbers = shared_homeserver
    return matrix.Town(server, peers, cleanup, tag=str(next(numbers)), crypto='strict')


@pytest.fixture
def own_town(homeserver, peers, cleanup):
    """own_town(rc_message=..., ...): a matrix.Town on a server of its own."""
    def town(crypto=None, **changes):
        return matrix.Town(homeserver(**changes), peers, cleanup, crypto=crypto)
    return town


@pytest.fixture
def matrix_kith(kith_program, tmp_path, cleanup):
    """matrix_kith(town, config, ...): the bot, on its way to a matrix.Town by this configuration,
    in which {keys} are those of [matrix home], {store} is its store, and more as is given. Where
    people speak encrypted somebody has signed it in, unless that is not to be."""
    def start(town, config, folder=tmp_path, signed_in=True, **values):
        bot = irc.Kith(kith_program, folder, config.format(
            keys=town.keys(folder), store=folder / 'kith.db', **values))
        bot.secrets = [matrix.PASSWORD]
        if town.crypto and signed_in:
            matrix.sign_in(bot)
        cleanup.callback(bot.check_log)
        cleanup.callback(bot.stop)
        bot.start()
        return bot
    return start
