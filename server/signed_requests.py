"""Who is asking: every request of a laptop is signed over method, target, body, time and nonce.

A nonce is remembered while its time would still be believed, in memory only: every request may be repeated
without harm (uploads are stored once), so what a restart forgets is worth nothing to a thief.
"""

import time
from typing import Any, NamedTuple

from litestar import Request

from policies import orders, sealing, wire
from server import state
from server.errors import DeviceRefused
from server.registry import Known, refusal_for
from server.state import ServerState

AnyRequest = Request[Any, Any, Any]
_SKEW_MS = wire.MAX_CLOCK_SKEW_SECONDS * 1000


class Claim(NamedTuple):
    """What the four headers say, not believed yet."""

    device: str
    time_ms: int
    nonce: bytes
    signature: bytes
    machine: str | None


def read_claim(headers: Any) -> Claim:
    """Return the claim in these headers; raise DeviceRefused if one is missing or malformed."""
    try:
        device = headers[wire.DEVICE_HEADER]
        claim = Claim(
            device,
            int(headers[wire.TIME_HEADER]),
            bytes.fromhex(headers[wire.NONCE_HEADER]),
            bytes.fromhex(headers[wire.SIGNATURE_HEADER]),
            headers.get(wire.MACHINE_HEADER),
        )
    except (KeyError, ValueError):
        claim = None
    if claim is None or len(claim.nonce) != 16 or len(claim.device) != 16 or not 0 <= claim.time_ms < 2**62:
        raise DeviceRefused(
            400, "bad-request", "This is not an agent's request. Look whether the address is the right one."
        )
    return claim


def check(here: ServerState, method: str, target: str, body: bytes, claim: Claim, now_ms: int) -> Known:
    """Return the laptop that signed this request now; raise DeviceRefused saying what is wrong."""
    known = here.registry.find(claim.device)
    if known is None:
        raise _refusal(None)
    bound = wire.request_bound(method, target, body, claim.device, claim.time_ms, claim.nonce)
    try:
        sealing.verify(known.device_key, bound, claim.signature)
    except sealing.BadSignature:
        raise DeviceRefused(
            401,
            "bad-signature",
            "The request is not signed with this laptop's key, or was changed on the way. "
            "Try again; if it stays so, enrol the laptop again.",
        ) from None
    if abs(claim.time_ms - now_ms) > _SKEW_MS:
        raise DeviceRefused(
            401, "clock", "This laptop's clock is wrong. Try again with the server's time, given here."
        )
    if not here.nonces.is_new(known.id, claim.nonce, now_ms):
        raise DeviceRefused(401, "replayed", "This very request came already. Send a fresh one.")
    refusal = refusal_for(known.state)
    if refusal is not None:
        raise refusal
    if claim.machine is not None and claim.machine != known.machine:
        raise DeviceRefused(
            403,
            "cloned",
            "This disk was copied from another laptop. Delete the agent's keys here and enrol it again.",
        )
    return known


async def caller(request: AnyRequest) -> tuple[Known, bytes]:
    """Return the laptop and the exact body of a request; raise DeviceRefused."""
    here, scope = state.of(request), request.scope
    claim = read_claim(request.headers)
    scope["state"]["gatepost_claim"] = claim
    if here.registry.find(claim.device) is None:
        raise _refusal(None)  # before reading a megabyte from a stranger
    body = await request.body()
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    known = check(here, request.method, target, body, claim, time.time_ns() // 1_000_000)
    here.note_contact(known.id)
    return known, body


def signed_time(here: ServerState, claim: Claim) -> orders.Signed:
    """Return the server's time, signed and bound to the request by its nonce."""
    said = orders.ServerTime(device=claim.device, now=state.utc_now(), nonce=claim.nonce.hex())
    return orders.sign_said(here.keys.policy_private, said)


def _refusal(device_state: str | None) -> DeviceRefused:
    refusal = refusal_for(device_state)
    assert refusal is not None
    return refusal
