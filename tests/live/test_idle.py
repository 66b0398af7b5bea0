"""A day without a word, and a hundred lost connections, in a minute each: kith's clocks run faster
than ours (libfaketime), its server's do not. Played with a build without sanitizers, whose memory
is what a VPS would see."""
import pathlib
import re
import subprocess
import threading
import time

import pytest

import irc
from conftest import missing

MINUTES = 24 * 60

# Each minute the timer looks, the watchdog asks, and its answer comes; seldom the server asks.
WAKEUPS_A_MINUTE = 3.5

# The day's chores look into the store, which touches a page of SQLite's index of its log.
WRITTEN_MOST = 16 * 1024

# What may come and go between two looks at the memory.
GROWTH_MOST_KB = 256

pytestmark = pytest.mark.long


def fast_clock(speed):
    """The environment in which clocks run so many times faster."""
    libraries = sorted(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'))
    if not libraries:
        missing('faketime')
    return {'LD_PRELOAD': str(libraries[0]), 'FAKETIME': f'+0 x{speed}',
            'FAKETIME_DONT_RESET': '1', 'PATH': '/usr/bin:/bin'}


@pytest.fixture
def fast_kith(kith_release, tmp_path, cleanup):
    """fast_kith(port, speed): a kith with nothing to do for days, whose clocks run that fast."""
    def start(port, speed):
        now = time.gmtime()
        days = [('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[(now.tm_wday + n) % 7]
                for n in (3, 4, 5)]
        bot = irc.Kith(kith_release, tmp_path, f'''
            [group]
            name = Makers
            timezone = UTC
            organizers = test/olga
            places = test/#makers
            [round]
            opens = {days[0]} 09:00
            last-call = {days[1]} 09:00
            closes = {days[2]} 09:00
            [irc test]
            server = 127.0.0.1
            port = {port}
            tls = no
            nick = kith
            trust-nicks = yes
            [store]
            path = {tmp_path / 'kith.db'}
        '''.replace('            ', ''), env=fast_clock(speed))
        cleanup.callback(bot.stop)
        bot.start()
        return bot
    return start


def of_proc(bot, file, name):
    text = pathlib.Path(f'/proc/{bot.process.pid}/{file}').read_text()
    return int(re.search(rf'^{name}:\s+(\d+)', text, re.M)[1])


def sleeps(bot):
    return of_proc(bot, 'status', 'voluntary_ctxt_switches')


def memory_kb(bot):
    return of_proc(bot, 'smaps_rollup', 'Rss')


def test_a_day_without_a_word_costs_nothing(ircd, fast_kith):
    speed = 1440
    bot = fast_kith(ircd.port, speed)
    bot.await_log('in #makers')
    time.sleep(5)  # the first hours
    before, log = sleeps(bot), bot.log.read_text()
    memory, written = memory_kb(bot), of_proc(bot, 'io', 'write_bytes')

    time.sleep(MINUTES * 60 / speed)

    print(f'{(sleeps(bot) - before) / MINUTES:.2f} wakeups a minute')
    assert sleeps(bot) - before < WAKEUPS_A_MINUTE * MINUTES
    assert of_proc(bot, 'io', 'write_bytes') - written <= WRITTEN_MOST
    assert memory_kb(bot) <= memory + GROWTH_MOST_KB
    assert bot.log.read_text() == log  # it has been on all the time


def test_the_library_has_no_loop_of_its_own(kith_program):
    symbols = subprocess.run(['nm', '-D', '--undefined-only', kith_program], check=True,
                             capture_output=True, text=True, timeout=60).stdout
    assert re.search(r' irc_send_raw\b', symbols)
    assert not re.search(r' irc_run\b', symbols)


class Forgetful:
    """A server that welcomes whoever comes, lets them in, and hangs up."""

    def __init__(self):
        self.port = irc.free_port()
        self.visits = 0
        self._listener = irc.listen(self.port)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with link, link.makefile('rwb') as stream:
                self._welcome(stream)

    def _welcome(self, stream):
        try:
            for raw in stream:
                command, _, rest = raw.decode().strip().partition(' ')
                if command == 'USER':
                    stream.write(b':irc.test 001 kith :Welcome\r\n:irc.test 422 kith :no news\r\n')
                    stream.flush()
                elif command == 'JOIN':
                    self.visits += 1
                    stream.write(f':kith!kith@host JOIN {rest}\r\n'
                                 f':irc.test 353 kith = {rest} :kith\r\n'
                                 f':irc.test 366 kith {rest} :that is all\r\n'.encode())
                    return
        except OSError:
            pass  # it was first

    def stop(self):
        self._listener.close()


def test_a_hundred_lost_connections_leave_nothing_behind(fast_kith, cleanup):
    server = Forgetful()
    cleanup.callback(server.stop)
    bot = fast_kith(server.port, speed=1200)
    irc.wait_for('the first visits', lambda: server.visits >= 15, seconds=60)
    memory, threads = memory_kb(bot), of_proc(bot, 'status', 'Threads')
    descriptors = len(list(pathlib.Path(f'/proc/{bot.process.pid}/fd').iterdir()))

    irc.wait_for('a hundred more', lambda: server.visits >= 115, seconds=150)

    time.sleep(0.2)  # between two visits
    print(f'{memory_kb(bot) - memory} KiB more')
    assert memory_kb(bot) <= memory + GROWTH_MOST_KB
    assert of_proc(bot, 'status', 'Threads') <= threads
    assert len(list(pathlib.Path(f'/proc/{bot.process.pid}/fd').iterdir())) <= descriptors + 3
