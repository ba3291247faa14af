"""Tables about settings: revisions, proposed changes, approvals, rollouts and what each laptop is given."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
