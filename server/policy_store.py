"""The school's settings as revisions, and the flat bodies that laptops get made of them.

A revision is the whole tree at one moment: who saved it, in which office, why. Nothing is ever changed in
one; going back is a new revision with an old tree. A body is what equal laptops get: the same bytes, once.
"""

import functools
import hashlib
import zlib
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from policies import composing, wire
from policies.agreements import Agreement
from policies.resolving import Resolver, agreement_settings
from policies.settings import Settings, SettingsRefused, Tier
from policies.tree import Placement, PolicyTree
from server import officer_lists
from server.errors import NotFound
from server.policy_tables import policy_bodies, policy_revisions, proposals
from server.tables import agreement_versions

_trees: msgspec.json.Decoder[PolicyTree] = msgspec.json.Decoder(PolicyTree)
_versions: msgspec.json.Decoder[dict[Tier, int]] = msgspec.json.Decoder(dict[Tier, int])


class Author(NamedTuple):
    """Who changes settings."""

    staff: int | None
    """The account; None for the command line, which counts as a technician."""
    name: str
    roles: frozenset[str]


class Revision(NamedTuple):
    """The settings at one moment."""

    number: int
    tree: PolicyTree
    tree_hash: str
    body_hash: str
    """Of the school's own body, without layers."""
    agreements: dict[Tier, int]
    """Which version of which text belongs to it."""
    by: Author
    at: datetime
    reason: str
    kind: str
    """published, applied, rollback or stopped."""
    proposal: int | None


def current_tree(connection: Connection) -> Revision | None:
    """Return the newest revision, if any was made."""
    query = select(policy_revisions).order_by(policy_revisions.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _revision(row)


def get_revision(connection: Connection, number: int) -> Revision:
    """Return one revision; raise NotFound."""
    row = connection.execute(select(policy_revisions).where(policy_revisions.c.number == number)).first()
    if row is None:
        raise NotFound(f"there are no settings number {number}")
    return _revision(row)


def list_revisions(connection: Connection, limit: int = 50, before: int | None = None) -> list[Revision]:
    """Return revisions, newest first; `before` a number, to page on."""
    query = select(policy_revisions).order_by(policy_revisions.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(policy_revisions.c.number < before)
    return [_revision(row) for row in connection.execute(query)]


def newest_number(connection: Connection) -> tuple[int, str] | None:
    """Return the newest revision's number and the hash of its school's body, without reading its tree."""
    query = (
        select(policy_revisions.c.number, policy_revisions.c.body_hash)
        .order_by(policy_revisions.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else (row.number, row.body_hash)


def asked_versions(connection: Connection) -> dict[Tier, int]:
    """Return which version of which text the newest settings ask for."""
    query = select(policy_revisions.c.agreements).order_by(policy_revisions.c.number.desc()).limit(1)
    text = connection.execute(query).scalar()
    return {} if text is None else _versions.decode(text)


def add_revision(
    connection: Connection,
    tree: PolicyTree,
    *,
    by: Author,
    now: datetime,
    reason: str,
    kind: str,
    proposal: int | None = None,
    like: Revision | None = None,
) -> Revision:
    """
    Keep a tree as the newest revision; a tier's text gets a new version only if its words changed.

    `like`: an earlier revision with the same tree, whose versions of the texts hold again: going back asks
    nobody anew. Raises SettingsRefused or AgreementRefused for what no laptop would take.
    """
    newest = newest_number(connection)
    number = 1 if newest is None else newest[0] + 1
    agreements = _agreements(connection, tree, like)
    _keep_texts(connection, agreements, now)
    encoded = msgspec.json.encode(tree)
    revision = Revision(
        number,
        tree,
        hashlib.sha256(encoded).hexdigest(),
        "",
        {each.tier: each.version for each in agreements},
        by,
        now,
        reason[:400],
        kind,
        proposal,
    )
    body_hash = Composer(connection, revision, now).school_hash()
    connection.execute(
        insert(policy_revisions).values(
            number=number,
            tree=encoded.decode(),
            tree_hash=revision.tree_hash,
            body_hash=body_hash,
            agreements=msgspec.json.encode(revision.agreements).decode(),
            by_staff=by.staff,
            by_name=by.name[:200],
            offices=",".join(sorted(by.roles))[:120],
            at=now,
            reason=revision.reason,
            kind=kind,
            proposal=proposal,
        )
    )
    _mark_older(connection, revision, None if newest is None else newest[0])
    return revision._replace(body_hash=body_hash)


def _mark_older(connection: Connection, made: Revision, before: int | None) -> None:
    """Open changes were made on the settings before: they move along if those are the same, else wait."""
    is_open = proposals.c.state.in_(("ready", "waiting"))
    query = select(policy_revisions.c.tree_hash).where(policy_revisions.c.number == before)
    if connection.execute(query).scalar() == made.tree_hash:
        moved = update(proposals).where(is_open, proposals.c.base == before)
        connection.execute(moved.values(base=made.number))
    outdated = update(proposals).where(is_open, proposals.c.base != made.number)
    connection.execute(outdated.values(state="outdated"))


class Composer:
    """Makes the bodies of one revision, each once, and keeps them."""

    def __init__(self, connection: Connection, revision: Revision, now: datetime) -> None:
        self._connection = connection
        self._tree = revision.tree
        self._now = now
        listed = officer_lists.newest(connection)
        self._officers = listed.signed if listed else None
        self._agreements = _texts_of(connection, revision)
        self._resolver = Resolver(revision.tree)
        self._hashes: dict[tuple[int, ...], str] = {}

    def school_hash(self) -> str:
        """Return the hash of the school's own body: of a laptop that stands nowhere."""
        return self.hash_for(Placement(""))

    def hash_for(self, placement: Placement) -> str:
        """Return the hash of the body for a laptop that stands there."""
        key = self._resolver.layers.signature(placement)
        if key not in self._hashes:
            self._hashes[key] = self._make(placement)
        return self._hashes[key]

    def _make(self, placement: Placement) -> str:
        resolved = self._resolver.resolve(placement)
        body = wire.PolicyBody(
            school=self._tree.school,
            settings=resolved.settings,
            agreements=self._agreements,
            officers=self._officers,
            variants=resolved.variants,
        )
        encoded = msgspec.json.encode(body)
        wire.read_policy(encoded)  # as every laptop will
        packed = zlib.compress(encoded)
        if len(packed) > wire.MAX_BATCH_BYTES or len(encoded) > wire.MAX_PLAIN_BYTES:
            raise SettingsRefused("These settings are too long for one laptop. Shorten texts or layers.")
        body_hash = hashlib.sha256(encoded).hexdigest()
        kept = sqlite_insert(policy_bodies).values(
            hash=body_hash, packed=packed, bytes=len(encoded), at=self._now
        )
        self._connection.execute(kept.on_conflict_do_nothing())
        return body_hash


def packed_body(connection: Connection, body_hash: str) -> bytes | None:
    """Return a body as it travels, zlib."""
    query = select(policy_bodies.c.packed).where(policy_bodies.c.hash == body_hash)
    packed: bytes | None = connection.execute(query).scalar()
    return packed


def plain_body(connection: Connection, body_hash: str) -> bytes | None:
    """Return the exact bytes that the hash names."""
    packed = packed_body(connection, body_hash)
    return None if packed is None else zlib.decompress(packed)


def read_body(connection: Connection, body_hash: str) -> wire.PolicyBody:
    """Return a body that we made; raise NotFound."""
    if body_hash not in _bodies:
        plain = plain_body(connection, body_hash)
        if plain is None:
            raise NotFound(f"there is no policy body {body_hash}")
        if len(_bodies) >= _MOST_READ:
            _bodies.clear()
        _bodies[body_hash] = wire.read_policy(plain)
    return _bodies[body_hash]


_MOST_READ = 64
_bodies: dict[str, wire.PolicyBody] = {}
"""By hash, so never stale: reading a body again at every request would cost more than the request."""


def settings_in(connection: Connection, body_hash: str) -> Settings:
    """Return the settings of a body; raise NotFound."""
    return read_body(connection, body_hash).settings


def _agreements(connection: Connection, tree: PolicyTree, like: Revision | None) -> tuple[Agreement, ...]:
    composed = composing.compose(tree.school, agreement_settings(tree), tree.tiers)
    if like is not None:
        earlier = {each.tier: each for each in _texts_of(connection, like)}
        if all(each.tier in earlier and earlier[each.tier].texts == each.texts for each in composed):
            return tuple(earlier[each.tier] for each in composed)
    return composing.carry_versions(_newest_agreements(connection), composed)


def _newest_agreements(connection: Connection) -> tuple[Agreement, ...]:
    """Return each tier's newest agreement, also of a tier that was left out for a while."""
    newest: dict[str, Agreement] = {}
    for row in connection.execute(select(agreement_versions).order_by(agreement_versions.c.version)):
        newest[row.tier] = _read_agreement(row.texts)
    return tuple(newest.values())


def _texts_of(connection: Connection, revision: Revision) -> tuple[Agreement, ...]:
    """Return the agreements of a revision, in the order of its tiers."""
    query = select(agreement_versions).where(agreement_versions.c.tier.in_(revision.agreements))
    found = {
        row.tier: _read_agreement(row.texts)
        for row in connection.execute(query)
        if revision.agreements[row.tier] == row.version
    }
    return tuple(found[tier] for tier in revision.tree.tiers)


@functools.lru_cache(maxsize=64)
def _read_agreement(texts: str) -> Agreement:
    return msgspec.json.decode(texts, type=Agreement)


def _keep_texts(connection: Connection, agreements: tuple[Agreement, ...], now: datetime) -> None:
    query = select(agreement_versions.c.tier, agreement_versions.c.version)
    known = {(row.tier, row.version) for row in connection.execute(query)}
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


def author_of(row: Row[Any]) -> Author:
    """Return who stands in a row's `by_staff`, `by_name` and `offices`."""
    offices = frozenset(each for each in row.offices.split(",") if each)
    return Author(row.by_staff, row.by_name, offices)


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        row.number,
        _trees.decode(row.tree),
        row.tree_hash,
        row.body_hash,
        _versions.decode(row.agreements),
        author_of(row),
        row.at,
        row.reason,
        row.kind,
        row.proposal,
    )
