"""The officers' JSON API, first part: keys, the signed list, and ceremonies."""

import base64
from typing import Annotated, Any

from litestar import Response, get, post, put
from msgspec import Meta
from sqlalchemy import Connection

from policies import envelopes
from policies.officers import MAX_LIST_BYTES, RootChange, SignedOfficers
from server import access, accounts, officer_lists, officers, signing_in, state
from server.officers import Standing
from server.web import common, report_api
from server.web.common import Asked
from server.web.report_api import Given

Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")]


class GivenKey(Given, frozen=True, kw_only=True):
    """A fresh key: its private halves wrapped, its public halves, and proof that they belong together."""

    record: Annotated[str, Meta(max_length=officers.MAX_RECORD_LETTERS)]
    key: Hex32
    sign_key: Hex32
    proof: Hex64


class GivenChange(Given, frozen=True, kw_only=True):
    """The old root key names its follower."""

    old: Hex32
    new: Hex32
    signature: Hex64


class GivenList(Given, frozen=True, kw_only=True):
    """The next list of officers."""

    list: Annotated[bytes, Meta(max_length=MAX_LIST_BYTES)]
    signature: Hex64
    root: Hex32
    changes: Annotated[tuple[GivenChange, ...], Meta(max_length=16)] = ()
    root_box: Annotated[str, Meta(max_length=2 * officers.MAX_ROOT_BOX_BYTES, pattern=r"^[0-9a-f]*$")] = ""


class GivenCeremony(Given, frozen=True, kw_only=True):
    """A passphrase is lost, or the sheet was used."""

    what: Annotated[str, Meta(max_length=24)]
    note: Annotated[str, Meta(max_length=200)] = ""
    password: Annotated[str, Meta(max_length=accounts.MAX_PASSWORD_LENGTH)] = ""
    """The account's own, again: for a lost passphrase a session alone is not enough."""


@get("/keys", guards=[common.opens("keys")], sync_to_thread=True)
def show_keys(request: Asked) -> Response[bytes]:
    """Give one's own key, the list in force, and how everybody stands who may hold a key."""
    staff = access.signed_in(request)
    with state.of(request).db.read() as connection:
        everybody = officers.standings(connection)
        held = officers.key_of(connection, staff.id)
        listed = _list(connection)
        recovery = None
        newest = officer_lists.newest(connection)
        if newest is not None:
            recovery = next((o.key.hex() for o in newest.listed.officers if o.role == "recovery"), None)
        own = next((each for each in everybody if each.staff == staff.id), None)
    return report_api.answer(
        {
            "me": {
                "staff": staff.id,
                "name": staff.display_name,
                "roles": sorted(staff.roles),
                "record": held.record if held else None,
                "key_id": held.key_id if held else None,
                "state": own.state if own else "none",
                "place": own.place if own else "",
            },
            "list": listed,
            "officers": [_standing(each) for each in everybody],
            "recovery": {"key": recovery, "key_id": envelopes.key_id(bytes.fromhex(recovery))}
            if recovery
            else None,
        }
    )


@get("/officers", guards=[common.opens("concerns")], sync_to_thread=True)
def show_officers(request: Asked) -> Response[bytes]:
    """Give every signed-in adult the list that a report of theirs is sealed to."""
    with state.of(request).db.read() as connection:
        listed = _list(connection)
    return report_api.answer(listed)


@put("/keys/mine", guards=[common.opens("keys")], sync_to_thread=True, status_code=204)
def put_key(request: Asked, body: bytes) -> None:
    """Keep a fresh key of the signed-in adult."""
    given, staff, house = report_api.read(body, GivenKey), access.signed_in(request), state.of(request)
    with house.db.write() as connection:
        officers.put_key(
            connection,
            staff,
            record=given.record,
            key=bytes.fromhex(given.key),
            sign_key=bytes.fromhex(given.sign_key),
            proof=bytes.fromhex(given.proof),
            now=state.utc_now(),
        )


@put("/officers", guards=[common.opens("keys")], sync_to_thread=True, status_code=200)
def put_officers(request: Asked, body: bytes) -> Response[bytes]:
    """Take the next list; every laptop gets it with the next policy."""
    given, staff, house = report_api.read(body, GivenList), access.signed_in(request), state.of(request)
    signed = SignedOfficers(
        list=given.list,
        signature=bytes.fromhex(given.signature),
        root=bytes.fromhex(given.root),
        changes=tuple(
            RootChange(
                old=bytes.fromhex(each.old),
                new=bytes.fromhex(each.new),
                signature=bytes.fromhex(each.signature),
            )
            for each in given.changes
        ),
    )
    box = report_api.hexed(given.root_box) or None
    with house.db.write() as connection:
        seq = officers.put_list(connection, staff, signed, root_box=box, now=state.utc_now())
    house.notice_changes()
    return report_api.answer({"seq": seq})


@post("/recovery", guards=[common.opens("keys")], sync_to_thread=True, status_code=204)
def post_recovery(request: Asked, body: bytes) -> None:
    """
    Write down that a passphrase is lost, or that the recovery sheet was used.

    After a lost passphrase another key may take this one's place, so the password is asked for again: whoever
    has somebody's session, or their unlocked browser, does not have that.
    """
    given, staff = report_api.read(body, GivenCeremony), access.signed_in(request)
    if given.what == "lost-passphrase":
        staff = signing_in.confirm(request, given.password)
    with state.of(request).db.write() as connection:
        officers.note_recovery(connection, staff, given.what, given.note, state.utc_now())


def _list(connection: Connection) -> dict[str, Any] | None:
    newest = officer_lists.newest(connection)
    if newest is None:
        return None
    return {
        "list": base64.b64encode(newest.signed.list).decode(),
        "signature": newest.signed.signature.hex(),
        "root": newest.signed.root.hex(),
        "changes": [
            {"old": each.old.hex(), "new": each.new.hex(), "signature": each.signature.hex()}
            for each in newest.signed.changes
        ],
        "root_box": newest.root_box.hex() if newest.root_box else "",
        "seq": newest.listed.seq,
        "published_at": newest.published_at,
        "by": newest.by_name,
    }


def _standing(each: Standing) -> dict[str, Any]:
    return {
        "staff": each.staff,
        "name": each.name,
        "roles": each.roles,
        "state": each.state,
        "place": each.place,
        "key": each.held.key.hex() if each.held else None,
        "sign_key": each.held.sign_key.hex() if each.held else None,
        "key_id": each.held.key_id if each.held else None,
        "overlaps": each.overlaps,
    }


ROUTES = [show_keys, show_officers, put_key, put_officers, post_recovery]
