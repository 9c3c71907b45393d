#!/usr/bin/python3
"""What members hear reaches a gateway: signed, in order, at least once under the same id, by the
channels they agreed to and in their language; a gateway that fails or refuses holds up nobody."""

import hashlib
import hmac
import http.server
import json
import os
import signal
import threading
import time
import unittest

from coalition import Coalition, main, run, wait_for, TALEA

SECRET = b"a secret of sufficient length"
PARTY = """tiers:
  - {tier: circle}
coupons:
  - {coupon: balloon, prefix: B-}
rules:
  - rule: party-coupons
    on: party
    give: {item: balloon, items: 2, days: 30}
  - rule: party-tier
    on: party
    give: {prolong: circle, months: 12}
  - rule: balloon-off
    coupon: balloon
    give: {money_off: 1.00}
"""


class Gateway(http.server.ThreadingHTTPServer):
    """Remembers what it gets; answers what it is told to, first come first served."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"
        self.lock = threading.Lock()
        self.requests = []
        self.answers = []
        self.judge = lambda messages: 200
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self, signature, body):
        """The status to answer."""
        messages = json.loads(body)["notifications"]
        moment, code = (part.split("=", 1)[1] for part in signature.split(","))
        expected = hmac.new(SECRET, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(code, expected), "the signature"
        assert abs(int(moment) - time.time()) < 60
        with self.lock:
            status = self.answers.pop(0) if self.answers else self.judge(messages)
            self.requests.append((status, messages))
        return status

    def asked(self):
        with self.lock:
            return len(self.requests)

    def all(self):
        """Each message that was answered with a 2xx, doubles and all."""
        with self.lock:
            return [m for status, messages in self.requests if status == 200 for m in messages]

    def of(self, kind):
        return [m for m in self.all() if m["kind"] == kind]

    def handle_error(self, request, address):
        """Of a node that was killed in the middle."""

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.take(self.headers["Talea-Signature"], body)
        if status == "drop":
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *unused):
        pass


class Notify(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.node = self.coalition["grocer"]
        self.gateway = Gateway()
        self.addCleanup(self.gateway.close)
        self.node.replace("hook.key", SECRET + b"\n")
        self.configure()
        config = self.node.read("node.yaml")
        self.node.replace("node.yaml", config + b"\nnotifications: notifications.yaml\n")

    def configure(self, more_hooks="", head=""):
        self.node.replace("notifications.yaml", f"""version: 1
brand: Алфа
language: ru
{head}
webhooks:
  - name: sms
    channel: sms
    url: {self.gateway.url}
    secret: hook.key
    attempts: 2
    retry_ms: 20
    retry_max_ms: 100
    timeout_ms: 2000
{more_hooks}""".encode())

    def enrol(self, *more):
        return self.node.cli("member", "add", *more)["card"]

    def status(self, name="sms"):
        hooks = self.node.cli("notify", "status")["webhooks"]
        return next(hook for hook in hooks if hook["name"] == name)

    def await_idle(self):
        wait_for(lambda: int(self.status().get("rows_behind", 0)) == 0, "all is told", 20)

    def test_order_languages_and_consent(self):
        self.coalition.start()
        kazakh = self.enrol("--reference", "K-1", "--name", "Aigerim", "--language", "kk",
                            "--channel", "sms=yes")
        mail_only = self.enrol("--channel", "email=yes")
        russian = self.enrol("--channel", "sms=yes,push=no")
        # A text says what there is when it is written: so each before the next.
        for told, card, amount in ((1, kazakh, "1.00"), (1, mail_only, "7.00"),
                                   (2, russian, "21.00"), (3, kazakh, "1200.00")):
            self.node.cli("earn", card, amount)
            wait_for(lambda told=told: len(self.gateway.of("points_earned")) == told,
                     f"{told} earns", 20)
        self.coalition["fuel"].cli("earn", kazakh, "5.00")
        self.coalition.wait_cleared()
        wait_for(lambda: len(self.gateway.of("points_earned")) == 4, "four earns", 20)
        self.assertEqual([m["text"] for m in self.gateway.of("points_earned")][:3], [
            "Алфа: сізге 1 балл қосылды. Қазір сізде 1 балл.",
            "Алфа: вам начислено 21 балл. Сейчас у вас 21.",
            "Алфа: сізге 1\u00a0200 балл қосылды. Қазір сізде 1\u00a0201 балл."])
        self.assertEqual(self.gateway.of("points_earned")[3]["shop"], "fuel")
        self.assertEqual(self.gateway.of("points_earned")[0]["reference"], "K-1")
        self.assertEqual(len(self.gateway.of("welcome")), 2)
        rows = [m["journal_row"] for m in self.gateway.all()]
        self.assertEqual(rows, sorted(rows))
        # What is taken back holds at once, what is given, too; the others stay as they were.
        self.node.cli("member", "consent", kazakh, "--channel", "sms=no")
        self.node.cli("member", "consent", mail_only, "--channel", "sms=yes", "--language", "en")
        shown = self.node.cli("member", "show", mail_only)["member"]
        self.assertEqual([c["channel"] for c in shown["consents"]],
                         ["CHANNEL_EMAIL", "CHANNEL_SMS"])
        self.node.cli("earn", kazakh, "3.00")
        self.node.cli("burn", mail_only, "2")
        wait_for(lambda: self.gateway.of("points_spent"), "the burn", 20)
        self.assertEqual(self.gateway.of("points_spent")[0]["text"],
                         "Алфа: you spent 2 points. You have 5 left.")
        self.assertEqual(len(self.gateway.of("points_earned")), 4)
        # An erased member hears nothing of what was recorded before.
        self.gateway.judge = lambda messages: 503
        asked = self.gateway.asked()
        self.node.cli("earn", russian, "9.00")
        wait_for(lambda: self.gateway.asked() > asked, "it is tried", 20)
        self.assertIn("503", self.status()["problem"])
        self.node.cli("member", "erase", russian, "--yes")
        self.gateway.judge = lambda messages: 200
        self.await_idle()
        self.assertEqual(len(self.gateway.of("points_earned")), 4)
        self.assertTrue(self.node.cli("verify")["is_clean"])
        metrics = self.node.http_get("/metrics")[1]
        self.assertIn('talea_notify_sent_total{webhook="sms"} 7', metrics)

    def test_failures_refusals_and_kills(self):
        programme = self.node.read("programme.yaml").decode()
        self.node.replace("programme.yaml", (programme + PARTY).encode())
        self.configure(more_hooks="""  - name: dead
    channel: sms
    url: http://127.0.0.1:9/
    secret: hook.key
""")
        self.coalition.start()
        card = self.enrol("--channel", "sms=yes")
        self.await_idle()
        # Trouble is waited out; the gateway gets each once.
        self.gateway.answers = [500, "drop", 429]
        self.node.cli("earn", card, "1.00")
        wait_for(lambda: len(self.gateway.of("points_earned")) == 1, "in spite of trouble", 20)
        self.assertFalse(self.gateway.answers)
        # One that is refused is set aside, and the others of its request go on.
        self.gateway.judge = lambda messages: 503
        for amount in ("2.00", "13.00", "4.00"):
            self.node.cli("earn", card, amount)
        self.gateway.judge = lambda messages: (
            422 if any(m["points"] == "13" for m in messages) else 200)
        wait_for(lambda: len(self.gateway.of("points_earned")) == 3, "the other two", 20)
        self.assertEqual([m["points"] for m in self.gateway.of("points_earned")], ["1", "2", "4"])
        status = self.status()
        self.assertEqual(int(status["set_aside"]), 1)
        self.assertEqual(status["latest_aside"][0]["http_status"], 422)
        self.assertIn(".points_earned.", status["latest_aside"][0]["id"])
        # The dead one is behind, and that is all.
        dead = self.status("dead")
        self.assertGreater(int(dead["rows_behind"]), 3)
        self.assertGreater(int(dead["failures"]), 0)
        self.kill_within_a_row(card)
        self.assertEqual(int(self.status()["set_aside"]), 1)
        self.assertEqual(len(self.status()["latest_aside"]), 1)

    def kill_within_a_row(self, card):
        """One event brings two coupons and a tier. Of one request the gateway will have nothing, so
        they come one by one; it has the second, and the node dies before it knows: that one comes
        again under the same id, the others come once."""
        kills = [signal.SIGKILL]

        def judge(messages):
            if len(messages) > 1:
                return 422
            if kills and messages[0]["id"].endswith(".1"):
                self.node.signal(kills.pop())
            return 200
        kinds = ("coupon_given", "tier_reached")
        self.gateway.judge = judge

        def told():
            return [m for m in self.gateway.all() if m["kind"] in kinds]
        self.node.talea("event", card, "party", expect=None)
        wait_for(lambda: len(told()) == 2, "two coupons", 20)
        self.node.wait()
        self.node.start()
        wait_for(lambda: len(told()) == 4, "a double, and the tier", 20)
        self.await_idle()
        first, second, double, tier = told()
        self.assertEqual(second, double)
        self.assertEqual(len({m["id"] for m in (first, second, tier)}), 3)
        self.assertEqual(len({m["text"] for m in (first, second, tier)}), 3)
        self.assertEqual({m["journal_row"] for m in (first, second, tier)}, {first["journal_row"]})
        self.assertEqual([m["kind"] for m in (first, second, tier)], [kinds[0], kinds[0], kinds[1]])

    def test_what_expires_is_told_once(self):
        programme = self.node.read("programme.yaml").decode()
        lines = [line for line in programme.splitlines() if not line.startswith("expiry:")]
        self.node.replace("programme.yaml", "\n".join(
            lines + ["expiry: {kind: months, months: 1}", "time_zone: Asia/Tashkent", ""]).encode())
        self.coalition.start()
        first = self.enrol("--channel", "sms=yes", "--language", "en")
        self.enrol("--channel", "sms=yes")
        silent = self.enrol()
        self.node.cli("earn", first, "21.00")
        self.node.cli("earn", silent, "5.00")
        self.await_idle()
        self.configure(head="expiring: {days: 40}")
        self.node.reload()
        wait_for(lambda: self.gateway.of("points_expiring"), "they end soon", 20)
        told = self.gateway.of("points_expiring")
        self.assertEqual(len(told), 1)
        self.assertRegex(told[0]["text"], "^Алфа: 21 of your points expire on [0-9]+\u00a0[A-Z]")
        self.assertEqual(told[0]["points"], "21")
        # With a day of the programme's own zone, five hours before one of UTC.
        end = self.node.cli("balance", first)["balance"]["lots"][0]["expires_at_unix_ms"]
        self.assertEqual(end % 86_400_000, 19 * 3_600_000)
        day = time.gmtime(end // 1000 + 5 * 3600)
        self.assertIn(f" {day.tm_mday}\u00a0{time.strftime('%B', day)}", told[0]["text"])
        # Not again: not by a pass that begins anew, and not after a restart.
        self.node.stop()
        path = self.node.path("data", "notify", "sms.json")
        with open(path, encoding="utf-8") as file:
            cursor = json.load(file)
        cursor["passed_at_unix_ms"] = 0
        self.node.replace(os.path.relpath(path, self.node.folder), json.dumps(cursor).encode())
        self.node.start()
        self.node.cli("earn", first, "3.00")

        def passed():
            with open(path, encoding="utf-8") as file:
                return json.load(file)["passed_at_unix_ms"] > 0
        wait_for(passed, "the next pass", 20)
        points = [m["points"] for m in self.gateway.of("points_expiring")]
        self.assertEqual(points[0], "21")
        self.assertNotIn("21", points[1:])

    def test_files(self):
        path = self.node.path("notifications.yaml")
        self.assertIn("1 webhook", run([TALEA, "notify", "check", path]).stdout)
        shown = run([TALEA, "notify", "preview", path, "--kind", "points_earned", "--language",
                     "ru"]).stdout
        for words in ("1 балл.", "2 балла.", "5 баллов.", "21 балл."):
            self.assertIn("вам начислено " + words, shown)
        self.configure(head="texts: [{kind: welcome, language: en, text: \"{points}\"}]")
        refused = run([TALEA, "notify", "check", path], expect=2).stderr
        self.assertIn("notifications.yaml:4: texts[0].text: {points} is nothing that welcome tells",
                      refused)
        self.configure()
        os.chmod(self.node.path("hook.key"), 0o644)
        self.node.launch()
        self.assertEqual(self.node.wait(), 2)
        self.assertIn("hook.key", self.node.log_tail())


if __name__ == "__main__":
    main(200)
