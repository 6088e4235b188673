"""A lot with a sensor on its plot, on a running node: what journeys are asked for of."""

import asyncio

from linxin.v1 import ledger_pb2, provenance_pb2

from ledger.crypto.signing import SigningKey
from ledger.module import Action
from ledger.modules.registry.messages import CalibrateDevice, Metric, NewKey, RegisterDevice, possession_message
from ledger.modules.trace import messages as m
from tests.network.nodes import FARM, Client, Network, key_of, now_ms
from tests.trace.world import BERRY, KG

PROBE = key_of("probe")
LOT = f"{BERRY}/L1"
MINUTE_MS = 60_000


async def accept(client: Client, key: SigningKey, *actions: Action) -> list[ledger_pb2.Outcome]:
    """Record actions one after the other; each must be accepted."""
    found = []
    for action in actions:
        (outcome,) = await client.submit([client.network.sign(action, key)])
        assert outcome.status == ledger_pb2.Outcome.ACCEPTED, outcome.refusal
        found.append(outcome)
    return found


def grow(node: Network) -> int:
    """A lot with a sensor on its plot; returns when its first reading was taken."""
    start_ms = now_ms() - 20 * MINUTE_MS

    async def record() -> None:
        client = Client.of(node)
        possession = PROBE.sign(possession_message(node.chain_id, "device:probe"))
        probe = NewKey(PROBE.algorithm, PROBE.public_key, possession)
        metrics = (Metric("temperature", "CEL", -2, -4_000, 8_500), Metric("humidity", "P1", -1, 0, 1_000))
        await accept(
            client,
            FARM,
            m.RegisterProduct(BERRY, "草莓", "Strawberry", "kg", 0, 100_000),
            m.RegisterPlot("tunnel", "一号棚", "Tunnel", 600),
            m.StartPlanting("berry", "tunnel", "草莓", "红颜", start_ms),
            RegisterDevice("probe", "探头", "Probe", metrics, MINUTE_MS, probe),
            CalibrateDevice("probe", start_ms - MINUTE_MS, start_ms + 60 * MINUTE_MS, None),
            m.AttachDevice("probe", "plot:tunnel", start_ms),
        )
        columns = (m.Column("temperature", tuple(range(2000, 2010))), m.Column("humidity", (500, None) * 5))
        again = (m.Column("temperature", (2100, 2101)),)
        await accept(
            client,
            PROBE,
            m.RecordReadings(0, start_ms, MINUTE_MS, columns),
            m.RecordReadings(1, start_ms + 10 * MINUTE_MS, MINUTE_MS, again),
        )
        await accept(client, FARM, m.Harvest("berry", BERRY, "L1", 100 * KG, now_ms()))
        await client.channel.close(None)

    asyncio.run(record())
    return start_ms


async def journey_of(client: Client) -> provenance_pb2.GetJourneyResponse:
    request = provenance_pb2.GetJourneyRequest(subject=f"lot:{LOT}", include_proof=True)
    return await client.provenance.GetJourney(request, timeout=10)
