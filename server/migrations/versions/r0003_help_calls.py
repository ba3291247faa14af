"""Finding calls for help and their answers without reading every record."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two indexes; no table changes its shape."""
    op.create_index(
        "ix_records_help_asked",
        "records",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("type = 'help-asked'"),
    )
    op.create_index("ix_looks_what", "looks", ["what", "device", "at"], unique=False)


def downgrade() -> None:
    """Take the indexes away."""
    op.drop_index("ix_looks_what", "looks")
    op.drop_index("ix_records_help_asked", "records")
