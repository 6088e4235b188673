"""TLS of the public API: a network's own certificate authority and the server certificates it issues, P-256 throughout.

Clients trust the authority's certificate (written beside the genesis file); ledger keys have no part in it, and
proofs never depend on it. Certificates date from 1970 and the authority's has no end, so a wrong clock stops nobody.
"""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from network.config import ConfigError, ListenSettings

NO_BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
NO_END = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
SERVER_YEARS = 10

RENEWAL = "linxin network certificate"
"""The command that issues a server certificate anew."""


def make_authority(network: str) -> tuple[bytes, bytes]:
    """A new authority for `network`: (certificate PEM, private key PEM). Keep the key offline once servers are
    issued.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"linxin {network} authority"[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NO_BEGINNING)
        .not_valid_after(NO_END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), _private_pem(key)


def issue_server_certificate(
    authority_certificate: bytes, authority_key: bytes, hosts: Sequence[str]
) -> tuple[bytes, bytes]:
    """A server certificate for `hosts` (DNS names or IP addresses): (certificate chain PEM, private key PEM).

    Raises ValueError when the authority's PEM does not parse or `hosts` is empty.
    """
    if not hosts:
        raise ValueError("a server certificate needs at least one host")
    authority = x509.load_pem_x509_certificate(authority_certificate)
    issuer_key = serialization.load_pem_private_key(authority_key, None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey) or issuer_key.public_key() != authority.public_key():
        raise ValueError("it does not belong to the authority's certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NO_BEGINNING)
        .not_valid_after(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=365 * SERVER_YEARS))
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + authority_certificate, _private_pem(key)


def write_private(path: Path, data: bytes) -> None:
    """Write a secret so that only its owner can read it. Refuses (FileExistsError) to replace a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def server_credentials(home: Path, settings: ListenSettings) -> grpc.ServerCredentials | None:
    """What the server listens with; None for plain text (which the configuration allows on loopback only).

    Raises `ConfigError` when a file is missing or unreadable, the two do not belong together, or the key is readable
    by others.
    """
    if settings.plaintext:
        return None
    certificate_path, key_path = home / settings.certificate, home / settings.key
    try:
        certificate, key = certificate_path.read_bytes(), key_path.read_bytes()
        mode = key_path.stat().st_mode
    except OSError as error:
        raise ConfigError(
            f"{error.filename}：{error.strerror}；请用 {RENEWAL} 签发",
            f"{error.filename}: {error.strerror}; issue it with `{RENEWAL}`",
        ) from None
    if mode & 0o077:
        raise ConfigError(
            f"{key_path}：私钥对他人可读，请执行 chmod 600",
            f"{key_path}: a private key must not be readable by others; `chmod 600` it",
        )
    _check_pair(certificate_path, certificate, key_path, key)
    return grpc.ssl_server_credentials([(key, certificate)])


def _check_pair(certificate_path: Path, certificate: bytes, key_path: Path, key: bytes) -> None:
    """Find what is wrong with the two: gRPC would only say that it cannot listen."""
    path = certificate_path
    try:
        public_key = x509.load_pem_x509_certificate(certificate).public_key()
        path = key_path
        private_key = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(
            f"{path}：不是可用的 PEM 文件（{error}）；请用 {RENEWAL} 重新签发",
            f"{path}: not a usable PEM file ({error}); issue it anew with `{RENEWAL}`",
        ) from None
    if private_key.public_key() != public_key:
        raise ConfigError(
            f"{key_path}：私钥与证书 {certificate_path} 不匹配；请用 {RENEWAL} 重新签发",
            f"{key_path}: not the key of {certificate_path}; issue both anew with `{RENEWAL}`",
        )


def days_left(home: Path, settings: ListenSettings) -> int | None:
    """Whole days until the server certificate expires (negative when it has); None for plain text."""
    if settings.plaintext:
        return None
    certificate = x509.load_pem_x509_certificate((home / settings.certificate).read_bytes())
    return (certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)).days


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
