"""Why a port cannot be listened on, in words, since gRPC does not say."""

import socket

from network.config import ConfigError


def check_address(address: str, setting: str) -> None:
    """Try what is about to be done with the `host:port` of a setting. Raises `ConfigError` naming the setting."""
    host, _, port = address.rpartition(":")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise cannot_listen(address, setting, error.strerror or str(error)) from None


def cannot_listen(address: str, setting: str, reason: str) -> ConfigError:
    """The refusal of an address, and what to do."""
    return ConfigError(
        f"{setting}：无法监听 {address}：{reason}；请停止占用该端口的进程，或改用本机的其他地址或端口",
        f"{setting}: cannot listen on {address}: {reason}; stop the process that uses the port, or choose another "
        "address of this machine or another port",
    )
