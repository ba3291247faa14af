"""Tables about memory sticks. Plugs, requests and detections are projections of what laptops recorded;
approvals and the orders that carry them are ours.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from server.tables import Instant, metadata

media_plugs = Table(
    "media_plugs",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("plug", String(32), primary_key=True),
    Column("at", Instant, nullable=False, comment="by the laptop's clock"),
    Column("received_at", Instant, nullable=False, index=True),
    Column("login", String(32)),
    Column("os_user", String(200), nullable=False),
    Column("person", String(200), index=True),
    Column("media_class", String(16), nullable=False),
    Column("vendor", String(4), nullable=False),
    Column("model", String(4), nullable=False),
    Column("serial", String(200), nullable=False),
    Column("descriptors", String(64), nullable=False),
    Column("interfaces", String(200), nullable=False),
    Column("maker", String(200), nullable=False),
    Column("product", String(200), nullable=False),
    Column("size_bytes", BigInteger),
    Column("encryption", String(16), nullable=False),
    Column("mode", String(32), nullable=False, comment="the policy mode the laptop obeyed"),
    Column("target", String(8), nullable=False),
    Column("state", String(16), nullable=False, comment="shut, asked, checking, open or copied"),
    Column("reason", String(32), nullable=False, server_default="", comment="a ShutReason"),
    Column("outcome", String(16), nullable=False, server_default="", comment="a ScanOutcome"),
    Column("files", BigInteger),
    Column("scanned", BigInteger),
    Column("signatures_at", Instant),
    Column("access", String(8)),
    Column("until", Instant),
    Column("answer", String(32), nullable=False, server_default="", comment="the order it was answered by"),
    Column("gone_at", Instant),
    Index("ix_media_plugs_stick", "vendor", "model", "serial"),
)

media_requests = Table(
    "media_requests",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("request", String(32), primary_key=True),
    Column("plug", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("login", String(32)),
    Column("os_user", String(200), nullable=False),
    Column("person", String(200)),
    Column("reason", String(200), nullable=False),
    Column("pupil_data", Boolean, nullable=False),
    Column(
        "state",
        String(16),
        nullable=False,
        comment="waiting, half (the head decides too), approved, denied, withdrawn or ended",
    ),
    Column("answered_at", Instant),
    Column("answered_by", String(120), nullable=False, server_default=""),
    Column("answer_reason", String(200), nullable=False, server_default=""),
    Column("approval", String(16)),
    Index("ix_media_requests_state", "state", "received_at"),
)

media_approvals = Table(
    "media_approvals",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("place", String(8), nullable=False, comment="laptop, room or school"),
    Column("device", String(16), nullable=False, comment="the laptop it was asked on"),
    Column("room", String(80), nullable=False, server_default=""),
    Column("request", String(32)),
    Column("person", String(200)),
    Column("terms", Text, nullable=False, comment="policies.media.Terms as JSON"),
    Column("product", String(200), nullable=False, server_default=""),
    Column("standing", Boolean, nullable=False),
    Column("note", String(200), nullable=False, server_default="", comment="what the adult calls this stick"),
    Column("until", Instant, nullable=False),
    Column("state", String(16), nullable=False, comment="half, live or ended; ended never comes back"),
    Column("given_at", Instant, nullable=False),
    Column("given_by", String(120), nullable=False),
    Column("given_staff", Integer),
    Column("head_at", Instant),
    Column("head_by", String(120), nullable=False, server_default=""),
    Column("ended_at", Instant),
    Column("ended_by", String(120), nullable=False, server_default=""),
    Index("ix_media_approvals_state", "state", "until"),
)

media_orders = Table(
    "media_orders",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("order_id", String(16), nullable=False, index=True),
    Column("device", String(16), nullable=False, server_default="", comment="empty: by room, or everybody"),
    Column("room", String(80), nullable=False, server_default=""),
    Column("until", Instant, nullable=False, index=True),
    Column("body", Text, nullable=False, comment="the order as JSON, before it names a laptop"),
)

order_outcomes = Table(
    "order_outcomes",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("order_id", String(200), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("problem", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_order_outcomes_order_id", "order_id"),
)

media_detections = Table(
    "media_detections",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False, index=True),
    Column("plug", String(32), nullable=False),
    Column("os_user", String(200), nullable=False),
    Column("person", String(200)),
    Column("signature", String(200), nullable=False),
    Column("files", BigInteger, nullable=False),
    Column("seen_at", Instant),
    Column("seen_by", String(120), nullable=False, server_default=""),
)

scanners = Table(
    "scanners",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("at", Instant, nullable=False, comment="when the server heard it"),
    Column("scanner", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("signatures_at", Instant),
)

MEDIA_TABLES = (
    media_plugs,
    media_requests,
    media_approvals,
    media_orders,
    order_outcomes,
    media_detections,
    scanners,
)
