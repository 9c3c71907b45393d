"""Drills of copies of a ledger: a backup that comes back."""

import shutil
import time

from coalition import wait_for
from drill import Drill


class Restore(Drill):
    name = "restore"
    title = "the grocer's disk is lost, and a backup from before comes back"

    def fault(self, scene):
        grocer, tills = scene.coalition["grocer"], scene.tills
        folder = scene.coalition.path("backup")
        since = time.monotonic()
        made = grocer.cli("backup", folder)
        scene.wait(scene.length(3, 60))
        had = grocer.cli("status")["journal_rows"]
        grocer.kill()
        tills.pause("grocer")
        shutil.rmtree(grocer.path("data"))
        grocer.talea("restore", folder)
        scene.say(f"the backup has {made['journal_row']} rows, {had} were there")
        grocer.start()
        self.wait_whole(scene)
        self.tell_recovery(scene, grocer)
        count = tills.send_again("grocer", since)
        tills.resume("grocer")
        scene.say(f"its tills have sent {count} commands again: its own members' were nowhere else")

    def tell_recovery(self, scene, grocer):
        """The others hold every entry that went between them and the grocer."""
        wait_for(lambda: all(int((peer.get("recovery") or {}).get("ended_unix_ms") or 0)
                             for peer in grocer.peers()), "the grocer has recovered")
        recoveries = [peer["recovery"] for peer in grocer.peers()]
        own, taken = (sum(int(recovery.get(name) or 0) for recovery in recoveries)
                      for name in ("own_entries", "taken_entries"))
        scene.remark(f"the others gave back {own} entries of the grocer's and {taken} of their own")
        scene.expect(own > 0 and taken > 0, "there was something to give back")


DRILLS = (Restore,)
