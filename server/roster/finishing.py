"""From what a file says to the list it means: tier, language, room, user names; no contradictions. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from policies.settings import TIERS, Tier
from server.roster import account_names, values
from server.roster.account_names import Collision
from server.roster.drafts import Draft, Problem, Reading
from server.roster.entries import Entry, Kind, Known, kind_of
from server.roster.rules import Rules, age_on, read_grade, tier_of


class Finished(NamedTuple):
    """The list that a file means under a school's rules."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    """Of the reading, and lines left out here."""
    notes: tuple[Problem, ...]
    held: frozenset[str]
    """People whose line was left out: they stay as they are."""


class Ground(NamedTuple):
    """What has to be known beside the file."""

    known: Mapping[str, Known]
    former: Mapping[str, str]
    """User names of the past → whose they were."""
    year_began: date
    mapping: Mapping[str, str]
    """The school's own file of accounts: id of the person → user name."""
    tiers: Collection[str] = TIERS
    """For which the school has an agreement."""


def finish(reading: Reading, rules: Rules, ground: Ground) -> Finished:
    """Return the list; nothing in it contradicts itself."""
    problems = list(reading.problems)
    notes = list(reading.notes)
    kept, twice = _without_doubles(reading.drafts, notes)
    problems += twice
    drafts: list[Draft] = []
    entries: list[Entry] = []
    silent = _silent(kept)
    for draft in kept:
        made = _entry(draft, rules, ground, silent)
        if isinstance(made, Problem):
            problems.append(made)
        elif rules.staff or made.kind == "pupil":
            drafts.append(draft)
            entries.append(made)
    held = {each.person for each in problems if each.person}
    if not rules.staff:
        held |= {who for who, each in ground.known.items() if each.entry.kind != "pupil"}
    entries = [entry for entry in entries if entry.person not in held]
    drafts = [draft for draft in drafts if draft.person not in held]
    whole = rules.whole and reading.whole
    entries = _with_accounts(entries, drafts, rules, ground, held, whole, notes)
    notes += _of_tiers(entries, ground.tiers)
    problems.sort(key=lambda each: (each.file, each.line))
    return Finished(tuple(entries), tuple(problems), tuple(notes), frozenset(held))


def _without_doubles(drafts: Sequence[Draft], notes: list[Problem]) -> tuple[list[Draft], list[Problem]]:
    """Make one of lines that say the same, or differ in the user name alone; keep none that contradict."""
    merged: dict[str, Draft] = {}
    problems: list[Problem] = []
    wrong: set[str] = set()
    for draft in drafts:
        before = merged.setdefault(draft.person, draft)
        if before is draft:
            continue
        alike = msgspec.structs.replace(
            draft,
            line=before.line,
            file=before.file,
            username=before.username,
            more_usernames=before.more_usernames,
        )
        if alike != before:
            wrong.add(draft.person)
            problems.append(Problem("contradicts", draft.file, draft.line, str(before.line), draft.person))
        elif draft.username.casefold() in ("", *(n.casefold() for n in _names(before))):
            notes.append(Problem("twice", draft.file, draft.line, draft.display_name[:80], draft.person))
        else:
            more = (*before.more_usernames, draft.username)[:7]
            merged[draft.person] = msgspec.structs.replace(before, more_usernames=more)
    return [draft for draft in merged.values() if draft.person not in wrong], problems


def _names(draft: Draft) -> tuple[str, ...]:
    return (draft.username, *draft.more_usernames)


def _silent(drafts: Sequence[Draft]) -> frozenset[str]:
    """Return the fields of which the whole file says nothing: what is known of them stays."""
    said = {
        "room": ("room", "class_name"),
        "year": ("year", "class_name", "grade"),
        "job_title": ("job_title",),
    }
    return frozenset(
        field
        for field, cells in said.items()
        if not any(getattr(draft, cell) for draft in drafts for cell in cells)
    )


def _entry(draft: Draft, rules: Rules, ground: Ground, silent: Collection[str]) -> Entry | Problem:
    before = ground.known.get(draft.person)
    language = values.LANGUAGE_WORDS.get(values.fold(draft.language)) if draft.language else rules.language
    if before is not None and not draft.language:
        language = before.entry.language
    if language is None:
        return Problem("bad-language", draft.file, draft.line, draft.language[:80], draft.person)
    tier = _tier(draft, rules, ground.year_began)
    if isinstance(tier, Problem):
        return tier
    kind: Kind = draft.kind or kind_of(tier)
    rooms = {values.fold(name): room for name, room in rules.rooms.items()}
    room = draft.room or rooms.get(values.fold(draft.class_name), "")
    grade = draft.grade.lstrip("0") or draft.grade
    try:
        made = msgspec.convert(
            {
                "person": draft.person,
                "kind": kind,
                "given_name": draft.given_name,
                "family_name": draft.family_name,
                "display_name": draft.display_name,
                "tier": tier,
                "language": language,
                "room": room,
                "year": (draft.year or draft.class_name or grade)[:40],
                "job_title": draft.job_title,
            },
            Entry,
        )
    except msgspec.ValidationError:
        return Problem("too-long", draft.file, draft.line, draft.display_name[:80], draft.person)
    if before is None:
        return made
    return msgspec.structs.replace(made, **{field: getattr(before.entry, field) for field in silent})


def _tier(draft: Draft, rules: Rules, year_began: date) -> Tier | Problem:
    """Return the tier by the school's rule: what it asks first, then what else the line says."""
    if draft.kind == "staff":
        return "adult"
    if draft.kind == "visitor":
        return "visitor"
    if draft.tier and values.fold(draft.tier) not in values.TIER_WORDS:
        return Problem("bad-tier", draft.file, draft.line, draft.tier[:80], draft.person)
    said = values.TIER_WORDS.get(values.fold(draft.tier)) if draft.tier else None
    grade = read_grade(draft.grade or draft.class_name)
    found: dict[str, Tier | None] = {
        "column": said,
        "grade": None if grade is None else tier_of(rules.grade_bands, grade),
        "age": tier_of(rules.age_bands, age_on(draft.born, year_began)) if draft.born else None,
    }
    for way in (rules.tiers, "column", "grade", "age"):
        tier = found[way]
        if tier is not None:
            return tier
    if rules.other_tier is not None:
        return rules.other_tier
    return Problem("no-tier", draft.file, draft.line, draft.grade[:80], draft.person)


def _with_accounts(
    entries: list[Entry],
    drafts: list[Draft],
    rules: Rules,
    ground: Ground,
    held: Collection[str],
    whole: bool,
    notes: list[Problem],
) -> list[Entry]:
    """Give everybody the user names that the rule gives; say which it cannot give."""
    claims = []
    for entry, draft in zip(entries, drafts, strict=True):
        before = ground.known.get(entry.person)
        kept = before.entry.accounts if before is not None and before.left_at is None else ()
        claims.append((entry.person, _claim(entry, draft, kept, rules, ground, notes)))
    listed = {entry.person for entry in entries}
    here = {
        account: who
        for who, each in ground.known.items()
        if each.left_at is None
        for account in each.entry.accounts
    }
    guessed = rules.accounts == "template"
    # A name made by a rule must not open a leaver's folder on the laptops to a namesake.
    holders = {**(ground.former if guessed else {}), **here}
    stay = {a for a, who in here.items() if who not in listed and (who in held or not whole or guessed)}
    taken = stay | {a for a, who in ground.former.items() if guessed and who not in listed}
    given, collisions = account_names.settle(claims, holders, taken)
    notes += [_told(each) for each in collisions]
    made = [msgspec.structs.replace(entry, accounts=given[entry.person]) for entry in entries]
    for entry in made:
        notes += [
            Problem("reused", "", 0, account, entry.person)
            for account in entry.accounts
            if account not in here and ground.former.get(account, entry.person) != entry.person
        ]
    return made


def _told(collision: Collision) -> Problem:
    who = ", ".join(collision.people[:6])
    return Problem("collision-kept" if collision.keeper else "collision", "", 0, collision.account, who)


def _claim(
    entry: Entry, draft: Draft, kept: tuple[str, ...], rules: Rules, ground: Ground, notes: list[Problem]
) -> tuple[str, ...]:
    if rules.accounts == "keep" or (rules.accounts == "template" and kept):
        return kept
    if rules.accounts == "template":
        made = account_names.make_account(
            rules.template,
            {
                "givenName": draft.given_name,
                "familyName": draft.family_name,
                "identifier": draft.identifier,
                "person": draft.person,
                "username": draft.username,
                "year": draft.year or draft.class_name or draft.grade,
            },
        )
        if made is None:
            notes.append(
                Problem("no-spelling", draft.file, draft.line, entry.display_name[:80], entry.person)
            )
        return (made,) if made else ()
    mapped = rules.accounts == "mapping"
    listed = (ground.mapping.get(entry.person, ""),) if mapped else _names(draft)
    wanted = tuple(sorted({name for name in listed if name}))
    wrong = next((name for name in wanted if not account_names.is_account(name)), None)
    if wrong is not None:
        notes.append(Problem("bad-account", draft.file, draft.line, wrong[:80], entry.person))
        return kept
    return wanted or kept


def _of_tiers(entries: Sequence[Entry], tiers: Collection[str]) -> list[Problem]:
    counted: dict[str, int] = {}
    for entry in entries:
        if entry.tier not in tiers:
            counted[entry.tier] = counted.get(entry.tier, 0) + 1
    return [Problem("no-agreement", "", 0, tier, str(count)) for tier, count in sorted(counted.items())]
