"""Random lives of goods: mass is conserved, recalled goods never move on, no rule fails inside.

`World.run` checks the module's invariants after every block; here an independent count of what each lot should
still hold runs beside it.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.module import Action
from ledger.modules.trace import messages as m
from ledger.modules.trace.state import holdings, lots, shipments, stays, units
from tests.trace.world import BERRY, HOUR_MS, KG, PUNNET, World, crate

HANDS = st.sampled_from(["farm", "hub", "shop"])
CRATES = st.integers(1, 3)
AMOUNTS = st.sampled_from([1, KG // 3, KG, 4 * KG])
PLACES = st.sampled_from(["vehicle:truck-1", f"site:{PUNNET}"])
PICK = st.integers(0, 7)
MOVING = (m.Ship, m.Load, m.PackUnit, m.Transform, m.Receive)


class Goods(RuleBasedStateMachine):
    """Farm, hub and shop do whatever comes to mind with lots, crates, a truck and each other."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.accept("hub", m.RegisterSite(PUNNET, "仓", "Store"))
        self.number = 0
        self.expected: Counter[str] = Counter()
        for hand in ("farm", "hub"):  # so that most steps have something to move
            self.harvest(20 * KG)
            lot = f"{BERRY}/H{self.number}"
            self.world.hand_over(f"{hand}-0", "farm", "hub", lots=(m.Portion(lot, 8 * KG),))
            self.world.accept(hand, m.PackUnit(crate(self.number), "crate", self.world.now, (m.Portion(lot, KG),)))

    def fresh(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def lot(self, pick: int) -> str:
        known = [key for key, _ in lots.scan(self.world.context())]
        return known[pick % len(known)] if known else f"{BERRY}/none"

    def held(self, pick: int) -> tuple[str, str]:
        """Somebody who holds some of a lot, and the lot; now and then somebody who does not."""
        known = [tuple(key.rpartition("/")[::2]) for key, _ in holdings.scan(self.world.context())]
        lot, who = known[pick % len(known)] if known else (self.lot(pick), "shop")
        return who, lot

    def keeper(self, unit: int) -> str:
        """Who holds a crate."""
        row = units.get(self.world.context(), crate(unit))
        return "farm" if row is None else row.holder

    def shipment(self, pick: int) -> str:
        known = [key for key, row in shipments.scan(self.world.context()) if row.state == "open" or not pick]
        return known[pick % len(known)] if known else "none"

    def attempt(self, who: str, action: Action) -> bool:
        """Whether the ledger accepted it; refusals must be ours, and recalled goods must not have moved."""
        recalled = self.recalled_in(action)
        receipt = self.world.do(who, action)
        assert receipt.code == 0 or 2000 <= receipt.code < 3000, (action, receipt.code, receipt.details)
        assert receipt.code != 0 or not recalled, (action, recalled)
        return receipt.code == 0

    def recalled_in(self, action: Action) -> set[str]:
        """The recalled lots that an action would move."""
        if not isinstance(action, MOVING):
            return set()
        ctx = self.world.context()
        named = action
        if isinstance(action, m.Receive):
            named = shipments.get(ctx, action.shipment) or action  # type: ignore[assignment]
        goods = getattr(named, "lots", ()) or getattr(named, "inputs", ())
        inside = {portion if isinstance(portion, str) else portion.lot for portion in goods}
        for unit in getattr(named, "units", ()):
            row = stays.get(ctx, f"unit:{unit}")
            inside |= {stay.lot for stay in row.stays if stay.to_ms is None} if row else set()
        found = {lot: lots.get(ctx, lot) for lot in inside}
        return {lot for lot, row in found.items() if row is not None and row.state == "recalled"}

    @rule(amount=AMOUNTS)
    def harvest(self, amount: int) -> None:
        """A new lot in the farm's hands."""
        name = self.fresh("H")
        if self.attempt("farm", m.Harvest("berry-2026", BERRY, name, amount, self.world.now)):
            self.expected[f"{BERRY}/{name}"] += amount

    @rule(one=PICK, two=PICK, amount=AMOUNTS, loss=st.sampled_from([0, 1, KG // 50]), parts=st.integers(1, 3))
    def transform(self, one: int, two: int, amount: int, loss: int, parts: int) -> None:
        who, lot = self.held(one)
        inputs = {lot, self.held(two)[1]}
        total = len(inputs) * amount - loss
        sizes = [total // parts] * (parts - 1) + [total - (parts - 1) * (total // parts)]
        outputs = tuple(m.Output(BERRY, self.fresh("T"), size) for size in sizes if size > 0)
        if not outputs:
            return
        portions = tuple(m.Portion(lot, amount) for lot in sorted(inputs))
        if self.attempt(who, m.Transform(portions, outputs, loss, self.world.now)):
            self.expected.subtract(dict.fromkeys(inputs, amount))
            self.expected.update({f"{BERRY}/{output.number}": output.quantity for output in outputs})

    @rule(unit=CRATES, pick=PICK, amount=AMOUNTS)
    def pack(self, unit: int, pick: int, amount: int) -> None:
        who, lot = self.held(pick)
        self.attempt(who, m.PackUnit(crate(unit), "crate", self.world.now, (m.Portion(lot, amount),)))

    @rule(unit=CRATES, inner=CRATES, out=st.booleans())
    def nest(self, unit: int, inner: int, out: bool) -> None:
        who = self.keeper(unit)
        if out:
            self.attempt(who, m.UnpackUnit(crate(unit), self.world.now, (), (crate(inner),)))
        else:
            self.attempt(who, m.PackUnit(crate(unit), "pallet", self.world.now, (), (crate(inner),)))

    @rule(unit=CRATES, pick=PICK, amount=AMOUNTS)
    def unpack(self, unit: int, pick: int, amount: int) -> None:
        who = self.keeper(unit)
        self.attempt(who, m.UnpackUnit(crate(unit), self.world.now, (m.Portion(self.lot(pick), amount),)))

    @rule(place=PLACES, unit=CRATES, pick=PICK, loose=st.booleans(), out=st.booleans())
    def move(self, place: str, unit: int, pick: int, loose: bool, out: bool) -> None:
        who, lot = self.held(pick)
        who = who if loose else self.keeper(unit)
        kind = m.Unload if out else m.Load
        self.attempt(who, kind(place, self.world.now, () if loose else (crate(unit),), (lot,) if loose else ()))

    @rule(to=HANDS, unit=CRATES, pick=PICK, amount=AMOUNTS, both=st.booleans())
    def ship(self, to: str, unit: int, pick: int, amount: int, both: bool) -> None:
        who, lot = self.held(pick)
        if both:
            self.attempt(self.keeper(unit), m.Ship(self.fresh("s"), to, self.world.now, (crate(unit),)))
            return
        portions = (m.Portion(lot, amount),)
        self.attempt(who, m.Ship(self.fresh("s"), to, self.world.now, (), portions))

    @precondition(lambda self: self.shipment(1) != "none")
    @rule(pick=PICK, short=st.sampled_from([0, 1, KG]))
    def receive(self, pick: int, short: int) -> None:
        name = self.shipment(pick)
        row = shipments.get(self.world.context(), name)
        who = "hub" if row is None else row.receiver
        missing = (m.Portion(row.lots[0].lot, short),) if row is not None and row.lots and short else ()
        if self.attempt(who, m.Receive(name, self.world.now, missing)) and missing:
            self.expected[missing[0].lot] -= short

    @precondition(lambda self: self.shipment(1) != "none")
    @rule(pick=PICK)
    def refuse(self, pick: int) -> None:
        row = shipments.get(self.world.context(), self.shipment(pick))
        who = "farm" if row is None else (row.shipper if pick % 2 else row.receiver)
        self.attempt(who, m.RefuseShipment(self.shipment(pick), self.world.now, "no"))

    @rule(pick=PICK, amount=AMOUNTS)
    def destroy(self, pick: int, amount: int) -> None:
        who, lot = self.held(pick)
        if self.attempt(who, m.Destroy(lot, amount, self.world.now, "spoiled")):
            self.expected[lot] -= amount

    @rule(pick=PICK)
    def recall(self, pick: int) -> None:
        self.attempt("watch", m.Recall((self.held(pick)[1],), "召回", "recall"))

    @rule()
    def wait(self) -> None:
        self.world.wait(HOUR_MS)

    @invariant()
    def nothing_appears_or_vanishes(self) -> None:
        ctx = self.world.context()
        found: Counter[str] = Counter()
        for key, quantity in holdings.scan(ctx):
            found[key.rpartition("/")[0]] += quantity
        for _, unit in units.scan(ctx):
            found.update({portion.lot: portion.quantity for portion in unit.contents})
        for _, shipment in shipments.scan(ctx):
            if shipment.state == "open":
                found.update({portion.lot: portion.quantity for portion in shipment.lots})
        assert found == self.expected


TestGoods = Goods.TestCase
TestGoods.settings = settings(max_examples=40, stateful_step_count=50)
