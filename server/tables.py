"""The server's tables. Times are stored as whole milliseconds of UTC and read as aware datetimes.

Rows that laptops send live in `records`, one per record; `logins` and `answers` are projections of them
that pages read without opening every record again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS = (datetime(1, 1, 3, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
_LAST_MS = (datetime(9999, 12, 29, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Return an aware datetime as whole milliseconds since 1970, exact for every year Python knows."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def told_ms(at: datetime) -> int:
    """
    Return a laptop's own time as it is kept: as it is, however absurd, but two days off the calendar's ends.

    Beyond them it could be stored and not be read again, or not be shown in the school's own zone.
    """
    return min(max(to_ms(at), _FIRST_MS), _LAST_MS)


def from_ms(ms: int) -> datetime:
    """Return the aware UTC datetime of so many milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as integer milliseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what is stored."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return what is read."""
        return None if value is None else from_ms(value)


def number_key(name: str) -> Column[int]:
    """Return the column of a number that the database counts up."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


versions = Table(
    "versions",
    metadata,
    Column("topic", String(40), primary_key=True),
    Column("number", BigInteger, nullable=False),
    comment="Grows with every change other processes must notice: policy, devices, people, staff.",
)

devices = Table(
    "devices",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("device_key", LargeBinary(32), nullable=False, unique=True),
    Column("machine", String(64), nullable=False, index=True),
    Column("hostname", String(200), nullable=False),
    Column("os", String(200), nullable=False),
    Column("agent_version", String(200), nullable=False),
    Column("room", String(80), nullable=False, index=True),
    Column("state", String(16), nullable=False, comment="active, retired, replaced or cloned"),
    Column("state_reason", String(400), nullable=False, server_default=""),
    Column("code", Integer, comment="the enrolment code it came with; no foreign key, codes may go"),
    Column("enrolled_at", Instant, nullable=False),
    Column("last_seen_at", Instant),
    Column("capabilities", Text, nullable=False, server_default="{}"),
    Column("applied_number", Integer),
    Column("applied_at", Instant),
    Column("rejected_number", Integer),
    Column("rejected_problem", String(200), nullable=False, server_default=""),
)

codes = Table(
    "codes",
    metadata,
    number_key("id"),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),
    Column("room", String(80), nullable=False),
    Column("max_uses", Integer, nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),
    Column("created_by", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

streams = Table(
    "streams",
    metadata,
    Column("device", String(16), ForeignKey("devices.id"), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("next_seq", BigInteger, nullable=False),
    Column("last_hash", LargeBinary(32), nullable=False),
    Column("chain_breaks", Integer, nullable=False, server_default="0"),
)

batches = Table(
    "batches",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("outcome", String(16), nullable=False, comment="stored, gap, quarantined or hole"),
    Column("received_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

records = Table(
    "records",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("type", String(40), nullable=False),
    Column("at", Instant, nullable=False, comment="by the laptop's clock"),
    Column("received_at", Instant, nullable=False, comment="by ours"),
    Column("login", String(32)),
    Column("os_user", String(200)),
    Column("person", String(200)),
    Column("body", Text, nullable=False, comment="the record as JSON"),
    Index("ix_records_login", "login", "device"),
    Index("ix_records_help_asked", "received_at", sqlite_where=text("type = 'help-asked'")),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    number_key("id"),
    Column("device", String(16), ForeignKey("devices.id"), nullable=False, index=True),
    Column("hash", LargeBinary(32), nullable=False),
    Column("stream", String(16)),
    Column("first_seq", BigInteger),
    Column("count", BigInteger),
    Column("reason", String(200), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Index("uq_quarantine_device_hash", "device", "hash", unique=True),
)

logins = Table(
    "logins",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("login", String(32), primary_key=True),
    Column("os_user", String(200), nullable=False, server_default=""),
    Column("person", String(200), index=True),
    Column("tier", String(16)),
    Column("kind", String(16)),
    Column("granted", String(16)),
    Column("started_at", Instant, index=True),
    Column("ended_at", Instant),
    Column("end_reason", String(40)),
)

answers = Table(
    "answers",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("login", String(32), nullable=False),
    Column("os_user", String(200), nullable=False),
    Column("person", String(200), index=True),
    Column("tier", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("answer", String(16), nullable=False),
    Column("reading_seconds", Integer, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("os_user", String(200), primary_key=True),
    Column("person", String(200), nullable=False, index=True),
    Column("display_name", String(200), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("room", String(80), nullable=False, server_default=""),
    Column("year", String(40), nullable=False, server_default=""),
    Column("left_at", Instant),
    comment="Accounts that are let in, and those of leavers (`left_at`), whose names stay.",
)

agreement_versions = Table(
    "agreement_versions",
    metadata,
    Column("tier", String(16), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("texts_hash", String(64), nullable=False),
    Column("texts", Text, nullable=False, comment="the Agreement as JSON, as it was shown"),
    Column("published_at", Instant, nullable=False),
)

staff = Table(
    "staff",
    metadata,
    number_key("id"),
    Column("name", String(80), nullable=False, unique=True, comment="lower case, for signing in"),
    Column("display_name", String(120), nullable=False),
    Column("password_hash", String(300), nullable=False),
    Column("language", String(8), nullable=False, server_default="en"),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("staff", ForeignKey("staff.id"), primary_key=True),
    Column("role", String(16), primary_key=True),
)

staff_rooms = Table(
    "staff_rooms",
    metadata,
    Column("staff", ForeignKey("staff.id"), primary_key=True),
    Column("room", String(80), primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("staff", ForeignKey("staff.id"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    number_key("id"),
    Column("name", String(80), nullable=False, index=True),
    Column("address", String(64), nullable=False, index=True),
    Column("at", Instant, nullable=False, index=True),
)

looks = Table(
    "looks",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False, index=True),
    Column("staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(120), nullable=False),
    Column("what", String(40), nullable=False),
    Column("room", String(80), nullable=False, server_default=""),
    Column("person", String(200), nullable=False, server_default=""),
    Column("device", String(16), nullable=False, server_default=""),
    Column(
        "reason",
        String(200),
        nullable=False,
        server_default="",
        comment="what the adult said it was for",
    ),
    Index("ix_looks_what", "what", "device", "at"),
    comment="Who looked at what. Append-only: the migration forbids UPDATE and DELETE.",
)
