"""Tills of every brand, all at once: what they ask, what they are told, and how long they wait.

One thread serves them all. A command whose outcome is unknown is sent again under the same id until
it is answered, as a till must; every command is kept in the book with what it was told. Tills begin
purchases at a steady rate whatever the nodes do, but at most WAITING_MAX commands of one kind wait
for one brand to answer about one home: further customers are turned away, and counted.
"""

import asyncio
import collections
import random
import threading
import time

import grpc

import wire

TILL_SECONDS = 2.0  # what a customer waits; a later answer counts as none
PAUSE_SECONDS = 0.2  # before an unanswered command is sent again
WAITING_MAX = 4
CARDS_OF_BRAND = 20
FIRST_POINTS = 20_000
SALES_KEPT = 100
CHANNEL = {"grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 500,
           "grpc.min_reconnect_backoff_ms": 1000}
# The outcome of these is unknown, or known to be nothing: ask again with the same id.
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED,
         grpc.StatusCode.RESOURCE_EXHAUSTED)
# What a customer feels when it is away: earning, a hold (which its home grants), what follows it.
SERVICES = {"earn": "earn", "return": "earn", "authorise": "authorise", "capture": "capture",
            "void": "capture", "give back": "capture"}
ACKNOWLEDGED, REFUSED, UNANSWERED = "acknowledged", "refused", "unanswered"


class Command:
    """One row of the book."""

    __slots__ = ("id", "brand", "home", "card", "kind", "asked", "points", "told", "reason",
                 "sent", "answered", "is_stand_in", "request", "of")

    def __init__(self, brand, home, card, kind, points):
        self.id = wire.uuid7()
        self.brand, self.home, self.card, self.kind = brand, home, card, kind
        self.asked = points
        self.points = 0  # once acknowledged: what was given, held or taken
        self.told, self.reason = UNANSWERED, None
        self.sent = 0  # so often
        self.answered = 0.0
        self.is_stand_in = False
        self.request = None  # (method, message)
        self.of = None  # of captures, voids and returns: the hold's or the sale's id


class Service:
    """For each (brand, home, what is asked): when it was not served.

    Not served is from the start of the first call that failed or was later than TILL_SECONDS, to
    the end of the next one that was in time."""

    def __init__(self):
        self.since = {}
        self.gaps = collections.defaultdict(list)  # key -> [(from, to)]
        self.calls = []  # (end, key, seconds), of what was answered

    def note(self, key, begin, end, is_served):
        if not is_served:
            self.since[key] = min(begin, self.since.get(key, begin))
            return
        self.calls.append((end, key, end - begin))
        if key in self.since:
            self.gaps[key].append((self.since.pop(key), end))

    def finish(self, end):
        for key, begin in self.since.items():
            self.gaps[key].append((begin, end))
        self.since.clear()

    def longest(self, wanted):
        """The longest gap of the keys that are wanted, and the time in which any had one."""
        gaps = sorted(gap for key, all_gaps in self.gaps.items() if wanted(key)
                      for gap in all_gaps)
        longest, total, covered = 0.0, 0.0, float("-inf")
        for begin, end in gaps:
            longest = max(longest, end - begin)
            total += max(0.0, end - max(begin, covered))
            covered = max(covered, end)
        return longest, total

    def latency(self, wanted, begin, end):
        """(calls, median, 99th percentile) in seconds of calls that ended then."""
        found = sorted(seconds for at, key, seconds in self.calls
                       if begin <= at < end and wanted(key))
        if not found:
            return 0, None, None
        return len(found), found[len(found) // 2], found[min(len(found) - 1,
                                                             len(found) * 99 // 100)]


class Tills(threading.Thread):
    """The tills of a coalition."""

    def __init__(self, nodes, rate, seed):
        """`rate`: visits that each brand's customers begin in a second."""
        super().__init__(name="tills", daemon=True)
        self.nodes = {node.partner: node for node in nodes}
        self.rate = rate
        self.rng = random.Random(seed)
        self.pb = wire.messages()
        self.book = []
        self.service = Service()
        self.turned_away = 0
        self.troubles = collections.Counter()  # why calls had to be made again
        self.cards = {}
        self.is_open, self.stopping = threading.Event(), threading.Event()
        self.give_up = float("inf")
        self.failure = None
        self.paused = set()  # brands whose tills do not call
        self._services = {}
        self._loop = None
        self._waiting = collections.Counter()
        self._sales = collections.defaultdict(lambda: collections.deque(maxlen=SALES_KEPT))
        self._burns = collections.defaultdict(lambda: collections.deque(maxlen=SALES_KEPT))

    # ---- Before the traffic ----

    def enrol(self):
        """Members of every brand, with points to spend."""
        for partner, node in self.nodes.items():
            with wire.channel(node, "back-office") as channel:
                office = wire.service(channel, self.pb.back_office, "BackOfficeService")
                requests = [self.pb.back_office.ImportMembersRequest(transaction_id=wire.uuid7())
                            for _ in range(CARDS_OF_BRAND)]
                self.cards[partner] = [reply.card for reply in office.ImportMembers(iter(requests))]

    # ---- One command ----

    def _request(self, command, **more):
        pb = self.pb.till
        if command.kind == "earn":
            return "Earn", pb.EarnRequest(card=command.card, amount_minor=command.asked * 100 +
                                          more["cents"], transaction_id=command.id)
        if command.kind == "authorise":
            return "AuthoriseBurn", pb.AuthoriseBurnRequest(
                card=command.card, points=command.asked, transaction_id=command.id)
        if command.kind == "return":
            return "ReturnPurchase", pb.ReturnPurchaseRequest(sale_id=more["of"],
                                                              transaction_id=command.id)
        method = {"capture": "CaptureBurn", "void": "VoidBurn", "give back": "ReturnBurn"}
        name = method[command.kind]
        request = getattr(pb, name + "Request")(hold_id=more["of"], transaction_id=command.id)
        if command.kind != "void":
            request.points = command.asked
        return name, request

    @staticmethod
    def _points(reply):
        for name in ("earned_points", "held_points", "captured_points", "voided_points",
                     "taken_points", "returned_points"):
            if name in reply.DESCRIPTOR.fields_by_name:
                return getattr(reply, name)
        raise AssertionError(f"no points in {reply}")

    async def _ask(self, command, **more):
        """Until there is an answer; whether it is a yes."""
        self.book.append(command)
        command.request = self._request(command, **more)
        command.of = more.get("of")
        reply = await self._call(command)
        if reply is None:
            return False
        command.told, command.reason = ACKNOWLEDGED, None
        command.points = self._points(reply)
        command.is_stand_in = (command.kind == "authorise" and
                               reply.authorised_by == self.pb.till.AUTHORISED_BY_MANDATE)
        return True

    async def _call(self, command, is_again=False):
        """The answer, or None when it is a refusal or when all is over."""
        name, request = command.request
        key = (command.brand, command.home, SERVICES[command.kind])
        while True:
            while command.brand in self.paused and not is_again:
                await asyncio.sleep(PAUSE_SECONDS / 4)
            command.sent += 1
            begin = time.monotonic()
            try:
                reply = await getattr(self._services[command.brand], name)(request,
                                                                           timeout=TILL_SECONDS)
            except grpc.RpcError as error:
                is_final = error.code() not in AGAIN
                command.reason = wire.details(error)[0] or error.code().name
                self.service.note(key, begin, time.monotonic(), is_final)
                if is_final:
                    command.told, command.answered = REFUSED, time.monotonic()
                    return None
                self.troubles[f"{command.reason}: {error.details()}"] += 1
                if time.monotonic() > self.give_up:
                    return None
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            command.answered = time.monotonic()
            self.service.note(key, begin, command.answered, True)
            return reply

    # ---- A node that has forgotten ----

    async def _send_again(self, brand, since):
        done = [command for command in self.book
                if command.brand == brand and command.told == ACKNOWLEDGED and
                command.answered >= since and command.request is not None]
        done.sort(key=lambda command: command.answered)
        for command in done:
            reply = await self._call(command, is_again=True)
            if reply is not None:
                command.points = self._points(reply)
        return len(done)

    def send_again(self, brand, since):
        """Everything that this brand's tills did from then on, under the same ids; how much."""
        return asyncio.run_coroutine_threadsafe(self._send_again(brand, since), self._loop).result()

    def pause(self, brand):
        """Its tills do not call until they have sent again what the node forgot."""
        self.paused.add(brand)

    def resume(self, brand):
        self.paused.discard(brand)

    # ---- Customers ----

    async def _earn(self, brand, home, card, rng):
        command = Command(brand, home, card, "earn", rng.randrange(1, 100))
        if await self._ask(command, cents=rng.randrange(100)):
            self._sales[brand].append(command)

    async def _burn(self, brand, home, card, rng):
        hold = Command(brand, home, card, "authorise", rng.randrange(1, 30))
        if not await self._ask(hold):
            return
        wanted = hold.points if rng.random() < 0.7 else rng.randrange(hold.points)
        burn = Command(brand, home, card, "capture", wanted)
        if wanted > 0 and await self._ask(burn, of=hold.id) and rng.random() < 0.2:
            self._burns[brand].append((hold.id, burn))
        if burn.points < hold.points and burn.told != UNANSWERED or wanted == 0:
            await self._ask(Command(brand, home, card, "void", hold.points - burn.points),
                            of=hold.id)

    async def _return(self, brand, sale):
        await self._ask(Command(brand, sale.home, sale.card, "return", sale.points), of=sale.id)

    async def _give_back(self, brand, hold_id, burn):
        await self._ask(Command(brand, burn.home, burn.card, "give back", burn.points), of=hold_id)

    def _choose(self, brand, rng):
        """What the next customer wants: (key of who waits for the same, what to do)."""
        draw = rng.random()
        if draw < 0.05 and self._sales[brand]:
            sale = self._sales[brand].popleft()
            return (brand, sale.home, True), self._return(brand, sale)
        if draw < 0.08 and self._burns[brand]:
            hold_id, burn = self._burns[brand].popleft()
            return (brand, burn.home, False), self._give_back(brand, hold_id, burn)
        home = brand if rng.random() < 0.4 else rng.choice(list(self.nodes))
        card, is_earn = rng.choice(self.cards[home]), draw < 0.6
        visit = self._earn if is_earn else self._burn
        return (brand, home, is_earn), visit(brand, home, card, rng)

    async def _visit(self, key, wish):
        if self._waiting[key] >= WAITING_MAX:
            self.turned_away += 1
            wish.close()
            return
        self._waiting[key] += 1
        try:
            await wish
        finally:
            self._waiting[key] -= 1

    def _left(self, visits, task):
        visits.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.failure = task.exception()
            self.stopping.set()

    async def _serve(self, brand):
        """One brand's customers, at a steady rate."""
        rng = random.Random(self.rng.random())
        visits, due = set(), time.monotonic()
        while not self.stopping.is_set():
            task = asyncio.create_task(self._visit(*self._choose(brand, rng)))
            visits.add(task)
            task.add_done_callback(lambda task: self._left(visits, task))
            due = max(due + rng.expovariate(self.rate), time.monotonic() - 0.5)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await asyncio.gather(*visits)

    async def _first_points(self):
        await asyncio.gather(*(self._ask(Command(home, home, card, "earn", FIRST_POINTS), cents=0)
                               for home, cards in self.cards.items() for card in cards))

    async def _all(self):
        self._loop = asyncio.get_running_loop()
        channels = [wire.channel(node, "till", connect=grpc.aio.secure_channel, **CHANNEL)
                    for node in self.nodes.values()]
        try:
            for partner, channel in zip(self.nodes, channels):
                self._services[partner] = wire.service(channel, self.pb.till, "TillService")
            await self._first_points()
            self.is_open.set()
            await asyncio.gather(*(self._serve(brand) for brand in self.nodes))
        finally:
            for channel in channels:
                await channel.close(None)

    def run(self):
        try:
            asyncio.run(self._all())
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
            self.is_open.set()

    def open(self):
        """Returns when the first points are given and customers come."""
        self.enrol()
        self.start()
        self.is_open.wait()
        return self

    def finish(self, seconds):
        """No more customers; those that are there get their answers, or did not within so long."""
        self.give_up = time.monotonic() + seconds
        self.stopping.set()
        self.join(seconds + 10 * TILL_SECONDS)
        if self.is_alive():
            raise AssertionError("the tills do not come to an end")
        self.service.finish(time.monotonic())
        if self.failure is not None:
            raise self.failure
