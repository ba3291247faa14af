"""Key records as the page makes them, wrapped in Python: the case school's officers can open theirs."""

import json
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import update

from policies import sealing
from server.report_tables import officer_keys
from tests.support.case_school import CaseSchool, Holder

PASSPHRASE = "G7KM-2Q9X-ABCD-EFGH"
ITERATIONS = 1_200_000


def wrap(
    holder: Holder,
    *,
    root: bytes = b"",
    sheet: bytes = b"",
    passphrase: str = PASSPHRASE,
    iterations: int = ITERATIONS,
) -> str:
    """Return a record that opens with the passphrase; `root` and `sheet` are private halves."""
    salt = os.urandom(16)
    kdf = {"name": "PBKDF2-SHA256", "iterations": iterations, "salt": salt.hex()}
    record: dict[str, object] = {
        "v": 1,
        "kdf": kdf,
        "key": holder.key.hex(),
        "sign_key": holder.sign_key.hex(),
        "root": sealing.signing_public_key(root).hex() if root else "",
        "sheet": sealing.opening_public_key(sheet).hex() if sheet else "",
        "root_box": "",
    }
    if root:
        bound = sealing.bind("root-recovery", sealing.signing_public_key(root))
        record["root_box"] = sealing.seal(sealing.opening_public_key(sheet), root, bound).hex()
    under = AESGCM(
        PBKDF2HMAC(hashes.SHA256(), 32, salt, iterations).derive(passphrase.replace("-", "").encode())
    )
    secrets: dict[str, X25519PrivateKey | Ed25519PrivateKey] = {
        "key": X25519PrivateKey.from_private_bytes(holder.private),
        "sign_key": Ed25519PrivateKey.from_private_bytes(holder.sign_private),
    }
    if root:
        secrets["root"] = Ed25519PrivateKey.from_private_bytes(root)
    wrapped = {}
    plain = [str(record[name]) for name in ("key", "sign_key", "root", "sheet", "root_box")]
    for name, key in secrets.items():
        pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        aad = sealing.bind(
            "officer-key", str(holder.staff), name, *plain, "PBKDF2-SHA256", iterations, salt.hex()
        )
        iv = os.urandom(12)
        wrapped[name] = (iv + under.encrypt(iv, pkcs8, aad)).hex()
    return json.dumps({**record, "wrapped": wrapped}, separators=(",", ":"))


def give_records(school: CaseSchool, passphrase: str = PASSPHRASE) -> None:
    """Give every officer of a case school a record that their browser opens; the head holds the root."""
    with school.house.db.write() as connection:
        for name, holder in school.holders.items():
            more = {"root": school.root, "sheet": school.recovery} if name == "n.okafor" else {}
            connection.execute(
                update(officer_keys)
                .where(officer_keys.c.key_id == holder.id)
                .values(record=wrap(holder, passphrase=passphrase, **more))
            )
