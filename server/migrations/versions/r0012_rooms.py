"""Tables of the teacher's lab: rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "room_layouts",
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="grows with every change"),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="columns, aisles, front and places of laptops as JSON",
        ),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_room_layouts")),
        comment="Where laptops stand. Only rooms that somebody arranged have a row.",
    )
