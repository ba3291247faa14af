"""Tables about officers' keys, sealed reports as they came, laptops under quarantine, and broken things.

What must never change has triggers in its revision that refuse UPDATE and DELETE: `reports`,
`officers_lists`, `ceremonies` and everything in `case_tables` that is a history.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from server.tables import Instant, metadata, number_key

officer_keys = Table(
    "officer_keys",
    metadata,
    number_key("id"),
    Column("staff", Integer, nullable=False, index=True, comment="no foreign key: outlives the account"),
    Column("key_id", String(32), nullable=False, unique=True),
    Column("key", LargeBinary(32), nullable=False, comment="X25519: reports are sealed to it"),
    Column("sign_key", LargeBinary(32), nullable=False, unique=True),
    Column("record", Text, nullable=False, comment="private halves, wrapped under the passphrase"),
    Column("made_at", Instant, nullable=False),
    Column("replaced_at", Instant, comment="a lost passphrase: the staff member has another key now"),
)

officers_lists = Table(
    "officers_lists",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("list", LargeBinary, nullable=False, comment="policies.officers.OfficersList, as signed"),
    Column("signature", LargeBinary(64), nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("changes", Text, nullable=False, comment="policies.officers.RootChange list as JSON"),
    Column("root_box", LargeBinary, comment="the root's private half, sealed to the recovery sheet"),
    Column("published_at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
)

ceremonies = Table(
    "ceremonies",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    Column(
        "what",
        String(24),
        nullable=False,
        comment="key-made, key-replaced, lost-passphrase, used-sheet, list-published, root-changed",
    ),
    Column("note", String(200), nullable=False, server_default=""),
    Index("ix_ceremonies_staff", "staff", "what", "at"),
    comment="What was done about keys. Append-only.",
)

reports = Table(
    "reports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device", String(16), nullable=False, comment="a laptop, or the word staff"),
    Column("received_at", Instant, nullable=False),
    Column("hostname", String(200), nullable=False),
    Column("room", String(80), nullable=False, comment="where the laptop stood then"),
    Column("coarse", String(16), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("year", String(200), nullable=False),
    Column("list_seq", BigInteger, nullable=False),
    Column("origin", String(8), nullable=False, comment="pupil or staff"),
    Column("what", String(24), nullable=False, server_default="", comment="kind of a staff report"),
    Column("reported_by", String(120), nullable=False, server_default="", comment="a signed-in adult"),
    Column("envelope", LargeBinary, nullable=False),
    Column("header_hash", String(64), nullable=False),
    Column("device_key", LargeBinary(32), nullable=False, comment="whose signature the envelope carries"),
    Index("ix_reports_device", "device", "received_at"),
    comment="Sealed reports as they came. Append-only.",
)

report_misfits = Table(
    "report_misfits",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("device", String(16), nullable=False, index=True),
    Column("report", String(32), nullable=False),
    Column("why", String(16), nullable=False, comment="replayed, foreign, forged or unreadable"),
    comment="What laptops sent as reports and was not taken as one; the bytes stay in records.",
)

problems = Table(
    "problems",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False, index=True),
    Column("login", String(32)),
    Column("os_user", String(200), nullable=False),
    Column("person", String(200)),
    Column("kind", String(16), nullable=False),
    Column("words", String(200), nullable=False),
    Column("done_at", Instant),
    Column("done_by", String(120), nullable=False, server_default=""),
)

quarantines = Table(
    "quarantines",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="only ever grows"),
    Column("order_id", String(16), nullable=False, index=True),
    Column("is_on", Boolean, nullable=False),
    Column("case", String(32), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    Column("confirmed_at", Instant, comment="when the laptop said that it did so"),
)

sign_offs = Table(
    "sign_offs",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    Column("last_look", BigInteger, nullable=False, comment="newest entry of looks that was in front"),
    Column("last_case_look", BigInteger, nullable=False),
    Column("looks", Integer, nullable=False, comment="how many entries since the sign-off before"),
    Column("note", String(400), nullable=False, server_default=""),
    comment="The head's periodic word that they read who looked at what. Append-only.",
)

pack_entries = Table(
    "pack_entries",
    metadata,
    number_key("id"),
    Column("school_year", Integer, nullable=False, comment="the year it starts in"),
    Column("what", String(40), nullable=False),
    Column("value", String(400), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    comment="Figures for the governors' pack that people entered. The newest counts; older ones stay.",
)
