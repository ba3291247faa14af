"""`gatepost-server media`: what the page Media does, from a shell. The shell acts as a technician."""

from datetime import datetime, timedelta

from server import media, media_answers, media_health, publishing, state
from server.commands import Given, Parsers, opened, say, table
from server.errors import Invalid
from server.media_answers import Adult, AnswerRefused, Yes
from server.settings import Folder

BY = Adult("command line", frozenset({"technician"}))
REFUSED = {
    "forbidden": "the policy keeps every stick shut; nobody can say yes",
    "policy-changed": "the policy changed since it was asked; they have to ask again",
    "answered": "it was answered already, or they stopped asking",
    "over": "it is over; they have to ask again",
    "not-yours": "the policy does not let the technician answer",
    "blocked": "the policy keeps this kind of device shut",
    "not-staff": "the policy opens sticks for staff only",
    "not-encrypted": "it has to be encrypted, and it is not",
    "needs-serial": "it gives no serial number: leave --standing out",
    "needs-standing": "phones and cameras need --standing",
    "too-long": "that is longer than the policy allows: choose fewer --hours",
    "too-soon": "choose one hour or more",
    "same-person": "another adult has to give the second yes, on the page Media",
}


def add_parsers(group: Parsers, add: Parsers) -> None:
    """Add the commands to the group `media`."""
    add(group, "list", list_all, "show who waits, what holds and what was found")
    allow = add(group, "approve", approve, "say yes to a request")
    allow.add_argument("laptop", help="as `media list` shows it")
    allow.add_argument("request")
    allow.add_argument("--hours", type=float, default=8.0, help="how long it holds (%(default)s)")
    allow.add_argument("--write", action="store_true", help="for writing too")
    allow.add_argument("--anybody", action="store_true", help="for whoever brings this stick")
    allow.add_argument("--where", choices=("laptop", "room", "school"), default="laptop")
    allow.add_argument("--standing", action="store_true", help="may hold longer than a week")
    no = add(group, "deny", deny, "say no to a request")
    no.add_argument("laptop")
    no.add_argument("request")
    no.add_argument("--reason", default="", help="the person who asked reads it")
    end = add(group, "revoke", revoke, "end an approval now, for good")
    end.add_argument("approval")


def list_all(given: Given, folder: Folder) -> None:
    """Show requests, approvals and detections."""
    now = state.utc_now()
    with opened(folder) as here, here.db.read() as connection:
        waiting = media.list_waiting(connection, now)
        holding = media.list_approvals(connection, now)
        harm = media_health.list_detections(connection, unseen_only=True)
    asked = [
        (
            each.device,
            each.request,
            each.plug.hostname,
            each.plug.display_name or each.plug.os_user,
            each.plug.product or each.plug.media_class,
            each.state,
            f"{each.received_at:%Y-%m-%d %H:%M}",
            each.reason,
        )
        for each in waiting
    ]
    lives = [
        (each.id, each.display_name or each.person or "anybody", each.product, each.place, each.state,
         f"{each.until:%Y-%m-%d %H:%M}", each.given_by)
        for each in holding
    ]  # fmt: skip
    found = [
        (each.hostname, each.os_user, each.signature, f"{each.received_at:%Y-%m-%d %H:%M}") for each in harm
    ]
    head = ("laptop", "request", "host name", "person", "stick", "state", "asked (UTC)", "reason")
    text = "\n\n".join(
        (
            table(head, asked),
            table(("approval", "for", "stick", "where", "state", "until (UTC)", "by"), lives),
            table(("laptop", "account", "found", "when (UTC)"), found),
        )
    )
    data = {
        "waiting": [{**each._asdict(), "plug": each.plug._asdict()} for each in waiting],
        "approvals": [each._asdict() for each in holding],
        "harmful": [each._asdict() for each in harm],
    }
    say(given, text, data)


def approve(given: Given, folder: Folder) -> None:
    """Say yes."""
    now = state.utc_now()
    yes = Yes(
        until=_until(now, given.hours),
        access="write" if given.write else "read",
        place=given.where,
        anybody=given.anybody,
        standing=given.standing,
    )
    with opened(folder) as here, here.db.write() as connection:
        usb = publishing.usb_settings(connection)
        try:
            made = media_answers.approve(connection, usb, given.laptop, given.request, BY, yes, now)
        except AnswerRefused as problem:
            raise Invalid(REFUSED[problem.kind]) from problem
    more = "; the head has to say yes too, on the page Media" if made.state == "half" else ""
    until = f"{made.until:%Y-%m-%d %H:%M} UTC"
    say(given, f"approval {made.id} holds until {until}{more}", made._asdict())


def deny(given: Given, folder: Folder) -> None:
    """Say no."""
    with opened(folder) as here, here.db.write() as connection:
        usb = publishing.usb_settings(connection)
        try:
            media_answers.deny(
                connection, usb, given.laptop, given.request, BY, given.reason, state.utc_now()
            )
        except AnswerRefused as problem:
            raise Invalid(REFUSED[problem.kind]) from problem
    say(given, "answered no", {"denied": given.request})


def revoke(given: Given, folder: Folder) -> None:
    """End an approval."""
    with opened(folder) as here, here.db.write() as connection:
        try:
            media_answers.revoke(connection, given.approval, BY, state.utc_now())
        except AnswerRefused as problem:
            raise Invalid(REFUSED[problem.kind]) from problem
    say(given, f"{given.approval} is ended", {"revoked": given.approval})


def _until(now: datetime, hours: float) -> datetime:
    try:
        return now + timedelta(hours=hours)
    except (OverflowError, ValueError) as problem:
        raise Invalid("--hours: that is no length of time") from problem
