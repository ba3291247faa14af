"""The school's own CA and the TLS certificate it signs; made at the first start, renewed by themselves.

Laptops pin the CA, so it lives long and its key is used for nothing else. The server's certificate is short
and renewed well before it ends, or whenever the names it has to carry change.
"""

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.errors import Invalid
from server.keys import write_private
from server.settings import Config, Folder

CA_YEARS = 20
SERVER_DAYS = 397
"""The longest that browsers take (CA/Browser Forum, ballot SC31)."""
RENEW_DAYS = 45
_BACKDATED = timedelta(days=2)
"""A laptop whose clock is a little slow must still trust a fresh certificate."""


class Certificate(NamedTuple):
    """What uvicorn serves with and laptops pin."""

    chain: Path
    key: Path
    ca_pem: bytes
    ca_der: bytes


def load_or_make(folder: Folder, config: Config, now: datetime | None = None) -> Certificate:
    """
    Return a valid server certificate, made or renewed where necessary.

    Raises Invalid for a CA that is damaged (a new one would lock every laptop out) or a given certificate
    that is missing.
    """
    if config.certificate:
        return _given(config)
    now = now or datetime.now(UTC)
    ca_pem, ca_key_pem = folder.tls / "ca.pem", folder.tls / "ca.key"
    if not ca_pem.exists() and not ca_key_pem.exists():
        _make_ca(ca_pem, ca_key_pem, config, now)
    try:
        ca = x509.load_pem_x509_certificate(ca_pem.read_bytes())
        ca_key = serialization.load_pem_private_key(ca_key_pem.read_bytes(), None)
        assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    except (OSError, ValueError, AssertionError) as problem:
        raise Invalid(
            f"the school CA in {folder.tls} is damaged: restore it from the backup;"
            " laptops trust only that one"
        ) from problem
    chain, key = folder.tls / "server.pem", folder.tls / "server.key"
    names = host_names(config)
    if not _is_good(chain, key, ca, names, now):
        _make_server(chain, key, ca, ca_key, names, now)
    return Certificate(
        chain, key, ca.public_bytes(serialization.Encoding.PEM), ca.public_bytes(serialization.Encoding.DER)
    )


def host_names(config: Config) -> tuple[str, ...]:
    """Return every name the certificate carries: this machine's own and the configured ones."""
    names = ["localhost", "127.0.0.1", socket.gethostname(), *config.hosts]
    return tuple(dict.fromkeys(name for name in names if name))


def _given(config: Config) -> Certificate:
    try:
        pinned = Path(config.certificate_ca or config.certificate).read_bytes()
        ca = x509.load_pem_x509_certificates(pinned)[-1]
        chain, key = Path(config.certificate), Path(config.certificate_key)
        x509.load_pem_x509_certificates(chain.read_bytes())
        serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as problem:
        raise Invalid(
            f"certificate, certificate_key or certificate_ca in server.toml: {problem}"
        ) from problem
    return Certificate(
        chain, key, ca.public_bytes(serialization.Encoding.PEM), ca.public_bytes(serialization.Encoding.DER)
    )


def _make_ca(pem: Path, key_pem: Path, config: Config, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Gatepost"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"School CA {config.profile}"[:64]),
        ]
    )
    ca = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_pem, _private_pem(key))
    write_private(pem, ca.public_bytes(serialization.Encoding.PEM))


def _make_server(
    chain: Path,
    key_path: Path,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    now: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gatepost server")]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=SERVER_DAYS) - _BACKDATED)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_san(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    write_private(key_path, _private_pem(key))
    write_private(chain, certificate.public_bytes(pem) + ca.public_bytes(pem))


def _is_good(
    chain: Path, key_path: Path, ca: x509.Certificate, names: tuple[str, ...], now: datetime
) -> bool:
    try:
        certificate = x509.load_pem_x509_certificates(chain.read_bytes())[0]
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        carried = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        certificate.verify_directly_issued_by(ca)
    except Exception:  # whatever is wrong with it, a new one mends it
        return False
    return (
        certificate.public_key() == key.public_key()
        and set(carried) >= {_san(name) for name in names}
        and certificate.not_valid_before_utc <= now
        and now + timedelta(days=RENEW_DAYS) < certificate.not_valid_after_utc
    )


def _san(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
