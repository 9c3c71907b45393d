#!/usr/bin/python3
"""The pages for machines, of nodes with traffic; Prometheus' own checker reads the metrics."""

import http.client
import os
import re
import signal
import subprocess
import sys
import unittest

from coalition import SKIPPED, SOURCE, Coalition, main, wait_for

PROMTOOL = os.path.join(SOURCE, "tests/tools/promtool")
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})? (\S+)$')


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.grocer, cls.fuel = cls.coalition["grocer"], cls.coalition["fuel"]
        cls.card = cls.grocer.cli("member", "add")["card"]
        cls.grocer.cli("earn", cls.card, "20.00")
        cls.fuel.cli("earn", cls.card, "10.00")
        cls.fuel.talea("burn", cls.card, "999", expect=1)
        cls.coalition.wait_cleared()
        cls.fuel.cli("burn", cls.card, "5")
        cls.coalition.wait_cleared()

    def page(self, node):
        status, text = node.http_get("/metrics")
        self.assertEqual(status, 200)
        return text

    def samples(self, node):
        found = {}
        for line in self.page(node).splitlines():
            match = SAMPLE.match(line)
            if match:
                found[match[1] + (match[2] or "")] = float(match[3])
            else:
                self.assertTrue(line.startswith("#") or not line, line)
        return found

    def test_promtool_reads_every_nodes_page(self):
        for node in self.coalition:
            result = subprocess.run([PROMTOOL, "check", "metrics"], input=self.page(node),
                                    capture_output=True, text=True, timeout=200, check=False)
            if result.returncode == SKIPPED:
                self.skipTest(result.stderr.strip())
            self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_counters_grow_with_calls(self):
        before = self.samples(self.grocer)
        self.grocer.cli("earn", self.card, "1.00")
        self.grocer.talea("burn", self.card, "99999", expect=1)
        refused = 'talea_rpc_calls_total{code="FAILED_PRECONDITION"}'
        wait_for(lambda: self.samples(self.grocer).get(refused, 0) > before.get(refused, 0),
                 "the refusal is counted")  # just behind its answer
        after = self.samples(self.grocer)
        for name in ('talea_rpc_calls_total{code="OK"}', "talea_commands_total",
                     refused,
                     "talea_rpc_call_duration_seconds_count", "talea_commits_total"):
            self.assertGreater(after[name], before.get(name, 0), name)
        self.assertEqual([], [name for name in before
                              if name.split("{")[0].endswith(("_total", "_count", "_bucket"))
                              and after.get(name, 0) < before[name]])

    def test_content_type_and_other_pages(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.grocer.http_port, timeout=5)
        self.addCleanup(connection.close)
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        response.read()
        self.assertTrue(response.getheader("Content-Type").startswith("text/plain; version=0.0.4"))
        for method, path, status in (("GET", "/healthz", 200), ("GET", "/readyz", 200),
                                     ("GET", "/nothing", 404), ("POST", "/metrics", 405),
                                     ("HEAD", "/healthz", 200)):
            with self.subTest(method=method, path=path):
                connection.request(method, path)
                response = connection.getresponse()
                response.read()
                self.assertEqual(response.status, status)

    def test_a_stopping_node_goes_away_cleanly(self):
        with Coalition(["shoes", "books"]) as coalition:
            node = coalition["shoes"].start()
            self.assertEqual(node.http_get("/healthz")[0], 200)
            node.signal(signal.SIGTERM)

            def is_gone():
                try:
                    return node.http_get("/readyz")[0] == 503 or None
                except OSError:
                    return True
            wait_for(is_gone, "not ready any more", 10)
            self.assertEqual(node.wait(), 0)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(280)
