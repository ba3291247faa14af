"""A certificate that signs programs and is nobody's: made for one test, in its folder."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from installer.msi_signing import Signing

PASSWORD = "an invented password"


def make_certificate(folder: Path) -> Signing:
    """Return what to sign with: a self-made certificate of an invented school."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invented School")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file, password = folder / "school.p12", folder / "password"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"school", key, certificate, None, serialization.BestAvailableEncryption(PASSWORD.encode())
        )
    )
    password.write_text(PASSWORD)
    return Signing(file, password)
