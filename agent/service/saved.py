"""Who is logged in, on disk until the next boot: a service started again goes on where the last one died."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from agent.backends.device import Anchor, LoginKind, Seat
from agent.backends.whole_files import write_whole
from agent.service.gate import Person
from agent.service.login import EndReason, Login, State
from policies.agreements import Agreement
from policies.orders import Accepted, LoginGrant


class SavedLogin(msgspec.Struct, frozen=True, kw_only=True):
    """One login as written down. Root only: it holds the X cookie."""

    id: str
    uid: int
    os_user: str
    anchor: Anchor
    kind: LoginKind
    state: State
    started: bool
    seat: Seat | None
    person: Person
    grant: LoginGrant | None = None
    agreement: Agreement | None
    accepted: Accepted | None
    help_asked: bool
    end_reason: EndReason
    locker: Anchor | None
    locked: bool
    lock_by_order: bool = False
    lock_by: str = ""


def save_logins(path: Path, logins: Iterable[Login]) -> None:
    """Write all of them; raises OSError."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    write_whole(path, msgspec.json.encode([_saved(login) for login in logins]))


def load_logins(path: Path) -> list[Login]:
    """Return the logins written down; none if the file is missing or damaged."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=list[SavedLogin])
    except (OSError, msgspec.DecodeError):
        return []
    return [_login(each) for each in found]


def _saved(login: Login) -> SavedLogin:
    locker = login.lock.child.anchor if login.lock.child else login.lock.adopted
    return SavedLogin(
        id=login.id,
        uid=login.uid,
        os_user=login.os_user,
        anchor=login.anchor,
        kind=login.kind,
        state=login.state,
        started=login.started,
        seat=login.seat,
        person=login.person,
        grant=login.grant,
        agreement=login.agreement,
        accepted=login.accepted,
        help_asked=login.help_asked,
        end_reason=login.end_reason,
        locker=locker,
        locked=bool(login.lock.wanted),
        lock_by_order=login.lock.by_order,
        lock_by=login.lock.by,
    )


def _login(each: SavedLogin) -> Login:
    login = Login(each.uid, each.os_user, each.anchor, each.kind)
    login.id = each.id
    login.state = each.state
    login.started = each.started
    login.seat = each.seat
    login.asked = each.seat is not None
    login.person = each.person
    login.grant = each.grant
    login.agreement = each.agreement
    login.accepted = each.accepted
    login.help_asked = each.help_asked
    login.end_reason = each.end_reason
    login.lock.adopted = each.locker
    login.lock.by_order, login.lock.by = each.lock_by_order, each.lock_by
    login.lock.wanted = "session-lost" if each.locked else ""
    return login
