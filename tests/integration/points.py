"""An independent calculation of points: a brand's export, its mapping and programme, in whole numbers.

Written from the mapping's description (src/receipts/mapping.h) and the rules of returns, not from
the programs; nothing of them runs here. Fractions are exact (fractions.Fraction) and every rounding
is by name.

    shop = Shop(mapping, programme, offset_folder)
    shop.read(csv_path, home_of_row)   ->  shop.given[card], shop.taken[card], shop.rejected
"""

import collections
import csv
import datetime
import gzip
import io
import os
from fractions import Fraction

MICRO = 1_000_000
DAY = datetime.timedelta(days=1)


# ---- The little of YAML that mappings and programmes use ----

def _strip(line):
    """Without its comment."""
    quote = None
    for place, letter in enumerate(line):
        if quote:
            quote = None if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (place == 0 or line[place - 1] in " \t"):
            return line[:place].rstrip()
    return line.rstrip()


def _scalar(text):
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


class _Flow:
    """{a: b, c: [d, e]} on one line."""

    def __init__(self, text):
        self.text, self.place = text, 0

    def peek(self):
        while self.text[self.place] in " \t":
            self.place += 1
        return self.text[self.place]

    def word(self, ends):
        if self.peek() in "\"'":
            end = self.text.index(self.text[self.place], self.place + 1) + 1
        else:
            end = min((i for i in range(self.place, len(self.text)) if self.text[i] in ends),
                      default=len(self.text))
        word, self.place = self.text[self.place:end].strip(), end
        return _scalar(word)

    def value(self):
        opener = self.peek()
        if opener not in "{[":
            return self.word(",]}")
        self.place += 1
        found = {} if opener == "{" else []
        while self.peek() not in "}]":
            if opener == "{":
                key = self.word(":")
                self.peek()
                self.place += 1
                found[key] = self.value()
            else:
                found.append(self.value())
            if self.peek() == ",":
                self.place += 1
        self.place += 1
        return found


def _value(text):
    return _Flow(text).value() if text[0] in "{[" else _scalar(text)


def read_yaml(path):
    """Nested mappings of texts; lists in their short form."""
    with open(path, encoding="utf-8") as file:
        lines = [_strip(line) for line in file]
    root = {}
    open_at = [(-1, root)]
    for line in filter(None, lines):
        indent = len(line) - len(line.lstrip())
        key, _, rest = line.strip().partition(":")
        while indent <= open_at[-1][0]:
            open_at.pop()
        rest = rest.strip()
        inner = open_at[-1][1][_scalar(key)] = _value(rest) if rest else {}
        if not rest:
            open_at.append((indent, inner))
    return root


# ---- Numbers ----

def rounded(value, how):
    """A fraction of 0 or more to a whole number."""
    whole = value.numerator // value.denominator
    rest = value - whole
    if rest == 0 or how == "down":
        return whole
    if how == "up":
        return whole + 1
    half = Fraction(1, 2)
    if rest == half:
        return whole + (1 if how == "half_up" or whole % 2 else 0)
    return whole + (1 if rest > half else 0)


def is_card(text):
    """12 to 19 digits with a right check digit (ISO/IEC 7812)."""
    digits = [int(d) for d in reversed(text)] if text.isdigit() else []
    doubled = [d if place % 2 == 0 else 2 * d - (9 if d > 4 else 0)
               for place, d in enumerate(digits)]
    return 12 <= len(digits) <= 19 and sum(doubled) % 10 == 0


class Reject(Exception):
    """This row does not count."""


class Programme:
    """The brand's rate."""

    def __init__(self, path, points_decimals=0):
        text = read_yaml(path)
        earn = text["earn"]
        self.points = Fraction(earn["points"]) * 10 ** points_decimals
        self.unit = 10 ** int(text["money_decimals"])
        self.per = Fraction(earn["per"]) * self.unit
        self.minimum = Fraction(earn.get("minimum", 0)) * self.unit
        self.rounding = earn["rounding"]

    def of(self, amount):
        if amount <= 0 or amount < self.minimum:
            return 0
        return rounded(Fraction(amount) * self.points / self.per, self.rounding)


class Line:
    """One line of a receipt; quantity in millionths, amount in minor units."""

    def __init__(self, product, quantity, amount, points, is_return, original):
        self.product, self.quantity, self.amount = product, quantity, amount
        self.points, self.is_return, self.original = points, is_return, original
        self.returned_quantity = self.returned_amount = 0

    def left(self):
        return self.quantity - self.returned_quantity

    def take(self, quantity):
        """What goes back in money with so much of it."""
        rest = self.amount - self.returned_amount
        if quantity == self.left():
            amount = rest
        else:
            share = rounded(Fraction(self.amount * quantity, self.quantity), "half_even")
            amount = min(share, rest)
        self.returned_quantity += quantity
        self.returned_amount += amount
        return amount


class Sale:
    """A purchase that earned."""

    def __init__(self, head, lines, programme, order):
        self.head, self.lines, self.order = head, lines, order
        self.amount = sum(line.amount for line in lines)
        self.fixed = None if lines[0].points is None else sum(line.points for line in lines)
        self.given = programme.of(self.amount) if self.fixed is None else self.fixed
        self.programme = programme
        self.returned = self.taken = 0

    def take(self, amount):
        """The points it no longer deserves."""
        self.returned += amount
        left = self.amount - self.returned
        if self.amount == 0:
            kept = 0
        elif self.fixed is None:
            kept = self.programme.of(left)
        else:
            kept = self.fixed * left // self.amount
        points = max(0, self.given - self.taken - kept)
        self.taken += points
        return points


Head = collections.namedtuple("Head", "receipt time local store who currency")


class Shop:
    """One brand's export, read row by row."""

    def __init__(self, mapping_path, programme, members=None, points_decimals=0, before=None):
        """`members`: the brand's own customer numbers, each with its card. `before`: the shop of
        another export of the same brand, whose sales may come back in this one."""
        self.map = read_yaml(mapping_path)
        self.programme = programme
        self.decimals = points_decimals
        self.members = members or {}
        self.cards = None
        if "cards" in self.map:
            path = os.path.join(os.path.dirname(mapping_path), self.map["cards"])
            with open(path, encoding="utf-8", newline="") as file:
                self.cards = {row["customer"]: row["card"] for row in csv.DictReader(file)}
        self.given = before.given if before else collections.Counter()
        self.taken = before.taken if before else collections.Counter()
        self.sales = before.sales if before else collections.defaultdict(list)  # by product
        self.counts = collections.Counter()

    def option(self, group, name, default):
        return self.map.get(group, {}).get(name, default)

    # ---- One row ----

    def text(self, row, role, default=""):
        column = self.map["columns"].get(role)
        if column is None:
            return default
        if "value" in column:
            return column["value"]
        text = row[column["column"]].strip()
        prefix, suffix = column.get("drop_prefix", ""), column.get("drop_suffix", "")
        if prefix and text.startswith(prefix):
            text = text[len(prefix):]
        if suffix and text.endswith(suffix):
            text = text[:-len(suffix)]
        return text

    def number(self, row, role):
        if role not in self.map["columns"]:
            return None
        text = self.text(row, role).replace(self.option("number", "group", "") or "\0", "")
        try:
            return Fraction(text.replace(self.option("number", "point", "."), "."))
        except ValueError as error:
            raise Reject(f"{role}: {text}") from error

    def time(self, row):
        text = self.text(row, "time") or " ".join(
            filter(None, (self.text(row, "date"), self.text(row, "clock"))))
        offset = self.option("time", "offset", "+00:00")
        minutes = (int(offset[0] + "1") * (int(offset[1:3]) * 60 + int(offset[-2:]))
                   if ":" in offset else int(offset))
        for form in self.map["time"]["formats"]:
            try:
                local = datetime.datetime.strptime(text, form)
            except ValueError:
                continue
            if local.tzinfo is None:
                local = local.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=minutes)))
            return local.astimezone(datetime.timezone.utc), local
        raise Reject(f"time: {text}")

    def money(self, value):
        scaled = value * 10 ** int(self.option("money", "decimals", "2"))
        how = self.option("money", "rounding", "exact")
        if how == "exact":
            if scaled.denominator != 1:
                raise Reject(f"amount {value}")
            return int(scaled)
        sign = -1 if scaled < 0 else 1
        return sign * rounded(abs(scaled), how)

    def who(self, row):
        """The buyer's card; "" where the export names nobody."""
        if "card" not in self.map["columns"] and "customer" not in self.map["columns"]:
            return ""
        card = self.text(row, "card").replace(" ", "")
        if card:
            if not is_card(card):
                raise Reject(f"card {card}")
            return card
        customer = self.text(row, "customer")
        known = self.members if self.cards is None else self.cards
        if customer not in known:
            raise Reject(f"customer {customer}")
        return known[customer]

    def line(self, row, receipt):
        quantity = self.number(row, "quantity")
        quantity = Fraction(1) if quantity is None else quantity
        if "amount" in self.map["columns"]:
            amount = self.money(self.number(row, "amount"))
        elif "unit_price" in self.map["columns"]:
            price = self.number(row, "unit_price")
            if price < 0:
                raise Reject("unit price")
            amount = self.money(quantity * price)
        else:
            amount = 0
        points = self.number(row, "points")
        points = None if points is None else int(points * 10 ** self.decimals)
        prefix = self.option("returns", "prefix", None)
        marked = (self.option("returns", "rows_are", "sales") == "returns" or
                  prefix is not None and receipt.startswith(prefix) or
                  self.text(row, "kind") in self.option("returns", "values", []))
        signs = {(v > 0) - (v < 0) for v in (quantity if "quantity" in self.map["columns"] else 0,
                                             amount, points or 0)} - {0}
        if not marked and len(signs) > 1:
            raise Reject("signs")
        negative = -1 in signs
        if not marked and negative and self.option("returns", "negative", "true") == "false":
            raise Reject("negative")
        micro = abs(quantity) * MICRO
        return Line(self.text(row, "product"), int(micro), abs(amount),
                    None if points is None else abs(points), marked or negative,
                    self.text(row, "original"))

    def excluded(self, row):
        return any(self.text(row, role) in values
                   for role, values in self.map.get("exclude", {}).items())

    def receipt_number(self, row, local):
        roles = self.map.get("receipt_from")
        if not roles:
            return self.text(row, "receipt")
        return "|".join(local.strftime("%Y-%m-%d") if role == "date" else self.text(row, role)
                        for role in roles)

    # ---- A file ----

    def rows(self, path):
        form = self.map.get("format", {})
        opener = gzip.open if path.endswith(".gz") else open
        encoding = {"latin-1": "latin-1"}.get(form.get("encoding"), "utf-8")
        with opener(path, "rb") as file:
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            delimiter = form.get("delimiter", ",")
            yield from csv.DictReader(text, delimiter="\t" if delimiter == "tab" else delimiter)

    def read(self, path):
        """Sales and returns in the order of the file, or, of one that isn't grouped, of time."""
        receipts = collections.OrderedDict()
        seen = collections.defaultdict(set)
        for order, row in enumerate(self.rows(path)):
            self.counts["rows"] += 1
            try:
                if self.excluded(row):
                    raise Reject("excluded")
                time, local = self.time(row)
                number = self.receipt_number(row, local)
                line = self.line(row, number)
                head = Head(number, time, local, self.text(row, "store"), self.who(row),
                            self.text(row, "currency"))
                mark = tuple(row.values())
                if self.map.get("repeated") == "reject":
                    if "line" in self.map["columns"]:
                        mark = self.text(row, "line")
                    if mark in seen[number]:
                        raise Reject("repeats")
                    seen[number].add(mark)
                held = receipts.setdefault(number, (head, order, []))
                if (held[0].store, held[0].who) != (head.store, head.who):
                    raise Reject("another receipt's")
                held[2].append(line)
            except Reject as reason:
                self.reject(str(reason))
        ordered = list(receipts.values())
        if self.map.get("grouped") == "false":
            ordered.sort(key=lambda receipt: (receipt[0].time, receipt[1]))
        for head, order, lines in ordered:
            self.take_receipt(head, order, lines)

    def reject(self, reason):
        self.counts["rejected"] += 1
        self.counts["rejected: " + reason.split(" ")[0]] += 1

    def take_receipt(self, head, order, lines):
        sold, back = net(lines, head.receipt)
        if sold:
            sale = Sale(head, sold, self.programme, order)
            for product in {line.product for line in sold}:
                self.sales[product].append(sale)
            self.given[head.who] += sale.given
            self.counts["sales"] += 1
        if back:
            self.take_return(head, back)

    def take_return(self, head, lines):
        found = {}
        for line in lines:
            takes = self.find(head, line)
            self.counts["lines matched" if takes else "lines unmatched"] += 1
            for sale, amount in takes:
                found[sale] = found.get(sale, 0) + amount
        for sale, amount in found.items():
            if amount > 0 or sale.amount == 0:
                self.taken[sale.head.who] += sale.take(amount)

    def fits(self, head, line, sale):
        """A named original is the only place to look, however the rest is matched."""
        if line.original and sale.head.receipt != line.original:
            return False
        for key in self.map["returns"]["match"]:
            if key == "receipt" and not line.original:
                return False
            if key == "customer" and sale.head.who != head.who:
                return False
            if key == "store" and sale.head.store != head.store:
                return False
            if key == "date" and sale.head.time.date() != head.time.date():
                return False
        return bool(line.original) or sale.head.time.date() <= head.time.date()

    def find(self, head, line):
        """[(sale, amount)] for the whole line, or nothing."""
        if line.quantity == 0:
            return []
        candidates = []
        for sale in self.sales[line.product]:
            left = sum(own.left() for own in sale.lines if own.product == line.product)
            if left > 0 and self.fits(head, line, sale):
                candidates.append((sale, left))
        candidates.sort(key=lambda pair: (pair[0].head.time, pair[0].order), reverse=True)
        whole = [pair for pair in candidates if pair[1] >= line.quantity]
        if self.option("returns", "unique", "false") == "true":
            if len(whole) != 1:
                return []
        elif not whole and sum(left for _, left in candidates) < line.quantity:
            return []
        takes, wanted = [], line.quantity
        for sale, left in whole[:1] or candidates:
            part = min(left, wanted)
            takes.append((sale, take_from(sale, line.product, part)))
            wanted -= part
            if wanted == 0:
                break
        return takes


def take_from(sale, product, quantity):
    """Of one sale: one of its lines where one has it all, else one after the other."""
    own = [line for line in sale.lines if line.product == product]
    start = next((i for i, line in enumerate(own) if line.left() >= quantity), 0)
    amount = 0
    for line in own[start:]:
        part = min(line.left(), quantity)
        if part > 0:
            amount += line.take(part)
            quantity -= part
    return amount


def net(lines, receipt):
    """(sold, returned): what a receipt sells and takes back of one product is one or the other."""
    sold, back = [], []
    if all(line.is_return for line in lines) or not any(line.is_return for line in lines):
        return ([], lines) if lines[0].is_return else (lines, [])
    products = collections.OrderedDict()
    for place, line in enumerate(lines):
        products.setdefault(line.product or f"\0{place}", []).append(line)
    for same in products.values():
        if len({line.is_return for line in same}) == 1:
            (back if same[0].is_return else sold).extend(same)
            continue
        sums = [sum((-1 if line.is_return else 1) * (getattr(line, name) or 0) for line in same)
                for name in ("quantity", "amount", "points")]
        if all(value >= 0 for value in sums) or all(value <= 0 for value in sums):
            one = same[0]
            is_return = any(value < 0 for value in sums)
            points = None if one.points is None else abs(sums[2])
            (back if is_return else sold).append(
                Line(one.product, abs(sums[0]), abs(sums[1]), points, is_return, one.original))
        else:
            for line in same:
                if line.is_return:
                    line.original = receipt
                (back if line.is_return else sold).append(line)
    return sold, back
