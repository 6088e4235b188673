"""Organisations put devices into service, calibrate and retire them; inspectors calibrate too."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.module import Rules
from ledger.modules.registry import messages as m
from ledger.modules.registry.errors import (
    CalibrationWindow,
    DeviceExists,
    DeviceRetired,
    DeviceUnknown,
    NotDeviceOwner,
    RangeEmpty,
)
from ledger.modules.registry.rules.common import check_distinct
from ledger.modules.registry.rules.keys import enrol, revoke_all
from ledger.modules.registry.state import CALIBRATIONS_KEPT_MAX, Calibration, Device, devices
from ledger.roles import ORGANISATION_ROLES, Role
from ledger.state import OTHER, SELF
from ledger.text import check_text

if TYPE_CHECKING:
    from ledger.context import Context

CALIBRATION_MS_MAX = 10 * 366 * 86_400_000
"""The longest a calibration may be valid."""

rules = Rules()


@rules.rule(m.RegisterDevice, by=ORGANISATION_ROLES)
def register_device(ctx: "Context", action: m.RegisterDevice) -> None:
    """Put a device of the signer's organisation into service; it measures nothing until it is calibrated."""
    ctx.require(not devices.has(ctx, action.device), DeviceExists(action.device))
    check_text("name_zh", action.name_zh)
    check_text("name_en", action.name_en)
    check_distinct("metrics", [metric.name for metric in action.metrics])
    for metric in action.metrics:
        ctx.require(metric.minimum < metric.maximum, RangeEmpty(metric.name, metric.minimum, metric.maximum))
    owner = ctx.signer.organisation
    enrol(ctx, f"device:{action.device}", owner, "device", action.key)
    row = Device(
        owner, action.name_zh, action.name_en, action.metrics, action.interval_ms, (), None, (action.key.public_key,), 1
    )
    devices.put(ctx, action.device, row, SELF)
    ctx.journal(f"organisation:{owner}", OTHER)


def _device_in_service(ctx: "Context", device: str) -> Device:
    row = devices.need(ctx, device, DeviceUnknown(device))
    if row.retired_height is not None:
        raise DeviceRetired(device, row.retired_height)
    return row


@rules.rule(m.CalibrateDevice, by=ORGANISATION_ROLES)
def calibrate_device(ctx: "Context", action: m.CalibrateDevice) -> None:
    """State a calibration. It may begin in the past (certificates follow the work); its `stated_ms` shows that."""
    row = _device_in_service(ctx, action.device)
    by = ctx.signer.organisation
    ctx.require(
        by == row.organisation or ctx.signer.has(Role.INSPECTOR), NotDeviceOwner(action.device, row.organisation)
    )
    problem = _window_problem(action.valid_from_ms, action.valid_to_ms)
    if problem:
        raise CalibrationWindow(action.valid_from_ms, action.valid_to_ms, problem)
    if action.certificate is not None:
        check_text("certificate", action.certificate)
    stated = Calibration(action.valid_from_ms, action.valid_to_ms, action.certificate, by, ctx.time_ms)
    ordered = sorted(
        (*row.calibrations, stated), key=lambda each: (each.valid_from_ms, each.valid_to_ms, each.stated_ms)
    )
    devices.put(ctx, action.device, replace(row, calibrations=tuple(ordered[-CALIBRATIONS_KEPT_MAX:])), SELF)
    ctx.journal(f"organisation:{by}", OTHER)


def _window_problem(from_ms: int, to_ms: int) -> str | None:
    if to_ms <= from_ms:
        return "it ends before it begins"
    if to_ms - from_ms > CALIBRATION_MS_MAX:
        return "it is longer than ten years"
    return None


@rules.rule(m.RetireDevice, by=ORGANISATION_ROLES)
def retire_device(ctx: "Context", action: m.RetireDevice) -> None:
    """Take a device out of service for good and revoke its keys."""
    row = _device_in_service(ctx, action.device)
    ctx.require(ctx.signer.organisation == row.organisation, NotDeviceOwner(action.device, row.organisation))
    revoke_all(ctx, row.keys, "retired")
    devices.put(ctx, action.device, replace(row, retired_height=ctx.height, keys=()), SELF)
    ctx.journal(f"organisation:{row.organisation}", OTHER)
