"""`gatepost-server media`: what the page Media does, from a shell. The shell acts as a technician."""

from datetime import datetime, timedelta

import click

from server import cli, media, media_answers, media_health, publishing, state
from server.errors import Invalid
from server.media_answers import Adult, AnswerRefused, Place, Yes

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


group = cli.Group("media", help="Memory sticks: requests, approvals, finds.")


@group.command("list")
def list_all() -> None:
    """Show requests, approvals and detections."""
    now = state.utc_now()
    with cli.opened() as here, here.db.read() as connection:
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
            cli.table(head, asked),
            cli.table(("approval", "for", "stick", "where", "state", "until (UTC)", "by"), lives),
            cli.table(("laptop", "account", "found", "when (UTC)"), found),
        )
    )
    data = {
        "waiting": [{**each._asdict(), "plug": each.plug._asdict()} for each in waiting],
        "approvals": [each._asdict() for each in holding],
        "harmful": [each._asdict() for each in harm],
    }
    cli.say(text, data)


@group.command("approve", epilog=cli.examples("media approve LAPTOP REQUEST --hours 2"))
@click.argument("laptop")
@click.argument("request")
@click.option("--hours", type=float, default=8.0, show_default=True, help="How long it holds.")
@click.option("--write", is_flag=True, help="For writing too.")
@click.option("--anybody", is_flag=True, help="For whoever brings this stick.")
@click.option("--where", type=click.Choice(["laptop", "room", "school"]), default="laptop", show_default=True)
@click.option("--standing", is_flag=True, help="May hold longer than a week.")
def approve(
    laptop: str, request: str, hours: float, write: bool, anybody: bool, where: Place, standing: bool
) -> None:
    """Say yes to a REQUEST of a LAPTOP, both as `media list` shows them."""
    now = state.utc_now()
    yes = Yes(
        until=_until(now, hours),
        access="write" if write else "read",
        place=where,
        anybody=anybody,
        standing=standing,
    )
    with cli.opened() as here, here.db.write() as connection:
        usb = publishing.usb_settings(connection)
        try:
            made = media_answers.approve(connection, usb, laptop, request, BY, yes, now)
        except AnswerRefused as problem:
            raise Invalid(REFUSED[problem.kind]) from problem
    more = "; the head has to say yes too, on the page Media" if made.state == "half" else ""
    until = f"{made.until:%Y-%m-%d %H:%M} UTC"
    cli.say(f"approval {made.id} holds until {until}{more}", made._asdict())


@group.command("deny")
@click.argument("laptop")
@click.argument("request")
@click.option("--reason", default="", help="The person who asked reads it.")
def deny(laptop: str, request: str, reason: str) -> None:
    """Say no to a request."""
    with cli.opened() as here, here.db.write() as connection:
        usb = publishing.usb_settings(connection)
        try:
            media_answers.deny(connection, usb, laptop, request, BY, reason, state.utc_now())
        except AnswerRefused as problem:
            raise Invalid(REFUSED[problem.kind]) from problem
    cli.say("answered no", {"denied": request})


@group.command("revoke")
@click.argument("approval")
def revoke(approval: str) -> None:
    """End an approval now, for good."""
    with cli.opened() as here, here.db.write() as connection:
        try:
            media_answers.revoke(connection, approval, BY, state.utc_now())
        except AnswerRefused as problem:
            raise Invalid(REFUSED[problem.kind]) from problem
    cli.say(f"{approval} is ended", {"revoked": approval})


def _until(now: datetime, hours: float) -> datetime:
    try:
        return now + timedelta(hours=hours)
    except (OverflowError, ValueError) as problem:
        raise Invalid("--hours: that is no length of time") from problem
