"""Tables about which adult may be in which room when, and who supervised it (migration r0013)."""

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from server.tables import Instant, metadata, number_key

duty_windows = Table(
    "duty_windows",
    metadata,
    number_key("id"),
    Column("staff", Integer, nullable=False, index=True),
    Column("room", String(80), nullable=False),
    Column("body", Text, nullable=False, comment="policies.windows.Window as JSON, by the school's time"),
    comment="When a teacher is in a room of theirs. A room without a row here is theirs at any time.",
)

cover_grants = Table(
    "cover_grants",
    metadata,
    number_key("id"),
    Column("staff", Integer, nullable=False, index=True, comment="who covers"),
    Column("name", String(120), nullable=False),
    Column("room", String(80), nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("until", Instant, nullable=False, index=True),
    Column("reason", String(400), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("by_staff", Integer, comment="none: the command line"),
    Column("ended_at", Instant),
    Column("ended_by", String(120), nullable=False, server_default=""),
    comment="A room that is somebody's for a while. Only its end is ever written in.",
)

duty_log = Table(
    "duty_log",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False, index=True),
    Column("by_name", String(120), nullable=False),
    Column("by_staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("staff", Integer, nullable=False, comment="whose duty it is"),
    Column("name", String(120), nullable=False),
    Column("what", String(16), nullable=False, comment="cover, cover-ended, room, room-ended or hours"),
    Column("room", String(80), nullable=False),
    Column("from_at", Instant),
    Column("until", Instant),
    Column("reason", String(400), nullable=False, server_default=""),
    comment="Who gave whom which room when. Append-only.",
)

check_ins = Table(
    "check_ins",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False, index=True),
    Column("room", String(80), nullable=False),
    Column("staff", Integer, nullable=False, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(120), nullable=False),
    Column("what", String(16), nullable=False, comment="in, confirmed, offered, took-over, left or ended"),
    Column("until", Instant, nullable=False, comment="what holds from here on; at `left` and `ended`: now"),
    Column("other_staff", Integer, comment="offered: to whom; took-over: from whom"),
    Column("other_name", String(120), nullable=False, server_default=""),
    Column("why", String(16), nullable=False, server_default="", comment="ended: duty, account"),
    Column("order_id", String(16), nullable=False, server_default="", comment="the word laptops were told"),
    Column("issued_at", Instant),
    Index("ix_check_ins_room", "room", "id"),
    comment="Who supervised which room (R19, R20). Append-only.",
)

room_refusals = Table(
    "room_refusals",
    metadata,
    number_key("id"),
    Column("staff", Integer, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("room", String(80), nullable=False, comment="empty: a room that is not there"),
    Column("day", Date, nullable=False),
    Column("why", String(16), nullable=False, comment="not-yours or not-now"),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False, index=True),
    Column("last_at", Instant, nullable=False),
    Index("uq_room_refusals_staff_day_room", "staff", "day", "room", unique=True),
    comment="A teacher who asked for a room by its address and was refused, counted by day.",
)

DUTY_TABLES = (duty_windows, cover_grants, duty_log, check_ins, room_refusals)
