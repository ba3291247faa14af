"""Tables of the teacher's lab: after."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _consents()
    _after()


def _number() -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", number, autoincrement=True, nullable=False)


def _consents() -> None:
    """Apps that pupils asked for, and consents of parents."""
    op.create_table(
        "app_asks",
        _number(),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=False),
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200)),
        sa.Column("app", sa.String(length=200), nullable=False),
        sa.Column("app_key", sa.String(length=200), nullable=False, comment="folded, as lists compare it"),
        sa.Column("program", sa.String(length=200), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False, comment="the pupil's own"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="by the laptop's clock"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=12),
            nullable=False,
            comment="waiting, allowed, denied, withdrawn or ended",
        ),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answered_by", sa.String(length=120), server_default="", nullable=False),
        sa.Column("answered_staff", sa.Integer(), comment="no foreign key: the answer outlives the account"),
        sa.Column("order_id", sa.String(length=16), server_default="", nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_asks")),
        comment="Apps that pupils asked a teacher for (R24).",
    )
    op.create_index(op.f("ix_app_asks_person"), "app_asks", ["person"])
    op.create_index(op.f("ix_app_asks_received_at"), "app_asks", ["received_at"])
    op.create_index("ix_app_asks_state", "app_asks", ["state", "received_at"])
    op.create_index("ix_app_asks_login", "app_asks", ["device", "login"])
    op.create_table(
        "consents",
        _number(),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("app", sa.String(length=120), nullable=False, comment="as the list of apps names it"),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False, comment="paper, meeting, mail or phone"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("staff", sa.Integer()),
        sa.Column("taken_back_at", sa.BigInteger()),
        sa.Column("taken_back_by", sa.String(length=120), server_default="", nullable=False),
        sa.Column("taken_back_reason", sa.String(length=200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        comment="A parent's consent to one app for their child (R24), recorded by the office; lines stay.",
    )
    op.create_index(op.f("ix_consents_person"), "consents", ["person"])


def _after() -> None:
    """Why an adult looked at one pupil, and what teachers passed on and look at no more."""
    op.add_column(
        "looks",
        sa.Column(
            "reason",
            sa.String(length=200),
            server_default="",
            nullable=False,
            comment="what the adult said it was for",
        ),
    )
    op.create_table(
        "concern_marks",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False, comment="who passed it on and looks no more"),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column(
            "mark",
            sa.String(length=64),
            server_default="",
            nullable=False,
            comment="keyed hash of the pupil, whose name stands nowhere; empty: a whole lesson",
        ),
        sa.Column("lifted_at", sa.BigInteger()),
        sa.Column("lifted_by", sa.String(length=120), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern_marks")),
    )
    op.create_index("ix_concern_marks_staff", "concern_marks", ["staff", "room"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER concern_marks_no_delete BEFORE DELETE ON concern_marks"
            " BEGIN SELECT RAISE(ABORT, 'what was passed on stays passed on'); END"
        )
