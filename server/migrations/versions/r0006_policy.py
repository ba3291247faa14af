"""Tables about settings: revisions, proposed changes, approvals, rollouts and what each laptop is given."""

import hashlib
import json
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and carry over what was published."""
    _revisions()
    _proposals()
    _rollouts()
    _carry_over(op.get_bind())
    op.drop_table("policies")


def _revisions() -> None:
    op.create_table(
        "policy_revisions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tree", sa.Text(), nullable=False, comment="policies.tree.PolicyTree as JSON"),
        sa.Column("tree_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "body_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the school's own body, without layers",
        ),
        sa.Column("agreements", sa.Text(), nullable=False, comment="tier -> version, as JSON"),
        sa.Column("by_staff", sa.Integer(), comment="no foreign key: the entry outlives the account"),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("offices", sa.String(length=120), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=400), server_default="", nullable=False),
        sa.Column(
            "kind", sa.String(length=16), nullable=False, comment="published, applied, rollback or stopped"
        ),
        sa.Column("proposal", sa.Integer()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_policy_revisions")),
        comment="Every state the school's settings have been in. Append-only.",
    )
    op.create_table(
        "policy_bodies",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False, comment="the exact bytes, zlib"),
        sa.Column("bytes", sa.Integer(), nullable=False, comment="unpacked"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_policy_bodies")),
    )
    op.create_table(
        "assignments",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="never goes back"),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="whose tree the body was made of"),
        sa.Column("good_body_hash", sa.String(length=64), nullable=False),
        sa.Column("good_revision", sa.Integer(), nullable=False, comment="what it goes back to"),
        sa.Column("rollout", sa.Integer(), comment="the one under way that gave it the body"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name=op.f("fk_assignments_device_devices")),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_assignments")),
    )
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER policy_revisions_no_{what.lower()} BEFORE {what} ON policy_revisions "
            "BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END"
        )


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("tree", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("risk", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("weakens", sa.Boolean(), nullable=False),
        sa.Column(
            "changes",
            sa.Text(),
            nullable=False,
            comment="policies.comparing.Change as JSON, as it was shown",
        ),
        sa.Column("affected", sa.Text(), nullable=False, comment="ids of laptops, as JSON"),
        sa.Column("plan", sa.Text(), nullable=False, comment="server.rollout_machine.Plan as JSON"),
        sa.Column(
            "back_to", sa.Integer(), comment="the earlier revision whose tree this is, where it goes back"
        ),
        sa.Column("by_staff", sa.Integer()),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("offices", sa.String(length=120), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), comment="what it became"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_state"), "proposals", ["state"])
    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposal", sa.Integer(), nullable=False),
        sa.Column("by_staff", sa.Integer()),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("offices", sa.String(length=120), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False, comment="yes, no or withdrawn"),
        sa.Column("words", sa.String(length=2000), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposals.number"], name=op.f("fk_approvals_proposal_proposals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_proposal"), "approvals", ["proposal"])
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER approvals_no_{what.lower()} BEFORE {what} ON approvals "
            "BEGIN SELECT RAISE(ABORT, 'approvals are append-only'); END"
        )


def _rollouts() -> None:
    op.create_table(
        "rollouts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("good_revision", sa.Integer(), nullable=False, comment="what laptops go back to"),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="running, paused, done, stopped or overtaken",
        ),
        sa.Column("ring", sa.Integer(), nullable=False, comment="the last one that is open, from 0"),
        sa.Column("ring_opened_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "note",
            sa.String(length=400),
            server_default="",
            nullable=False,
            comment="why it stopped, what it skipped",
        ),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rollouts")),
    )
    op.create_index(op.f("ix_rollouts_revision"), "rollouts", ["revision"])
    op.create_index("ix_rollouts_state", "rollouts", ["state"])
    op.create_table(
        "rollout_devices",
        sa.Column("rollout", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("seen_before", sa.BigInteger(), comment="when it last spoke before its ring opened"),
        sa.Column("broken_before", sa.String(length=400), server_default="", nullable=False),
        sa.Column("opened_at", sa.BigInteger(), comment="when it was given the new settings"),
        sa.Column(
            "outcome",
            sa.String(length=16),
            server_default="",
            nullable=False,
            comment="at the end: what it said",
        ),
        sa.Column("problem", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout"], ["rollouts.number"], name=op.f("fk_rollout_devices_rollout_rollouts")
        ),
        sa.PrimaryKeyConstraint("rollout", "device", name=op.f("pk_rollout_devices")),
        comment="Which laptop is in which ring, as it was when the rollout began.",
    )


def _carry_over(bind: sa.Connection) -> None:
    """Every published policy becomes a revision of the same number; laptops keep the numbers they know."""
    published = bind.execute(sa.text("SELECT * FROM policies ORDER BY number")).mappings().all()
    hashes = {}
    for row in published:
        body = json.loads(row["body"])
        tree = json.dumps(_tree(body, row["profile"]), ensure_ascii=False, separators=(",", ":"))
        hashes[row["number"]] = row["body_hash"]
        versions = {agreement["tier"]: agreement["version"] for agreement in body["agreements"]}
        bind.execute(
            sa.text(
                "INSERT INTO policy_revisions (number, tree, tree_hash, body_hash, agreements, by_name, at,"
                " reason, kind) VALUES (:number, :tree, :tree_hash, :body_hash, :agreements, :by_name, :at,"
                " :reason, 'published')"
            ),
            {
                "number": row["number"],
                "tree": tree,
                "tree_hash": hashlib.sha256(tree.encode()).hexdigest(),
                "body_hash": row["body_hash"],
                "agreements": json.dumps(versions),
                "by_name": row["published_by"],
                "at": row["published_at"],
                "reason": row["reason"],
            },
        )
        bind.execute(
            sa.text("INSERT OR IGNORE INTO policy_bodies VALUES (:hash, :packed, :bytes, :at)"),
            {
                "hash": row["body_hash"],
                "packed": zlib.compress(row["body"]),
                "bytes": len(row["body"]),
                "at": row["published_at"],
            },
        )
    if published:
        _assign(bind, published[-1], hashes)


def _tree(body: dict[str, Any], profile: str) -> dict[str, Any]:
    return {
        "school": body["school"],
        "tiers": [agreement["tier"] for agreement in body["agreements"]],
        "settings": body["settings"],
        "profile": profile,
    }


def _assign(bind: sa.Connection, newest: sa.RowMapping, hashes: dict[int, str]) -> None:
    """Every laptop was given the newest policy; what it confirmed last is what it would go back to."""
    for device in bind.execute(sa.text("SELECT id, applied_number FROM devices")).mappings().all():
        confirmed = device["applied_number"]
        good = confirmed if confirmed in hashes else newest["number"]
        bind.execute(
            sa.text(
                "INSERT INTO assignments (device, number, body_hash, revision, good_body_hash,"
                " good_revision, at) VALUES (:device, :number, :hash, :number, :good_hash, :good, :at)"
            ),
            {
                "device": device["id"],
                "number": newest["number"],
                "hash": newest["body_hash"],
                "good_hash": hashes[good],
                "good": good,
                "at": newest["published_at"],
            },
        )
