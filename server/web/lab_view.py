"""A lab as it is shown: one tile per login, decided from what laptops said and how long ago. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from policies import wire
from server.device_list import natural as natural
from server.live import Heard
from server.web.words import Words

SILENT_AFTER = timedelta(seconds=40)
"""A laptop that works holds a connection all the time; this long without one is silence."""

SeatState = Literal["help", "silent", "asked", "gate", "locked", "idle", "work", "free", "off"]


class Laptop(NamedTuple):
    """What the database knows of one laptop of the room."""

    device: str
    hostname: str
    last_seen_at: datetime | None
    connected: bool
    """Whether it holds a connection at this moment."""
    apps_hidden: bool
    """The policy keeps no app usage: say so instead of showing nothing."""
    open_logins: tuple[tuple[str, str], ...]
    """(login, name to show) of logins that began and are not known to have ended."""
    calls: tuple[tuple[str, str, datetime], ...] = ()
    """(login, name to show, when) of calls for help to which nobody went yet."""
    answered: frozenset[str] = frozenset()
    """Logins to whom somebody went: what the laptop still says about an older call is over."""


class Seat(NamedTuple):
    """One tile."""

    key: str
    laptop: str
    person: str
    state: SeatState
    app: str
    since_seconds: float
    last_seen_at: datetime | None
    apps_hidden: bool
    under: SeatState | Literal["gone", ""] = ""
    """What else is so while help is asked; `gone` if that login is no longer there."""
    asked_at: datetime | None = None
    device: str = ""
    login: str = ""
    media: str = ""
    """The most urgent state of a memory stick here: asks, checking, open or shut."""
    app_asked: str = ""
    """The app this pupil waits to be allowed."""
    app_noticed: str = ""
    """An app in front that the list says to tell the teacher of."""
    unsupervised: bool = False
    paused: bool = False


class Sums(NamedTuple):
    """The totals above the tiles."""

    work: int
    paused: int
    help: int
    silent: int


def decide_seats(
    laptop: Laptop, heard: Heard, watched_since: datetime, names: Mapping[str, str], now: datetime
) -> list[Seat]:
    """
    Return the tiles of one laptop: one per login, or a single one that says why there is none.

    A status from before this watch is not shown: only what is confirmed is stated. A call for help stays
    until somebody went, also when its login is gone.
    """
    seats = _decide_said(laptop, heard, watched_since, names, now)
    for login, shown, asked_at in laptop.calls:
        key = f"{laptop.device}-{login}"
        here = [at for at, seat in enumerate(seats) if seat.key == key]
        for at in here:
            under = seats[at].under or seats[at].state
            seats[at] = seats[at]._replace(state="help", under=under, asked_at=asked_at)
        if not here:
            gone = _bare(laptop, "help", laptop.last_seen_at, login, shown)
            seats = [seat for seat in seats if seat.key != laptop.device]
            seats.append(gone._replace(under="gone", asked_at=asked_at))
    return seats


def _decide_said(
    laptop: Laptop, heard: Heard, watched_since: datetime, names: Mapping[str, str], now: datetime
) -> list[Seat]:
    spoke = [at for at in (laptop.last_seen_at, heard.contact_at) if at is not None]
    last_seen = now if laptop.connected else max(spoke, default=None)
    if last_seen is None or now - last_seen > SILENT_AFTER:
        if not laptop.open_logins:
            return [_bare(laptop, "off", last_seen)]
        return [_bare(laptop, "silent", last_seen, login, shown) for login, shown in laptop.open_logins]
    if heard.status is None or heard.status_at is None or heard.status_at < watched_since:
        if not laptop.open_logins:
            return [_bare(laptop, "asked", last_seen)]
        return [_bare(laptop, "asked", last_seen, login, shown) for login, shown in laptop.open_logins]
    if not heard.status.logins:
        return [_bare(laptop, "free", last_seen)]
    passed = max(0.0, (now - heard.status_at).total_seconds())
    seats = []
    for login in heard.status.logins:
        state = _state_of(login)
        asks = login.help_asked and login.login not in laptop.answered
        seats.append(
            Seat(
                f"{laptop.device}-{login.login}",
                laptop.hostname,
                names.get(login.person or "") or login.os_user,
                "help" if asks else state,
                login.app,
                login.since_seconds + passed,
                last_seen,
                laptop.apps_hidden,
                state if asks else "",
                device=laptop.device,
                login=login.login,
                media=login.media,
                app_asked=login.app_asked,
                app_noticed=login.app_noticed,
                unsupervised=login.unsupervised,
                paused=login.paused,
            )
        )
    return seats


def _state_of(login: wire.LoginStatus) -> SeatState:
    states: dict[str, SeatState] = {"gate": "gate", "locked": "locked", "idle": "idle"}
    return states.get(login.state, "work")


def _bare(
    laptop: Laptop, state: SeatState, last_seen: datetime | None, login: str = "", person: str = ""
) -> Seat:
    key = f"{laptop.device}-{login}" if login else laptop.device
    return Seat(
        key,
        laptop.hostname,
        person,
        state,
        "",
        0.0,
        last_seen,
        laptop.apps_hidden,
        device=laptop.device,
        login=login,
    )


def order_seats(seats: Sequence[Seat]) -> list[Seat]:
    """Return the tiles by laptop name. A tile never moves because its state changes."""
    return sorted(seats, key=lambda seat: (natural(seat.laptop), seat.key))


def sum_up(seats: Sequence[Seat]) -> Sums:
    """Return the totals. Free and switched-off laptops are nobody at work."""
    states = [seat.state for seat in seats]
    return Sums(
        work=states.count("work"),
        paused=sum(states.count(state) for state in ("idle", "locked", "gate")),
        help=states.count("help"),
        silent=states.count("silent"),
    )


def say_changes(before: Mapping[str, Seat], seats: Sequence[Seat], words: Words) -> str:
    """Return one sentence about what changed for a person, for the live region; empty if nothing did."""
    changed = [seat for seat in seats if seat.key in before and _news(before[seat.key]) != _news(seat)]
    changed += [seat for seat in seats if seat.key not in before and seat.state == "help"]
    if not changed:
        return ""
    telling = [told for seat in changed if (told := _tell(before.get(seat.key), seat, words))]
    count = words.count("%(num)s change", "%(num)s changes", len(changed))
    return f"{count}: {words.join(telling[:3])}" if telling else count


def _news(seat: Seat) -> tuple[str, bool, str]:
    """Return what of a seat is worth saying when it changes: never which app is in front."""
    return seat.state, seat.media == "asks", seat.app_asked


def _tell(before: Seat | None, seat: Seat, words: Words) -> str:
    who = seat.person or seat.laptop
    was = ("", False, "") if before is None else _news(before)
    if seat.state == "help" and was[0] != "help":
        return words.say("%(who)s asks for help", who=who)
    if seat.state == "silent" and was[0] != "silent":
        return words.say("%(who)s is silent", who=who)
    if seat.media == "asks" and not was[1]:
        return words.say("%(who)s asks for a memory stick", who=who)
    if seat.app_asked and seat.app_asked != was[2]:
        return words.say("%(who)s asks for an app", who=who)
    return ""
