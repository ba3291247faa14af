"""Reports in the kill test: whose keys open them, which have come, and what pupils were told of theirs."""

import contextlib
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from policies import envelopes
from policies.reports import ReportWords
from server import officer_lists
from server.db import Database
from tests.support.kills.truth import Truth
from tests.support.officers import Office


def publish_list(database: Database, office: Office) -> None:
    """Put a signed list into the school's database; the next policy carries it."""
    with database.write() as connection:
        officer_lists.keep(
            connection, office.signed(1), 1, root_box=None, staff=None, by="the test", now=datetime.now(UTC)
        )


class Arrived(NamedTuple):
    """What the school has of one laptop's reports."""

    of_pupil: Counter[str]
    """How many cases each pupil's words became."""
    misfits: Counter[str]


def read_arrived(database: Path, device: str, office: Office) -> Arrived:
    """Return every report of this laptop, opened with the lead's key."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "SELECT r.id, r.envelope, r.device_key FROM reports r JOIN cases c ON c.id = r.id"
            " WHERE r.device = ?",
            (device,),
        ).fetchall()
        misfits = Counter(why for (why,) in db.execute("SELECT why FROM report_misfits"))
    found: Counter[str] = Counter()
    for report, envelope, device_key in rows:
        opened = envelopes.open_envelope(
            office.lead.opening_key,
            envelope,
            device_public=device_key,
            envelope_id=report,
            device=device,
            kind="report",
        )
        words = msgspec.json.decode(opened.payload, type=ReportWords)
        if words.os_user != words.draft.words:
            raise ValueError(f"the words of {words.draft.words} came as those of {words.os_user}")
        found[words.os_user] += 1
    return Arrived(found, misfits)


def false_receipts(truth: Truth, arrived: Arrived) -> list[str]:
    """
    Return every sentence about a pupil who told once, and whose words came twice, or never though taken.

    Whoever was told *sending*, *waiting* or *sent* has to find their words at the school, once. Whoever was
    cut off before any receipt is told so by the session after; their words may have come. Nobody is left
    without a word unless their login was over.
    """
    told, found = truth.told, []
    for pupil, times in told["report-pressed"].items():
        came = arrived.of_pupil[pupil]
        said = [state for state in ("sending", "waiting", "sent") if told[f"report-{state}"][pupil]]
        if times != 1:
            found.append(f"{pupil} told {times} times: the test's own fault")
        if came > 1:
            found.append(f"what {pupil} told became {came} cases")
        if said and came != 1:
            found.append(f"{pupil} was told {', '.join(said)}, and {came} cases came of it")
        if told["report-refused"][pupil] and came:
            found.append(f"{pupil} was refused, and yet it came")
    found += [
        f"{pupil} told nothing, but a report came"
        for pupil in set(arrived.of_pupil) - set(told["report-pressed"])
    ]
    odd = set(arrived.misfits) - {"replayed"}
    if odd:
        found.append(f"reports that the server could not take: {dict(arrived.misfits)}")
    return found


def unheard(truth: Truth, arrived: Arrived) -> int:
    """Return how many pupils told, had no word about it before their login was over, and nothing came."""
    answers = ("sending", "waiting", "sent", "refused", "cut-off")
    return sum(
        not arrived.of_pupil[pupil] and not any(truth.told[f"report-{said}"][pupil] for said in answers)
        for pupil in truth.told["report-pressed"]
    )
