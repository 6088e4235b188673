"""Two claims of the presale: one paid at once by the leader, one that the ledger decides by what the truck recorded."""

from linxin.v1 import trade_pb2

from cli.demo.cast import FARM, HUB, INSPECTOR
from cli.demo.market import LEADER, PRESALE
from cli.demo.trading import Buyer, Trading
from cli.yuan import yuan
from client import trade
from client.submit import sign_action
from ledger.crypto.encoding import Message
from ledger.modules.claims import messages as c
from ledger.modules.claims.messages import Cause


def bad_one(buyers: list[Buyer]) -> Buyer:
    """Who finds bad fruit at home: the second of those with two units."""
    return [buyer for buyer in buyers if buyer.units == 2][1]


def spoiled_one(buyers: list[Buyer]) -> Buyer:
    """Whose berries sat in the warm truck and show it: the second of those with one unit."""
    return [buyer for buyer in buyers if buyer.units == 1][1]


def open_claims(story: Trading) -> None:
    """Bad fruit is paid at once out of the platform's float; warm berries are held against the truck's readings."""
    buyers = story.learn_lines(PRESALE)
    bad, spoiled = bad_one(buyers), spoiled_one(buyers)
    price = story.campaign(PRESALE).price_fen
    asked = price // 2
    photo = story.store("坏果照片（演示） / photograph of bad fruit (demonstration)")
    _claim(story, bad, "quality", asked, (photo,))
    _claim(story, spoiled, "spoiled", price)
    story.do(LEADER, c.Pay(PRESALE), c.Payment(bad.order.id, asked))
    count, fen = story.pay_out()
    story.tick(
        f"#{bad.number} 申报坏果，照片在证据库：团长当场先赔 {yuan(asked)}（平台备用金），不必等谁认账",
        f"#{bad.number} claims bad fruit, with a photograph in the vault: the leader pays {yuan(asked)} at once out of "
        "the platform's float, whoever answers for it",
    )
    story.say(
        f"托管机构已付出 {count} 笔退款、赔付共 {yuan(fen)}",
        f"the custodian has paid {count} refunds and compensations out, {yuan(fen)}",
    )
    reasons = story.store("照片所示为采摘前的霉变，由卖方承担（演示） / mould from before the harvest: the seller's")
    story.do(INSPECTOR, c.Adjudicate(PRESALE), c.Finding(bad.order.id, asked, FARM, reasons))
    story.tick(
        f"规则不能独断的，由检验机构裁定并附理由：农场承担，备用金 {yuan(asked)} 已补回",
        f"what the rule cannot tell alone the inspector decides, with reasons: the farm's, the float has its "
        f"{yuan(asked)} back",
    )
    found = _look(story, spoiled)
    story.tick(
        f"#{spoiled.number} 申报变质：校准有效的记录仪在 {found.liable} 手中那一段超出 60 度·分，账本初步认定由它承担，"
        "可在时限内申辩",
        f"#{spoiled.number} claims spoilage: a calibrated logger shows more than 60 degree-minutes in the hands of "
        f"{found.liable} alone, so the ledger finds it liable, unless it contests that in time",
    )
    assert found.liable == HUB, found


def verdict(story: Trading) -> None:
    """Nobody contested: the finding stands, and the leg that let the berries get warm pays."""
    spoiled = spoiled_one(story.learn_lines(PRESALE))
    found = story.wait(lambda: _look(story, spoiled), lambda claim: claim.state == "decided", "the claim's decision")
    story.tick(
        f"无人申辩，认定成立：#{spoiled.number} 的 {yuan(found.award_fen)} 由 {found.liable} 赔付，农场与团长照常结算",
        f"nobody contested, the finding stands: {found.liable} pays #{spoiled.number} {yuan(found.award_fen)}, "
        "farm and leader are settled with as usual",
    )


def _claim(story: Trading, buyer: Buyer, cause: Cause, fen: int, evidence: tuple[bytes, ...] = ()) -> None:
    """Under her order's own key, which nobody but her has."""
    part: Message = c.ClaimTerms(fen)
    action = c.OpenClaim(PRESALE, cause, evidence)
    story.submit("OpenClaim", [sign_action(buyer.order.key, story.submitter.chain_id, action, restricted=part)])


def _look(story: Trading, buyer: Buyer) -> trade_pb2.Claim:
    """Her claim, as she reads it."""
    return story.submitter.run(lambda connection: trade.get_claim(connection, buyer.order.key))
