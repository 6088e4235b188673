"""Organisations, devices and members: who admits whom, and what is refused."""

import pytest

from ledger.crypto.encoding import encode
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.errors import MalformedTransaction, WrongRole
from ledger.modules.registry import errors as e
from ledger.modules.registry import messages as m
from ledger.modules.registry.state import CALIBRATIONS_KEPT_MAX, devices, members, organisations
from ledger.roles import Role
from ledger.text import TextForbidden
from tests.registry.chain import START_MS, Chain, key_of

DAY_MS = 86_400_000
SOIL = (m.Metric("soil_moisture", "P1", -2, 0, 6000), m.Metric("soil_temperature", "CEL", -1, -400, 800))


def organisation(chain: Chain, name: str, roles: tuple[Role, ...] = (Role.LOGISTICS,)) -> m.RegisterOrganisation:
    key = chain.new_key(key_of(name), f"organisation:{name}")
    return m.RegisterOrganisation(name, "物流中心", "Logistics hub", roles, key)


def device(chain: Chain, name: str = "probe-1", **changes: object) -> m.RegisterDevice:
    values: dict[str, object] = {
        "device": name,
        "name_zh": "土壤探头",
        "name_en": "Soil probe",
        "metrics": SOIL,
        "interval_ms": 120_000,
        "key": chain.new_key(key_of(name, Algorithm.P256), f"device:{name}"),
    }
    return m.RegisterDevice(**(values | changes))  # type: ignore[arg-type]  # a test's table of fields


def member(chain: Chain, name: str, role: m.MemberRole, adult: bool = True) -> m.RegisterMember:
    return m.RegisterMember(name, role, adult, chain.new_key(key_of(name), f"member:{name}"))


def test_platform_admits_an_organisation_which_can_sign_from_then_on(chain: Chain) -> None:
    chain.accept("platform", organisation(chain, "hub"))
    row = organisations.get(chain.context(), "hub")
    assert row is not None
    assert (row.roles, row.suspended_height, row.keys_ever) == ((Role.LOGISTICS,), None, 1)
    chain.accept("hub", device(chain))


def test_only_a_platform_admits_and_ids_serve_once(chain: Chain) -> None:
    chain.refuse("farm", organisation(chain, "hub"), WrongRole)
    chain.refuse("platform", organisation(chain, "farm"), e.OrganisationExists)
    repeated = (Role.FARM, Role.FARM)
    assert chain.refuse("platform", organisation(chain, "hub", repeated), e.ListRepeats) == ["roles", "farm"]
    chain.refuse("platform", organisation(chain, "hub", (Role.DEVICE,)), e.RoleNotGranted)


def test_a_name_that_hides_characters_is_refused(chain: Chain) -> None:
    action = m.RegisterOrganisation(
        "hub", "物流\u202e中心", "Hub", (Role.LOGISTICS,), chain.new_key(key_of("hub"), "organisation:hub")
    )
    assert chain.refuse("platform", action, TextForbidden) == ["name_zh", "direction override U+202E at 2"]


def test_suspension_stops_an_organisation_its_staff_and_its_devices_until_restored(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    chain.accept("farm", member(chain, "s-1", "staff"))
    chain.accept("platform", m.SuspendOrganisation("farm"))
    for signer in (key_of("farm"), key_of("s-1"), key_of("probe-1", Algorithm.P256)):
        rotation = m.RotateKey(signer.public_key, chain.new_key(key_of("any"), "organisation:farm"))
        chain.refuse(signer, rotation, e.OrganisationSuspended)
    chain.refuse("platform", m.SuspendOrganisation("farm"), e.OrganisationSuspended)
    chain.accept("platform", m.RestoreOrganisation("farm"))
    chain.refuse("platform", m.RestoreOrganisation("farm"), e.OrganisationActive)
    chain.accept("farm", device(chain, "probe-2"))


def test_nobody_changes_its_own_standing(chain: Chain) -> None:
    chain.refuse("platform", m.SuspendOrganisation("platform"), e.OwnStanding)
    chain.refuse("platform", m.SetRoles("platform", (Role.FARM,)), e.OwnStanding)
    chain.accept("platform", m.SetRoles("platform-2", (Role.FARM,)))
    chain.refuse("platform-2", m.SuspendOrganisation("farm"), WrongRole)
    chain.refuse("platform", m.SetRoles("nobody", (Role.FARM,)), e.OrganisationUnknown)


def test_staff_carry_roles_but_do_not_admit(chain: Chain) -> None:
    chain.accept("platform", member(chain, "clerk", "staff"))
    chain.refuse(key_of("clerk"), organisation(chain, "hub"), e.OrganisationOnly)
    chain.accept("farm", member(chain, "technician", "staff"))
    chain.accept(key_of("technician"), device(chain))
    chain.refuse(key_of("technician"), member(chain, "friend", "staff"), e.OrganisationOnly)


def test_a_device_signs_as_a_device_and_nothing_else(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    details = chain.refuse(key_of("probe-1", Algorithm.P256), device(chain, "probe-2"), WrongRole)
    assert details[0] == "device:probe-1"


def test_device_bounds(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    again = device(chain, key=chain.new_key(key_of("other"), "device:probe-1"))
    chain.refuse("farm", again, e.DeviceExists)
    chain.refuse("farm", device(chain, "p2", metrics=(SOIL[0], SOIL[0])), e.ListRepeats)
    empty = m.Metric("soil_moisture", "P1", -2, 5, 5)
    assert chain.refuse("farm", device(chain, "p2", metrics=(empty,)), e.RangeEmpty) == ["soil_moisture", "5", "5"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"device": "Probe"}, "$.action.device"),
        ({"device": "probe\n"}, "$.action.device"),
        ({"device": "a" * 65}, "$.action.device"),
        ({"metrics": ()}, "$.action.metrics"),
        ({"metrics": (m.Metric("x", "cel", 0, 0, 1),)}, "$.action.metrics[0].unit"),
        ({"metrics": (m.Metric("x", "CEL", 12, 0, 1),)}, "$.action.metrics[0].exponent"),
        ({"interval_ms": 0}, "$.action.interval_ms"),
        ({"name_zh": "长" * 81}, "$.action.name_zh"),
    ],
)
def test_malformed_devices_are_refused_with_their_path(chain: Chain, change: dict[str, object], path: str) -> None:
    refused = chain.check(chain.sign(key_of("farm"), device(chain, "probe-1", **change)))
    assert isinstance(refused, MalformedTransaction)
    assert refused.path == path


def test_calibration_by_owner_and_inspector_covers_event_times(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    first = m.CalibrateDevice("probe-1", START_MS - 30 * DAY_MS, START_MS, None)
    second = m.CalibrateDevice("probe-1", START_MS, START_MS + 365 * DAY_MS, "JJF-1366-0042")
    chain.accept("farm", first)
    chain.accept("inspector", second)
    chain.refuse("community", second, e.NotDeviceOwner)
    row = devices.get(chain.context(), "probe-1")
    assert row is not None
    assert [each.by for each in row.calibrations] == ["farm", "inspector"]
    assert row.calibrated(START_MS - DAY_MS, START_MS + DAY_MS)
    assert row.calibrated(START_MS - 30 * DAY_MS, START_MS - 30 * DAY_MS)
    assert not row.calibrated(START_MS - 30 * DAY_MS - 1, START_MS)
    assert not row.calibrated(START_MS, START_MS + 365 * DAY_MS)


def test_a_gap_between_calibrations_is_not_covered(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    chain.accept("farm", m.CalibrateDevice("probe-1", START_MS, START_MS + 10, None))
    chain.accept("farm", m.CalibrateDevice("probe-1", START_MS + 11, START_MS + 20, None))
    row = devices.get(chain.context(), "probe-1")
    assert row is not None
    assert row.calibrated(START_MS, START_MS + 9)
    assert not row.calibrated(START_MS, START_MS + 12)


def test_calibration_windows_are_bounded_in_length_and_number(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    chain.refuse("farm", m.CalibrateDevice("probe-1", START_MS, START_MS, None), e.CalibrationWindow)
    chain.refuse("farm", m.CalibrateDevice("probe-1", START_MS, START_MS + 4000 * DAY_MS, None), e.CalibrationWindow)
    chain.refuse("farm", m.CalibrateDevice("probe-9", START_MS, START_MS + 1, None), e.DeviceUnknown)
    for number in range(CALIBRATIONS_KEPT_MAX + 2):
        chain.accept("farm", m.CalibrateDevice("probe-1", START_MS + number, START_MS + number + 1, None))
    row = devices.get(chain.context(), "probe-1")
    assert row is not None
    assert [each.valid_from_ms - START_MS for each in row.calibrations] == list(range(2, CALIBRATIONS_KEPT_MAX + 2))


def test_a_retired_device_is_silent_for_ever(chain: Chain) -> None:
    chain.accept("farm", device(chain))
    chain.refuse("inspector", m.RetireDevice("probe-1"), e.NotDeviceOwner)
    chain.accept("farm", m.RetireDevice("probe-1"))
    chain.refuse("farm", m.RetireDevice("probe-1"), e.DeviceRetired)
    chain.refuse("farm", m.CalibrateDevice("probe-1", START_MS, START_MS + 1, None), e.DeviceRetired)
    fresh = chain.new_key(key_of("fresh"), "device:probe-1")
    chain.refuse("farm", m.AddKey("device:probe-1", fresh), e.DeviceRetired)


def test_members_are_attested_adults_of_the_right_registrar(chain: Chain) -> None:
    chain.accept("community", member(chain, "r-7f3a", "resident"))
    chain.accept("community", member(chain, "l-11", "leader"))
    row = members.get(chain.context(), "r-7f3a")
    assert row is not None
    assert (row.organisation, row.role) == ("community", "resident")
    chain.refuse("farm", member(chain, "r-2", "resident"), e.MemberRoleRefused)
    chain.refuse("community", member(chain, "r-3", "resident", adult=False), e.AdultNotAttested)
    again = m.RegisterMember("r-7f3a", "leader", True, chain.new_key(key_of("x"), "member:r-7f3a"))
    chain.refuse("community", again, e.MemberExists)


@pytest.mark.parametrize("name", ["13812345678", "wx-13912345678", "8613812345678", "11010519491231002x"])
def test_pseudonyms_that_are_phone_or_identity_numbers_are_refused(chain: Chain, name: str) -> None:
    details = chain.refuse("community", member(chain, name, "resident"), e.PersonalIdentifier)
    assert name not in str(details)


def test_a_member_leaves_by_itself_or_by_its_community(chain: Chain) -> None:
    chain.accept("community", member(chain, "r-1", "resident"))
    chain.accept("community", member(chain, "r-2", "resident"))
    chain.refuse(key_of("r-2"), m.RetireMember("r-1"), e.NotMemberParty)
    chain.accept(key_of("r-1"), m.RetireMember("r-1"))
    chain.refuse("community", m.RetireMember("r-1"), e.MemberRetired)
    chain.accept("community", m.RetireMember("r-2"))
    chain.refuse("community", m.RetireMember("r-3"), e.MemberUnknown)


def test_records_enter_the_journals_of_device_and_owner(chain: Chain) -> None:
    before = organisations_size(chain, "farm")
    chain.accept("farm", device(chain))
    chain.accept("inspector", m.CalibrateDevice("probe-1", START_MS, START_MS + DAY_MS, "c-1"))
    assert organisations_size(chain, "farm") == before + 1
    assert organisations_size(chain, "inspector") == 2
    row = chain.context().state.row(devices, b"registry/device/probe-1")
    assert row is not None
    assert row.size == 2


def organisations_size(chain: Chain, name: str) -> int:
    row = chain.context().state.row(organisations, f"registry/organisation/{name}".encode())
    assert row is not None
    return row.size


def test_every_action_survives_its_encoding(chain: Chain) -> None:
    actions: list[object] = [
        organisation(chain, "hub"),
        device(chain),
        member(chain, "r-1", "resident"),
        m.CalibrateDevice("probe-1", 1, 2, None),
        m.RevokeKey(key_of("farm").public_key, "lost"),
    ]
    for action in actions:
        decoded = chain.check(chain.sign(SigningKey(Algorithm.ED25519, b"k" * 32), action))  # type: ignore[arg-type]
        assert encode(getattr(decoded, "action", None)) == encode(action)
