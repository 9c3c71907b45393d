"""Drills of what opens and closes the doors: certificates."""

import datetime
import time

import grpc

import wire
from coalition import wait_for
from drill import Drill
from ground import Ground
from mint import Mint

DAY_SECONDS = 86400


class Certificate(Drill):
    name = "certificate"
    title = "the grocer's certificate ends in mid-traffic, and nobody has seen to it"

    def install(self, scene, seconds):
        """A certificate of the node that is valid for so long, taken into use as it runs."""
        grocer = scene.coalition["grocer"]
        chain, key = self.mint.issue(
            "URI:talea://drill/grocer/node/node", "DNS:grocer.drill.talea",
            f"IP:{Ground.wan(grocer.place)}", f"IP:{grocer.host}",
            days=(-1, seconds / DAY_SECONDS))
        grocer.replace("tls/node.key", key)
        grocer.replace("tls/node.pem", chain)
        grocer.reload()

    def is_let_in(self, scene):
        """Whether a till that connects now gets an answer."""
        grocer = scene.coalition["grocer"]
        pb = wire.messages().till
        with wire.channel(grocer, "till") as channel:
            till = wire.service(channel, pb, "TillService")
            try:
                till.Earn(pb.EarnRequest(transaction_id=wire.uuid7(), card="0"), timeout=5)
            except grpc.RpcError as error:
                return error.code() != grpc.StatusCode.UNAVAILABLE
        return True

    def is_connected(self, scene):
        """To any other brand; those are asked, since no new operator gets in at its own node."""
        others = [node for node in scene.nodes if node.partner != "grocer"]
        return any(peer["is_connected"] for node in others for peer in node.peers()
                   if peer["partner"] == "grocer")

    def fault(self, scene):
        grocer = scene.coalition["grocer"]
        self.mint = Mint(scene.coalition.path("mint"), grocer.path("tls/ca.pem"),
                         grocer.path("tls/ca.key"))
        lasts = scene.length(3, 20)
        self.install(scene, lasts)
        end = datetime.datetime.utcnow() + datetime.timedelta(seconds=lasts)
        scene.expect(self.is_let_in(scene), "a till is let in while the certificate is valid")
        scene.wait(lasts + 1.5)
        scene.say(f"it ended at {end:%H:%M:%S}; connections that are there go on")
        scene.expect(not self.is_let_in(scene), "no till accepts a certificate that has ended")
        others = [node.place for node in scene.nodes if node is not grocer]
        for other in others:
            scene.ground.hang_up(grocer.place, other)
        wait_for(lambda: not self.is_connected(scene), "the others' connections have ended")
        for other in others:
            scene.ground.pick_up(grocer.place, other)
        scene.wait(scene.length(2, 30))
        scene.expect(not self.is_connected(scene),
                     "no partner accepts a certificate that has ended")
        begin = time.monotonic()
        self.install(scene, DAY_SECONDS)
        self.wait_whole(scene)
        scene.say(f"with a new certificate, {time.monotonic() - begin:.1f} s later, all are back")


DRILLS = (Certificate,)
