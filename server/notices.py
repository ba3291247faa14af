"""Telling an officer outside the pages that a case waits: one fixed sentence, its number, our address.

By the school's own mail or webhook, through Apprise. Nothing else of a case may pass here: the texts below
are whole, and a test holds every message to them. `notices.toml` in the data folder says who is told where;
without it nobody is told, and the case's page says so.
"""

import logging
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select, update

from server import case_entries, cases
from server.case_tables import case_notices
from server.case_tables import cases as cases_table
from server.db import Database
from server.errors import Invalid
from server.settings import Folder
from server.tables import staff

SCHEMES = (
    *("mailto", "mailtos", "json", "jsons", "form", "forms", "ntfy", "ntfys", "gotify", "gotifys"),
    *("mmost", "mmosts", "rocket", "rockets", "matrix", "matrixs", "nctalk", "nctalks"),
)
"""Mail, plain webhooks and servers a school can run itself. Apprise knows many more; most would take even the
fact that a report was made to somebody else's machine."""
TRIES = (1, 5, 15, 60)
"""Minutes until the next try after each failure; then hourly."""
MOST_TRIES = 48
MOST_NUMBERS = 5
TITLES = {"en": "Gatepost: a report waits", "tr": "Gatepost: bir bildirim bekliyor"}
TEXTS = {
    "en": {
        "new": "A report waits for you.",
        "many": "Many reports came from one place within an hour. They wait, set aside.",
        "deputy": "A report was not opened in time and now waits for you too.",
        "head": "A report was still not opened. Please see to it that somebody does.",
    },
    "tr": {
        "new": "Sizi bekleyen bir bildirim var.",
        "many": "Bir saat içinde tek bir yerden çok sayıda bildirim geldi. Ayrı bir yerde bekliyorlar.",
        "deputy": "Bir bildirim zamanında açılmadı; artık sizi de bekliyor.",
        "head": "Bir bildirim hâlâ açılmadı. Lütfen birinin açmasını sağlayın.",
    },
}
CLOSING = {
    "en": "Number: {numbers}\nSign in: {address}\nThis message says nothing more, on purpose.",
    "tr": "Numara: {numbers}\nOturum açın: {address}\nBu ileti bilerek daha fazlasını söylemez.",
}
ORDER = ("head", "deputy", "many", "new")
log = logging.getLogger(__name__)
Url = Annotated[str, Meta(min_length=8, max_length=1000)]


class Notices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `notices.toml` says."""

    to: dict[str, tuple[Url, ...]] = {}
    """Sign-in name to Apprise addresses. Passwords stand in them: the file is its owner's alone."""


class Mail(NamedTuple):
    """One message to one person about everything that waits for them."""

    staff: int
    name: str
    language: str
    rows: tuple[tuple[int, str, str], ...]
    """Notice, case, number."""
    stage: str


def path_of(folder: Folder) -> Path:
    """Return where the addresses lie."""
    return folder.path / "notices.toml"


def read(folder: Folder) -> Notices:
    """Return the addresses; none if there is no file. Raises Invalid for a wrong one."""
    try:
        return msgspec.convert(tomllib.loads(path_of(folder).read_text(encoding="utf-8")), Notices)
    except FileNotFoundError:
        return Notices()
    except (OSError, ValueError, RecursionError) as problem:
        raise Invalid(f"{path_of(folder)}: {problem}") from problem


def write(folder: Folder, notices: Notices) -> None:
    """Write the addresses, replacing the file in one step."""
    lines = ["# Who is told where that a report waits. Written by `gatepost-server notices`.\n", "[to]\n"]
    for name, urls in sorted(notices.to.items()):
        shown = ", ".join(msgspec.json.encode(url).decode() for url in urls)
        lines.append(f"{msgspec.json.encode(name).decode()} = [{shown}]\n")
    path = path_of(folder)
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.chmod(0o600)
    temporary.write_text("".join(lines), encoding="utf-8")
    temporary.replace(path)


def check_address(url: str) -> str:
    """Return an address as it may be shown, without its password; raise Invalid for one we do not use."""
    scheme = url.partition("://")[0].casefold()
    if scheme not in SCHEMES:
        raise Invalid(f"{scheme or url!r}: an address begins with one of {', '.join(SCHEMES)}")
    opened = _opened((url,))
    if not len(opened):
        raise Invalid("Apprise does not understand this address; for mail: mailtos://NAME:PASSWORD@HOST")
    shown: str = next(iter(opened)).url(privacy=True)
    return shown


def words(language: str, stage: str, numbers: tuple[str, ...], address: str) -> tuple[str, str]:
    """Return title and text of a message: fixed, but for numbers of cases and our own address. Pure."""
    language = language if language in TITLES else "en"
    told = ", ".join(numbers[:MOST_NUMBERS])
    if len(numbers) > MOST_NUMBERS:
        told += f" (+{len(numbers) - MOST_NUMBERS})"
    closing = CLOSING[language].format(numbers=told, address=f"{address}/reports")
    return TITLES[language], f"{TEXTS[language][stage]}\n{closing}"


def send(urls: tuple[str, ...], title: str, text: str) -> bool:
    """Send one message to all addresses of one person; say whether every one took it."""
    opened = _opened(urls)
    return len(opened) == len(urls) and bool(opened.notify(title=title, body=text))


def send_due(db: Database, folder: Folder, address: str, now: datetime) -> int:
    """Send what waits, one message a person, and write what became of it. Returns messages that arrived."""
    with db.read() as connection:
        due = _due(connection, now)
    if not due:
        return 0
    notices = read(folder)
    sent = 0
    for mail in due:
        urls = notices.to.get(mail.name, ())
        arrived = bool(urls) and send(
            urls, *words(mail.language, mail.stage, tuple(number for _, _, number in mail.rows), address)
        )
        with db.write() as connection:
            _note(connection, mail, arrived=arrived, has_address=bool(urls), now=now)
        sent += arrived
        if not arrived:
            log.warning("a notice did not arrive and will be tried again")
    return sent


def _due(connection: Connection, now: datetime) -> list[Mail]:
    query = (
        select(
            case_notices,
            cases_table.c.opened_year,
            cases_table.c.serial,
            staff.c.name.label("login"),
            staff.c.language,
        )
        .join(cases_table, cases_table.c.id == case_notices.c.case)
        .join(staff, staff.c.id == case_notices.c.staff)
        .where(
            case_notices.c.state == "waiting", case_notices.c.next_try_at <= now, cases_table.c.state == "new"
        )
        .order_by(cases_table.c.opened_year, cases_table.c.serial)
    )
    mails: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        mails.setdefault(row.staff, []).append(row)
    return [
        Mail(
            number,
            rows[0].login,
            rows[0].language,
            tuple((row.id, row.case, cases.number_of(row.opened_year, row.serial)) for row in rows),
            min((row.stage for row in rows), key=ORDER.index),
        )
        for number, rows in mails.items()
    ]


def _note(connection: Connection, mail: Mail, *, arrived: bool, has_address: bool, now: datetime) -> None:
    """Write on every case what became of the message; a failed one is tried again later."""
    for notice, case, _ in mail.rows:
        row = connection.execute(select(case_notices).where(case_notices.c.id == notice)).one()
        tries = row.tries + 1
        state = "sent" if arrived else "waiting"
        if not arrived and tries >= MOST_TRIES:
            state = "failed"
        if not has_address:
            state = "no-address"
        wait = timedelta(minutes=TRIES[min(tries, len(TRIES)) - 1])
        connection.execute(
            update(case_notices)
            .where(case_notices.c.id == notice)
            .values(state=state, tries=tries, next_try_at=now + wait, sent_at=now if arrived else None)
        )
        if state in ("sent", "failed"):
            kind = "told" if arrived else "not-told"
            case_entries.append(
                connection.exec_driver_sql,
                case,
                kind,
                at=now,
                plain={"name": row.name, "stage": row.stage, "tries": tries},
            )


def _opened(urls: tuple[str, ...]) -> Any:
    """Return Apprise with these addresses."""
    import apprise  # 30 MiB that a server without notices does not carry

    asset = apprise.AppriseAsset(app_id="Gatepost", app_desc="Gatepost", app_url="", secure_logging=True)
    opened = apprise.Apprise(asset=asset)
    for url in urls:
        opened.add(url)
    return opened
