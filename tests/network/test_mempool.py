"""The waiting room: bounds, order, joining of twins, answers."""

import asyncio

from ledger.block import Receipt
from ledger.errors import Expired
from ledger.transaction import Transaction, decode_transaction
from network.mempool import Dropped, Entry, Mempool, Ticket
from tests.ledger.toy import Drop, ToyChain

CHAIN = ToyChain()


def entry(number: int) -> Entry:
    raw = CHAIN.sign(Drop(f"key-{number}"))
    transaction = decode_transaction(raw, CHAIN.registry, CHAIN.genesis.chain_id)
    assert isinstance(transaction, Transaction)
    return Entry(raw, transaction)


def receipt(of: Entry) -> Receipt:
    return Receipt(of.transaction.id, 1, 0, 0, 0, [])


def waiting(pool: Mempool, count: int) -> list[Entry]:
    entries = [entry(number) for number in range(count)]
    for each in entries:
        assert pool.reserve(len(each.raw), each.transaction.public_key)
        pool.add(each)
    return entries


def test_first_in_first_out_within_count_and_bytes() -> None:
    pool = Mempool(100, 1_000_000)
    entries = waiting(pool, 10)
    assert pool.take(3, 1_000_000) == entries[:3]
    size = sum(len(each.raw) for each in entries[3:5])
    assert pool.take(100, size) == entries[3:5]
    assert pool.take(100, 1) == entries[5:6], "one larger than the bound is taken alone, not left for ever"
    assert pool.take(100, 1_000_000) == entries[6:]
    assert pool.take(100, 1_000_000) == []


def test_room_is_bounded_by_count_and_by_bytes_until_finished() -> None:
    pool = Mempool(6, 1_000_000)
    waiting(pool, 3)
    assert all(pool.reserve(1, b"other") for _ in range(3))
    assert not pool.reserve(1, b"third")
    taken = pool.take(3, 1_000_000)
    assert not pool.reserve(1, b"third"), "what is being ordered still counts"
    for each in taken:
        pool.settle(each.transaction.id, receipt(each))
    for _ in range(3):
        pool.release(1, b"other")
    assert (pool.count, pool.size) == (0, 0)
    assert pool.reserve(1_000_000, b"one large transaction")
    assert not pool.reserve(1, b"third")


def test_who_floods_the_room_leaves_half_of_it_to_others() -> None:
    pool = Mempool(10, 1_000)
    assert [pool.reserve(1, b"flood") for _ in range(6)] == [True] * 5 + [False]
    assert pool.reserve(400, b"other")
    assert not pool.reserve(101, b"other"), "nor more than half of its bytes"
    assert pool.reserve(100, b"other")
    pool.release(1, b"flood")
    assert pool.reserve(1, b"flood"), "room that was given back"


async def test_all_who_wait_for_one_transaction_are_answered() -> None:
    pool = Mempool(10, 1_000_000)
    (only,) = waiting(pool, 1)
    tickets = [Ticket(2), Ticket(1)]
    only.tickets += [(tickets[0], 1), (tickets[1], 0)]
    tickets[0].settle(0, Dropped.by(Expired(1, 2)))
    waiters = [asyncio.create_task(ticket.wait(5)) for ticket in tickets]
    await asyncio.sleep(0)
    assert pool.find(only.transaction.id) is only
    answer = receipt(only)
    pool.settle(pool.take(10, 1_000_000)[0].transaction.id, answer)
    await asyncio.wait_for(asyncio.gather(*waiters), 1)
    assert tickets[0].results == [Dropped(7, ["1", "2"]), answer]
    assert tickets[1].results == [answer]
    assert pool.find(only.transaction.id) is None


async def test_waiting_for_a_ticket_ends_with_the_time() -> None:
    ticket = Ticket(1)
    await ticket.wait(0.01)
    assert ticket.results == [None]


def test_arrivals_are_told() -> None:
    pool, told = Mempool(10, 1_000_000), []
    pool.on_arrival = lambda: told.append(pool.waiting)
    waiting(pool, 2)
    assert told == [1, 2]


def test_what_was_taken_comes_back_before_what_came_later() -> None:
    pool = Mempool(10, 1_000_000)
    entries = waiting(pool, 3)
    assert pool.take(2, 1_000_000) == entries[:2]
    pool.settle(entries[0].transaction.id, receipt(entries[0]))
    pool.restore()
    assert pool.take(10, 1_000_000) == entries[1:]


def test_what_another_ordered_meanwhile_is_not_taken() -> None:
    pool = Mempool(10, 1_000_000)
    entries = waiting(pool, 2)
    pool.settle(entries[0].transaction.id, receipt(entries[0]))
    assert pool.take(10, 1_000_000) == entries[1:]
    assert pool.checked(entries[0].raw) is None
    assert pool.checked(entries[1].raw) is entries[1].transaction


def test_when_the_node_stops_nobody_waits_for_what_will_not_come() -> None:
    async def stop_while_waiting() -> Ticket:
        pool = Mempool(10, 1_000_000)
        ticket = Ticket(2)
        first, later = entry(1), entry(2)
        for position, each in enumerate((first, later)):
            each.tickets.append((ticket, position))
        pool.add(first)
        waiting = asyncio.create_task(ticket.wait(60))
        await asyncio.sleep(0)
        pool.close()
        await waiting
        pool.add(later)
        await ticket.wait(60)
        return ticket

    assert asyncio.run(asyncio.wait_for(stop_while_waiting(), 5)).results == [None, None]
