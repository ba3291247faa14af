"""Tables about laptops beyond `devices`: where they stand, what they are, how they test, who has them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
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
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name=op.f("fk_device_groups_device_devices")),
        sa.PrimaryKeyConstraint("device", "name", name=op.f("pk_device_groups")),
    )
    op.create_index(op.f("ix_device_groups_name"), "device_groups", ["name"])
