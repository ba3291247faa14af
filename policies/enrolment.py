"""The enrolment code a technician types: `GP-XXXX-XXXX-…`, so that the first contact is already pinned.

It carries the first 16 bytes of the SHA-256 of the school's CA certificate and a 10-byte secret, in
Crockford's base32 (no I, L, O or U: nothing to confuse on paper).
"""

import hashlib
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FINGERPRINT_BYTES = 16
SECRET_BYTES = 10
_SECRET_LETTERS = SECRET_BYTES * 8 // 5
_LETTERS = 26 + _SECRET_LETTERS
_READ = {letter: value for value, letter in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}


class NotACode(ValueError):
    """This text is no enrolment code. Copy it again from the server's list."""


def ca_fingerprint(ca_der: bytes) -> bytes:
    """Return what a code says of a CA: 16 bytes of the SHA-256 of its DER form."""
    return hashlib.sha256(ca_der).digest()[:FINGERPRINT_BYTES]


def new_secret() -> str:
    """Return a fresh secret as its 16 letters."""
    return _letters(secrets.token_bytes(SECRET_BYTES), _SECRET_LETTERS)


def make_code(ca_der: bytes, secret: str) -> str:
    """Return the code for this CA and this secret (from `new_secret`), in groups of four."""
    if len(secret) != _SECRET_LETTERS or any(letter not in ALPHABET for letter in secret):
        raise NotACode("the secret is not one from new_secret")
    text = _letters(ca_fingerprint(ca_der), 26) + secret
    return "GP-" + "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def read_code(text: str) -> tuple[bytes, str]:
    """
    Return the CA fingerprint (16 bytes) and the secret of a typed code.

    Forgives case, spaces, missing hyphens, and O for 0, I or L for 1. Raises NotACode.
    """
    bare = "".join(text.upper().split()).replace("-", "")
    if not bare.startswith("GP") or len(bare) != 2 + _LETTERS:
        raise NotACode(f"a code starts with GP and has {_LETTERS} letters and digits after it")
    try:
        values = [_READ[letter] for letter in bare[2:]]
    except KeyError as problem:
        raise NotACode(f"{problem.args[0]!r} is in no code") from None
    number = 0
    for value in values[:26]:
        number = number << 5 | value
    if number >> FINGERPRINT_BYTES * 8:
        raise NotACode("the first letter is wrong")
    return number.to_bytes(FINGERPRINT_BYTES, "big"), "".join(ALPHABET[value] for value in values[26:])


def _letters(data: bytes, length: int) -> str:
    number = int.from_bytes(data, "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
