"""Cases: how they stand, their history, tasks, readers and custody."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEVER_CHANGED = ("case_readers", "case_grants", "case_entries", "case_links", "case_looks", "custody")
"""Rows are only ever added."""
NEVER_REMOVED = ("cases", "case_tasks", "case_notices")
"""Rows say how things stand now and change with it, but none disappears."""


def upgrade() -> None:
    """Make the tables, and the triggers that keep history as it was."""
    op.create_table(
        "case_entries",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "staff", sa.Integer(), nullable=True, comment="no foreign key; none: the server or a laptop"
        ),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False, comment="JSON: what the server may know"),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column(
            "hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="over this entry and the hash before it",
        ),
        sa.PrimaryKeyConstraint("case", "seq", name=op.f("pk_case_entries")),
        comment="A case's history: append-only and hash-chained.",
    )
    op.create_table(
        "case_grants",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("header_hash", sa.String(length=64), nullable=False, comment="which envelope of the case"),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=False),
        sa.Column("by_key", sa.String(length=32), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False, comment="as signed"),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case", "header_hash", "key_id", name=op.f("pk_case_grants")),
        comment="A content key sealed to a later reader, signed by who let them in. Append-only.",
    )
    op.create_table(
        "case_links",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("case", "other", name=op.f("pk_case_links")),
    )
    op.create_table(
        "case_looks",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False, comment="opened, printed or listed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_looks")),
        comment="Who looked at which case. Append-only.",
    )
    op.create_index(op.f("ix_case_looks_at"), "case_looks", ["at"], unique=False)
    op.create_index(op.f("ix_case_looks_case"), "case_looks", ["case"], unique=False)
    op.create_table(
        "case_notices",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False, comment="new, deputy or head"),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "state", sa.String(length=12), nullable=False, comment="waiting, sent, failed, over or no-address"
        ),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notices")),
    )
    op.create_index(op.f("ix_case_notices_case"), "case_notices", ["case"], unique=False)
    op.create_index("ix_case_notices_state", "case_notices", ["state", "next_try_at"], unique=False)
    op.create_index("uq_case_notices_once", "case_notices", ["case", "stage", "staff"], unique=True)
    op.create_table(
        "case_readers",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column(
            "how",
            sa.String(length=8),
            nullable=False,
            comment="to: sealed by the sender; granted: let in later",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case", "key_id", name=op.f("pk_case_readers")),
        comment="Which keys open a case. Append-only.",
    )
    op.create_index("ix_case_readers_key_id", "case_readers", ["key_id"], unique=False)
    op.create_table(
        "case_tasks",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column(
            "place",
            sa.String(length=80),
            server_default="",
            nullable=False,
            comment="isolate: all a technician sees",
        ),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_staff", sa.Integer(), nullable=True),
        sa.Column("done_by", sa.String(length=120), server_default="", nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True, comment="done or not-done"),
        sa.Column("plain", sa.Text(), server_default="{}", nullable=False),
        sa.Column("note_seq", sa.Integer(), nullable=True, comment="the entry with the sealed words"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_tasks")),
    )
    op.create_index(op.f("ix_case_tasks_case"), "case_tasks", ["case"], unique=False)
    op.create_index("ix_case_tasks_kind", "case_tasks", ["kind", "done_at"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=32), nullable=False, comment="the report's id"),
        sa.Column("opened_year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False, comment="counts from 1 each calendar year"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("coarse", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("year", sa.String(length=200), nullable=False, comment="year group, for the trends"),
        sa.Column(
            "crowded", sa.Boolean(), nullable=False, comment="one of very many from one laptop in an hour"
        ),
        sa.Column("state", sa.String(length=8), nullable=False, comment="new, open or closed"),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), server_default="", nullable=False),
        sa.Column(
            "escalated",
            sa.String(length=8),
            server_default="none",
            nullable=False,
            comment="none, deputy or head",
        ),
        sa.Column("hold", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("second_review", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("harm", sa.String(length=24), nullable=True),
        sa.Column("procedure", sa.String(length=24), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("owner_due", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_state", "cases", ["state", "opened_at"], unique=False)
    op.create_index("uq_cases_number", "cases", ["opened_year", "serial"], unique=True)
    op.create_table(
        "custody",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column(
            "item", sa.Integer(), autoincrement=False, nullable=False, comment="counts from 1 in a case"
        ),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "what",
            sa.String(length=16),
            nullable=False,
            comment="laptop, phone, tablet, stick, paper or other",
        ),
        sa.Column("device", sa.String(length=16), server_default="", nullable=False),
        sa.Column(
            "did",
            sa.String(length=16),
            nullable=False,
            comment="taken, stored, moved, handed-over or returned",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=True, comment="the entry with the sealed words, if any"),
        sa.PrimaryKeyConstraint("case", "item", "step", name=op.f("pk_custody")),
        comment="Where evidence was: laptops, phones, other things. Append-only.",
    )
    if op.get_bind().dialect.name == "sqlite":
        _forbid("UPDATE", NEVER_CHANGED)
        _forbid("DELETE", NEVER_CHANGED + NEVER_REMOVED)


def _forbid(what: str, names: tuple[str, ...]) -> None:
    for name in names:
        op.execute(
            f"CREATE TRIGGER {name}_no_{what.lower()} BEFORE {what} ON {name}"
            f" BEGIN SELECT RAISE(ABORT, '{name} are only ever added'); END"
        )
