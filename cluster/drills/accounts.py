"""The audit of a drill: what the tills were told, held against what the ledgers say.

Nothing of the nodes' own sums is believed. Each acknowledged command is looked for by its id in the
journal of the brand that took it and, of another brand's member, in the journal of the home: it has
to be there once, with the points that the till was told. Then each card's balance and each pair's
totals are added up from the tills' book alone, and compared with the members' and the statements'.
"""

import collections
import concurrent.futures
import itertools
import json
import subprocess

from coalition import TALEA, dashed
from tills import ACKNOWLEDGED, REFUSED, UNANSWERED

# How a journal's rows name what a till asked for: of the brand's own member, of another's.
EVENTS = {"earn": ("EARN", "EARN"), "authorise": ("HOLD", "FOREIGN_HOLD"),
          "capture": ("CAPTURE", "CAPTURE"), "void": ("VOID", "VOID"),
          "return": ("RETURN_PURCHASE", "RETURN_PURCHASE"),
          "give back": ("RETURN_BURN", "RETURN_BURN")}
STOOD_IN = "STAND_IN_HOLD"  # a hold abroad that only a mandate stands behind
TILLS_EVENTS = {STOOD_IN, *(name for pair in EVENTS.values() for name in pair)}
# Rows that a restored ledger writes of what its partners gave back.
RECOVERED = ("RECOVER_ENTRY", "RECOVER_HOLD")
# What it does to a member's points, and what kind of entry it sends home.
SIGNS = {"earn": 1, "authorise": 0, "capture": -1, "void": 0, "return": -1, "give back": 1}
ENTRIES = {"earn": "EARN", "capture": "CAPTURE", "void": "VOID", "return": "EARN_RETURN",
           "give back": "BURN_RETURN"}
SHOWN_MAX = 10
VERIFY_SECONDS = 600
AT_ONCE = 4  # command lines, at the end


class Findings:
    """What an audit found; clean when nothing is wrong."""

    def __init__(self):
        self.acknowledged = self.refused = self.repeated = self.unanswered = 0
        self.refusals = collections.Counter()
        self.lost = self.twice = self.wrong = 0
        self.notes = []

    def note(self, kind, text):
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.notes) < SHOWN_MAX:
            self.notes.append(f"{kind}: {text}")

    def is_clean(self):
        return not (self.lost or self.twice or self.wrong or self.unanswered)


def events_of(node):
    """One brand's journal as its node prints it, row by row."""
    words = [TALEA, "--home", node.folder, *node.reach(), "events", "--from", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode != 0:
        raise AssertionError(f"{node.partner}: its journal can't be read")


class Journal:
    """Where each id is in one brand's journal."""

    def __init__(self, partner, events):
        self.own = collections.defaultdict(list)  # id -> [(kind, points)]
        self.taken = collections.defaultdict(list)  # (origin, id) -> [(kind, points)]
        self.given_up = set()  # requests that no home answered: whatever comes of them is void
        self.refused = []  # partners' entries that this home did not accept
        for event in events:
            self.take(partner, event)

    def take(self, partner, event):
        kind, id = event["kind"][len("EVENT_KIND_"):], event["transaction_id"]
        if event["refusal"] != "REFUSAL_UNSPECIFIED":
            if kind == "TAKE_ENTRY":
                self.refused.append((event["origin"], id, event["refusal"]))
            return
        points = int(event["points"])
        is_taken = kind in ("TAKE_ENTRY", "RECOVER_TAKEN")
        if is_taken and not event["member_id"] and not event["card"]:
            return  # a period's mark
        if is_taken or kind in ("HOLD", "RECOVER_HOLD") and event["origin"] != partner:
            self.taken[event["origin"], id].append((kind, points))
        elif kind == "GIVE_UP_HOLD":
            self.given_up.add(id)
        elif kind in TILLS_EVENTS or kind in RECOVERED:
            self.own[id].append((kind, points))


def _look(findings, command, place, rows, points):
    """One command at one place: there, once, with these points (None: any)."""
    what = f"{command.kind} {command.id} of {command.brand} at {place}"
    if not rows:
        findings.note("lost", f"{what} is not there")
    elif len(rows) > 1:
        findings.note("twice", f"{what} is there {len(rows)} times")
    elif points is not None and rows[0][1] != points:
        findings.note("wrong", f"{what} has {rows[0][1]} points, the till was told {points}")


def _look_everywhere(findings, command, journals):
    event = EVENTS[command.kind][command.brand != command.home]
    wanted = (STOOD_IN if command.is_stand_in else event, *RECOVERED)
    rows = journals[command.brand].own[command.id]
    _look(findings, command, command.brand, [row for row in rows if row[0] in wanted],
          command.points)
    if command.brand != command.home and not command.is_stand_in:
        points = None if command.kind == "void" else command.points
        _look(findings, command, command.home,
              journals[command.home].taken[command.brand, command.id], points)


def _is_void(rows):
    """Of a request that was given up: a grant that came too late, and its void."""
    kinds = [kind for kind, _ in rows]
    return len(set(kinds)) == len(kinds) and set(kinds) <= {"HOLD", "TAKE_ENTRY"} and all(
        points == 0 for kind, points in rows if kind == "TAKE_ENTRY")


def _look_for_strangers(findings, book, journals):
    """What is in a journal has to be what a till was told is there."""
    told = {(command.brand, command.id): command.told for command in book}
    for partner, journal in journals.items():
        known = [((partner, id), rows) for id, rows in journal.own.items()]
        for (brand, id), rows in known + list(journal.taken.items()):
            if id in journals[brand].given_up and told.get((brand, id)) == REFUSED and (
                    _is_void(rows)):
                continue
            if rows and told.get((brand, id)) not in (ACKNOWLEDGED, UNANSWERED):
                findings.note("wrong", f"{partner} has {id} of {brand}, "
                              f"{told.get((brand, id), 'which no till sent')}")
        for origin, id, refusal in journal.refused:
            findings.note("lost", f"{partner} does not accept {id} of {origin}: {refusal}")


def _compare_balances(findings, tills, nodes):
    wanted = collections.Counter()
    for command in tills.book:
        if command.told == ACKNOWLEDGED:
            wanted[command.card] += SIGNS[command.kind] * command.points
    for node in nodes:
        found = {}
        for member in node.cli("member", "list", "--limit", "1000")["members"]:
            balance = member["balance"]
            found[member["cards"][0]["number"]] = (
                balance["available_points"] + balance["pending_points"] + balance["held_points"] -
                balance["debt_points"])
        for card in tills.cards[node.partner]:
            if found[card] != wanted[card]:
                findings.note("lost" if found[card] < wanted[card] else "twice",
                              f"card {card} has {found[card]} points, the tills' book says "
                              f"{wanted[card]}")


def pairs_of(node, period):
    """This brand's rows of the period, one for each other brand."""
    return [pair for pair in node.cli("period", "list", dashed(period), expect=None)["pairs"]
            if int(pair["period"]) == int(period)]


def _sent(book, given_up, brand, home):
    """What one brand owes the other an entry for, by kind: (count, points)."""
    totals = collections.defaultdict(lambda: [0, 0])
    for command in book:
        if (command.brand, command.home, command.told) == (brand, home, ACKNOWLEDGED) and (
                command.kind in ENTRIES):
            totals[ENTRIES[command.kind]][0] += 1
            totals[ENTRIES[command.kind]][1] += command.points if command.kind != "void" else 0
        elif (command.brand, command.home) == (brand, home) and command.id in given_up:
            totals["VOID"][0] += 1
    return {kind: tuple(total) for kind, total in totals.items()}


def _compare_statements(findings, book, journals, nodes, period):
    names = {"ENTRY_KIND_" + name: name for name in ENTRIES.values()}
    for node in nodes:
        for pair in pairs_of(node, period):
            found = {names[row["kind"]]: (int(row["count"]), int(row["points"]))
                     for row in pair["sent"] if row["kind"] in names}
            wanted = _sent(book, journals[node.partner].given_up, node.partner,
                           pair["partner"])
            if found != wanted:
                findings.note("wrong", f"the statement of {node.partner} to {pair['partner']} says "
                              f"{found}, the tills' book {wanted}")


def _compare_answers(findings, book):
    """A purchase gives a point for each full 1.00, a hold what was asked for, and so on."""
    for command in book:
        if command.told == ACKNOWLEDGED and command.points != command.asked:
            findings.note("wrong", f"{command.kind} {command.id} of {command.asked} points: the "
                          f"till was told {command.points}")


def audit(tills, nodes, period, read=events_of):
    """After the streams are receipted and the period is closed."""
    findings = Findings()
    journals = {node.partner: Journal(node.partner, read(node)) for node in nodes}
    for command in tills.book:
        findings.repeated += command.sent - 1
        if command.told == ACKNOWLEDGED:
            findings.acknowledged += 1
            _look_everywhere(findings, command, journals)
        elif command.told == REFUSED:
            findings.refused += 1
            findings.refusals[command.reason] += 1
        else:
            findings.note("unanswered", f"{command.kind} {command.id} of {command.brand}: "
                          f"{command.reason}")
    _look_for_strangers(findings, tills.book, journals)
    _compare_answers(findings, tills.book)
    _compare_balances(findings, tills, nodes)
    _compare_statements(findings, tills.book, journals, nodes, period)
    return findings


def _is_signed(pair, period):
    """One statement at both, with four valid signatures."""
    sides = [one.cli("statement", "show", other.partner, dashed(period))
             for one, other in (pair, pair[::-1])]
    signatures = {side[name] for side in sides
                  for name in ("signed", "countersigned", "partner_signed")}
    statements = {side["document"]["statement"] for side in sides}
    return signatures == {"valid"} and len(statements) == 1


def signed_statements(nodes, period):
    """How many pairs have an agreed statement, and of how many."""
    pairs = list(itertools.combinations(nodes, 2))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(lambda pair: _is_signed(pair, period), pairs)), len(pairs)


def verified(nodes):
    """How many ledgers follow from their journals."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(
            lambda node: node.cli("verify", "--timeout", VERIFY_SECONDS, expect=None,
                                  timeout=2 * VERIFY_SECONDS)["is_clean"], nodes))
