"""Enrolment: a laptop shows a code and a key of its own, and gets an identity and the keys to pin.

One key belongs to one machine. The same machine enrolling again under a new key replaces its old entry;
another machine with a known key is a copied disk, and is refused.
"""

import secrets
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from policies import sealing, wire
from server import assigning, changes, codes, loans
from server.errors import DeviceRefused
from server.tables import devices

_COPIED = (
    "This laptop's key belongs to another machine: its disk was copied. "
    "Delete the agent's keys here, so that it makes its own, and enrol it again."
)


def enrol(connection: Connection, request: wire.EnrolRequest, now: datetime) -> str:
    """Return the laptop's id, new or known. Raises DeviceRefused; then no use of the code is counted."""
    if request.version != wire.PROTOCOL_VERSION:
        raise DeviceRefused(400, "bad-request", "The agent and the server differ too much. Update the agent.")
    bound = wire.enrol_bound(request.secret, request.device_key, request.machine)
    try:
        sealing.verify(request.device_key, bound, request.proof)
    except sealing.BadSignature:
        raise DeviceRefused(
            403, "bad-signature", "The agent did not show that it holds the key it enrols. Enrol again."
        ) from None
    known = connection.execute(select(devices).where(devices.c.device_key == request.device_key)).first()
    if known is not None and known.machine != request.machine:
        raise DeviceRefused(403, "key-in-use", _COPIED)
    if known is not None and known.state in ("cloned", "replaced"):
        raise DeviceRefused(
            403,
            "key-in-use",
            "This key may not be used again. Delete the agent's keys here, so that it makes new ones, "
            "and enrol it again.",
        )
    if (
        known is not None
        and known.state == "active"
        and codes.is_code(connection, known.code, request.secret)
    ):
        return str(known.id)  # the answer was lost on the way and the laptop asks once more
    code = codes.use_code(connection, request.secret, now)
    changes.bump(connection, changes.DEVICES)
    told = {
        "hostname": request.hostname,
        "os": request.os,
        "agent_version": request.agent_version,
        "room": code.room,
        "code": code.id,
        "state": "active",
        "state_reason": "",
        "enrolled_at": now,
    }
    if known is not None:
        connection.execute(update(devices).where(devices.c.id == known.id).values(told))
        assigning.refresh(connection, now, devices=[known.id])
        return str(known.id)
    connection.execute(
        update(devices)
        .where(devices.c.machine == request.machine, devices.c.state.in_(("active", "cloned")))
        .values(state="replaced", state_reason="the machine was enrolled again")
    )
    device = secrets.token_hex(8)
    connection.execute(
        insert(devices).values(id=device, device_key=request.device_key, machine=request.machine, **told)
    )
    loans.carry_over(connection, request.machine, device)
    assigning.refresh(connection, now, devices=[device])
    return device
