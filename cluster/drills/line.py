"""Forwards frames between pairs of TAP devices, late and with losses: what `tc netem` does, for
kernels that lack it.

    line.py PLACE...     makes wanPLACE and farPLACE for each place, and forwards between the two

Each line on standard input sets the delay and the loss of what comes from a `far` side:
MILLISECONDS PERCENT. The order of frames is kept. Ends with its input.
"""

import collections
import fcntl
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
FRAME_BYTES_MAX = 65536
WAITING_FRAMES_MAX = 100000


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


class Line:
    """All frames that are under way; those of the `far` sides wait their time."""

    def __init__(self, places):
        self.delay = self.loss = 0.0
        self.waiting = collections.deque()  # (due, the way out, frame), in the order of due
        self.out, self.far = {}, set()
        for place in places:
            near, far = open_tap(f"wan{place}"), open_tap(f"far{place}")
            self.out[near], self.out[far] = far, near
            self.far.add(far)

    def forward(self, way, frame):
        try:
            os.write(way, frame)
        except OSError:
            pass  # the device is down or full: a lost frame, as on any wire

    def take(self, source):
        for _ in range(64):
            try:
                frame = os.read(source, FRAME_BYTES_MAX)
            except OSError:
                return
            way = self.out[source]
            if source not in self.far or self.delay == 0 and not self.waiting:
                self.forward(way, frame)
            elif random.random() >= self.loss and len(self.waiting) < WAITING_FRAMES_MAX:
                last = self.waiting[-1][0] if self.waiting else 0.0
                self.waiting.append((max(last, time.monotonic() + self.delay), way, frame))

    def release(self):
        """Forwards what is due; how long until the next is."""
        while self.waiting:
            due, way, frame = self.waiting[0]
            left = due - time.monotonic()
            if left > 0:
                return left
            self.waiting.popleft()
            self.forward(way, frame)
        return None

    def run(self):
        poll = select.poll()
        for source in [sys.stdin.fileno(), *self.out]:
            poll.register(source, select.POLLIN)
        while True:
            left = self.release()
            for source, _ in poll.poll(None if left is None else left * 1000):
                if source != sys.stdin.fileno():
                    self.take(source)
                    continue
                told = os.read(source, 4096).decode().split()
                if not told:
                    return
                self.delay, self.loss = float(told[-2]) / 1000, float(told[-1]) / 100


if __name__ == "__main__":
    Line(sys.argv[1:]).run()
