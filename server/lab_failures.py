"""Whose an order's failure is, and when it has ended: the next pupil at a laptop has no part in it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from policies import lab_orders, wire

MOST_LOGINS = 500

Unopened = Literal["problem", "no-adult", "own-lock"]


class Stay(NamedTuple):
    """From when to when a login was there, as far as its laptop said."""

    began: datetime
    ended: datetime | None


def decide_whose(
    kind: str, failed_at: datetime, stays: Mapping[str, Stay], status: wire.Status | None, said_at: datetime
) -> frozenset[str] | None:
    """
    Return the logins that an order failed for and still has; none: it is over. None: nobody knows.

    `status` is what the laptop said last since the order was given. Somebody who came after the failure is
    never one of them, nor somebody at the gate: no screen of theirs was meant.
    """
    there = {
        login
        for login, stay in stays.items()
        if stay.began <= failed_at and (stay.ended is None or stay.ended >= failed_at)
    }
    if status is None:
        return frozenset(login for login in there if stays[login].ended is None) if there else None
    later = {login for login, stay in stays.items() if stay.began > failed_at}
    return frozenset(
        one.login
        for one in status.logins
        if one.state != "gate"
        and (one.login in there if there else one.login not in later)
        and (kind != "unlock" or _stayed_locked(one, failed_at, said_at))
    )


def _stayed_locked(login: wire.LoginStatus, failed_at: datetime, said_at: datetime) -> bool:
    """Say whether it is still the lock that was not taken back: one that came later is another."""
    return login.state == "locked" and said_at - timedelta(seconds=login.since_seconds) <= failed_at


def decide_unopened(
    problem: str, logins: Iterable[wire.LoginStatus], whose: frozenset[str] | None
) -> Unopened:
    """Return why an Unlock opened nothing, as far as an adult can do something about it."""
    if problem != lab_orders.NOT_OURS:
        return "problem"
    meant = [one for one in logins if whose is None or one.login in whose]
    return "no-adult" if any(one.unsupervised for one in meant) else "own-lock"


def join(whose: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    """Return every login that several failures are about; None is the laptop, whoever sits there."""
    known = [each for each in whose if each is not None]
    return frozenset().union(*known) if len(known) == len(whose) else None
