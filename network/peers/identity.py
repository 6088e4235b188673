"""Who is at the other end: TLS certificates that a ledger key issues and that no date can invalidate.

gRPC's TLS takes no Ed25519 certificate from a peer, but it does take an Ed25519 *issuer*. So at each start a validator
makes a P-256 key and a certificate for it, signed by its ledger key. Whoever knows the ledger key from the chain makes
the issuer's certificate (the trust anchor) from that key alone: TLS trusts an anchor for being listed and never
looks at its signature, which here is nobody's. Both are valid from 1970 to 9999.

The identity is the issuer: the subject is empty, and nothing else in the certificate is ever read. What the ledger key
signs is a DER SEQUENCE (its first byte is 0x30), which is no cosignature's text and no domain-separated digest.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from ledger.crypto.signing import Algorithm, SigningKey, verify

TARGET_NAME = "validator.linxin"
"""The one host name in every validator's certificate: TLS insists on a name, and identity is not in it."""

NO_BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
NO_END = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)

_ED25519_IDENTIFIER = bytes.fromhex("300506032b6570")
"""AlgorithmIdentifier of Ed25519 in DER (RFC 8410 §3)."""

_TEMPLATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
"""Known to everyone: `cryptography` encodes what is to be signed only while it signs. Its signatures count nowhere."""


@dataclass(frozen=True)
class LeafCertificate:
    """A validator's certificate for this run and its P-256 private key, both PEM; the key never leaves memory."""

    certificate: bytes
    private_key: bytes


def make_leaf(key: SigningKey) -> LeafCertificate:
    """A new P-256 key and its certificate, issued by a validator's Ed25519 ledger key."""
    assert key.algorithm is Algorithm.ED25519, "validators have Ed25519 keys"
    private_key = ec.generate_private_key(ec.SECP256R1())
    template = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(_name(key.public_key))
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NO_BEGINNING)
        .not_valid_after(NO_END)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(TARGET_NAME)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(_TEMPLATE_KEY, None)
    )
    body = template.tbs_certificate_bytes
    signed = _sequence(body + _ED25519_IDENTIFIER + _bit_string(key.sign(body)))
    return LeafCertificate(
        x509.load_der_x509_certificate(signed).public_bytes(serialization.Encoding.PEM),
        private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


@lru_cache(maxsize=1024)
def trust_anchor(public_key: bytes) -> bytes:
    """The issuer's certificate (PEM) that everyone makes alike from a validator's Ed25519 public key."""
    name = _name(public_key)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(Ed25519PublicKey.from_public_bytes(public_key))
        .serial_number(1)
        .not_valid_before(NO_BEGINNING)
        .not_valid_after(NO_END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(_TEMPLATE_KEY, None)
        .public_bytes(serialization.Encoding.PEM)
    )


def is_issued_by(certificate: bytes, public_key: bytes) -> bool:
    """Whether a certificate (PEM, from the peer: anything) is signed by an Ed25519 ledger key."""
    try:
        leaf = x509.load_pem_x509_certificate(certificate)
        algorithm, signature, body = leaf.signature_algorithm_oid, leaf.signature, leaf.tbs_certificate_bytes
    except ValueError:
        return False
    return algorithm == SignatureAlgorithmOID.ED25519 and verify(Algorithm.ED25519, public_key, signature, body)


def _name(public_key: bytes) -> x509.Name:
    """An issuer's name: its key in hex, so that TLS finds the anchor among many."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, public_key.hex())])


def _sequence(content: bytes) -> bytes:
    """DER SEQUENCE; requires 256 to 65,535 bytes of content."""
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


def _bit_string(content: bytes) -> bytes:
    """DER BIT STRING of whole bytes; requires fewer than 127."""
    return bytes([0x03, len(content) + 1, 0]) + content
