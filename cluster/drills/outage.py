"""The drill of a home that is away for long: what goes on without it, and how it catches up."""

import json
import threading
import time
import uuid

import grpc

import wire
from coalition import TALEA, run, wait_for
from drill import Drill
from tills import ACKNOWLEDGED, AGAIN, PAUSE_SECONDS, REFUSED, Command

BATCH = 500
CATCH_UP_SECONDS = 300
BENCH_ROW = "earn in bulk, receipted"
LATER_SECONDS = 0.025  # what a backlog may add to the median of a hold
FLOOR = 20  # the most for one burn without asking; tills ask for 1 to 29


class Bulk(threading.Thread):
    """A brand's back office that gives points to another brand's members, batch after batch; the
    same batch again until it is answered."""

    def __init__(self, tills, node, home, count):
        super().__init__(name=f"bulk of {node.partner}", daemon=True)
        self.node = node
        self.pb = wire.messages().ledger
        self.problem = None
        self.pause = 0.0  # between batches
        cards = tills.cards[home]
        self.commands = [Command(node.partner, home, cards[i % len(cards)], "earn", 1 + i % 50)
                         for i in range(count)]
        self.requests = [self.request(self.commands[i:i + BATCH])
                         for i in range(0, count, BATCH)]
        tills.book.extend(self.commands)

    def request(self, commands):
        return self.pb.ExecuteBatchRequest(commands=[
            self.pb.BatchCommand(transaction_id=uuid.UUID(command.id).bytes,
                                 earn=self.pb.BatchEarn(card=command.card,
                                                        amount_minor=command.asked * 100))
            for command in commands])

    def execute(self, ledger, request):
        while True:
            try:
                return ledger.ExecuteBatch(request).answers
            except grpc.RpcError as error:
                if error.code() not in AGAIN:
                    raise
                time.sleep(PAUSE_SECONDS)

    def run(self):
        try:
            with wire.channel(self.node, "back-office") as channel:
                ledger = wire.service(channel, self.pb, "LedgerService")
                for number, request in enumerate(self.requests):
                    answers = self.execute(ledger, request)
                    now = time.monotonic()
                    for command, answer in zip(self.commands[number * BATCH:], answers):
                        command.sent, command.answered = 1, now
                        command.points = answer.points
                        command.told = REFUSED if answer.refusal else ACKNOWLEDGED
                        command.reason = self.pb.Refusal.Name(answer.refusal)
                    time.sleep(self.pause)
        except grpc.RpcError as error:
            self.problem = str(error)

    def finish(self, seconds):
        self.join(seconds)
        if self.is_alive() or self.problem is not None:
            raise AssertionError(f"{self.name}: {self.problem or 'not at its end'}")


def mandate_of(node, redeemer):
    """What the grocer lets this brand burn without asking, as a node sees it; or None."""
    rows = node.cli("mandate", "list").get("mandates", [])
    return next((row for row in rows if (row["home"], row["redeemer"]) == ("grocer", redeemer)),
                None)


class Streams:
    """What the others' nodes say about their streams to one home, asked often."""

    def __init__(self, nodes, home):
        self.nodes = nodes
        self.home, self.pb = home, wire.messages().admin
        self.channels = [wire.channel(node, "admin") for node in nodes]
        self.services = [wire.service(channel, self.pb, "AdminService")
                         for channel in self.channels]

    def peers(self):
        replies = [service.GetStatus(self.pb.GetStatusRequest()) for service in self.services]
        return [next(peer for peer in reply.peers if peer.partner == self.home)
                for reply in replies]

    def sent(self):
        return [peer.sent_number for peer in self.peers()]

    def waiting(self):
        """Entries that have no receipt yet."""
        return sum(peer.sent_number - peer.receipted_number for peer in self.peers())

    def is_any_connected(self):
        return any(peer.is_connected for peer in self.peers())

    def have_receipts(self, numbers):
        return all(peer.receipted_number >= number
                   for peer, number in zip(self.peers(), numbers))

    def close(self):
        for channel in self.channels:
            channel.close()


class Outage(Drill):
    name = "outage"
    title = "the grocer is away; the others earn for its members all the same, then it catches up"

    def bulk(self, scene, count):
        others = [node for node in scene.nodes if node.partner != "grocer"]
        return [Bulk(scene.tills, node, "grocer", count) for node in others]

    def prepare(self, scene):
        """The grocer lets the others' tills burn without it; and the rate that a drain is held
        against: a short backlog is over before it has one."""
        self.cap = scene.length(400, 40_000)
        scene.coalition["grocer"].configure(
            f"stand_in: {{floor_points: {FLOOR}, daily_cap_points: {self.cap}}}")
        self.wanted = None
        if scene.options.long:
            rows = json.loads(run([TALEA, "bench", "peer", "--only", BENCH_ROW, "--json"],
                                  timeout=600).stdout)
            self.wanted = rows[0]["rate"]
            scene.say(f"bench peer, {BENCH_ROW}: {self.wanted:,.0f} a second")

    def fault(self, scene):
        grocer = scene.coalition["grocer"]
        streams = Streams([node for node in scene.nodes if node is not grocer], "grocer")
        try:
            count = scene.length(2_000, 100_000)
            for node in streams.nodes:
                wait_for(lambda node=node: mandate_of(node, node.partner) is not None,
                         f"{node.partner} has a mandate of the grocer", CATCH_UP_SECONDS)
            grocer.kill()
            workers, lasts = self.bulk(scene, count), scene.length(8, 600)
            for worker in workers:
                worker.pause = 0.7 * lasts / (count / BATCH)
                worker.start()
            scene.wait(lasts)
            for worker in workers:
                worker.finish(CATCH_UP_SECONDS)
            self.catch_up(scene, streams)
        finally:
            streams.close()
        self.wait_whole(scene)

    def catch_up(self, scene, streams):
        backlog, sent = streams.waiting(), streams.sent()
        scene.coalition["grocer"].launch()
        wait_for(streams.is_any_connected, "the grocer is back", CATCH_UP_SECONDS)
        begin = time.monotonic()
        wait_for(lambda: streams.have_receipts(sent), "the grocer catches up", CATCH_UP_SECONDS)
        self.caught_up = (begin, time.monotonic())
        drained = backlog / max(1e-3, self.caught_up[1] - begin)
        scene.remark(f"{backlog:,} entries waited, and came in at {drained:,.0f} a second")
        scene.expect(self.wanted is None or drained >= self.wanted,
                     "the backlog drains no slower than the bench's bulk")

    def judge(self, scene):
        service = scene.tills.service
        longest, _ = service.longest(lambda key: key[0] != "grocer" and key[2] == "earn")
        scene.expect(longest == 0, "no other brand's till waits to earn while the grocer is away")
        self.judge_mandates(scene)
        before, during = (service.latency(
            lambda key: key[2] == "authorise" and key[0] != key[1], *span)
            for span in ((scene.began, scene.fault_began), self.caught_up))
        if not before[0] or not during[0]:
            return
        scene.remark(f"meanwhile {during[0]} holds abroad took {during[1] * 1000:.0f} ms in the "
                     f"median, {before[1] * 1000:.0f} ms before")
        scene.expect(not scene.options.long or during[1] <= before[1] + LATER_SECONDS,
                     "authorisations keep their latency while the backlog drains")


    def judge_mandates(self, scene):
        """What the tills gave without asking, and what the grocer made of it."""
        stood_in = [command for command in scene.tills.book if command.is_stand_in]
        holds = {command.id for command in stood_in}
        scene.remark(f"{len(stood_in)} burns stood in for the grocer, "
                     f"{sum(command.points for command in stood_in)} points")
        scene.expect(bool(stood_in), "burns stand in while the grocer is away")
        scene.expect(all(command.points <= FLOOR and command.home == "grocer"
                         for command in stood_in), "no stand-in is above the floor")
        for node in scene.nodes:
            if node.partner == "grocer":
                continue
            used = mandate_of(scene.coalition["grocer"], node.partner)["used_points"]
            captured = sum(command.points for command in scene.tills.book
                           if command.brand == node.partner and command.kind == "capture" and
                           command.told == ACKNOWLEDGED and command.of in holds)
            scene.expect(int(used) <= captured <= self.cap,
                         f"the grocer counts what {node.partner} took under its mandate")


DRILLS = (Outage,)
