"""What a new list would change: decided before anything is written. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from server.roster.entries import FIELDS, Entry, Known

SECOND_ASK_SHARE = 0.20
"""A list that would end more people than this share of those here needs a second yes."""
SECOND_ASK_LEAST = 5
"""Of very few people a share says little."""


class Change(NamedTuple):
    """One person before and after."""

    before: Entry
    after: Entry
    fields: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Say whether they move to another tier: the gate asks them anew (R9)."""
        return "tier" in self.fields


class Diff(NamedTuple):
    """Everything a list would do. Whoever is in none of these stays as they are."""

    joins: tuple[Entry, ...] = ()
    returns: tuple[Change, ...] = ()
    """They had left; their history is found again."""
    changes: tuple[Change, ...] = ()
    leaves: tuple[Entry, ...] = ()
    unchanged: int = 0

    @property
    def moved(self) -> tuple[Change, ...]:
        """Return those who move to another tier."""
        return tuple(change for change in (*self.changes, *self.returns) if change.moved)

    @property
    def empty(self) -> bool:
        """Say whether applying it would do nothing."""
        return not (self.joins or self.returns or self.changes or self.leaves)

    def counts(self) -> dict[str, int]:
        """Return it as numbers."""
        return {
            "joins": len(self.joins),
            "returns": len(self.returns),
            "changes": len(self.changes),
            "moved": len(self.moved),
            "leaves": len(self.leaves),
            "unchanged": self.unchanged,
        }


def telling(change: Change) -> tuple[str, ...]:
    """Return the fields worth saying: not that a name is now known in its parts, if it is the same name."""
    if "display_name" in change.fields:
        return change.fields
    filled = {name for name in ("given_name", "family_name") if not getattr(change.before, name)}
    return tuple(field for field in change.fields if field not in filled)


def fields_between(before: Entry, after: Entry) -> tuple[str, ...]:
    """Return the names of the fields that differ."""
    return tuple(name for name in FIELDS if getattr(before, name) != getattr(after, name))


def decide_diff(
    known: Mapping[str, Known],
    entries: Sequence[Entry],
    *,
    held: Collection[str] = (),
    gone: Collection[str] = (),
    whole: bool = True,
) -> Diff:
    """
    Return what a list would change.

    People in `held` stay as they are whatever the list says: their line could not be read, which is no
    reason to end them. Unless the list is the `whole` school, nobody leaves by being missing; the list may
    name who has `gone`.
    """
    joins, returns, changes, unchanged = [], [], [], 0
    named = set(held)
    for entry in entries:
        if entry.person in named:
            continue
        named.add(entry.person)
        before = known.get(entry.person)
        if before is None:
            joins.append(entry)
        elif before.left_at is not None:
            returns.append(Change(before.entry, entry, fields_between(before.entry, entry)))
        elif fields := fields_between(before.entry, entry):
            changes.append(Change(before.entry, entry, fields))
        else:
            unchanged += 1
    said = set(gone)
    leaves = [
        each.entry
        for who, each in known.items()
        if each.left_at is None and who not in named and (whole or who in said)
    ]
    return Diff(tuple(joins), tuple(returns), tuple(changes), tuple(leaves), unchanged)


def needs_second_yes(diff: Diff, here: int, share: float = SECOND_ASK_SHARE) -> bool:
    """Say whether so many would leave that somebody has to look twice: often it is the wrong file."""
    return len(diff.leaves) >= SECOND_ASK_LEAST and len(diff.leaves) > here * share
