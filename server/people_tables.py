"""Tables about people beyond `people`: who was ever listed, imports, parents' copies, offices, corrections.

Below a heading of their own: arrangements, restrictions, inductions, meetings, countersigned.
"""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, String, Table, Text

from server.tables import Instant, metadata, number_key

roster = Table(
    "roster",
    metadata,
    Column("person", String(200), primary_key=True, comment="the school's id of the person"),
    Column("kind", String(16), nullable=False, comment="pupil, staff or visitor"),
    Column("given_name", String(120), nullable=False, server_default=""),
    Column("family_name", String(120), nullable=False, server_default=""),
    Column("display_name", String(200), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("room", String(80), nullable=False, server_default="", index=True),
    Column("year", String(40), nullable=False, server_default=""),
    Column("job_title", String(120), nullable=False, server_default=""),
    Column("source", String(16), nullable=False, comment="oneroster, csv, hand or list"),
    Column("joined_at", Instant, nullable=False),
    Column("joined_by", String(120), nullable=False, server_default=""),
    Column("left_at", Instant, index=True),
    Column("left_by", String(120), nullable=False, server_default=""),
    Column("left_reason", String(400), nullable=False, server_default=""),
    comment="Everybody who was ever listed. Nobody is deleted here: a leaver has an end date.",
)

roster_changes = Table(
    "roster_changes",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("person", String(200), nullable=False, index=True),
    Column(
        "what", String(24), nullable=False, comment="joined, left, returned, changed, corrected or account"
    ),
    Column("field", String(24), nullable=False, server_default=""),
    Column("before", String(200), nullable=False, server_default=""),
    Column("after", String(200), nullable=False, server_default=""),
    Column("reason", String(400), nullable=False, server_default=""),
    Column("import", Integer, key="from_import", comment="the import it came with"),
)

roster_imports = Table(
    "roster_imports",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("staff", Integer),
    Column("source", String(24), nullable=False),
    Column("file_name", String(200), nullable=False, server_default=""),
    Column("file_hash", String(64), nullable=False),
    Column("base", BigInteger, nullable=False, comment="the list's number that the comparison was made with"),
    Column("state", String(16), nullable=False, comment="waiting, applied or dropped"),
    Column("rules", Text, nullable=False, comment="how columns, tiers, accounts and rooms were read"),
    Column("body", LargeBinary, comment="the people as read; emptied once it is decided"),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("decided_at", Instant),
    Column("decided_by", String(120), nullable=False, server_default=""),
)

people_settings = Table(
    "people_settings",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("body", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(120), nullable=False),
)

parents_copies = Table(
    "parents_copies",
    metadata,
    number_key("id"),
    Column("person", String(200), nullable=False, index=True),
    Column("tier", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("acknowledged_on", Date, nullable=False),
    Column("how", String(16), nullable=False, comment="paper, meeting, mail or phone"),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("staff", Integer),
    Column("taken_back_at", Instant),
    Column("taken_back_by", String(120), nullable=False, server_default=""),
    comment="A parent's acknowledgement of their copy of the agreement, recorded by the office (R12).",
)

attributions = Table(
    "attributions",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("staff", Integer),
    Column("device", String(16), nullable=False),
    Column("login", String(32), nullable=False),
    Column("was_person", String(200), nullable=False, server_default="", index=True),
    Column("is_person", String(200), nullable=False, server_default="", index=True),
    Column("reason", String(400), nullable=False),
    Index("ix_attributions_login", "device", "login"),
    comment="A login that another person did. Its records stay as they came; this stands beside them.",
)

office_grants = Table(
    "office_grants",
    metadata,
    number_key("id"),
    Column("staff", Integer, nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("display_name", String(120), nullable=False),
    Column("role", String(16), nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("granted_by", String(120), nullable=False, server_default=""),
    Column("ended_at", Instant),
    Column("ended_by", String(120), nullable=False, server_default=""),
    comment="Which adult had which office from when until when, and who gave it (R7).",
)
