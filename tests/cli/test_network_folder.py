"""`linxin network init` and the folder it makes; what a client reads from such a folder."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.modules import standard_registry
from cli.survival import Survival
from client.network_directory import DirectoryFailure, open_network, read_passphrase
from client.wallet import load_key
from ledger.crypto.hashing import sha256
from ledger.genesis import load_genesis
from network.config import load_config


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINXIN_NETWORK", "LINXIN_PASSPHRASE", "LINXIN_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, status: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == status, result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("networks") / "one"
    return root, run("network", "init", str(root), "--name", "one", "--parameter", "block_interval_ms=20")


def test_the_document_says_where_everything_is(made: tuple[Path, dict[str, Any]]) -> None:
    root, document = made
    assert document["home"] == str(root)
    assert document["chain_id"] == sha256((root / "genesis.json").read_bytes()).hex()
    genesis = load_genesis((root / "genesis.json").read_bytes(), standard_registry())
    assert genesis.parameters["block_interval_ms"] == 20
    assert [validator.id for validator in genesis.file.validators] == document["nodes"]
    network = open_network(root)
    assert list(network.endpoints) == document["endpoints"]
    configs = [load_config(home) for home in network.node_homes()]
    assert [config.listen.address for config in configs] == list(network.endpoints)
    named = {validator.id: validator.address for validator in genesis.file.validators}
    assert {config.name: config.peers.listen for config in configs} == named
    assert document["nodes"] == ["farm", "hub", "inspector", "platform"]
    assert document["survives"] == {"crashes": 1, "liars_without_fork": 1}


@pytest.mark.parametrize(
    ("validators", "quorum", "crashes", "liars"), [(1, 1, 0, 0), (3, 2, 1, 0), (4, 3, 1, 1), (5, 4, 1, 2), (7, 5, 2, 2)]
)
def test_what_a_network_survives_is_said_where_people_choose(
    tmp_path: Path, validators: int, quorum: int, crashes: int, liars: int
) -> None:
    survival = Survival.of(validators)
    assert (survival.quorum, survival.crashes, survival.liars) == (quorum, crashes, liars)
    assert survival.warns == (liars == 0)
    zh, en = survival.words()
    assert ("fork" in en) == (validators > 1)
    assert ("分叉" in zh) == (validators > 1)
    if validators == 3:
        shown = CliRunner().invoke(main, ["network", "init", str(tmp_path / "n"), "--validators", "3"]).stdout
        assert "survives 1 down" in shown
        assert "one liar" in shown
        assert "至少用 4 个" in shown


def test_secrets_are_private_and_keys_open(made: tuple[Path, dict[str, Any]]) -> None:
    root, document = made
    network = open_network(root)
    secrets = [root / "passphrase", root / "ca.key", *root.glob("keys/*.key"), *root.glob("nodes/*/validator.key")]
    assert len(secrets) == 2 + 4 + len(document["keys"])
    for secret in [*secrets, *root.glob("nodes/*/tls/server.key")]:
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600, secret
    genesis = load_genesis(network.genesis_bytes(), standard_registry())
    farm = next(each for each in genesis.file.organisations if each.id == "farm")
    assert load_key(network.key_file("farm"), network.passphrase()).public_key.hex() == farm.keys[0].public_key


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    document = run("network", "init", str(tmp_path), status=1)
    assert not document["ok"]
    assert "not empty" in document["error"]["message_en"]
    assert document["error"]["message_zh"]
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_an_unknown_parameter_and_too_many_validators_are_refused(tmp_path: Path) -> None:
    refused = run("network", "init", str(tmp_path / "a"), "--parameter", "colour=3", status=1)
    assert "colour" in refused["error"]["message_en"]
    assert not (tmp_path / "a").exists(), "nothing half-made stays behind"
    tmp_path.joinpath("empty").mkdir()
    run("network", "init", str(tmp_path / "empty"), "--name", "Not A Name", status=1)
    assert list(tmp_path.joinpath("empty").iterdir()) == []
    assert run("network", "init", str(tmp_path / "b"), "--validators", "10", status=1)["error"]["remedy_en"]
    assert not (tmp_path / "b").exists()


def test_the_environment_gives_the_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINXIN_PASSPHRASE", "correct horse battery")
    document = run("network", "init", str(tmp_path / "n"))
    assert document["passphrase"] is None
    assert not (tmp_path / "n" / "passphrase").exists()
    load_key(tmp_path / "n" / "keys" / "farm.key", "correct horse battery")


def test_status_of_a_stopped_network_is_a_failure_with_words(made: tuple[Path, dict[str, Any]]) -> None:
    document = run("network", "status", str(made[0]), status=1)
    assert [(node["pid"], node["healthy"]) for node in document["nodes"]] == [(None, False)] * 4
    assert run("network", "down", str(made[0]))["stopped"] == []


def test_a_passphrase_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_text("something long\n")
    path.chmod(0o644)
    with pytest.raises(DirectoryFailure, match="readable by others"):
        read_passphrase(path)
    path.chmod(0o600)
    assert read_passphrase(path) == "something long"
    path.write_text("\n")
    with pytest.raises(DirectoryFailure, match="empty"):
        read_passphrase(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "x"\nendpoints = []\n', "endpoints"),
        ('name = "x"\nendpoints = ["nowhere"]\n', "endpoints"),
        ('name = "x"\nendpoints = ["127.0.0.1:99999"]\n', "no such port"),
        ('name = "x"\nendpoints = ["10.0.0.1:7600"]\ncertificate_authority = ""\n', "loopback"),
        ('name = "x"\nendpoints = ["127.0.0.1:1"]\ncolour = 1\n', "colour"),
        ("= =", "toml"),
    ],
)
def test_a_wrong_network_toml_is_refused_with_words(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "network.toml").write_text(text)
    with pytest.raises(DirectoryFailure) as refused:
        open_network(tmp_path)
    assert said in refused.value.en
    assert refused.value.remedy_zh


def test_no_folder_at_all_tells_how_to_name_one(tmp_path: Path) -> None:
    document = run("block", "--network", str(tmp_path / "none"), status=1)
    assert "--network" in document["error"]["remedy_en"]


def test_keys_are_made_shown_and_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINXIN_PASSPHRASE", "correct horse battery")
    path = tmp_path / "probe.key"
    first = run("key", "new", str(path), "--algorithm", "p256")
    assert run("key", "show", str(path))["public_key"] == first["public_key"]
    assert "never overwritten" in run("key", "new", str(path), status=1)["error"]["remedy_en"]


def test_help_names_every_command_and_each_command_loads() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    from cli.main import COMMANDS

    for name in COMMANDS:
        assert f"  {name} " in shown
        assert CliRunner().invoke(main, [name, "--help"], catch_exceptions=False).exit_code == 0
