"""Tables about laptops beyond `devices`: where they stand, what they are, how they test, who has them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEVER_CHANGED = ("self_test_signs", "loan_entries")
"""A signature stays as it was given."""
NEVER_REMOVED = ("self_test_signs",)
"""Loans may go when the school's time for keeping them is over."""


def upgrade() -> None:
    """Make the tables, and the triggers that keep signatures as they were given."""
    op.create_table(
        "rooms",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("site", sa.String(length=80), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rooms")),
        comment="Only rooms that belong to a site have a row.",
    )
    op.create_index(op.f("ix_rooms_site"), "rooms", ["site"])
    op.create_table(
        "device_groups",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name=op.f("fk_device_groups_device")),
        sa.PrimaryKeyConstraint("device", "name", name=op.f("pk_device_groups")),
    )
    op.create_index(op.f("ix_device_groups_name"), "device_groups", ["name"])
    op.create_table(
        "inventory",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when the server heard it"),
        sa.Column("maker", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("serial", sa.String(length=200), nullable=False),
        sa.Column("serial_key", sa.String(length=200), nullable=False, comment="folded, to compare"),
        sa.Column("os", sa.String(length=200), nullable=False),
        sa.Column("hostname", sa.String(length=200), nullable=False),
        sa.Column("agent_version", sa.String(length=200), nullable=False),
        sa.Column(
            "disk_encryption", sa.String(length=16), nullable=False, comment="on, off, part or unknown"
        ),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("battery_percent", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_inventory")),
        comment="What each laptop last said it is.",
    )
    op.create_index(op.f("ix_inventory_serial_key"), "inventory", ["serial_key"])
    op.create_table(
        "expected_laptops",
        sa.Column("serial_key", sa.String(length=200), nullable=False, comment="folded, to compare"),
        sa.Column("serial", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("maker", sa.String(length=200), server_default="", nullable=False),
        sa.Column("model", sa.String(length=200), server_default="", nullable=False),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("serial_key", name=op.f("pk_expected_laptops")),
        comment="The school's own list: what ought to be enrolled (R41).",
    )
    op.create_table(
        "device_notes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name=op.f("fk_device_notes_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_notes")),
    )
    op.create_index(op.f("ix_device_notes_device"), "device_notes", ["device"])
    op.create_table(
        "device_options",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_device_options")),
    )
    op.create_table(
        "self_tests",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="by the laptop's clock"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False, comment="how many parts failed"),
        sa.Column("results", sa.Text(), nullable=False, comment="part to passed, failed or lacking, as JSON"),
        sa.Column("problems", sa.Text(), nullable=False, comment="part to sentence, as JSON"),
        sa.Column("signatures_at", sa.BigInteger(), nullable=True),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("device", "stream", "seq", name=op.f("pk_self_tests")),
    )
    op.create_index("ix_self_tests_newest", "self_tests", ["device"], sqlite_where=sa.text("newest"))
    op.create_index(op.f("ix_self_tests_order_id"), "self_tests", ["order_id"])
    op.create_index(op.f("ix_self_tests_received_at"), "self_tests", ["received_at"])
    op.create_table(
        "self_test_orders",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column(
            "device",
            sa.String(length=16),
            server_default="",
            nullable=False,
            comment="empty: a room, or everybody",
        ),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_self_test_orders")),
    )
    op.create_index(op.f("ix_self_test_orders_at"), "self_test_orders", ["at"])
    op.create_table(
        "self_test_signs",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("from_day", sa.String(length=10), nullable=False, comment="ISO day"),
        sa.Column("until_day", sa.String(length=10), nullable=False, comment="ISO day, inclusive"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "staff", sa.Integer(), nullable=True, comment="no foreign key: the entry outlives the account"
        ),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False, comment="what was signed, as JSON"),
        sa.Column("note", sa.String(length=400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_test_signs")),
        comment="The head read a period's results (R83). Append-only.",
    )
    op.create_table(
        "loans",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("hostname", sa.String(length=200), nullable=False),
        sa.Column("maker", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("serial", sa.String(length=200), nullable=False),
        sa.Column("borrower", sa.String(length=200), nullable=False, comment="as the form names them"),
        sa.Column(
            "person",
            sa.String(length=200),
            server_default="",
            nullable=False,
            comment="the school's key, if listed",
        ),
        sa.Column(
            "account",
            sa.String(length=80),
            server_default="",
            nullable=False,
            comment="a staff sign-in, if it is one",
        ),
        sa.Column("purpose", sa.String(length=400), server_default="", nullable=False),
        sa.Column(
            "terms", sa.String(length=1200), server_default="", nullable=False, comment="care and insurance"
        ),
        sa.Column("due_day", sa.String(length=10), nullable=False, comment="ISO day"),
        sa.Column("check_in_days", sa.Integer(), nullable=False, comment="0: none"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="asked, out, returned or cancelled"),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("out_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=True, comment="last check-in"),
        sa.Column("recalled_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
    )
    op.create_index(op.f("ix_loans_device"), "loans", ["device"])
    op.create_index("ix_loans_state", "loans", ["state", "due_day"])
    op.create_table(
        "loan_entries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("loan", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="a LoanEntryKind"),
        sa.Column(
            "staff", sa.Integer(), nullable=True, comment="no foreign key: the entry outlives the account"
        ),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(length=400), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["loan"], ["loans.id"], name=op.f("fk_loan_entries_loan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_entries")),
        comment="What became of a loan, signatures included. Never changed.",
    )
    op.create_index(op.f("ix_loan_entries_loan"), "loan_entries", ["loan"])
    if op.get_bind().dialect.name == "sqlite":
        _forbid("UPDATE", NEVER_CHANGED)
        _forbid("DELETE", NEVER_REMOVED)


def _forbid(what: str, names: tuple[str, ...]) -> None:
    for name in names:
        op.execute(
            f"CREATE TRIGGER {name}_no_{what.lower()} BEFORE {what} ON {name}"
            f" BEGIN SELECT RAISE(ABORT, '{name} stay as they were written'); END"
        )
