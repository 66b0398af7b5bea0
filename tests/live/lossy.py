"""A bad network: two network namespaces of the test's own, joined by two TUN devices and a thread
that holds each packet for a while, loses some, and can be told to lose them all.

There is nothing to remove: a namespace and its device live no longer than the descriptors here and
the processes in it, however the test ends."""
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import threading
import time

# Benchmarks have this network for themselves (RFC 2544): no real host is there.
NEAR, FAR = '198.18.0.1', '198.18.0.2'

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x0001
SIOCSIFADDR, SIOCSIFDSTADDR = 0x8916, 0x8918
PACKET_MOST = 65536

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *args):
    if getattr(libc, function)(*args) != 0:
        raise OSError(ctypes.get_errno(), f'{function}: {os.strerror(ctypes.get_errno())}')


def device_up(name, addresses=()):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, address in addresses:
            where = struct.pack('HH4s8x', socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(control, request, struct.pack('16s16s', name, where))
        flags = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack('16sh22x', name, 0))
        flags = struct.unpack('16sh22x', flags)[1] | IFF_UP
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack('16sh22x', name, flags))


class Namespace:
    """`with` it, a thread is in it, and so are the sockets it makes, the threads and the processes
    it starts. It has a loopback of its own, and `address` on a way to `other`."""

    def __init__(self, address, other):
        self._of = threading.local()
        self._handle = self.tun = -1
        failed = []

        def make():
            try:
                call('unshare', CLONE_NEWNET)
                self._handle = os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)
                self.tun = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
                kind = struct.pack('16sH22x', b'way', IFF_TUN | IFF_NO_PI)
                fcntl.ioctl(self.tun, TUNSETIFF, kind)
                device_up(b'lo')
                device_up(b'way', [(SIOCSIFADDR, address), (SIOCSIFDSTADDR, other)])
            except OSError as e:
                failed.append(e)
        maker = threading.Thread(target=make)  # it leaves its namespace only by its end
        maker.start()
        maker.join()
        if failed:
            self.close()
            raise failed[0]

    def __enter__(self):
        self._of.home = os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)
        call('setns', self._handle, CLONE_NEWNET)

    def __exit__(self, *_):
        call('setns', self._of.home, CLONE_NEWNET)
        os.close(self._of.home)

    def close(self):
        for descriptor in (self.tun, self._handle):
            if descriptor >= 0:
                os.close(descriptor)


class Way:
    """Joins `near` and `far`. Of the packets in each direction `loss` are lost, by `chance`, and
    the others take `delay_s`. While it is `cut` all are lost, and nobody is told."""

    def __init__(self, loss, delay_s, seed):
        self.near = Namespace(NEAR, FAR)
        try:
            self.far = Namespace(FAR, NEAR)
        except OSError:
            self.near.close()
            raise
        self.loss, self.delay_s = loss, delay_s
        self.cut = False
        self.passed = self.lost = 0
        self._chance = random.Random(seed)
        self._under_way = []  # (when it arrives, number, whose it is, packet)
        self._wake, self._woken = socket.socketpair()
        self._carrier = threading.Thread(target=self._carry, daemon=True)
        self._carrier.start()

    def _carry(self):
        tuns = {self.near.tun: self.far.tun, self.far.tun: self.near.tun}
        while True:
            wait_s = max(0, self._under_way[0][0] - time.monotonic()) if self._under_way else None
            ready, _, _ = select.select([*tuns, self._woken], [], [], wait_s)
            if self._woken in ready:
                return
            for tun in ready:
                self._take(os.read(tun, PACKET_MOST), tuns[tun])
            while self._under_way and self._under_way[0][0] <= time.monotonic():
                _, _, tun, packet = heapq.heappop(self._under_way)
                os.write(tun, packet)

    def _take(self, packet, to):
        if self.cut or self._chance.random() < self.loss:
            self.lost += 1
            return
        self.passed += 1
        heapq.heappush(self._under_way, (time.monotonic() + self.delay_s, self.passed, to, packet))

    def close(self):
        self._wake.send(b'.')
        self._carrier.join()
        for end in (self._wake, self._woken, self.near, self.far):
            end.close()
