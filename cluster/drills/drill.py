"""What every drill is."""

import time

from coalition import wait_for

WHOLE_SECONDS = 120


class Drill:
    name = ""  # on the command line and in the table
    title = ""  # what goes wrong
    is_slow = False  # whether it needs a WAN that can be made slow

    def unable(self):
        """Why this machine can't have it, or None."""
        return None

    def prepare(self, scene):
        """Between making the nodes' folders and starting them."""

    def fault(self, scene):
        """Makes the fault, lets it last, ends it; the tills are at work all the time."""
        raise NotImplementedError

    def after(self, scene):
        """When the tills are closed, before their book is held against the ledgers."""

    def judge(self, scene):
        """After the audit: what only this drill expects."""

    def tidy(self, scene):
        """Ends what `prepare` made outside the nodes' processes."""

    def wait_whole(self, scene):
        """Until every node is ready and connected to every other; says how long that took."""
        begin = time.monotonic()
        for node in scene.nodes:
            wait_for(node.is_ready, f"{node.partner} is ready", WHOLE_SECONDS)
        for node in scene.nodes:
            wait_for(lambda node=node: all(peer["is_connected"] for peer in node.peers()),
                     f"{node.partner} is connected to the others", WHOLE_SECONDS)
        scene.say(f"everybody is connected {time.monotonic() - begin:.1f} s after the fault's end")
