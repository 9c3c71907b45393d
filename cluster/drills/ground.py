"""The ground of a drill: namespaces of a network that nobody else sees, and what can go wrong in it.

The whole drill runs in a network and a mount namespace of its own (cluster/drill unshares them), so
that everything made here (namespaces, links, rules, small disks) ends with its last process, even
if that is killed. Nothing leaves the machine: no interface of the machine is in there.

Each brand has a namespace with two links:

    wan   10.88.1.N   to the other brands; what is cut, slow and lossy
    shop  10.88.2.N   to its own tills and operators, which are in the drill's own namespace

so that a partition between brands never keeps a till from its own brand's node.
"""

import os
import subprocess
import sys

from coalition import SKIPPED, run, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
WAN, SHOP = "10.88.1", "10.88.2"
TILLS = 254  # the drill's own place in the shops' network
RULES = """
table ip drill {
    set cut { type ipv4_addr; }
    set hung_up { type ipv4_addr; }
    chain incoming {
        type filter hook input priority 0;
        iifname "wan" ip saddr @cut drop
        iifname "wan" ip saddr @hung_up meta l4proto tcp reject with tcp reset
    }
}
"""


def needs_own_namespaces():
    """Ends with exit 77 where this process is not alone in its network."""
    links = run(["ip", "-o", "link"]).stdout.splitlines()
    if len(links) != 1 or os.stat("/proc/self/ns/net").st_ino == _parents("net"):
        print("skipped: this is not a network namespace of its own; start cluster/drill")
        raise SystemExit(SKIPPED)


def _parents(kind):
    try:
        return os.stat(f"/proc/{os.getppid()}/ns/{kind}").st_ino
    except OSError:
        return None


def has_netem():
    """Whether this kernel can delay and lose packets by itself."""
    result = run(["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"], expect=None)
    if result.returncode == 0:
        run(["tc", "qdisc", "del", "dev", "lo", "root"])
    return result.returncode == 0


def mount_small(folder, megabytes):
    """A file system in memory that is soon full."""
    os.mkdir(folder, 0o700)
    run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", folder])


def unmount(folder):
    run(["umount", "-l", folder], expect=None)


class Ground:
    """The network of one drill. Places are the brands' numbers, from 1."""

    def __init__(self, places, is_slow=False):
        """`is_slow`: the WAN is one that can be made slow, by the kernel or by a delay line."""
        self.places = places
        self.line = None
        self.is_lined = is_slow and not has_netem()
        run(["ip", "link", "set", "lo", "up"])
        for bridge in ("wan", "shop"):
            run(["ip", "link", "add", bridge, "type", "bridge"])
            run(["ip", "link", "set", bridge, "up"])
        run(["ip", "address", "add", f"{SHOP}.{TILLS}/24", "dev", "shop"])
        if self.is_lined:
            self.start_line()
        for place in places:
            self.add_place(place)

    @staticmethod
    def name(place):
        return f"brand{place}"

    @staticmethod
    def wan(place):
        return f"{WAN}.{place}"

    @staticmethod
    def shop(place):
        return f"{SHOP}.{place}"

    def enter(self, place):
        """Words that run a program at this place."""
        return ["nsenter", f"--net=/run/netns/{self.name(place)}", "--"]

    def at(self, place, *words, **more):
        return run(self.enter(place) + list(words), **more)

    def add_place(self, place):
        name = self.name(place)
        run(["ip", "netns", "add", name])
        for bridge in ("wan", "shop"):
            ours = f"{bridge}{place}"
            if bridge == "wan" and self.is_lined:
                run(["ip", "link", "set", f"far{place}", "netns", name, "name", bridge])
            else:
                run(["ip", "link", "add", ours, "type", "veth", "peer", "name", bridge, "netns",
                     name])
            run(["ip", "link", "set", ours, "master", bridge, "up"])
        for bridge, address in (("wan", self.wan(place)), ("shop", self.shop(place))):
            self.at(place, "ip", "address", "add", f"{address}/24", "dev", bridge)
            self.at(place, "ip", "link", "set", bridge, "up")
        self.at(place, "ip", "link", "set", "lo", "up")
        subprocess.run(self.enter(place) + ["nft", "-f", "-"], input=RULES, text=True, check=True)

    # ---- Partitions ----

    def _rule(self, verb, group, sender, receiver):
        self.at(receiver, "nft", verb, "element", "ip", "drill", group, "{", self.wan(sender), "}")

    def cut(self, sender, receiver):
        """One way: what the sender sends does not arrive there."""
        self._rule("add", "cut", sender, receiver)

    def mend(self, sender, receiver):
        self._rule("delete", "cut", sender, receiver)

    def part(self, one, other):
        """Both ways."""
        self.cut(one, other)
        self.cut(other, one)

    def join(self, one, other):
        self.mend(one, other)
        self.mend(other, one)

    def hang_up(self, one, other):
        """Connections between the two end at their next packet, and none is made."""
        self._rule("add", "hung_up", one, other)
        self._rule("add", "hung_up", other, one)

    def pick_up(self, one, other):
        self._rule("delete", "hung_up", one, other)
        self._rule("delete", "hung_up", other, one)

    # ---- A slow and lossy WAN ----

    def start_line(self):
        """A process that forwards the WAN's frames, since this kernel has no netem."""
        log = os.path.join("/run", "line.log")
        self.line = subprocess.Popen(
            ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", sys.executable,
             os.path.join(HERE, "line.py")] + [str(place) for place in self.places],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=open(log, "ab"), text=True)  # pylint: disable=consider-using-with
        links = [f"{side}{place}" for side in ("wan", "far") for place in self.places]
        wait_for(lambda: all(os.path.exists(f"/sys/class/net/{link}") or
                             run(["ip", "link", "show", link], expect=None).returncode == 0
                             for link in links), "the delay line is there")

    def slow(self, delay_ms, loss_percent):
        """Every packet that leaves a brand is that late or, that often, lost."""
        if self.is_lined:
            self._tell_line(delay_ms, loss_percent)
            return
        for place in self.places:
            self.at(place, "tc", "qdisc", "replace", "dev", "wan", "root", "netem", "limit",
                    "100000", "delay", f"{delay_ms}ms", "loss", f"{loss_percent}%")

    def quicken(self):
        if self.is_lined:
            self._tell_line(0, 0)
            return
        for place in self.places:
            self.at(place, "tc", "qdisc", "del", "dev", "wan", "root")

    def _tell_line(self, delay_ms, loss_percent):
        self.line.stdin.write(f"{delay_ms} {loss_percent}\n")
        self.line.stdin.flush()

    def close(self):
        if self.line is not None:
            self.line.stdin.close()
            self.line.kill()
            self.line.wait()
        for place in self.places:
            run(["ip", "netns", "delete", self.name(place)], expect=None)
            for bridge in ("wan", "shop"):
                run(["ip", "link", "delete", f"{bridge}{place}"], expect=None)
        for bridge in ("wan", "shop"):
            run(["ip", "link", "delete", bridge], expect=None)
