"""Publishing to every laptop at once: the first policy, and what needs no rollout (the officers' list).

What people change goes through `proposing`. The settings themselves live in `policy_store` as revisions.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from policies import orders, wire
from policies.orders import Signed
from policies.settings import Language, ReportSettings, School, Settings, Tier, UsbSettings
from policies.tree import Layer, PolicyTree
from server import assigning, changes, media_modes, policy_store, rollouts
from server.policy_store import Author, Composer, Revision
from server.policy_tables import policy_revisions


class Published(NamedTuple):
    """One revision as every laptop without a layer of its own gets it."""

    number: int
    body_hash: str
    body: wire.PolicyBody
    profile: str
    published_at: datetime
    published_by: str
    reason: str


def publish(
    connection: Connection,
    *,
    school: School,
    settings: Settings,
    tiers: tuple[Tier, ...],
    profile: str,
    by: str,
    now: datetime,
    reason: str = "",
    layers: tuple[Layer, ...] = (),
) -> int:
    """
    Publish the school's own settings for every laptop at once and return the revision's number.

    Layers stay; `layers` are those of the first policy. A tier's version grows only if its texts change. The
    same bytes as the current policy publish nothing and return its number. Raises SettingsRefused or
    AgreementRefused for a policy no laptop would take.
    """
    newest = policy_store.current_tree(connection)
    if newest is None:
        tree = PolicyTree(school=school, tiers=tiers, settings=settings, layers=layers, profile=profile)
    else:
        tree = msgspec.structs.replace(
            newest.tree, school=school, tiers=tiers, settings=settings, profile=profile
        )
        if tree == newest.tree and newest.body_hash == Composer(connection, newest, now).school_hash():
            return newest.number
    rollouts.overtake(connection, now)
    author = Author(None, by, frozenset())
    made = policy_store.add_revision(connection, tree, by=author, now=now, reason=reason, kind="published")
    assigning.refresh(connection, now)
    media_modes.end_by_policy(connection, by, now)
    changes.bump(connection, changes.POLICY)
    return made.number


def republish(connection: Connection, *, by: str, now: datetime, reason: str) -> int | None:
    """
    Give every laptop the settings it has with what goes with them now; None before the first policy.

    A rollout under way goes on: its laptops and the others each keep their settings.
    """
    newest = policy_store.current_tree(connection)
    if newest is None:
        return None
    if rollouts.under_way(connection) is not None:
        assigning.refresh(connection, now)
        return newest.number
    if newest.body_hash == Composer(connection, newest, now).school_hash():
        return newest.number
    author = Author(None, by, frozenset())
    made = policy_store.add_revision(
        connection, newest.tree, by=author, now=now, reason=reason, kind="published", like=newest
    )
    assigning.refresh(connection, now)
    changes.bump(connection, changes.POLICY)
    return made.number


def current(connection: Connection) -> Published | None:
    """Return the newest policy, if any was published."""
    newest = policy_store.current_tree(connection)
    return None if newest is None else _published(connection, newest)


def usb_settings(connection: Connection) -> UsbSettings:
    """Return what the school's own settings say of memory sticks (`assigning.settings_of` for one laptop)."""
    newest = policy_store.newest_number(connection)
    return UsbSettings() if newest is None else policy_store.settings_in(connection, newest[1]).usb


def report_settings(connection: Connection) -> ReportSettings:
    """Return what the newest policy says of reports."""
    newest = policy_store.newest_number(connection)
    return ReportSettings() if newest is None else policy_store.settings_in(connection, newest[1]).report


def school_language(connection: Connection) -> Language:
    """Return the first language of the school's agreement; English before anything is published."""
    published = current(connection)
    return "en" if published is None else published.body.settings.agreement.languages[0]


def body_of(connection: Connection, body_hash: str) -> bytes | None:
    """Return the exact bytes of a policy body."""
    return policy_store.plain_body(connection, body_hash)


def newest_number(connection: Connection) -> tuple[int, str] | None:
    """Return the newest policy's number and body hash."""
    return policy_store.newest_number(connection)


def assignment(policy_private: bytes, device: str, number: int, body_hash: str) -> Signed:
    """Return the signed word to one laptop that it is to obey this policy."""
    said = orders.Assignment(device=device, number=number, body_hash=body_hash)
    return orders.sign_said(policy_private, said)


def list_policies(connection: Connection, limit: int = 100) -> list[Published]:
    """Return the policies, newest first."""
    query = select(policy_revisions.c.number).order_by(policy_revisions.c.number.desc()).limit(limit)
    numbers = list(connection.execute(query).scalars())
    return [_published(connection, policy_store.get_revision(connection, number)) for number in numbers]


def _published(connection: Connection, revision: Revision) -> Published:
    return Published(
        revision.number,
        revision.body_hash,
        policy_store.read_body(connection, revision.body_hash),
        revision.tree.profile,
        revision.at,
        revision.by.name,
        revision.reason,
    )
