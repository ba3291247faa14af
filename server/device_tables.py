"""Tables about laptops beyond `devices`: where they stand, what they are, how they test, who has them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from server.tables import Instant, metadata, number_key

rooms = Table(
    "rooms",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("site", String(80), nullable=False, server_default="", index=True),
    comment="Only rooms that belong to a site have a row.",
)

device_groups = Table(
    "device_groups",
    metadata,
    Column("device", ForeignKey("devices.id"), primary_key=True),
    Column("name", String(80), primary_key=True, index=True),
)

inventory = Table(
    "inventory",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("at", Instant, nullable=False, comment="when the server heard it"),
    Column("maker", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("serial", String(200), nullable=False),
    Column("serial_key", String(200), nullable=False, index=True, comment="folded, to compare"),
    Column("os", String(200), nullable=False),
    Column("hostname", String(200), nullable=False),
    Column("agent_version", String(200), nullable=False),
    Column("disk_encryption", String(16), nullable=False, comment="on, off, part or unknown"),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("battery_percent", Integer),
    comment="What each laptop last said it is.",
)

expected_laptops = Table(
    "expected_laptops",
    metadata,
    Column("serial_key", String(200), primary_key=True, comment="folded, to compare"),
    Column("serial", String(200), nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    Column("maker", String(200), nullable=False, server_default=""),
    Column("model", String(200), nullable=False, server_default=""),
    Column("room", String(80), nullable=False, server_default=""),
    Column("added_at", Instant, nullable=False),
    Column("added_by", String(120), nullable=False),
    comment="The school's own list: what ought to be enrolled (R41).",
)

device_notes = Table(
    "device_notes",
    metadata,
    number_key("id"),
    Column("device", ForeignKey("devices.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("words", String(400), nullable=False),
)

device_options = Table(
    "device_options",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
)

self_tests = Table(
    "self_tests",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", Instant, nullable=False, comment="by the laptop's clock"),
    Column("received_at", Instant, nullable=False, index=True),
    Column("order_id", String(200), nullable=False, index=True),
    Column("failed", Integer, nullable=False, comment="how many parts failed"),
    Column("results", Text, nullable=False, comment="part to passed, failed or lacking, as JSON"),
    Column("problems", Text, nullable=False, comment="part to sentence, as JSON"),
    Column("signatures_at", Instant),
    Column("newest", Boolean, nullable=False),
    Index("ix_self_tests_newest", "device", sqlite_where=text("newest")),
)

self_test_orders = Table(
    "self_test_orders",
    metadata,
    Column("order_id", String(16), primary_key=True),
    Column("device", String(16), nullable=False, server_default="", comment="empty: a room, or everybody"),
    Column("room", String(80), nullable=False, server_default=""),
    Column("at", Instant, nullable=False, index=True),
    Column("until", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
)

self_test_signs = Table(
    "self_test_signs",
    metadata,
    number_key("id"),
    Column("from_day", String(10), nullable=False, comment="ISO day"),
    Column("until_day", String(10), nullable=False, comment="ISO day, inclusive"),
    Column("at", Instant, nullable=False),
    Column("staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(120), nullable=False),
    Column("figures", Text, nullable=False, comment="what was signed, as JSON"),
    Column("note", String(400), nullable=False, server_default=""),
    comment="The head read a period's results (R83). Append-only.",
)

loans = Table(
    "loans",
    metadata,
    number_key("id"),
    Column("device", String(16), nullable=False, index=True),
    Column("hostname", String(200), nullable=False),
    Column("maker", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("serial", String(200), nullable=False),
    Column("borrower", String(200), nullable=False, comment="as the form names them"),
    Column("person", String(200), nullable=False, server_default="", comment="the school's key, if listed"),
    Column("account", String(80), nullable=False, server_default="", comment="a staff sign-in, if it is one"),
    Column("purpose", String(400), nullable=False, server_default=""),
    Column("terms", String(1200), nullable=False, server_default="", comment="care and insurance"),
    Column("due_day", String(10), nullable=False, comment="ISO day"),
    Column("check_in_days", Integer, nullable=False, comment="0: none"),
    Column("state", String(16), nullable=False, comment="asked, out, returned or cancelled"),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", String(120), nullable=False),
    Column("out_at", Instant),
    Column("seen_at", Instant, comment="last check-in"),
    Column("recalled_at", Instant),
    Column("closed_at", Instant),
    Index("ix_loans_state", "state", "due_day"),
)

loan_entries = Table(
    "loan_entries",
    metadata,
    number_key("id"),
    Column("loan", ForeignKey("loans.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False, comment="a LoanEntryKind"),
    Column("staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(120), nullable=False),
    Column("words", String(400), nullable=False, server_default=""),
    comment="What became of a loan, signatures included. Never changed.",
)
