"""Tables of the app register (R32): what was decided about apps, and which programs laptops have seen."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text

from server.tables import Instant, metadata, number_key

app_entries = Table(
    "app_entries",
    metadata,
    number_key("id"),
    Column("name", String(120), nullable=False),
    Column("name_key", String(120), nullable=False, unique=True, comment="folded: one entry for each name"),
    Column("decision", String(16), nullable=False, comment="approved, refused or open (being looked at)"),
    Column("evaluator", String(120), nullable=False, server_default=""),
    Column("risk_reference", String(120), nullable=False, server_default=""),
    Column("age_from", Integer),
    Column("age_to", Integer),
    Column("review_on", Date),
    Column("note", String(400), nullable=False, server_default=""),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(120), nullable=False),
)

app_names = Table(
    "app_names",
    metadata,
    Column("key", String(200), primary_key=True, comment="folded; a name belongs to one entry"),
    Column("entry", ForeignKey("app_entries.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False, comment="as laptops tell it: a window class or a program"),
)

app_changes = Table(
    "app_changes",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("entry", Integer, nullable=False, comment="no foreign key: the line outlives the entry"),
    Column("what", String(16), nullable=False, comment="added, changed or removed"),
    Column("after", Text, nullable=False, comment="the entry as JSON; empty once removed"),
    Index("ix_app_changes_entry", "entry", "id"),
)

apps_seen = Table(
    "apps_seen",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("app_key", String(200), primary_key=True),
    Column("program_key", String(200), primary_key=True),
    Column("app", String(200), nullable=False, comment="the window's class, as told first"),
    Column("program", String(200), nullable=False, comment="the program file's name; empty: not known"),
    Column("first_at", Instant, nullable=False, comment="when the server heard of it"),
    Column("last_at", Instant, nullable=False, comment="to the day; nobody's name stands here"),
    Index("ix_apps_seen_app", "app_key", "program_key"),
    sqlite_with_rowid=False,
)
