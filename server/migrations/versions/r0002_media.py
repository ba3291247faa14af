"""Memory sticks: what was plugged in, asked, answered and found."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables about memory sticks."""
    op.create_table(
        "media_plugs",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("plug", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="by the laptop's clock"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=True),
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("media_class", sa.String(length=16), nullable=False),
        sa.Column("vendor", sa.String(length=4), nullable=False),
        sa.Column("model", sa.String(length=4), nullable=False),
        sa.Column("serial", sa.String(length=200), nullable=False),
        sa.Column("descriptors", sa.String(length=64), nullable=False),
        sa.Column("interfaces", sa.String(length=200), nullable=False),
        sa.Column("maker", sa.String(length=200), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("encryption", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False, comment="the policy mode the laptop obeyed"),
        sa.Column("target", sa.String(length=8), nullable=False),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="shut, asked, checking, open or copied"
        ),
        sa.Column("reason", sa.String(length=32), server_default="", nullable=False, comment="a ShutReason"),
        sa.Column(
            "outcome", sa.String(length=16), server_default="", nullable=False, comment="a ScanOutcome"
        ),
        sa.Column("files", sa.BigInteger(), nullable=True),
        sa.Column("scanned", sa.BigInteger(), nullable=True),
        sa.Column("signatures_at", sa.BigInteger(), nullable=True),
        sa.Column("access", sa.String(length=8), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column(
            "answer",
            sa.String(length=32),
            server_default="",
            nullable=False,
            comment="the order it was answered by",
        ),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device", "plug", name=op.f("pk_media_plugs")),
    )
    op.create_index(op.f("ix_media_plugs_person"), "media_plugs", ["person"], unique=False)
    op.create_index(op.f("ix_media_plugs_received_at"), "media_plugs", ["received_at"], unique=False)
    op.create_index("ix_media_plugs_stick", "media_plugs", ["vendor", "model", "serial"], unique=False)
    op.create_table(
        "media_requests",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("plug", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=True),
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("pupil_data", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="waiting, half (the head decides too), approved, denied, withdrawn or ended",
        ),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(length=120), server_default="", nullable=False),
        sa.Column("answer_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("approval", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("device", "request", name=op.f("pk_media_requests")),
    )
    op.create_index("ix_media_requests_state", "media_requests", ["state", "received_at"], unique=False)
    op.create_table(
        "media_approvals",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False, comment="laptop, room or school"),
        sa.Column("device", sa.String(length=16), nullable=False, comment="the laptop it was asked on"),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.Column("request", sa.String(length=32), nullable=True),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("terms", sa.Text(), nullable=False, comment="policies.media.Terms as JSON"),
        sa.Column("product", sa.String(length=200), server_default="", nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="half, live or ended; ended never comes back",
        ),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.String(length=120), nullable=False),
        sa.Column("given_staff", sa.Integer(), nullable=True),
        sa.Column("head_at", sa.BigInteger(), nullable=True),
        sa.Column("head_by", sa.String(length=120), server_default="", nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_approvals")),
    )
    op.create_index("ix_media_approvals_state", "media_approvals", ["state", "until"], unique=False)
    op.create_table(
        "media_orders",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column(
            "device",
            sa.String(length=16),
            server_default="",
            nullable=False,
            comment="empty: by room, or everybody",
        ),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="the order as JSON, before it names a laptop"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_media_orders")),
    )
    op.create_index(op.f("ix_media_orders_order_id"), "media_orders", ["order_id"], unique=False)
    op.create_index(op.f("ix_media_orders_until"), "media_orders", ["until"], unique=False)
    op.create_table(
        "order_outcomes",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "order_id", name=op.f("pk_order_outcomes")),
    )
    op.create_table(
        "media_detections",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("plug", sa.String(length=32), nullable=False),
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_by", sa.String(length=120), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("device", "stream", "seq", name=op.f("pk_media_detections")),
    )
    op.create_index(
        op.f("ix_media_detections_received_at"), "media_detections", ["received_at"], unique=False
    )
    op.create_table(
        "scanners",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when the server heard it"),
        sa.Column("scanner", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("signatures_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_scanners")),
    )
