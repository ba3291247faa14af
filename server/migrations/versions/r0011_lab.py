"""Tables of the teacher's lab: lab."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

YEAR_MS = 365 * 24 * 3600 * 1000
"""What teachers did is kept at least so long, whoever asks."""


def upgrade() -> None:
    """Make the tables, and the triggers that keep what teachers did as it was."""
    op.create_index("ix_order_outcomes_order_id", "order_outcomes", ["order_id"])
    _orders()
    _words_of_laptops()
    _actions()


def _orders() -> None:
    op.create_table(
        "lab_orders",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=12),
            nullable=False,
            comment="attention, lock, unlock, pause, message or thanks",
        ),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("whole_room", sa.Boolean(), nullable=False, comment="also laptops that come later"),
        sa.Column(
            "login", sa.String(length=32), server_default="", nullable=False, comment="thanks: to whom"
        ),
        sa.Column("words", sa.String(length=300), server_default="", nullable=False),
        sa.Column("locks", sa.Boolean(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("staff", sa.Integer(), comment="no foreign key: the order outlives the account"),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False, comment="of its newest word"),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", sa.String(length=120), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_lab_orders")),
        comment="What teachers ordered for a room. Its words to laptops stand in media_orders.",
    )
    op.create_index("ix_lab_orders_room", "lab_orders", ["room", "given_at"])
    op.create_table(
        "lab_targets",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "device", name=op.f("pk_lab_targets")),
        comment="The laptops an order was meant for when it was given.",
    )


def _words_of_laptops() -> None:
    op.create_table(
        "lab_ends",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False, comment="expired, ended or unsupervised"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when the server heard it"),
        sa.PrimaryKeyConstraint("device", "order_id", name=op.f("pk_lab_ends")),
        comment="Pauses of the idle lock that ended on a laptop.",
    )
    op.create_table(
        "lab_answers",
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=False),
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200)),
        sa.Column("answer", sa.String(length=8), nullable=False, comment="ok, not-yet or help"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when the server heard it"),
        sa.PrimaryKeyConstraint("order_id", "device", "login", name=op.f("pk_lab_answers")),
        comment="Which of three buttons was pressed under a teacher's message; the last press holds.",
    )


def _actions() -> None:
    op.create_table(
        "lab_actions",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), comment="no foreign key: the entry outlives the account"),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column(
            "device",
            sa.String(length=16),
            server_default="",
            nullable=False,
            comment="if it was one laptop",
        ),
        sa.Column(
            "devices",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="how many; 0: the whole room",
        ),
        sa.Column("login", sa.String(length=32), server_default="", nullable=False),
        sa.Column("words", sa.String(length=300), server_default="", nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("order_id", sa.String(length=16), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_actions")),
        comment="What teachers did in their rooms. Append-only; forgotten after a school year.",
    )
    op.create_index(op.f("ix_lab_actions_at"), "lab_actions", ["at"])
    op.create_index("ix_lab_actions_room", "lab_actions", ["room", "at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER lab_actions_no_update BEFORE UPDATE ON lab_actions"
            " BEGIN SELECT RAISE(ABORT, 'what teachers did is only ever added'); END"
        )
        op.execute(
            "CREATE TRIGGER lab_actions_no_delete BEFORE DELETE ON lab_actions"
            f" WHEN OLD.at > CAST(strftime('%s', 'now') AS INTEGER) * 1000 - {YEAR_MS}"
            " BEGIN SELECT RAISE(ABORT, 'what teachers did is kept for a year'); END"
        )
