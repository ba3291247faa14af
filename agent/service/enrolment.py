"""This laptop's identity and what it pins: one file, root only, written whole or not at all."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from agent.backends import secret_files
from agent.errors import NotEnrolled
from policies import wire
from policies.decoding import UNREADABLE
from policies.orders import DeviceId


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who this laptop is to its school's server."""

    server: Annotated[str, Meta(pattern=r"^https://[^/?#]+$")]
    device: DeviceId
    device_private: wire.Key
    policy_key: wire.Key
    record_key: wire.Key
    school_root_key: wire.Key | None = None
    machine: str
    """The fingerprint of the machine the key was made on."""
    ca_pem: str


def enrolment_file(keys: Path) -> Path:
    """Return where the enrolment is kept."""
    return keys / "enrolment.json"


def save_enrolment(keys: Path, enrolment: Enrolment) -> None:
    """Keep it, readable by root only; raises OSError if it cannot be."""
    secret_files.closed_folder(keys)
    secret_files.write_secret(enrolment_file(keys), msgspec.json.encode(enrolment))


def load_enrolment(keys: Path, machine: str) -> Enrolment:
    """
    Return this machine's enrolment.

    Raises NotEnrolled without one, and for a copy of another machine's: two laptops with one key could
    not be told apart, so the key is not used.
    """
    try:
        content = secret_files.read_secret(enrolment_file(keys))
    except FileNotFoundError:
        raise NotEnrolled("not enrolled; run: gatepost-agent enrol URL CODE") from None
    except OSError as problem:
        raise NotEnrolled(f"the enrolment cannot be read: {problem}") from problem
    try:
        enrolment = msgspec.json.decode(content, type=Enrolment)
    except UNREADABLE as problem:
        raise NotEnrolled("the enrolment file is damaged; enrol again with a new code") from problem
    if enrolment.machine != machine:
        raise NotEnrolled(
            "this disk was copied from another laptop and carries its key; enrol this one with its own code: "
            "gatepost-agent enrol URL CODE"
        )
    return enrolment
