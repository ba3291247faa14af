"""Tables of the teacher's lab: after."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _after()


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
