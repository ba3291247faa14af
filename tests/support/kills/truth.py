"""What happened, as the test's own files say, against what the server holds in the end."""

import json
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

Place = tuple[str, int]
"""Stream and number."""


class Truth(NamedTuple):
    """The truth file, read."""

    wanted: Counter[str]
    """How often each record was handed to the journal."""
    kept: dict[Place, str]
    """Every record whose keeping was confirmed, at its number."""
    told: dict[str, Counter[str]]
    """What people were told or pressed: how often, per OS user."""


class Held(NamedTuple):
    """What the server holds of one laptop."""

    records: dict[Place, str]
    next_seq: dict[str, int]
    chain_breaks: int
    outcomes: Counter[str]
    quarantined: int
    state: str
    answers: Counter[str]
    """Rows of the register: `user answer`."""


def canonical(body: dict[str, Any]) -> str:
    """Return a record as one text, the same for equal records."""
    return json.dumps(body, sort_keys=True)


def read_truth(path: Path) -> Truth:
    """Return the truth file. Raises ValueError if a line of it is torn."""
    wanted: Counter[str] = Counter()
    kept: dict[Place, str] = {}
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for line in path.read_bytes().splitlines():
        fact = json.loads(line)
        if "wanted" in fact:
            wanted.update(canonical(body) for body in fact["wanted"])
        elif "kept" in fact:
            first = fact["last"] - len(fact["kept"]) + 1
            for number, body in enumerate(fact["kept"], first):
                place = (fact["stream"], number)
                if place in kept:
                    raise ValueError(f"the number {place} was given twice")
                kept[place] = canonical(body)
        else:
            told[fact["told"]][fact["user"]] += 1
    return Truth(wanted, kept, told)


def read_held(database: Path, device: str) -> Held:
    """Return what the server holds of this laptop."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        records = {
            (stream, seq): canonical(json.loads(body))
            for stream, seq, body in db.execute(
                "SELECT stream, seq, body FROM records WHERE device = ?", (device,)
            )
        }
        streams = db.execute(
            "SELECT stream, next_seq, chain_breaks FROM streams WHERE device = ?", (device,)
        ).fetchall()
        outcomes = db.execute("SELECT outcome FROM batches WHERE device = ?", (device,)).fetchall()
        quarantined = db.execute("SELECT COUNT(*) FROM quarantine").fetchone()[0]
        state = db.execute("SELECT state FROM devices WHERE id = ?", (device,)).fetchone()[0]
        answers = db.execute("SELECT os_user, answer FROM answers WHERE device = ?", (device,)).fetchall()
    return Held(
        records,
        {stream: next_seq for stream, next_seq, _ in streams},
        sum(breaks for *_, breaks in streams),
        Counter(outcome for (outcome,) in outcomes),
        quarantined,
        state,
        Counter(f"{user} {answer}" for user, answer in answers),
    )


def wrongs(truth: Truth, held: Held) -> list[str]:
    """Return every sentence that is not as it must be; empty if all is well."""
    found = []
    lost = sorted(place for place in truth.kept if place not in held.records)
    if lost:
        found.append(f"{len(lost)} kept records never arrived, the first {lost[0]}: {truth.kept[lost[0]]}")
    changed = [
        place for place, body in truth.kept.items() if place in held.records and held.records[place] != body
    ]
    if changed:
        found.append(f"{len(changed)} records arrived as others, the first at {changed[0]}")
    arrived = Counter(held.records.values())
    twice = [body for body, times in arrived.items() if times > truth.wanted[body]]
    if twice:
        found.append(f"{len(twice)} records arrived more often than they happened, the first: {twice[0]}")
    for stream, next_seq in held.next_seq.items():
        numbers = sorted(seq for name, seq in held.records if name == stream)
        if numbers != list(range(1, next_seq)):
            found.append(f"the numbers of {stream} are not 1 to {next_seq - 1} without a hole")
    if held.chain_breaks:
        found.append(f"{held.chain_breaks} breaks in the hash chain")
    if set(held.outcomes) - {"stored"}:
        found.append(f"batches that were not simply stored: {dict(held.outcomes)}")
    if held.quarantined:
        found.append(f"{held.quarantined} batches in quarantine")
    if held.state != "active":
        found.append(f"the laptop is {held.state}")
    return found


def of_people(held: Held, kind: str, **values: str) -> Counter[str]:
    """Return how many records of a type, with these values, the server holds of each OS user."""
    bodies = [json.loads(text) for text in held.records.values()]
    return Counter(
        body["os_user"]
        for body in bodies
        if body["type"] == kind and all(body[name] == value for name, value in values.items())
    )


def broken_promises(truth: Truth, held: Held) -> list[str]:
    """Return every sentence about a person who was told something that the server does not know."""
    accepted = of_people(held, "agreement-answered", answer="accepted")
    declined = of_people(held, "agreement-answered", answer="declined")
    helped = of_people(held, "help-asked")
    found = []
    for user in truth.told["opened"]:
        if not accepted[user]:
            found.append(f"the desktop opened for {user}, but no acceptance is kept")
    for user, times in accepted.items():
        if user.startswith("pupil-") and times > truth.told["pressed-accept"][user]:
            found.append(f"{user} accepted {times} times, but pressed less often")
        if held.answers[f"{user} accepted"] != times:
            found.append(f"the register has {held.answers[f'{user} accepted']} rows of {user}, not {times}")
    found += [
        f"{user} was told of a refusal not kept" for user in truth.told["declined"] if not declined[user]
    ]
    found += [f"{user} was told help is on its way" for user in truth.told["helped"] if not helped[user]]
    return found
