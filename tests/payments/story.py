"""One story with every kind of movement, refusals among them, in amounts of the caller's choice."""

from ledger.days import day_of
from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments.ports import Part
from tests.payments.world import (
    DAY_MS,
    ESCROW,
    FARM,
    FLOAT,
    GUARANTEE,
    HOUR_MS,
    HUB,
    NOTICE_MS,
    PLATFORM,
    World,
    transfer,
    using,
)


def tell(fen: int) -> World:
    """A world after the story; all its amounts are multiples of `fen`. The hub still owes at its end, an instruction is
    open, another was rejected, and a notice is running.
    """
    world = World()
    for who in ("farm", "hub", "mei"):
        world.fund(who, 10 * fen)
    world.fund("platform", 50 * fen)
    world.say("platform", m.Move(), m.MoveTerms("bank", "", "guarantee", 20 * fen))
    world.say("platform", m.Move(), m.MoveTerms("bank", "", "float:mei", 5 * fen))
    number, account = world.bring(30 * fen, "the order's")
    order = transfer("hold", account, ESCROW, 30 * fen, "hold")
    world.use(using("hold", order, world.now + HOUR_MS))
    world.misuse(e.NotEnough, using("move", [transfer("early", account, ESCROW, fen)]))
    world.use(using("post", order.id, 24 * fen))
    world.use(using("refund", transfer("fell", account, account, 6 * fen, "price_fell"), number))
    world.confirm(*world.due())
    world.use(using("refund", transfer("light", ESCROW, account, 2 * fen, "weight"), number))
    world.say("bank", m.Reject(), m.Rejected(world.due()[0], "closed"))
    sold = transfer("sold", ESCROW, FARM, 20 * fen, "settlement")
    world.use(using("income", [sold._replace(further=(Part(PLATFORM, fen, "settlement"),))]))
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 30 * fen))
    world.deny(e.NotEnough, "farm", m.Withdraw(), m.WithdrawTerms("bank", fen))
    world.use(using("refund", transfer("paid", FLOAT, account, fen, "compensation"), number))
    world.use(using("charge", transfer("liable", HUB, account, 18 * fen, "recall"), GUARANTEE))
    world.use(using("refund", transfer("liable too", account, account, 18 * fen, "recall"), number))
    world.use(using("charge", transfer("more", HUB, PLATFORM, 60 * fen, "recall"), GUARANTEE))
    world.misuse(e.ReceiptOverdrawn, using("refund", transfer("over", FARM, account, 4 * fen, "recall"), number))
    world.fund("hub", 7 * fen)
    world.confirm(world.due()[0])
    world.run([], DAY_MS)
    world.say("bank", m.StateDay(day_of(world.now) - 1), m.DayTotals(117 * fen, 36 * fen, 81 * fen))
    world.say("platform", m.Move(), m.MoveTerms("bank", "", "guarantee", 2 * fen))
    world.say("platform", m.Move(), m.MoveTerms("bank", "guarantee", "", fen))
    world.run([], NOTICE_MS)
    world.say("platform", m.Move(), m.MoveTerms("bank", "guarantee", "", fen))
    return world
