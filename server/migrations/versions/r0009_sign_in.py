"""Tables about how adults sign in: second factors, recovery codes, invitations, providers, tokens."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
