"""The parts of a replica by themselves: pacing, forwarding, whom to ask for blocks, checks ahead of execution."""

from consensus.entry import first_tip, next_entry
from ledger.block import Receipt
from ledger.crypto.encoding import encode
from ledger.transaction import decode_transaction
from network.mempool import Entry, Mempool
from network.replica.catch_up import FAR, PATIENCE_MS, TIMEOUT_MS, CatchUp
from network.replica.checks import AHEAD_MAX, Checks, check_all
from network.replica.forwarding import FORWARDS_PER_BLOCK, OUTSTANDING_MAX, RETRY_MS, Forwarding
from network.replica.giving import Giving
from network.replica.messages import BlocksGiven, CertifiedBlock
from network.replica.pacing import IN_FLIGHT_MAX, Pacing
from tests.ledger.toy import Drop, ToyChain

CHAIN = ToyChain()
CHAIN_TIP = first_tip(CHAIN.genesis.chain_id)


def signed(number: int) -> bytes:
    return CHAIN.sign(Drop(f"key-{number}"))


def mempool(*raws: bytes) -> Mempool:
    pool = Mempool(20_000, 64_000_000)
    for raw in raws:
        add(pool, raw)
    return pool


def add(pool: Mempool, raw: bytes) -> None:
    transaction = decode_transaction(raw, CHAIN.registry, CHAIN.genesis.chain_id)
    assert pool.reserve(len(raw), transaction.public_key)
    pool.add(Entry(raw, transaction))


# Pacing.


def test_after_idleness_a_proposal_goes_at_once_then_one_each_interval() -> None:
    pacing = Pacing()
    assert (pacing.due_ms(50, 10_000, 500_000, 0, has_work=True) or 0) <= 500_000
    pacing.proposed(1_000_000)
    assert pacing.due_ms(50, 10_000, 999_000, 0, has_work=True) == 1_000_050


def test_the_more_is_under_way_the_longer_it_gathers() -> None:
    pacing = Pacing()
    pacing.proposed(1_000_000)
    assert [pacing.due_ms(50, 10_000, 999_000, under_way, has_work=True) for under_way in range(4)] == [
        1_000_050,
        1_000_100,
        1_000_150,
        1_000_200,
    ]


def test_an_empty_proposal_comes_after_its_time_and_never_on_top_of_one_under_way() -> None:
    pacing = Pacing()
    pacing.proposed(1_000_000)
    assert pacing.due_ms(50, 10_000, 1_000_020, 0, has_work=False) == 1_010_020
    assert pacing.due_ms(50, 10_000, 1_000_020, 1, has_work=False) is None


def test_proposals_under_way_are_bounded() -> None:
    assert Pacing().due_ms(50, 10_000, 0, IN_FLIGHT_MAX, has_work=True) is None


# Forwarding.


def test_a_new_leader_gets_what_the_old_one_had_first_things_first() -> None:
    raws = [signed(number) for number in range(3)]
    forwarding = Forwarding(mempool(*raws))
    forwarding.follow(1, "a")
    assert forwarding.next_batch(0) == raws
    assert forwarding.next_batch(1) == []
    forwarding.follow(2, "b")
    assert forwarding.next_batch(2) == raws


def test_what_a_leader_sits_on_is_sent_again_and_what_became_final_is_not() -> None:
    raws = [signed(10), signed(11)]
    pool = mempool(*raws)
    forwarding = Forwarding(pool)
    forwarding.follow(1, "a")
    assert forwarding.next_batch(0) == raws
    done = pool.checked(raws[0])
    assert done is not None
    pool.settle(done.id, Receipt(done.id, 1, 0, 0, 0, []))
    assert forwarding.next_batch(RETRY_MS - 1) == [], "something became final: the leader works"
    assert forwarding.next_batch(2 * RETRY_MS) == [raws[1]]


def test_batches_go_at_once_after_a_pause_and_then_at_intervals() -> None:
    raws = [signed(20 + number) for number in range(4)]
    pool = mempool(raws[0])
    forwarding = Forwarding(pool)
    forwarding.follow(1, "a")
    interval_ms = FORWARDS_PER_BLOCK * 40
    assert forwarding.due_ms(interval_ms) == 40, "long ago"
    assert forwarding.next_batch(1_000, interval_ms) == raws[:1]
    assert forwarding.due_ms(interval_ms) is None
    for raw in raws[1:3]:
        add(pool, raw)
    assert forwarding.due_ms(interval_ms) == 1_040
    assert forwarding.next_batch(1_039, interval_ms) == []
    assert forwarding.next_batch(1_040, interval_ms) == raws[1:3]
    add(pool, raws[3])
    assert raws[3] in forwarding.next_batch(500, interval_ms), "the clock was set back"


def test_a_leader_never_holds_more_than_its_share() -> None:
    forwarding = Forwarding(mempool(*(signed(100 + number) for number in range(OUTSTANDING_MAX + 10))))
    forwarding.follow(1, "a")
    sent = 0
    while batch := forwarding.next_batch(0):
        sent += len(batch)
    assert sent == OUTSTANDING_MAX


# Catching up.


def test_a_node_is_patient_while_others_are_just_ahead() -> None:
    catch_up = CatchUp()
    assert catch_up.ask(4, 10_000) is None
    catch_up.heard("a", 5)
    assert catch_up.ask(4, 10_001) is None
    assert catch_up.ask(4, 10_000 + PATIENCE_MS) == "a"


def test_a_node_far_behind_asks_at_once_and_then_somebody_else() -> None:
    catch_up = CatchUp()
    catch_up.ask(0, 10_000)
    catch_up.heard("a", FAR)
    catch_up.heard("b", FAR)
    assert catch_up.ask(0, 10_001) == "a"
    assert catch_up.ask(0, 10_002) is None, "one question at a time"
    assert catch_up.ask(0, 10_001 + TIMEOUT_MS) == "b"


def test_whoever_claims_heights_and_gives_nothing_is_not_believed() -> None:
    catch_up = CatchUp()
    catch_up.ask(3, 10_000)
    catch_up.heard("liar", 1 << 40)
    assert catch_up.ask(3, 10_001) == "liar"
    catch_up.given("liar", BlocksGiven([], 1 << 40), 3)
    assert catch_up.ask(3, 99_000) is None


def test_answers_nobody_asked_for_are_ignored() -> None:
    catch_up = CatchUp()
    catch_up.given("a", BlocksGiven([CertifiedBlock(1, "", [], {})], 1), 0)
    assert not catch_up.blocks


def test_whoever_gives_blocks_that_do_not_hold_is_asked_last_and_others_are_not_blamed() -> None:
    catch_up = CatchUp()
    catch_up.ask(0, 10_000)
    for peer in ("honest", "a-liar"):
        catch_up.heard(peer, FAR)
    asked = []
    for number in range(4):
        giver = catch_up.ask(0, 10_001 + number)
        assert giver is not None
        asked.append(giver)
        catch_up.given(giver, BlocksGiven([CertifiedBlock(1, "", [], {})], FAR), 0)
        catch_up.blocks.clear()
        if giver == "a-liar":
            catch_up.refuse()
    assert asked == ["a-liar", "honest", "honest", "honest"]


def test_blocks_are_taken_in_turn_and_none_over_a_gap() -> None:
    catch_up = CatchUp()
    catch_up.blocks.extend(CertifiedBlock(height, "", [], {}) for height in (3, 4, 5, 7))
    taken = [block.height for height in (3, 4) if (block := catch_up.next(height)) is not None]
    assert taken == [4, 5]
    assert catch_up.next(5) is None
    assert not catch_up.blocks, "what leaves a gap is forgotten"


def test_one_that_gives_little_is_not_alone_to_be_asked() -> None:
    catch_up = CatchUp()
    asked = []
    for height in range(4):
        for peer in ("a", "b"):
            catch_up.heard(peer, 100)
        asked.append(catch_up.ask(height, 10_000 + height))
        catch_up.given(str(asked[-1]), BlocksGiven([CertifiedBlock(height + 1, "", [], {})], 100), height)
        catch_up.blocks.clear()
    assert asked == ["a", "b", "a", "b"]


def test_one_that_never_answers_is_asked_last() -> None:
    catch_up = CatchUp()
    catch_up.ask(0, 0)
    for peer in ("a", "b"):
        catch_up.heard(peer, 100)
    assert [catch_up.ask(0, 10_000), catch_up.ask(0, 10_000 + TIMEOUT_MS)] == ["a", "b"]
    catch_up.given("b", BlocksGiven([CertifiedBlock(1, "", [], {})], 100), 0)
    catch_up.blocks.clear()
    assert catch_up.ask(0, 10_100 + TIMEOUT_MS) == "b"


def test_a_clock_that_is_set_back_ends_every_wait() -> None:
    hour_ms = 3_600_000
    catch_up, pacing, forwarding = CatchUp(), Pacing(), Forwarding(mempool(signed(500)))
    catch_up.ask(0, 2 * hour_ms)
    for peer in ("a", "b"):
        catch_up.heard(peer, 100)
    assert catch_up.ask(0, 2 * hour_ms) == "a"
    assert catch_up.ask(0, hour_ms) == "b"
    pacing.proposed(2 * hour_ms)
    pacing.look(hour_ms)
    assert pacing.due_ms(50, 10_000, 0, 0, has_work=True) == hour_ms + 50
    forwarding.follow(1, "a")
    assert forwarding.next_batch(2 * hour_ms)
    assert forwarding.next_batch(hour_ms), "sent once more"


# Giving.


def test_a_peer_gets_one_answer_a_tick_however_often_it_asks() -> None:
    giving = Giving()
    for first in range(1, 1_001):
        giving.want("liar", first)
    giving.want("honest", 7)
    assert [giving.take(), giving.take(), giving.take()] == [[("liar", 1_000)], [("honest", 7)], []]
    giving.want("liar", 3)
    assert giving.take() == []
    giving.tick()
    assert giving.take() == [("liar", 3)]


# Checks.


def test_what_came_in_at_the_door_is_not_checked_again() -> None:
    known, foreign, bad = signed(1), signed(2), b"rubbish"
    checks = Checks(mempool(known))
    entry = next_entry(CHAIN_TIP, 1, encode((1, [known, foreign, bad])))
    checks.begin(entry, ahead=True)
    assert checks.find(entry) is None
    ((digest, wanted),) = checks.wanted
    assert wanted == [foreign, bad]
    checks.done(digest, check_all(wanted, CHAIN.registry, CHAIN.genesis))
    found = checks.find(entry)
    assert found is not None
    assert [type(result).__name__ for result in found.results] == ["Transaction", "Transaction", "MalformedTransaction"]


def test_an_undecodable_proposal_is_decided_and_void() -> None:
    checks = Checks(mempool())
    entry = next_entry(CHAIN_TIP, 1, b"\xc1")
    checks.begin(entry, ahead=False)
    found = checks.find(entry)
    assert found is not None
    assert found.proposal is None


def test_checks_ahead_are_bounded_and_forgotten_with_their_entries() -> None:
    checks = Checks(mempool())
    tip = CHAIN_TIP
    entries = []
    for number in range(AHEAD_MAX + 2):
        entry = next_entry(tip, 1, encode((number, [])))
        entries.append(entry)
        tip = entry.tip
        checks.begin(entry, ahead=True)
    assert checks.find(entries[AHEAD_MAX]) is None
    checks.forget(1)
    checks.begin(entries[AHEAD_MAX], ahead=True)
    assert checks.find(entries[AHEAD_MAX]) is not None
    assert checks.find(entries[0]) is None
