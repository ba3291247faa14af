"""`gatepost-server media`: what the page Media does, from a shell. The shell acts as a technician."""

import sys
from datetime import datetime, timedelta

import click

from server import (
    cli,
    media,
    media_answers,
    media_health,
    media_modes,
    media_sheets,
    media_standing,
    spreadsheets,
    state,
)
from server.errors import Invalid
from server.media_answers import Adult, AnswerRefused, Place, Yes
from server.media_standing import StandingRefused, Wanted

BY = Adult(cli.BY, frozenset({"technician"}))
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
        usb = media_modes.usb_of(connection, laptop)
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
        usb = media_modes.usb_of(connection, laptop)
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


class _OnlyTried(Exception):
    """Nothing of a dry run is kept; this takes it back."""


standing = cli.Group("standing", help="The school's own sticks, allowed without a request.")
group.add_command(standing)


@standing.command(
    "list", epilog=cli.examples("media standing list", "media standing list --csv > sticks.csv")
)
@click.option("--csv", "as_csv", is_flag=True, help="As a spreadsheet that `media standing import` takes.")
def list_standing(as_csv: bool) -> None:
    """Show every standing approval that holds or waits for the head."""
    with cli.opened() as here, here.db.read() as connection:
        found = media.list_approvals(
            connection, state.utc_now(), standing=True, limit=media_standing.MOST_LIVE
        )
    if as_csv:
        sys.stdout.write(media_sheets.write_standing(found))
        return
    rows = [
        (each.id, each.terms.stick.serial, each.note or each.product, each.person or "anybody",
         each.hostname or each.room or "school", each.terms.access, each.state,
         f"{each.until:%Y-%m-%d}", str(each.confirmed))
        for each in found
    ]  # fmt: skip
    head = ("approval", "serial", "stick", "for", "where", "access", "state", "until", "laptops that have it")
    cli.say(cli.table(head, rows, looks={"half": "warn"}), [each._asdict() for each in found])


@standing.command(
    "add",
    epilog=cli.examples("media standing add 0019E06B9C85 --days 100 --room 'Lab 1' --note 'Class camera'"),
)
@click.argument("serial")
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How long it holds.")
@click.option("--person", default=None, help="Only for this person (the school's id).")
@click.option("--room", default="", help="Only on laptops of this room.")
@click.option("--laptop", default="", help="Only on this laptop (its id).")
@click.option("--write", is_flag=True, help="For writing too; for staff and anybody the head decides too.")
@click.option("--encrypted", is_flag=True, help="Only if it is encrypted.")
@click.option("--vendor", default="", help="Where several sticks have this number: four hexadecimal letters.")
@click.option("--model", default="", help="As --vendor.")
@click.option("--note", default="", help="What the school calls it.")
def add_standing(
    serial: str,
    days: int,
    person: str | None,
    room: str,
    laptop: str,
    write: bool,
    encrypted: bool,
    vendor: str,
    model: str,
    note: str,
) -> None:
    """Allow the stick with this SERIAL, which a laptop has met before."""
    if room and laptop:
        raise click.UsageError("either --room or --laptop")
    now = state.utc_now()
    wanted = Wanted(
        serial=serial,
        until=media.day_begins(media.day_of(now) + timedelta(days=days + 1)) - timedelta(seconds=1),
        vendor=vendor,
        model=model,
        person=person,
        place="room" if room else "laptop" if laptop else "school",
        device=laptop,
        room=room,
        access="write" if write else "read",
        encrypted_only=encrypted,
        note=note,
    )
    with cli.opened() as here, here.db.write() as connection:
        usb = media_modes.Places(connection).usb_at(device=laptop, room=room)
        try:
            made = media_standing.allow(connection, usb, wanted, BY, now)
        except StandingRefused as problem:
            raise Invalid(media_sheets.SENTENCES[problem.kind]) from problem
    more = "; the head has to say yes too, on the page Media" if made.state == "half" else ""
    cli.say(f"approval {made.id} holds until {made.until:%Y-%m-%d}{more}", made._asdict())


@standing.command("import", epilog=cli.examples("media standing import sticks.csv --dry-run"))
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
def import_standing(file: str, dry_run: bool) -> None:
    """Allow every stick of a CSV FILE (columns serial, until and more); all of it or nothing."""
    data = cli.read_input(file, spreadsheets.MOST_BYTES)
    outcome = None
    with cli.opened() as here:
        try:
            with here.db.write() as connection:
                outcome = media_sheets.take(connection, data, BY, state.utc_now())
                if dry_run or outcome.wrong:
                    raise _OnlyTried
        except _OnlyTried:
            pass
    assert outcome is not None
    kept = not dry_run and not outcome.wrong
    lines = [f"line {each.line}: {each.sentence} ({each.serial})" for each in outcome.wrong]
    said = "given" if kept else "would be given" if not outcome.wrong else "were right; nothing was given"
    lines.append(
        f"{len(outcome.given)} {said}, {outcome.waiting} of them after the head's yes;"
        f" {outcome.same} hold already"
    )
    data_out = {
        "kept": kept,
        "given": [each.id for each in outcome.given] if kept else len(outcome.given),
        "waiting": outcome.waiting,
        "same": outcome.same,
        "wrong": [{"line": each.line, "kind": each.kind, "why": each.sentence} for each in outcome.wrong],
    }
    cli.say("\n".join(lines), data_out)
    if outcome.wrong:
        click.get_current_context().exit(1)


@group.command("history", epilog=cli.examples("media history --find 0019E0 --csv > history.csv"))
@click.option("--find", "needle", default="", help="A person, stick, laptop or room.")
@click.option("--days", type=click.IntRange(1, 4000), default=30, show_default=True)
@click.option("--csv", "as_csv", is_flag=True, help="As a spreadsheet with everything that names a stick.")
def show_history(needle: str, days: int, as_csv: bool) -> None:
    """Show what was plugged in where, the newest first."""
    since = state.utc_now() - timedelta(days=days)
    with cli.opened() as here, here.db.read() as connection:
        found = media.list_plugs(connection, since=since, wanted=media.Wanted(needle), limit=10_000)
    if as_csv:
        sys.stdout.write(media_sheets.write_history(found))
        return
    rows = [
        (f"{each.received_at:%Y-%m-%d %H:%M}", each.hostname, each.room, each.display_name or each.os_user,
         each.product or each.media_class, each.serial, each.outcome or each.state, each.answered_by)
        for each in found
    ]  # fmt: skip
    head = ("when (UTC)", "laptop", "room", "person", "stick", "serial", "outcome", "answered by")
    cli.say(cli.table(head, rows, looks={"harmful": "bad"}), [each._asdict() for each in found])


@group.command("seen")
@click.argument("laptop")
@click.argument("number", type=int)
def mark_seen(laptop: str, number: int) -> None:
    """Say that you take a find up; `media list --json` names LAPTOP and NUMBER (device, seq)."""
    with cli.opened() as here, here.db.write() as connection:
        media_health.mark_seen(connection, laptop, number, cli.BY, state.utc_now())
    cli.say("taken up", {"device": laptop, "seq": number})


def _until(now: datetime, hours: float) -> datetime:
    try:
        return now + timedelta(hours=hours)
    except (OverflowError, ValueError) as problem:
        raise Invalid("--hours: that is no length of time") from problem
