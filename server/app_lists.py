"""What the policies that laptops obey say of apps: is there a list, looked at when, which app needs consent.

Read from the bodies that laptops are given: they may differ by room, group, tier and time.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from policies.app_rules import LISTS, key_of, listed_anywhere, uses_rules
from policies.lab_settings import AppRule
from policies.wire import PolicyBody
from server import policy_store
from server.policy_tables import assignments
from server.tables import devices


class ListFacts(NamedTuple):
    """What is so somewhere in the school."""

    is_listed: bool = False
    """Some app is treated otherwise than allowed."""
    review_on: date | None = None
    """When somebody looks at the lists again: the first of all (R21)."""
    lacks_day: bool = False
    """A list names no such day."""
    consent: tuple[str, ...] = ()
    """The apps that need a parent's consent, as the lists name them (R24)."""

    def is_due(self, today: date) -> bool:
        """Say whether the day has come."""
        return self.review_on is not None and self.review_on <= today


def facts(connection: Connection) -> ListFacts:
    """Return what the policies of this moment say of apps."""
    query = (
        select(assignments.c.body_hash)
        .join(devices, devices.c.id == assignments.c.device)
        .where(devices.c.state == "active")
        .distinct()
        .order_by(assignments.c.body_hash)
    )
    hashes = list(connection.execute(query).scalars())
    if not hashes:
        newest = policy_store.newest_number(connection)
        hashes = [] if newest is None else [newest[1]]
    return decide_facts([policy_store.read_body(connection, each) for each in hashes])


def decide_facts(bodies: Iterable[PolicyBody]) -> ListFacts:
    """Put several policies together. Pure."""
    days: list[date] = []
    listed = lacks_day = False
    consent: dict[str, str] = {}
    for body in bodies:
        here = uses_rules(body.settings.apps) or any(
            listed_anywhere([variant.change[name]])
            for variant in body.variants
            for name in LISTS
            if name in variant.change
        )
        listed = listed or here
        if here:
            if body.settings.apps.review_on is None:
                lacks_day = True
            else:
                days.append(body.settings.apps.review_on)
        for rule in _rules(body):
            if rule.consent:
                consent.setdefault(key_of(rule.app), rule.app)
    return ListFacts(listed, min(days, default=None), lacks_day, tuple(sorted(consent.values())))


def _rules(body: PolicyBody) -> Iterator[AppRule]:
    yield from body.settings.apps.rules
    for variant in body.variants:
        if "apps.rules" in variant.change:
            plain = msgspec.to_builtins(variant.change["apps.rules"])
            yield from msgspec.convert(plain, tuple[AppRule, ...])
