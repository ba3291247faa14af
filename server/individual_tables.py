"""Tables of what holds for one person alone: arrangements, limits, talks, lessons, countersignatures.

Reasons are special words about a child: they stand here in plain, are opened to the offices that set them
and to nobody else, and never travel to a laptop. Nothing here points at a report or a case, and nothing may
(R44).
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, String, Table, Text

from server.tables import Instant, metadata, number_key

arrangements = Table(
    "arrangements",
    metadata,
    number_key("id"),
    Column("person", String(200), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(120), nullable=False),
    Column("until_day", Date, nullable=False, comment="the last day on which it holds"),
    Column("tier", String(16)),
    Column("language", String(8)),
    Column("idle_after_seconds", Integer),
    Column("answer_within_seconds", Integer),
    Column("text_scale_percent", Integer, nullable=False, server_default="100"),
    Column("reads_aloud", Boolean, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False),
    Column("ended", Boolean, nullable=False, server_default="0", comment="this entry ends it"),
    comment="What one person needs otherwise (R5); the newest entry holds. Append-only.",
)

restrictions = Table(
    "restrictions",
    metadata,
    number_key("id"),
    Column("person", String(200), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    Column("until", Instant, nullable=False),
    Column("only_in", Text, comment="JSON of a window: logins only inside it; none: not at all"),
    Column("reason", Text, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", String(120), nullable=False, server_default=""),
    Column("lifted_why", String(400), nullable=False, server_default=""),
    comment="A limit for a while, set by a person (R16). Nothing is deleted.",
)

resigns = Table(
    "resigns",
    metadata,
    number_key("id"),
    Column("person", String(200), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("met_on", Date),
    Column("met_with", String(200), nullable=False, server_default=""),
    Column("met_at", Instant, comment="when it was recorded; acceptances before it count no longer"),
    Column("met_by", String(120), nullable=False, server_default=""),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", String(120), nullable=False, server_default=""),
    Column("withdrawn_why", String(400), nullable=False, server_default=""),
    comment="Not let in before a meeting is recorded and the agreement accepted anew (R10).",
)

inductions = Table(
    "inductions",
    metadata,
    number_key("id"),
    Column("person", String(200), nullable=False, index=True),
    Column("held_on", Date, comment="none: the date was taken away"),
    Column("at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    comment="When a pupil had the lesson about safety (R11); the newest entry holds. Append-only.",
)

countersigns = Table(
    "countersigns",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("person", String(200), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    Column("office", String(16), nullable=False),
    Column("job_title", String(120), nullable=False),
    comment="An adult's acceptance, countersigned (R8). The key is that of the answer. Append-only.",
)

grant_news = Table(
    "grant_news",
    metadata,
    number_key("seq"),
    Column("person", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_grant_news_at", "at"),
    comment="For whom something changed: laptops where they are logged in are told.",
)

INDIVIDUAL_TABLES = (arrangements, restrictions, resigns, inductions, countersigns, grant_news)
NEVER_CHANGED = ("arrangements", "inductions", "countersigns")
NEVER_REMOVED = ("restrictions", "resigns")
