"""Tables about cases. `cases` says how a case stands now; its history is `case_entries`, which nobody edits.

A task's kind, due, done and by are plain; every free text is sealed in an officer's browser.
"""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from server.tables import Instant, metadata, number_key

cases = Table(
    "cases",
    metadata,
    Column("id", String(32), primary_key=True, comment="the report's id"),
    Column("opened_year", Integer, nullable=False),
    Column("serial", Integer, nullable=False, comment="counts from 1 each calendar year"),
    Column("opened_at", Instant, nullable=False),
    Column("coarse", String(16), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("year", String(200), nullable=False, comment="year group, for the trends"),
    Column("crowded", Boolean, nullable=False, comment="one of very many from one laptop in an hour"),
    Column("state", String(8), nullable=False, comment="new, open or closed"),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(120), nullable=False, server_default=""),
    Column("escalated", String(8), nullable=False, server_default="none", comment="none, deputy or head"),
    Column("hold", Boolean, nullable=False, server_default="0"),
    Column("quarantined", Boolean, nullable=False, server_default="0"),
    Column("second_review", Boolean, nullable=False, server_default="0"),
    Column("harm", String(24)),
    Column("procedure", String(24)),
    Column("reference", String(60)),
    Column("owner_due", Instant),
    Column("closed_at", Instant),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    Column("last_hash", LargeBinary(32), nullable=False),
    Index("uq_cases_number", "opened_year", "serial", unique=True),
    Index("ix_cases_state", "state", "opened_at"),
)

case_readers = Table(
    "case_readers",
    metadata,
    Column("case", String(32), primary_key=True),
    Column("key_id", String(32), primary_key=True),
    Column("how", String(8), nullable=False, comment="to: sealed by the sender; granted: let in later"),
    Column("at", Instant, nullable=False),
    Index("ix_case_readers_key_id", "key_id"),
    comment="Which keys open a case. Append-only.",
)

case_grants = Table(
    "case_grants",
    metadata,
    Column("case", String(32), primary_key=True),
    Column("header_hash", String(64), primary_key=True, comment="which envelope of the case"),
    Column("key_id", String(32), primary_key=True),
    Column("wrap", LargeBinary, nullable=False),
    Column("by_key", String(32), nullable=False),
    Column("at", String(40), nullable=False, comment="as signed"),
    Column("signature", LargeBinary(64), nullable=False),
    Column("given_at", Instant, nullable=False),
    comment="A content key sealed to a later reader, signed by who let them in. Append-only.",
)

case_entries = Table(
    "case_entries",
    metadata,
    Column("case", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("staff", Integer, comment="no foreign key; none: the server or a laptop"),
    Column("by_name", String(120), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("plain", Text, nullable=False, comment="JSON: what the server may know"),
    Column("envelope", LargeBinary),
    Column("hash", LargeBinary(32), nullable=False, comment="over this entry and the hash before it"),
    comment="A case's history: append-only and hash-chained.",
)

case_tasks = Table(
    "case_tasks",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("case", String(32), nullable=False, index=True),
    Column("kind", String(24), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(120), nullable=False),
    Column("due", Instant, nullable=False),
    Column("place", String(80), nullable=False, server_default="", comment="isolate: all a technician sees"),
    Column("done_at", Instant),
    Column("done_staff", Integer),
    Column("done_by", String(120), nullable=False, server_default=""),
    Column("outcome", String(8), comment="done or not-done"),
    Column("plain", Text, nullable=False, server_default="{}"),
    Column("note_seq", Integer, comment="the entry with the sealed words"),
    Index("ix_case_tasks_kind", "kind", "done_at"),
)

case_links = Table(
    "case_links",
    metadata,
    Column("case", String(32), primary_key=True),
    Column("other", String(32), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
)

case_looks = Table(
    "case_looks",
    metadata,
    number_key("id"),
    Column("case", String(32), nullable=False, index=True),
    Column("at", Instant, nullable=False, index=True),
    Column("staff", Integer),
    Column("by_name", String(120), nullable=False),
    Column("what", String(16), nullable=False, comment="opened, printed or listed"),
    comment="Who looked at which case. Append-only.",
)

custody = Table(
    "custody",
    metadata,
    Column("case", String(32), primary_key=True),
    Column("item", Integer, primary_key=True, autoincrement=False, comment="counts from 1 in a case"),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("what", String(16), nullable=False, comment="laptop, phone, tablet, stick, paper or other"),
    Column("device", String(16), nullable=False, server_default=""),
    Column("did", String(16), nullable=False, comment="taken, stored, moved, handed-over or returned"),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("entry", Integer, comment="the entry with the sealed words, if any"),
    comment="Where evidence was: laptops, phones, other things. Append-only.",
)

case_notices = Table(
    "case_notices",
    metadata,
    number_key("id"),
    Column("case", String(32), nullable=False, index=True),
    Column("stage", String(8), nullable=False, comment="new, deputy or head"),
    Column("staff", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("state", String(12), nullable=False, comment="waiting, sent, failed, over or no-address"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Index("uq_case_notices_once", "case", "stage", "staff", unique=True),
    Index("ix_case_notices_state", "state", "next_try_at"),
)
