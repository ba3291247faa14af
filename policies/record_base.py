"""What every record is made of: the base class, its small types, and bringing foreign text into bounds."""

import math
import unicodedata
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
LoginId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
Short = Annotated[str, Meta(max_length=200)]
KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
"""Id of an officer's opening key (policies/envelopes.py)."""
Sha256Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
MOST_SECONDS = 366 * 86400.0
Seconds = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]
Counted = Annotated[int, Meta(ge=1, le=2**53)]
"""A number from a laptop: one that every database and every reader can hold."""
SHORT_LETTERS = 200


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"):
    """A fact worth keeping. Each kind of record is one class below."""

    at: Moment


def short(text: str) -> str:
    """
    Return text from elsewhere so that a record can hold it: at most 200 letters, no control characters.

    App, file and host names are chosen by whoever wishes us ill. Too long ends in “…”.
    """
    if not text.isascii() or not text.isprintable():
        text = text.encode("utf-8", "replace").decode()
        text = "".join("\ufffd" if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return text if len(text) <= SHORT_LETTERS else text[: SHORT_LETTERS - 1] + "…"


def fitting(record: Record) -> Record:
    """Return the record with every text and number brought into its limits, so that it can be read again."""
    changes: dict[str, str | float] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            fit: str | float = short(value)
        elif isinstance(value, float):
            fit = value if math.isfinite(value) else 0.0
            if name != "by_seconds":
                fit = min(max(fit, 0.0), MOST_SECONDS)
        else:
            continue
        if fit != value:
            changes[name] = fit
    return msgspec.structs.replace(record, **changes) if changes else record


def kind_name(kind: type[Record]) -> str:
    """Return the name that stands for this kind of record in texts and on the wire, like `app-used`."""
    return str(kind.__struct_config__.tag)
