"""The pages of *Something's wrong*, filled in for one reader."""

from collections.abc import Iterable
from typing import Literal

from agent.link import pages
from agent.service.ground import Ground
from agent.service.login import Login
from policies.officers import Officer
from policies.settings import Helpline, Tier

Place = Literal["gate", "panel", "launcher", "rules", "attention", "hidden"]
ReceiptState = Literal["sending", "sent", "waiting", "refused"]
Why = Literal["", "nobody-left", "too-many", "not-kept", "switched-off", "cut-off"]


def readers_of(officers: Iterable[Officer]) -> tuple[pages.Reader, ...]:
    """Return these adults as a window names them; the recovery sheet is no adult. Pure."""
    return tuple(
        pages.Reader(id=who.id, name=who.name, role=who.role) for who in officers if who.role != "recovery"
    )


def helplines_for(helplines: tuple[Helpline, ...], tier: Tier) -> tuple[Helpline, ...]:
    """Return the helplines meant for this reader, those for emergencies first. Pure."""
    mine = [line for line in helplines if tier in line.tiers]
    return tuple(sorted(mine, key=lambda line: not line.emergency))


def report_page(ground: Ground, login: Login, place: Place) -> pages.ReportPage:
    """Return the page that asks what is wrong."""
    settings, listed = ground.settings.report, ground.officers
    return pages.ReportPage(
        school=ground.school,
        language=login.person.language,
        tier=login.person.tier,
        person=login.person.display_name,
        readers=readers_of(listed.officers) if listed else (),
        contacts=ground.contacts,
        helplines=helplines_for(settings.helplines, login.person.tier),
        ceop=settings.ceop,
        answer_within_hours=settings.answer_within_hours,
        online=ground.connection.state == "online",
        read_aloud=ground.reads_aloud,
        shortcut=ground.shortcut_of(login),
        place=place,
    )


def receipt_page(
    ground: Ground,
    login: Login,
    state: ReceiptState,
    *,
    urgent: bool,
    reader_ids: tuple[str, ...] = (),
    why: Why = "",
) -> pages.ReceiptPage:
    """Return the page that says how far a report has come, or why it was not taken."""
    settings, listed = ground.settings.report, ground.officers
    readers = (who for who in listed.officers if who.id in reader_ids) if listed else ()
    return pages.ReceiptPage(
        school=ground.school,
        language=login.person.language,
        tier=login.person.tier,
        state=state,
        why=why,
        readers=readers_of(readers),
        answer_within_hours=settings.answer_within_hours,
        urgent=urgent,
        contacts=ground.contacts,
        helplines=helplines_for(settings.helplines, login.person.tier),
        read_aloud=ground.reads_aloud,
    )
