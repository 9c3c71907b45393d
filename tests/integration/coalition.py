"""Makes a coalition of real nodes in a temporary folder, and runs it.

    with Coalition(["grocer", "fuel"]) as c:
        c.start()
        card = c["grocer"].cli("member", "add")["card"]

Every process belongs to whoever started it: it is ended by its own id, and the kernel ends it when
the test dies. Ports lie below the ephemeral ones and are locked against other tests.
"""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BUILD = os.environ.get("TALEA_BUILD") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "../../build/dev"))
SOURCE = os.environ.get("TALEA_SOURCE") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "../.."))
TALEA = os.path.join(BUILD, "talea")
TALEAD = os.path.join(BUILD, "talead")
GENERATE = os.path.join(BUILD, "talea-generate")

START_SECONDS = 30
STOP_SECONDS = 30
COMMAND_SECONDS = 60
FIRST_PREFIX = 610001
PORTS = range(20000, 30000)
SKIPPED = 77
_port_locks = []


def free_port():
    """A loopback port that nobody listens on; an abstract socket of its name keeps others off."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with socket.socket() as probe:
            try:
                lock.bind(f"\0talea-test-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                lock.close()
                continue
        _port_locks.append(lock)
        return port


def wait_for(condition, what, seconds=START_SECONDS):
    """Asks until the answer is true; gives the answer."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class CommandFailed(AssertionError):
    """A command line that ended otherwise than expected."""

    def __init__(self, words, result, expected):
        super().__init__(f"{' '.join(words)}: exit {result.returncode}, not {expected}\n"
                         f"{result.stdout}{result.stderr}")
        self.result = result


def run(words, expect=0, timeout=COMMAND_SECONDS, **more):
    """Runs a program to its end; `expect` is its exit code, or None for any."""
    result = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False,
                            stdin=subprocess.DEVNULL, **more)
    if expect is not None and result.returncode != expect:
        raise CommandFailed(words, result, expect)
    return result


def daemon(words, log):
    """Starts a process that dies with the thread that calls."""
    with open(log, "ab") as output:
        return subprocess.Popen(["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] + words,
                                stdin=subprocess.DEVNULL, stdout=output, stderr=output)


class Node:
    """One brand's folder and the process that serves it."""

    host = "127.0.0.1"  # where tills and operators reach it

    def __init__(self, folder, coalition, partner, prefix):
        self.folder = folder
        self.coalition = coalition
        self.partner = partner
        self.prefix = prefix
        self.port = free_port()
        self.http_port = free_port()
        self.process = None
        self.log = folder + ".log"

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def read(self, *parts):
        with open(self.path(*parts), "rb") as file:
            return file.read()

    def replace(self, name, content):
        """As an administrator does it with a private file: beside, then in its place."""
        new = self.path(name + ".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)
        os.replace(new, self.path(name))

    def init(self):
        run([TALEA, "init", self.folder, "--coalition", self.coalition, "--partner", self.partner,
             "--name", self.partner.capitalize(), "--prefix", str(self.prefix),
             *self.addresses()])

    def addresses(self):
        """What `talea init` is told of where it listens."""
        return ["--listen", f"{self.host}:{self.port}", "--http", f"{self.host}:{self.http_port}"]

    def reach(self):
        """Options that lead a command line to it; its configuration does."""
        return []

    def words(self):
        """The command that serves the folder."""
        return [TALEAD, "--config", self.path("node.yaml")]

    def launch(self):
        """Starts the process; does not wait for it."""
        assert self.process is None, f"{self.partner} is running"
        self.process = daemon(self.words(), self.log)

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.partner} ended with {self.process.returncode}\n"
                                 f"{self.log_tail()}")
        try:
            return self.http_get("/readyz")[0] == 200
        except OSError:
            return False

    def start(self):
        self.launch()
        wait_for(self.is_ready, f"{self.partner} is ready")
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, event="reloaded"):
        """SIGHUP; returns when the log says what came of it."""
        size = self.log_size()
        self.signal(signal.SIGHUP)
        wait_for(lambda: f'"event":"{event}"' in self.logged_since(size), event, 10)

    def wait(self, seconds=STOP_SECONDS):
        code = self.process.wait(seconds)
        self.process = None
        return code

    def kill(self):
        """As a power cut sees it from here: no goodbye."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self):
        self.signal(signal.SIGTERM)
        code = self.wait()
        if code != 0:
            raise AssertionError(f"{self.partner} stopped with {code}\n{self.log_tail()}")

    def log_tail(self, lines=15):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def log_size(self):
        return os.path.getsize(self.log)

    def logged_since(self, size):
        with open(self.log, "rb") as file:
            file.seek(size)
            return file.read().decode("utf-8", "replace")

    def http_get(self, path):
        connection = http.client.HTTPConnection(self.host, self.http_port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def talea(self, *words, expect=0, timeout=COMMAND_SECONDS):
        return run([TALEA, "--home", self.folder] + self.reach() + [str(word) for word in words],
                   expect, timeout)

    def cli(self, *words, expect=0, timeout=COMMAND_SECONDS):
        """The JSON that a command prints."""
        result = self.talea(*words, "--json", expect=expect, timeout=timeout)
        return json.loads(result.stdout) if result.stdout.strip() else None

    def peers(self):
        return self.cli("status")["peers"]

    def pair(self, other, period):
        """This side's row of a settlement period, or None."""
        rows = self.cli("period", "list", expect=None)["pairs"]
        return next((row for row in rows
                     if row["partner"] == other and int(row["period"]) == int(period)), None)


class Coalition:
    """A temporary folder with the nodes' folders and one charter that all signed."""

    node_kind = Node

    def __init__(self, partners, name="demo", required=None, currency="USD"):
        self.name = name
        self.root = tempfile.mkdtemp(prefix="talea-test.")
        self.currency = currency
        self.required = required or len(partners) // 2 + 1
        self.nodes = {}
        for number, partner in enumerate(partners):
            self.nodes[partner] = self.node_kind(os.path.join(self.root, partner), name, partner,
                                                 FIRST_PREFIX + number)

    def __getitem__(self, partner):
        return self.nodes[partner]

    def __iter__(self):
        return iter(self.nodes.values())

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, *unused):
        if kind is not None and kind is not unittest.SkipTest:
            self.show_logs()
        self.close()

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    make_options = ()

    def terms(self):
        """The example's terms, between these partners."""
        text = run([TALEA, "charter", "example"]).stdout
        head = text[:text.index("# The partners' introductions")]
        head = head.replace("required: 2", f"required: {self.required}")
        head = head.replace("coalition: demo", f"coalition: {self.name}")
        head = head.replace("currency: USD", f"currency: {self.currency}")
        rows = "".join(f"  - {n.partner}/{n.partner}.intro.talea\n" for n in self)
        return f"{head}partners:\n{rows}"

    def make(self, signers=None):
        for node in self:
            node.init()
        with open(self.path("coalition.yaml"), "w", encoding="utf-8") as file:
            file.write(self.terms())
        run([TALEA, "charter", "make", "--terms", self.path("coalition.yaml"),
             "--out", self.path("charter.talea"), *self.make_options])
        for partner in self.nodes if signers is None else signers:
            run([TALEA, "charter", "sign", "--key", self[partner].path("keys/root.key"),
                 self.path("charter.talea")])
        for node in self:
            shutil.copy(self.path("charter.talea"), node.path("charter.talea"))

    def start(self):
        for node in self:
            node.launch()
        for node in self:
            wait_for(node.is_ready, f"{node.partner} is ready")
        self.wait_connected()
        return self

    def wait_connected(self):
        for node in self:
            wait_for(lambda node=node: all(p["is_connected"] for p in node.peers()),
                     f"{node.partner} is connected to the others")

    def wait_cleared(self, seconds=60):
        """Until every entry that any of them wrote has its receipt."""
        def is_cleared(node):
            return all(int(p["sent_number"]) == int(p["receipted_number"]) for p in node.peers())
        for node in self:
            wait_for(lambda node=node: is_cleared(node), f"{node.partner}'s entries are receipted",
                     seconds)

    def close_period(self, period, seconds=60):
        for node in self:
            node.cli("period", "close", dashed(period), "--early")
        self.wait_matched(period, seconds)

    def wait_matched(self, period, seconds=60):
        for node in self:
            for other in self.nodes:
                if other != node.partner:
                    wait_for(lambda node=node, other=other: is_matched(node.pair(other, period)),
                             f"{node.partner} and {other} match", seconds)

    def show_logs(self):
        for node in self:
            if os.path.exists(node.log):
                print(f"--- {node.partner}\n{node.log_tail()}", flush=True)

    def close(self):
        for node in self:
            if node.process is not None and node.process.poll() is None:
                node.process.kill()
                node.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def is_matched(pair):
    if pair is not None and "DIFFERING" in str(pair["state"]).upper():
        raise AssertionError(f"the halves differ: {pair}")
    return pair is not None and "MATCHED" in str(pair["state"]).upper()


def dashed(period):
    """2026-10 of 202610."""
    return f"{int(period) // 100:04}-{int(period) % 100:02}"


def needs(*programs):
    """Skips the whole script when the build lacks one of these."""
    for program in programs:
        if not os.access(program, os.X_OK):
            print(f"skipped: the build has no {os.path.basename(program)}")
            raise SystemExit(SKIPPED)


def luhn(digits):
    """The digits with their check digit (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def seeded():
    """A generator whose seed is printed; TALEA_SEED repeats a run."""
    seed = int(os.environ.get("TALEA_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}", flush=True)
    return random.Random(seed)


def main(seconds):
    """Runs the calling module's tests, for at most so long."""
    def too_long(*unused):
        raise TimeoutError(f"the whole test took more than {seconds} s")
    needs(TALEA, TALEAD)
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, lambda *unused: too_long())
    signal.alarm(seconds)
    unittest.main(verbosity=2, module="__main__", failfast=bool(os.environ.get("TALEA_FAILFAST")))
