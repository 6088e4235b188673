"""Small lives of food on the test chain."""

from typing import Any

import msgpack

from tests.proof.chain import START_MS, Chain, Key

HOUR_MS = 3_600_000
CODE = "LX4STRAWBERRY"
PACK = "lot:pack-1"


def strawberry(validators: int = 1, readings: int = 6, name: str = "test") -> Chain:
    """A pack lot of two harvests from one planting, carried by a truck whose logger also served other trips."""
    chain, farm, hub = Chain(validators, name), Key("farm"), Key("hub", algorithm=2)
    soil, logger, t = Key("soil"), Key("logger"), START_MS
    chain.record(None, ["ledger.genesis"], [["organisation:farm", "self"]])
    chain.record(farm, ["trace.register_plot", "p1"], [["plot:p1", "self"], ["organisation:farm", "other"]])
    chain.record(farm, ["registry.register_device", "soil"], [["device:soil", "self"], ["organisation:farm", "other"]])
    chain.record(hub, ["registry.register_device", "logger"], [["device:logger", "self"]])
    chain.record(hub, ["trace.register_vehicle", "truck"], [["vehicle:truck", "self"]])
    chain.commit(t)
    planting: list[list[Any]] = [["planting:s1", "self"], ["plot:p1", "place", t, None]]
    chain.record(farm, ["trace.plant", "s1"], [*planting, ["device:soil", "device", t, None]])
    chain.commit(t + HOUR_MS)
    for hour in range(readings):
        read(chain, soil, "soil", hour, t + (2 + hour) * HOUR_MS)
    h = t + (3 + readings) * HOUR_MS
    ended: list[list[Any]] = [["plot:p1", "place", t, h], ["device:soil", "device", t, h]]
    for lot in ("harvest-1", "harvest-2"):
        chain.record(
            farm,
            ["trace.harvest", lot],
            [[f"lot:{lot}", "self"], ["planting:s1", "input"], ["organisation:farm", "other"]],
        )
    chain.commit(h)
    chain.record(farm, ["trace.end_planting", "s1"], [["planting:s1", "self"], *ended])
    chain.record(hub, ["trace.sell", "x"], [], code=2004, details=["harvest-1"])
    chain.commit(h + 1)
    inputs = [["lot:harvest-1", "input"], ["lot:harvest-2", "input"]]
    chain.record(farm, ["trace.pack", "pack-1"], [[PACK, "output"], *inputs])
    chain.values[f"trace/code/{CODE}"] = msgpack.packb(PACK)
    chain.commit(h + HOUR_MS)
    for trip in range(3):
        at = h + (2 + 10 * trip) * HOUR_MS
        lot = PACK if trip == 1 else f"lot:other-{trip}"
        carried: list[list[Any]] = [["vehicle:truck", "container", at, None], ["device:logger", "device", at, None]]
        chain.record(hub, ["trace.load", trip], [[lot, "self"], *carried])
        chain.commit(at)
        for hour in range(1, 5):
            read(chain, logger, "logger", trip * 10 + hour, at + hour * HOUR_MS)
        unloaded = [
            ["vehicle:truck", "container", at, at + 5 * HOUR_MS],
            ["device:logger", "device", at, at + 5 * HOUR_MS],
        ]
        chain.record(hub, ["trace.unload", trip], [[lot, "self"], *unloaded])
        chain.record(hub, ["trace.drive", trip], [["vehicle:truck", "self"]])
        chain.commit(at + 5 * HOUR_MS)
    return chain


def read(chain: Chain, key: Key, device: str, number: int, at_ms: int) -> None:
    """One block with one column of readings."""
    chain.record(key, ["trace.readings", device, number, [18_400, 18_600, 18_900]], [[f"device:{device}", "self"]])
    chain.commit(at_ms)
