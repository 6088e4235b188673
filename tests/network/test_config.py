"""Settings: strict, bounded, and every one of them documented."""

import re
from pathlib import Path

import msgspec
import pytest

from network.config import ConfigError, NodeConfig, load_config, parse_config, setting_names
from tests.network.nodes import ROOT


def test_defaults_need_a_name_only() -> None:
    config = parse_config(b'name = "farm-1"')
    assert config.listen.address == "127.0.0.1:7600"
    assert not config.listen.plaintext


def test_peers_and_metrics_are_off_until_they_have_an_address() -> None:
    config = parse_config(b'name = "farm-1"')
    assert (config.peers.listen, config.peers.addresses, config.metrics.listen) == ("", {}, "")
    text = b'name = "farm"\n[peers]\nlisten = "[::1]:7700"\n[peers.addresses]\nhub = "hub.example:7700"\n'
    config = parse_config(text + b'[metrics]\nlisten = "127.0.0.1:0"')
    assert config.peers.listen == "[::1]:7700"
    assert config.peers.addresses == {"hub": "hub.example:7700"}
    assert config.metrics.listen == "127.0.0.1:0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name"),
        ('name = "farm"\ncolour = "red"', "colour"),
        ('name = "farm"\n[limits]\nwaiting = 3', "limits"),
        ('name = "farm"\n[limits]\nblock_count = 0', "limits.block_count"),
        ('name = "farm"\n[limits]\nblock_count = "many"', "limits.block_count"),
        ('name = "Farm One"', "name"),
        ('name = "farm"\n[listen]\naddress = "0.0.0.0:7600"\nplaintext = true', "loopback"),
        ('name = "farm"\n[listen]\naddress = "127.0.0.1:70000"', "70000"),
        ('name = "farm"\n[listen]\naddress = "nowhere"', "listen.address"),
        ('name = "farm"\n[peers]\nlisten = "nowhere"', "peers.listen"),
        ('name = "farm"\n[peers]\nlisten = "127.0.0.1:65536"', "peers.listen"),
        ('name = "farm"\n[peers]\nport = 7700', "peers"),
        ('name = "farm"\n[peers.addresses]\nhub = "hub.example"', "peers.addresses"),
        ('name = "farm"\n[peers.addresses]\nhub = "hub.example:99999"', "peers.addresses.hub"),
        ('name = "farm"\n[peers.addresses]\nHub = "hub.example:7700"', "peers.addresses"),
        ('name = "farm"\n[metrics]\nlisten = "7800"', "metrics.listen"),
        ('name = "farm"\n[metrics]\nlisten = "127.0.0.1:78000"', "metrics.listen"),
        ('name = "farm"\n[limits]\nwaiting_bytes = 80000', "limits.waiting_bytes"),
        ('name = "farm', "OPERATORS"),
        ("name = \xff", "OPERATORS"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_path(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        parse_config(text.encode("latin-1"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"node\.toml"):
        load_config(tmp_path)


def test_every_setting_is_documented_with_its_default() -> None:
    page = (ROOT / "docs/OPERATORS.md").read_text(encoding="utf-8")
    text = page.partition("## Settings: `node.toml`")[2].partition("\n## ")[0]
    documented = dict(re.findall(r"^\| `([a-z_.]+)` \| (`[^`]*`|required) \|", text, re.MULTILINE))
    assert list(documented) == setting_names()
    defaults = msgspec.to_builtins(parse_config(b'name = "x"'))
    for name, shown in documented.items():
        if shown == "required":
            continue
        value = defaults
        for part in name.split("."):
            value = value[part]
        assert msgspec.toml.decode(f"v = {shown.strip('`')}".encode())["v"] == value, name


def test_the_documented_example_is_whole() -> None:
    assert {name.split(".")[0] for name in setting_names()} == set(NodeConfig.__struct_fields__)
