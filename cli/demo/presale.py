"""The presale's chapters: opened, ordered, formed, filled, carried, handed out; and a second group that fails."""

from collections.abc import Callable

from rich.markup import escape

from cli.demo import goods, market
from cli.demo.cast import FARM, HUB
from cli.demo.disputes import open_claims, verdict
from cli.demo.market import LEADER, PRESALE, SECOND
from cli.demo.trading import CUTOFF_MS, SECOND_CUTOFF_MS, SHOW_MS, Buyer, Trading, now_ms, shown_code
from cli.yuan import yuan
from client.trading import NewOrder
from ledger.modules.groupbuy import messages as m

BUYER_KEY = "resident-1"
"""The key file of the first buyer's order, kept so that one can ask as she can."""


def open_presale(story: Trading) -> None:
    """The terms, as buyers see them before they order."""
    found = story.open(PRESALE, CUTOFF_MS)
    terms = found.terms
    ladder = " → ".join(f"{tier.units} 份起 {yuan(tier.price_fen)}" for tier in terms.ladder)
    ladder_en = " → ".join(f"{yuan(tier.price_fen)} from {tier.units}" for tier in terms.ladder)
    out = story.telling.out
    out.say(f"    [bold]{escape(terms.title)}[/]  团长 leader {escape(found.leader)}  {escape(found.id)}")
    story.say(f"阶梯价：{ladder}", f"price of one unit: {ladder_en} units in all")
    story.say(
        f"至少 {terms.minimum} 份成团，至多 {terms.maximum} 份，每单至多 {terms.per_order} 份；来自 {terms.sources[0]}",
        f"forms with {terms.minimum} units, {terms.maximum} at most, {terms.per_order} an order; "
        f"grown in {terms.sources[0]}",
    )
    rest = m.BASIS_POINTS - terms.leader_bp - terms.platform_bp - terms.logistics_bp
    shares = [rest, terms.leader_bp, terms.platform_bp, terms.logistics_bp]
    told = [f"{share / 100:g}%" for share in shares]
    story.say(
        f"每份钱的去向先说清：农场 {told[0]}，团长 {told[1]}，平台 {told[2]}，物流 {told[3]}；"
        f"农场所得留 {terms.holdback_bp / 100:g}% 作质保，另押 {yuan(terms.deposit_fen)}",
        f"who gets what, told before anybody orders: farm {told[0]}, leader {told[1]}, platform {told[2]}, logistics "
        f"{told[3]}; {terms.holdback_bp / 100:g}% of the farm's is kept back for a while, "
        f"{yuan(terms.deposit_fen)} put up",
    )


def take_orders(story: Trading) -> None:
    """Forty residents order in waves; what is ordered so far, and what it costs by now, is shown live."""
    key = story.telling.make_key(BUYER_KEY)
    ordered = units = 0
    for number, wave in enumerate(market.WAVES):
        story.order(PRESALE, wave, NewOrder(PRESALE, key) if number == 0 else None)
        ordered, units = ordered + len(wave), units + sum(wave)
        if number == len(market.WAVES) - 2:
            continue  # the last wave follows at once
        found = story.campaign(PRESALE)
        while found.units < units and now_ms() < found.terms.cutoff_ms - SHOW_MS:
            found = story.look_again(PRESALE)
        if found.units < units:
            continue
        more, more_en = "已是最低价", "no lower price"
        if found.units_to_next:
            more = f"再有 {found.units_to_next} 份又降"
            more_en = f"{found.units_to_next} more and it falls again"
        price = yuan(found.price_now_fen)
        story.say(
            f"{found.orders} 单 {found.units} 份，现价 {price}，{more}",
            f"{found.orders} orders, {found.units} units, {price} each by now, {more_en}",
            "[cyan]▸[/]",
        )
    paid = sum(buyer.units for buyer in story.buyers[PRESALE]) * market.LADDER[0].price_fen
    story.tick(
        f"{ordered} 位居民凭收款凭证与社区票据下单 {units} 份；{yuan(paid)} 由托管机构收下，账本冻结",
        f"{ordered} residents ordered {units} units with receipt and ticket; {yuan(paid)} is with the custodian, held",
    )


def form(story: Trading) -> None:
    """The cut-off, by block time: the price freezes, money goes into escrow, what is too much goes back."""
    found = story.until(PRESALE, "formed")
    price, first = found.price_fen, market.LADDER[0].price_fen
    story.tick(
        f"截单成团：{found.orders} 单 {found.units} 份，价格定为 {yuan(price)}，此后不再上涨",
        f"cut off and formed: {found.orders} orders, {found.units} units at {yuan(price)}, which can never rise again",
    )
    count, fen = story.pay_out()
    story.tick(
        f"每份退差 {yuan(first - price)}：付出 {count} 笔共 {yuan(fen)}；{yuan(price * found.units)} 转入托管",
        f"{yuan(first - price)} a unit goes back: {count} payments, {yuan(fen)}; {yuan(price * found.units)} is kept",
    )


def fill(story: Trading) -> None:
    """The harvest falls short by three units: who gets less is a rule, and who does is paid back at once."""
    story.telling.record(story.submitter, goods.harvest(story.telling.calendar))
    story.say(
        "演示把一周压成几秒：订单与截单按区块时间（此刻），采收与运输写当天上午的事件时间，因为记录不能来自未来",
        "a week is told in seconds: orders and cut-off go by block time, now; harvest and trip carry event times of "
        "the same morning, since no record can come from the future",
    )
    story.do(FARM, m.Allocate(PRESALE, goods.portions()))
    found = story.until(PRESALE, "allocated")
    buyers = story.learn_lines(PRESALE)
    short = [buyer for buyer in buyers if buyer.line.allotted < buyer.units]
    missing = found.units - found.allocated
    numbers = "、".join(f"#{buyer.number}" for buyer in short)
    story.tick(
        f"采收只够 {found.allocated} 份（订 {found.units}）：按比例取整，余数按下单先后；{numbers} 各少一份，"
        f"退 {yuan(missing * found.price_fen)}",
        f"the harvest gives {found.allocated} of {found.units} units: pro rata in whole units, the rest by order time; "
        f"{numbers} get one less and {yuan(missing * found.price_fen)} back",
    )
    light = _light(buyers)
    parcels = tuple(m.Parcel(buyer.order.id, _grams(buyer, light)) for buyer in buyers)
    story.do(FARM, m.Handle(PRESALE), m.Pack(parcels))
    back = -(-found.price_fen * (market.UNIT_GRAMS - market.LIGHT_GRAMS) // market.UNIT_GRAMS)
    story.tick(
        f"打包称重：#{light.number} 标称 {market.UNIT_GRAMS} 克，实重 {market.LIGHT_GRAMS} 克，退 {yuan(back)}；"
        "重了不补（多退少不补）",
        f"packed and weighed: #{light.number} is {market.LIGHT_GRAMS} g of {market.UNIT_GRAMS} g, {yuan(back)} goes "
        "back; nobody pays for what is more",
    )


def travel(story: Trading) -> None:
    """Farm to hub to warehouse, with the cold chain broken on the way; the leader has the goods."""
    story.telling.record(story.submitter, goods.trip(story.telling.calendar))
    story.do(FARM, m.Ship(PRESALE, (market.TO_HUB, market.TO_WAREHOUSE)))
    story.do(LEADER, m.Arrive(PRESALE, now_ms()))
    story.tick(
        f"{HUB} 的二十一号车途中制冷停了三刻钟，读数在账本上；货已到自提点",
        f"the cooling of truck 21 of {HUB} stood still for a while, and the readings are on the ledger; the goods are "
        "at the pickup point",
    )


def hand_out(story: Trading) -> None:
    """Buyers show their codes; one returns a box on the spot, one never comes."""
    buyers = story.learn_lines(PRESALE)
    returner, absent = _returner(buyers), absent_one(buyers)
    envelopes = []
    for buyer in buyers:
        if buyer is absent:
            continue
        part = buyer.order.hand_over(1, "quality") if buyer is returner else buyer.order.hand_over()
        envelopes.append(story.sign(LEADER, m.Handle(PRESALE), part))
    story.submit("HandOver", envelopes)
    first = story.buyers[PRESALE][0]
    story.tick(
        f"{len(envelopes)} 位居民出示取货码取货，例如 #{first.number}：{shown_code(first)}（账本上只有它的承诺）",
        f"{len(envelopes)} residents collected with their codes, as #{first.number}: {shown_code(first)} (the ledger "
        "holds only a commitment)",
    )
    price = story.campaign(PRESALE).price_fen
    story.tick(
        f"#{returner.number} 当场退回两盒中的一盒：{yuan(price)} 退回",
        f"#{returner.number} hands one of two boxes back on the spot: {yuan(price)} goes back",
    )
    _attend(story)


def _attend(story: Trading) -> None:
    """Only a leader heard of after the reminder can say that somebody did not come."""
    story.wait(lambda: story.campaign(PRESALE), lambda found: found.HasField("reminded_ms"), "the reminder")
    story.do(LEADER, m.Attend(PRESALE))
    story.tick(
        "还剩一盒：账本提醒自提，团长登记仍在候取（提醒后无音讯的团长，余单一律退款）",
        "one box is left: the ledger reminds, and the leader records that she is there (else it would be paid back)",
    )


def second_group(story: Trading) -> None:
    """Too few order from another group: every fen goes back, the seller's deposit too."""
    story.open(SECOND, SECOND_CUTOFF_MS)
    story.order(SECOND, market.SECOND_WAVE)
    found = story.until(SECOND, "failed")
    story.wait(lambda: story.lines(SECOND), lambda lines: all(line.state == "failed" for line in lines), "refunds")
    paid = sum(market.SECOND_WAVE) * market.LADDER[0].price_fen
    story.tick(
        f"第二团只有 {found.units} 份，不足 {found.terms.minimum} 份：未成团，{yuan(paid)} 分文不少全部退回",
        f"a second group has {found.units} of {found.terms.minimum} units: it does not form, and all of {yuan(paid)} "
        "goes back",
    )


def dispose(story: Trading) -> None:
    """Whom the leader waited for in vain: what her box still brings is hers."""
    absent = absent_one(story.learn_lines(PRESALE))

    def state() -> str:
        return next(line.state for line in story.lines(PRESALE) if line.order == absent.line.order)

    story.wait(state, lambda found: found == "unclaimed", f"#{absent.number} unclaimed")
    receipt = story.receipt(absent.order.subject, market.PROCEEDS_FEN)
    story.do(LEADER, m.Handle(PRESALE), m.Dispose(absent.order.id, receipt, "食堂收购 / sold to the canteen"))
    proceeds = yuan(market.PROCEEDS_FEN)
    story.tick(
        f"#{absent.number} 提醒后仍未来取：团长处置货品，所得 {proceeds} 归她",
        f"#{absent.number} never comes, reminded or not: the leader disposes of the box, its {proceeds} are hers",
    )


def settle(story: Trading) -> None:
    """Every window is over: each line is split, and what was kept back is released."""
    found = story.until(PRESALE, "closed")
    settled = [line for line in story.lines(PRESALE) if line.state == "settled"]
    story.tick(
        f"{len(settled)} 单逐单结算，质保留款与押金已释放，团购{found.state_zh}",
        f"{len(settled)} orders settled one by one, what was kept back is released, the campaign is {found.state_en}",
    )
    count, fen = story.pay_out()
    story.tick(
        f"托管机构付出其余 {count} 笔退款共 {yuan(fen)}",
        f"the custodian pays the other {count} refunds out, {yuan(fen)}",
    )


def _light(buyers: list[Buyer]) -> Buyer:
    """Whose single unit weighs less than nominal."""
    return _singles(buyers)[0]


def absent_one(buyers: list[Buyer]) -> Buyer:
    """Who never comes."""
    return _singles(buyers)[2]


def _returner(buyers: list[Buyer]) -> Buyer:
    """Who hands one of two units back."""
    return _doubles(buyers)[0]


def _singles(buyers: list[Buyer]) -> list[Buyer]:
    return [buyer for buyer in buyers if buyer.units == 1]


def _doubles(buyers: list[Buyer]) -> list[Buyer]:
    return [buyer for buyer in buyers if buyer.units == 2]


def _grams(buyer: Buyer, light: Buyer) -> int:
    """What a parcel weighs: a little more than nominal, but for one."""
    more: int = buyer.number % 7
    return market.LIGHT_GRAMS if buyer is light else buyer.line.allotted * market.UNIT_GRAMS + more


def tell_presale(story: Trading) -> None:
    """All of it, part by part."""
    telling = story.telling
    for name, zh, en, tell in PARTS:
        with telling.part(name, zh, en):
            tell(story)


PARTS: tuple[tuple[str, str, str, Callable[[Trading], None]], ...] = (
    (
        "prepare",
        "团购准备：一茬下周采收的草莓",
        "Before the presale: strawberries to be harvested next week",
        Trading.prepare,
    ),
    ("presale", "团长开团：先付款，后采收", "The leader opens a presale: paid before the harvest", open_presale),
    (
        "orders",
        "四十位居民下单，量越大价越低",
        "Forty residents order, and the price falls with the quantity",
        take_orders,
    ),
    ("form", "按区块时间截单，成团", "Cut off by block time: the group forms", form),
    ("fill", "采收略少，按规则分配；打包称重", "A slightly short harvest, allocated by rule; packed and weighed", fill),
    ("travel", "冷链运输，双方交接", "The cold chain, handed over by both sides", travel),
    ("pickup", "凭码自提", "Collected with codes", hand_out),
    ("claims", "理赔：团长先赔，读数说话", "Claims: the leader pays first, the readings decide", open_claims),
    ("verdict", "账本裁定由哪一段赔付", "The ledger decides which leg repays", verdict),
    ("no_show", "一位居民始终未来", "One resident never comes", dispose),
    ("second", "另一个团没有成", "Another group does not form", second_group),
    ("settle", "逐单结算", "Settled line by line", settle),
)
"""What is told of the presale: name, headings, how."""
