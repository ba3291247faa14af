"""What is recorded about me: this login's entries, others of today, and who looked. Mostly pure."""

from collections.abc import Iterable
from datetime import datetime

from agent.link import pages
from agent.service.ground import Ground
from agent.service.login import Login
from policies import records, wire
from policies.app_rules import lists_bind
from policies.recording import KEPT

MAX_ENTRIES = 300


def detail_of(record: records.Record) -> str:
    """Return the one word of data worth showing beside a record's kind."""
    match record:
        case records.AppUsed(app=app, program=program):
            return app or program
        case records.AgreementAnswered(answer=answer):
            return answer
        case records.LoginEnded(reason=reason) | records.ScreenLocked(reason=reason):
            return reason
        case records.SupervisionLapsed(what=what):
            return what
        case records.MessageAnswered(answer=answer):
            return answer
        case records.AppAsked(app=app):
            return app
        case records.AppHandled(what=what, app=app):
            return f"{what} {app}"
        case records.SessionLost(how=how):
            return how
        case records.HelpAsked(place=place):
            return place
        case records.LoginStarted(kind=kind) if kind in ("tty", "ssh"):
            return kind
        case records.ProblemReported(words=words):
            return words
        case records.MediaPlugged(maker=maker, product=product):
            return " ".join(part for part in (maker, product) if part)
        case records.MediaRequested(reason=reason):
            return reason
        case records.MediaDetection(signature=signature):
            return signature
    return ""


def seconds_of(record: records.Record) -> float | None:
    """Return how long, where a record says so."""
    match record:
        case records.AppUsed(focused_seconds=seconds) | records.ScreenUnlocked(locked_seconds=seconds):
            return seconds
    return None


def entries_of(
    here: Iterable[tuple[records.Record, bool]], there: Iterable[records.Record]
) -> tuple[pages.Entry, ...]:
    """
    Return one entry per record, oldest first, each once, whether it is on the server or not yet.

    `here`: this laptop's memory, each with whether the server has it. Pure.
    """
    on_server: dict[records.Record, bool] = {}
    for record, safe in here:
        on_server[record] = safe or on_server.get(record, False)
    for record in there:
        if KEPT[type(record)].about_person:
            on_server[record] = True
    ordered = sorted(on_server.items(), key=lambda each: each[0].at)[-MAX_ENTRIES:]
    return tuple(
        pages.Entry(
            at=record.at.isoformat(),
            kind=records.kind_name(type(record)),
            detail=detail_of(record)[:200],
            seconds=seconds_of(record),
            on_server=safe,
        )
        for record, safe in ordered
    )


def of_period(there: Iterable[records.Record], login: str, day_began: datetime) -> tuple[records.Record, ...]:
    """Return this login's records, and those of other logins since the day began. Pure."""
    return tuple(
        record for record in there if getattr(record, "login", login) == login or record.at >= day_began
    )


def today_began(now: datetime) -> datetime:
    """Return the last midnight where this laptop is."""
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


def record_page(ground: Ground, login: Login, theirs: wire.OwnRecords | None) -> pages.RecordPage:
    """Return the page for this login; `theirs` is None when the server could not be asked."""
    days, settings = theirs.looks_days if theirs else 0, ground.settings_for(login)
    here = [(kept.record, ground.is_safe(kept)) for kept in login.kept]
    if login.meter:
        # What is still being counted will be kept: it is shown too, so that nothing comes as a surprise.
        here += [(record, False) for record in login.meter.preview()]
    return pages.RecordPage(
        school=ground.school,
        language=login.person.language,
        tier=login.person.tier,
        person=login.person.display_name,
        entries=entries_of(
            here, of_period(theirs.records, login.id, today_began(ground.now())) if theirs else ()
        ),
        looks=tuple(
            pages.LookEntry(at=look.at, by=look.by, what=look.what)
            for look in (theirs.looked_at if theirs else ())
        ),
        online=theirs is not None,
        looks_days=days,
        # With a list of apps, some are named in the record though their use is not counted.
        records_apps=settings.usage.record_apps or lists_bind(settings.apps, login.person.tier),
        lacking=login.session.lacking if login.session else (),
    )
