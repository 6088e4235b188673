"""`python -m gateway NETWORK`: one gateway in the foreground, under any supervisor, until SIGTERM."""

import argparse
import sys
from pathlib import Path

import uvicorn

from client.failures import Failure
from client.network_directory import open_network
from gateway.app import application
from gateway.settings import Settings

KEEP_ALIVE_S = 15
CONNECTIONS_MAX = 512


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
    options = parser.parse_args()
    settings = Settings(
        public_url=(options.public_url or f"http://{options.host}:{options.port}").rstrip("/"),
        requests_per_s=options.requests_per_s,
        burst=options.burst,
        behind_proxy=options.behind_proxy,
    )
    try:
        app = application(open_network(options.network), settings)
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


if __name__ == "__main__":
    sys.exit(main())
