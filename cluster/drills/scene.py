"""Where a drill happens: five brands' nodes on a ground of their own, with tills that are busy.

    with Scene(drill, options) as scene:
        scene.open()        # nodes, members, traffic
        drill.fault(scene)
        result = scene.settle()
"""

import os
import re
import shutil
import time

from accounts import audit, pairs_of, signed_statements, verified
from coalition import FIRST_PREFIX, Coalition, Node, dashed, is_matched, wait_for
from ground import Ground
from tills import Tills

BRANDS = ("bakery", "cinema", "fuel", "grocer", "pharmacy")
PORT, HTTP_PORT = 7100, 7200
ANSWER_SECONDS = 60  # after a fault has ended: the last open command of a till
CLEAR_SECONDS = 180  # and the last entry's receipt


class DrillNode(Node):
    """A brand's node, in the brand's own namespace."""

    ground = None

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.place = self.prefix - FIRST_PREFIX + 1
        self.host = Ground.shop(self.place)
        self.port, self.http_port = PORT, HTTP_PORT
        self.environment = {}

    def addresses(self):
        return ["--listen", f"0.0.0.0:{PORT}", "--public-address",
                f"{Ground.wan(self.place)}:{PORT}", "--http", f"0.0.0.0:{HTTP_PORT}"]

    def reach(self):
        return ["--address", f"{self.host}:{self.port}"]

    def words(self):
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return self.ground.enter(self.place) + ["env", *variables, *super().words()]

    def configure(self, *lines):
        """More lines at the end of its node.yaml."""
        with open(self.path("node.yaml"), "a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)


class DrillCoalition(Coalition):
    node_kind = DrillNode

    def terms(self):
        """Brands that trust one another: no cap ends a long drill."""
        return re.sub(r"net_debit: [0-9.]+", "net_debit: 0", super().terms())


class Result:
    """What a drill showed; a row of the table."""

    def __init__(self, drill):
        self.drill = drill
        self.seconds = self.fault_seconds = 0.0
        self.findings = None
        self.gaps = {}  # earn, burn -> (longest, total), at any brand about any home
        self.latency = {}  # before, during, after -> kind -> (calls, median, 99th percentile)
        self.keys = []  # the same for each brand, kind and home
        self.statements, self.pairs, self.verified, self.nodes = 0, 0, 0, 0
        self.turned_away = 0
        self.troubles = {}  # why calls were made again, and how often
        self.remarks = []  # what the drill itself has to say
        self.failures = []  # what it expected otherwise

    def is_good(self):
        return (not self.failures and self.findings is not None and self.findings.is_clean() and
                self.statements == self.pairs > 0 and self.verified == self.nodes > 0)


def is_of_kind(key, kind):
    """Of the tills' services: earn, burn (whatever it takes), or a hold on another brand's points."""
    brand, home, asked = key
    if kind == "hold abroad":
        return asked == "authorise" and brand != home
    return (kind == "earn") == (asked == "earn")


class Scene:
    """One drill's coalition, ground and tills."""

    def __init__(self, drill, options):
        self.drill, self.options = drill, options
        self.result = Result(drill)
        self.ground = self.coalition = self.tills = self.period = None
        self.began = time.monotonic()
        self.fault_began = self.fault_ended = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        if self.tills is not None and self.tills.is_alive():
            self.tills.give_up = 0
            self.tills.stopping.set()
        if self.coalition is not None:
            self.keep_or_remove(kind is not None or not self.result.is_good())
        if self.ground is not None:
            self.ground.close()

    def keep_or_remove(self, is_bad):
        root = self.coalition.root
        if is_bad:
            self.coalition.show_logs()
        kept = None
        if is_bad or self.options.keep:
            kept = os.path.join(self.options.folder, self.drill.name)
            os.makedirs(self.options.folder, exist_ok=True)
            for node in self.nodes:
                if node.process is not None:
                    node.process.kill()
                    node.wait()
            self.drill.tidy(self)
            shutil.copytree(root, kept, dirs_exist_ok=True)
        self.coalition.close()
        if kept is not None:
            self.say(f"kept in {kept}")

    @property
    def nodes(self):
        return list(self.coalition)

    def __getitem__(self, place):
        """The node of the brand of this number, from 1."""
        return self.nodes[place - 1]

    def length(self, short, long):
        return long if self.options.long else short

    def say(self, text):
        print(f"  {time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def remark(self, text):
        self.result.remarks.append(text)
        self.say(text)

    def expect(self, is_so, text):
        if not is_so:
            self.result.failures.append(text)
            self.say(f"NOT AS EXPECTED: {text}")

    def wait(self, seconds):
        """Lets the tills do their work; ends early, with what was wrong, when one of them fails."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.tills.failure is not None:
                raise self.tills.failure
            time.sleep(min(0.2, max(0.0, end - time.monotonic())))

    def open(self):
        self.ground = Ground(range(1, len(BRANDS) + 1), self.drill.is_slow)
        DrillNode.ground = self.ground
        self.coalition = DrillCoalition(BRANDS, name="drill")
        self.coalition.make()
        self.drill.prepare(self)
        self.coalition.start()
        self.period = self[1].cli("status")["open_period"]
        self.tills = Tills(self.nodes, self.options.rate, self.options.seed).open()
        self.wait(self.length(1, 10))
        self.say(f"{len(self.nodes)} nodes, {len(self.tills.book)} commands so far; now: "
                 f"{self.drill.title}")

    def run(self):
        self.open()
        self.fault_began = time.monotonic()
        self.drill.fault(self)
        self.fault_ended = time.monotonic()
        self.say("the fault is over")
        self.wait(self.length(1, 20))
        return self.settle()

    def settle(self):
        self.tills.finish(ANSWER_SECONDS)
        self.say(f"the tills are closed; {len(self.tills.book)} commands")
        self.drill.after(self)
        self.coalition.wait_cleared(CLEAR_SECONDS)
        self.say("every entry has its receipt")
        self.close_period()
        self.say("every pair matches")
        self.measure()
        result = self.result
        result.findings = audit(self.tills, self.nodes, self.period)
        self.say("the ledgers are compared with the tills' book")
        result.statements, result.pairs = signed_statements(self.nodes, self.period)
        result.verified, result.nodes = verified(self.nodes), len(self.nodes)
        result.turned_away = self.tills.turned_away
        result.troubles = dict(self.tills.troubles)
        result.fault_seconds = self.fault_ended - self.fault_began
        self.drill.judge(self)
        result.seconds = time.monotonic() - self.began
        return result

    def close_period(self):
        for node in self.nodes:
            node.cli("period", "close", dashed(self.period))
        for node in self.nodes:
            wait_for(lambda node=node: self.all_matched(node),
                     f"{node.partner}'s pairs match", CLEAR_SECONDS)

    def all_matched(self, node):
        pairs = pairs_of(node, self.period)
        return len(pairs) == len(self.nodes) - 1 and all(is_matched(pair) for pair in pairs)

    def measure(self):
        service = self.tills.service
        spans = {"before": (self.began, self.fault_began),
                 "during": (self.fault_began, self.fault_ended),
                 "after": (self.fault_ended, time.monotonic())}
        for name, (begin, end) in spans.items():
            self.result.latency[name] = {
                kind: service.latency(lambda key, kind=kind: is_of_kind(key, kind), begin, end)
                for kind in ("earn", "burn", "hold abroad")}
        for kind in ("earn", "burn"):
            self.result.gaps[kind] = service.longest(lambda key, kind=kind: is_of_kind(key, kind))
        for key in sorted(service.gaps):
            longest, total = service.longest(lambda other, key=key: other == key)
            self.result.keys.append({"brand": key[0], "home": key[1], "kind": key[2],
                                     "longest_seconds": round(longest, 3),
                                     "total_seconds": round(total, 3)})
