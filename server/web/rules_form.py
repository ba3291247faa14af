"""The form of an import's rules: which column is what, tiers by bands, accounts, rooms. Pure, both ways."""

from collections.abc import Mapping
from typing import Any

import msgspec

from policies.settings import Tier
from server.errors import Invalid
from server.roster.imports import FIELDS
from server.roster.rules import Band, Rules, make_rules

BANDED: tuple[Tier, ...] = ("early", "junior", "teen")
CHOICES = ("accounts", "template", "tiers", "language", "person_from", "org", "encoding")


def fields_of(chosen: Rules) -> dict[str, str]:
    """Return the form's fields as they stand for these rules."""
    tree = msgspec.to_builtins(chosen)
    given = {name: str(tree[name]) for name in CHOICES}
    for kind in ("grade", "age"):
        bands = {band.tier: band.up_to for band in getattr(chosen, f"{kind}_bands")}
        given |= {f"{kind}-{tier}": str(bands.get(tier, "")) for tier in BANDED}
    given["other_tier"] = chosen.other_tier or ""
    given["rooms"] = "\n".join(f"{name} = {room}" for name, room in chosen.rooms.items())
    given["staff"] = "1" if chosen.staff else ""
    given["whole"] = "1" if chosen.whole else ""
    return given | {f"column-{field}": chosen.columns.get(field, "") for field in FIELDS}


def rules_of(given: Mapping[str, str], before: Rules) -> Rules:
    """Return the rules a posted form says; raise Invalid. What the form did not show stays as before."""
    tree: dict[str, Any] = msgspec.to_builtins(before)
    tree |= {name: given[name] for name in CHOICES if name in given}
    if "other_tier" in given:
        tree["other_tier"] = given["other_tier"] or None
    for kind in ("grade", "age"):
        bands = [_band(given.get(f"{kind}-{tier}", ""), tier) for tier in BANDED]
        found = [band for band in bands if band is not None]
        if any(f"{kind}-{tier}" in given for tier in BANDED):
            tree[f"{kind}_bands"] = [msgspec.to_builtins(band) for band in found]
    if "rooms" in given:
        tree["rooms"] = _rooms(given["rooms"])
    for name in ("staff", "whole"):
        if f"{name}-shown" in given:
            tree[name] = given.get(name) == "1"
    columns = {field: given[f"column-{field}"] for field in FIELDS if given.get(f"column-{field}")}
    if any(f"column-{field}" in given for field in FIELDS):
        tree["columns"] = columns
    return make_rules(tree)


def _band(text: str, tier: Tier) -> Band | None:
    if not text.strip():
        return None
    try:
        return Band(up_to=int(text), tier=tier)
    except ValueError:
        raise Invalid(f"{tier}: write a number") from None


def _rooms(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines()[:2000]:
        name, equals, room = line.partition("=")
        if line.strip():
            if not equals or not name.strip() or not room.strip():
                raise Invalid("rooms: write one class to a line, as in 4A = Room 12")
            found[name.strip()[:80]] = room.strip()[:80]
    return found
