"""`python -m gateway NETWORK`: one gateway in the foreground, under any supervisor, until SIGTERM."""

import argparse
import sys
from pathlib import Path

import uvicorn
from linxin.v1 import blob_pb2

from client.failures import Failure
from client.network_directory import NetworkDirectory, open_network
from client.partners import Key
from client.scans import check_name
from client.wallet import load_key
from gateway.app import application
from gateway.epcis.settings import EpcisFailure, EpcisSettings, read_tokens
from gateway.scans import ScanSettings
from gateway.settings import Settings

KEEP_ALIVE_S = 15
CONNECTIONS_MAX = 512
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main() -> int:
    """Serve until told to stop; 1 when the network's folder cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description="The pages of a Linxin network.")
    parser.add_argument("network", type=Path, help="folder with network.toml, genesis.json and the CA certificate")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--public-url", default="", help="where browsers reach it; default: http://HOST:PORT")
    parser.add_argument("--requests-per-s", type=float, default=Settings("").requests_per_s, help="for one address")
    parser.add_argument("--burst", type=int, default=Settings("").burst, help="and at once")
    parser.add_argument("--behind-proxy", action="store_true", help="trust the last address of X-Forwarded-For")
    parser.add_argument("--epcis-key", default="", help="key file (or its name) that captures EPCIS documents")
    parser.add_argument("--epcis-tokens", type=Path, help="file of tokens that EPCIS partners must show, one a line")
    parser.add_argument("--epcis-public", action="store_true", help="anybody may read captured documents in the vault")
    parser.add_argument("--scans-key", default="", help="key file (or its name) that signs daily counts of scans")
    parser.add_argument("--scans-name", default="main", help="of this gateway among its organisation's")
    parser.add_argument("--scans-folder", type=Path, help="where counts lie until they are stated; default: gateway/")
    options = parser.parse_args()
    settings = Settings(
        public_url=(options.public_url or f"http://{options.host}:{options.port}").rstrip("/"),
        requests_per_s=options.requests_per_s,
        burst=options.burst,
        behind_proxy=options.behind_proxy,
    )
    try:
        network = open_network(options.network)
        app = application(network, settings, _epcis(network, options), _scans(network, options))
    except Failure as failure:
        sys.stderr.write(f"{failure.zh}\n{failure.en}\n→ {failure.remedy_zh}\n→ {failure.remedy_en}\n")
        return 1
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_S,
        limit_concurrency=CONNECTIONS_MAX,
    )
    return 0


def _epcis(network: NetworkDirectory, options: argparse.Namespace) -> EpcisSettings:
    """How it takes part in EPCIS. Raises `Failure`: with a key, others than this machine's users need a token."""
    tokens = read_tokens(options.epcis_tokens) if options.epcis_tokens is not None else None
    key = None
    if options.epcis_key:
        if tokens is None and (options.behind_proxy or options.public_url or options.host not in LOOPBACK):
            raise EpcisFailure(
                "对外提供 EPCIS 收录须有令牌文件",
                "a gateway that others reach captures only for those who show a token",
                "加上 --epcis-tokens FILE",
                "add --epcis-tokens FILE",
            )
        key = _key(network, options.epcis_key)
    return EpcisSettings(key, tokens, blob_pb2.PUBLIC if options.epcis_public else blob_pb2.RESTRICTED)


def _scans(network: NetworkDirectory, options: argparse.Namespace) -> ScanSettings:
    """Whether and how it counts scans. Raises `Failure`."""
    key = _key(network, options.scans_key) if options.scans_key else None
    try:
        check_name(options.scans_name)
    except ValueError as error:
        wrong = f"--scans-name {options.scans_name}"
        raise Failure(f"{wrong} 不是名称：{error}", f"{wrong} is no name: {error}", "如 main", "such as main") from None
    return ScanSettings(key, options.scans_name, options.scans_folder or network.root / "gateway")


def _key(network: NetworkDirectory, name: str) -> Key:
    """The key in the file `name`, or in the network's key file of that name."""
    path = Path(name)
    return load_key(path if path.is_file() else network.key_file(name), network.passphrase())


if __name__ == "__main__":
    sys.exit(main())
