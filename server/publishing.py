"""Publishing a policy: checked, composed, encoded once, numbered; laptops are told by signed assignments."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select

from policies import composing, orders, wire
from policies.agreements import Agreement
from policies.orders import Signed
from policies.settings import ReportSettings, School, Settings, Tier, UsbSettings
from server import changes, media_answers, officer_lists
from server.tables import agreement_versions, policies


class Published(NamedTuple):
    """One policy as it was published."""

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
) -> int:
    """
    Publish settings for every laptop and return the policy's number.

    A tier's version grows only if its texts change. The same bytes as the current policy publish nothing
    and return its number. Raises SettingsRefused or AgreementRefused for a policy no laptop would take.
    """
    composed = composing.compose(school, settings, tiers)
    agreements = composing.carry_versions(_newest_agreements(connection), composed)
    officers = officer_lists.newest(connection)
    body = wire.PolicyBody(
        school=school,
        settings=settings,
        agreements=agreements,
        officers=officers.signed if officers else None,
    )
    encoded = msgspec.json.encode(body)
    wire.read_policy(encoded)  # as every laptop will
    body_hash = hashlib.sha256(encoded).hexdigest()
    newest = connection.execute(_newest()).first()
    if newest is not None and newest.body_hash == body_hash:
        return int(newest.number)
    number = 1 if newest is None else newest.number + 1
    connection.execute(
        insert(policies).values(
            number=number,
            body_hash=body_hash,
            body=encoded,
            profile=profile,
            published_at=now,
            published_by=by,
            reason=reason,
        )
    )
    _keep_texts(connection, agreements, now)
    media_answers.end_by_policy(connection, settings.usb, by, now)
    changes.bump(connection, changes.POLICY)
    return number


def republish(connection: Connection, *, by: str, now: datetime, reason: str) -> int | None:
    """Publish the current settings again, with what goes with them now; None before the first policy."""
    before = current(connection)
    if before is None:
        return None
    return publish(
        connection,
        school=before.body.school,
        settings=before.body.settings,
        tiers=tuple(agreement.tier for agreement in before.body.agreements),
        profile=before.profile,
        by=by,
        now=now,
        reason=reason,
    )


def current(connection: Connection) -> Published | None:
    """Return the newest policy, if any was published."""
    row = connection.execute(_newest()).first()
    return None if row is None else _published(row)


def usb_settings(connection: Connection) -> UsbSettings:
    """Return what the newest policy says of memory sticks."""
    published = current(connection)
    return UsbSettings() if published is None else published.body.settings.usb


def report_settings(connection: Connection) -> ReportSettings:
    """Return what the newest policy says of reports."""
    published = current(connection)
    return ReportSettings() if published is None else published.body.settings.report


def list_policies(connection: Connection, limit: int = 100) -> list[Published]:
    """Return the policies, newest first."""
    query = select(policies).order_by(policies.c.number.desc()).limit(limit)
    return [_published(row) for row in connection.execute(query)]


def body_of(connection: Connection, body_hash: str) -> bytes | None:
    """Return the exact bytes of a published policy body."""
    return connection.execute(
        select(policies.c.body).where(policies.c.body_hash == body_hash).limit(1)
    ).scalar()


def newest_number(connection: Connection) -> tuple[int, str] | None:
    """Return the newest policy's number and body hash."""
    query = select(policies.c.number, policies.c.body_hash).order_by(policies.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.number, row.body_hash)


def assignment(policy_private: bytes, device: str, number: int, body_hash: str) -> Signed:
    """Return the signed word to one laptop that it is to obey this policy."""
    said = orders.Assignment(device=device, number=number, body_hash=body_hash)
    return orders.sign_said(policy_private, said)


def _newest() -> Any:
    return select(policies).order_by(policies.c.number.desc()).limit(1)


def _newest_agreements(connection: Connection) -> tuple[Agreement, ...]:
    """Return each tier's newest agreement, also of a tier that was left out for a while."""
    newest: dict[str, Agreement] = {}
    for row in connection.execute(select(agreement_versions).order_by(agreement_versions.c.version)):
        newest[row.tier] = msgspec.json.decode(row.texts, type=Agreement)
    return tuple(newest.values())


def _keep_texts(connection: Connection, agreements: tuple[Agreement, ...], now: datetime) -> None:
    known = {(row.tier, row.version) for row in connection.execute(select(agreement_versions))}
    for agreement in agreements:
        if (agreement.tier, agreement.version) not in known:
            texts = msgspec.json.encode(agreement)
            connection.execute(
                insert(agreement_versions).values(
                    tier=agreement.tier,
                    version=agreement.version,
                    texts_hash=hashlib.sha256(texts).hexdigest(),
                    texts=texts.decode(),
                    published_at=now,
                )
            )


def _published(row: Row[Any]) -> Published:
    return Published(
        row.number,
        row.body_hash,
        wire.read_policy(row.body),
        row.profile,
        row.published_at,
        row.published_by,
        row.reason,
    )
