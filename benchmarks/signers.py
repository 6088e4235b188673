"""What the loads are made of: envelopes of records, readings and a story, signed before the clock starts."""

import time
from collections.abc import Iterator, Sequence
from itertools import count

from benchmarks.load import BATCH
from cli.demo.cast import TRACE_CODE, Calendar
from cli.demo.runner import Telling
from cli.output import Output
from client.network_directory import NetworkDirectory
from client.submit import Submitter, sign_action
from client.wallet import load_key
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.module import Action
from ledger.modules.registry.messages import CalibrateDevice, Metric, NewKey, RegisterDevice, possession_message
from ledger.modules.trace.messages import AttachDevice, Column, RecordReadings, RegisterPlot, RegisterVehicle

DAY_MS = 86_400_000
MINUTE_MS = 60_000

READINGS_IN_COLUMN = 60
SENSORS, REPORT_MINUTES = 5, 10
"""Of one farm's gateway: each of its sensors measures once a minute, and every ten minutes a record reports their
readings.
"""
READINGS_IN_REPORT = SENSORS * REPORT_MINUTES


class Signers:
    """The signers of one network."""

    def __init__(self, network: NetworkDirectory) -> None:
        self.network = network
        self.chain_id = sha256(network.genesis_bytes())
        self.farm = load_key(network.key_file("farm"), network.passphrase())
        self._numbers = count()

    def sign(self, action: Action, key: SigningKey) -> bytes:
        """An envelope of an action."""
        return sign_action(key, self.chain_id, action)

    def record(self) -> bytes:
        """An individually signed record: one table row (a vehicle) of its own, entered into two journals."""
        return self.sign(RegisterVehicle(f"v{next(self._numbers)}", "冷藏车", "van", True), self.farm)

    def batches(self, wanted: int) -> list[list[bytes]]:
        """So many such records, in batches."""
        return [[self.record() for _ in range(BATCH)] for _ in range(wanted // BATCH)]

    def enrol(self, name: str, devices: int, metrics: Sequence[str]) -> list[SigningKey]:
        """Devices of the farm that measure `metrics`, calibrated and tied to a plot each; their keys."""
        keys = [SigningKey(Algorithm.ED25519, sha256(f"{name} {number}".encode())) for number in range(devices)]
        now_ms = time.time_ns() // 1_000_000
        measured = tuple(Metric(each, "CEL", -2, -4000, 8500) for each in metrics)
        steps: list[list[Action]] = [[], [], []]
        for number, key in enumerate(keys):
            device, plot = f"{name}-{number}", f"{name}-plot-{number}"
            possession = key.sign(possession_message(self.chain_id, f"device:{device}"))
            new_key = NewKey(key.algorithm, key.public_key, possession)
            steps[0].append(RegisterPlot(plot, "地块", "plot", 1000))
            steps[0].append(RegisterDevice(device, "探头", "probe", measured, 1000, new_key))
            steps[1].append(CalibrateDevice(device, now_ms - 30 * DAY_MS, now_ms + 300 * DAY_MS, None))
            steps[2].append(AttachDevice(device, f"plot:{plot}", now_ms - 6 * DAY_MS))
        with Submitter.to(self.network) as submitter:
            for step in steps:
                for outcome in submitter.submit([self.sign(action, self.farm) for action in step]):
                    outcome.need("the benchmark's devices")
        return keys

    def columns(self, keys: list[SigningKey], wanted: int) -> Iterator[list[bytes]]:
        """Device-signed columns of sixty one-second readings, the devices in turn, in batches."""
        start_ms = time.time_ns() // 1_000_000 - 5 * DAY_MS
        batch: list[bytes] = []
        for number in range(wanted // READINGS_IN_COLUMN):
            sequence, device = divmod(number, len(keys))
            values = tuple(1800 + (number * 7 + i * 3) % 400 for i in range(READINGS_IN_COLUMN))
            columns = (Column("temperature", values),)
            action = RecordReadings(sequence, start_ms + sequence * MINUTE_MS, 1000, columns)
            batch.append(self.sign(action, keys[device]))
            if len(batch) == BATCH:
                yield batch
                batch = []

    def reports(self, keys: list[SigningKey], metrics: Sequence[str], wanted: int, first: int = 0) -> list[bytes]:
        """What gateways report of their sensors, the gateways in turn. `first`: so many reports were made before."""
        start_ms, step_ms = time.time_ns() // 1_000_000 - 5 * DAY_MS, REPORT_MINUTES * MINUTE_MS
        made = []
        for number in range(first, first + wanted):
            sequence, device = divmod(number, len(keys))
            values = tuple(1800 + (number * 7 + minute) % 400 for minute in range(REPORT_MINUTES))
            columns = tuple(Column(metric, values) for metric in metrics)
            action = RecordReadings(sequence, start_ms + sequence * step_ms, MINUTE_MS, columns)
            made.append(self.sign(action, keys[device]))
        return made

    def tell_story(self) -> str:
        """Record the demonstration's strawberries; returns the trace code that a buyer would scan.

        Requires a network whose late readings go back as far as the story.
        """
        telling = Telling(Output(as_json=True), self.network, Calendar.before(time.time_ns() // 1_000_000))
        with Submitter.to(self.network) as submitter:
            telling.tell(submitter)
        return TRACE_CODE
