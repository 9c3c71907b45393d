"""Drills of the nodes themselves: stopped, killed, without room, with wrong clocks."""

import os
import random
import shutil
import signal
import time

from coalition import wait_for
from drill import Drill
from ground import mount_small, unmount

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
DISK_MB, GUARD_MB = 64, 8


class Stop(Drill):
    name = "stop"
    title = "the grocer's process stands still (SIGSTOP)"

    def fault(self, scene):
        grocer = scene.coalition["grocer"]
        grocer.signal(signal.SIGSTOP)
        try:
            scene.wait(scene.length(5, 60))
        finally:
            grocer.signal(signal.SIGCONT)
        self.wait_whole(scene)


class Kill(Drill):
    name = "kill"
    title = "every few seconds a node is ended by kill -9 and started again"

    def fault(self, scene):
        rng = random.Random(scene.options.seed)
        end, kills = time.monotonic() + scene.length(8, 120), 0
        while time.monotonic() < end:
            node = rng.choice(scene.nodes)
            node.kill()
            kills += 1
            if rng.random() < 0.5:
                scene.wait(rng.uniform(0, 1))
            node.start()
            scene.wait(rng.uniform(0.2, scene.length(1.5, 4)))
        scene.remark(f"{kills} kills")
        self.wait_whole(scene)


class Disk(Drill):
    name = "disk"
    title = "the grocer's disk is full, to the last byte"

    def prepare(self, scene):
        grocer = scene.coalition["grocer"]
        self.folder = grocer.path("disk")
        mount_small(self.folder, DISK_MB)
        with open(grocer.path("node.yaml"), "r+", encoding="utf-8") as file:
            text = file.read().replace("data: data\n", "data: disk/data\n")
            file.seek(0)
            file.write(text)
        grocer.configure(f"limits: {{min_free_mb: {GUARD_MB}}}")

    def fill(self):
        room = os.statvfs(self.folder)
        left = room.f_bavail * room.f_frsize
        with open(os.path.join(self.folder, "ballast"), "wb", buffering=0) as file:
            while left > 0:
                try:
                    left -= file.write(b"\0" * min(left, 1 << 20))
                except OSError:
                    return

    def fault(self, scene):
        grocer = scene.coalition["grocer"]
        self.fill()
        scene.wait(scene.length(4, 60))
        scene.expect(grocer.http_get("/readyz")[0] == 503, "a node without room is not ready")
        os.unlink(os.path.join(self.folder, "ballast"))
        self.wait_whole(scene)

    def tidy(self, scene):
        kept = self.folder + ".kept"
        shutil.copytree(self.folder, kept)
        unmount(self.folder)
        os.rmdir(self.folder)
        os.rename(kept, self.folder)


class Clock(Drill):
    name = "clock"
    title = "the grocer's clock jumps two hours ahead, back before the truth, and home again"
    STEPS_SECONDS = (7200, -1800, 0)

    def unable(self):
        return None if os.path.exists(FAKETIME) else "no libfaketime (Debian package faketime)"

    def prepare(self, scene):
        grocer = scene.coalition["grocer"]
        self.file = grocer.path("clock")
        self.set(0)
        grocer.environment = {
            "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": self.file,
            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Else every wait with a deadline on the monotonic clock is over at once.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0"}

    def set(self, seconds):
        with open(self.file + ".new", "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}s\n")
        os.replace(self.file + ".new", self.file)

    def node_clock(self, node):
        """What the node says the time is, in its last log line or its journal."""
        row = node.cli("status")["journal_rows"]
        line = node.talea("events", "--from", row).stdout.splitlines()[-1]
        return int(line.split('"recorded_unix_ms":')[1].split(",")[0]) / 1000

    def fault(self, scene):
        grocer = scene.coalition["grocer"]
        for step in self.STEPS_SECONDS:
            self.set(step)
            scene.wait(scene.length(3, 30))
            ahead = self.node_clock(grocer) - time.time()
            scene.say(f"the clock is set {step:+d} s off; the journal writes {ahead:+.0f} s")
            if step > 0:
                scene.expect(abs(ahead - step) < 30, "the node's clock was stepped")
        self.wait_whole(scene)

    def judge(self, scene):
        """A hold whose end is past by the home's clock is not granted, and the till hears why."""
        said = [text for text in scene.tills.troubles if "do both clocks agree" in text]
        scene.expect(said, "clocks that are hours apart are named where they keep from burning")

    def after(self, scene):
        """What follows needs no wrong clock, and libfaketime is slow."""
        grocer = scene.coalition["grocer"]
        grocer.stop()
        grocer.environment = {}
        grocer.start()


DRILLS = (Stop, Kill, Disk, Clock)
