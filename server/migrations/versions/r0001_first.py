"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table; on SQLite, forbid changing what Oversight holds."""
    op.create_table(
        "agreement_versions",
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("texts_hash", sa.String(length=64), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False, comment="the Agreement as JSON, as it was shown"),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tier", "version", name=op.f("pk_agreement_versions")),
    )
    op.create_table(
        "answers",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=False),
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("reading_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device", "stream", "seq", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_person"), "answers", ["person"], unique=False)
    op.create_table(
        "batches",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "outcome", sa.String(length=16), nullable=False, comment="stored, gap, quarantined or hole"
        ),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "stream", "first_seq", name=op.f("pk_batches")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "codes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codes")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_codes_secret_hash")),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("device_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("machine", sa.String(length=64), nullable=False),
        sa.Column("hostname", sa.String(length=200), nullable=False),
        sa.Column("os", sa.String(length=200), nullable=False),
        sa.Column("agent_version", sa.String(length=200), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="active, retired, replaced or cloned"
        ),
        sa.Column("state_reason", sa.String(length=400), server_default="", nullable=False),
        sa.Column(
            "code",
            sa.Integer(),
            nullable=True,
            comment="the enrolment code it came with; no foreign key, codes may go",
        ),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("capabilities", sa.Text(), server_default="{}", nullable=False),
        sa.Column("applied_number", sa.Integer(), nullable=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.Column("rejected_number", sa.Integer(), nullable=True),
        sa.Column("rejected_problem", sa.String(length=200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("device_key", name=op.f("uq_devices_device_key")),
    )
    op.create_index(op.f("ix_devices_machine"), "devices", ["machine"], unique=False)
    op.create_index(op.f("ix_devices_room"), "devices", ["room"], unique=False)
    op.create_table(
        "logins",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=False),
        sa.Column("os_user", sa.String(length=200), server_default="", nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("tier", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("granted", sa.String(length=16), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("device", "login", name=op.f("pk_logins")),
    )
    op.create_index(op.f("ix_logins_person"), "logins", ["person"], unique=False)
    op.create_index(op.f("ix_logins_started_at"), "logins", ["started_at"], unique=False)
    op.create_table(
        "looks",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "staff", sa.Integer(), nullable=True, comment="no foreign key: the entry outlives the account"
        ),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.Column("person", sa.String(length=200), server_default="", nullable=False),
        sa.Column("device", sa.String(length=16), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
        comment="Who looked at what. Append-only: the migration forbids UPDATE and DELETE.",
    )
    op.create_index(op.f("ix_looks_at"), "looks", ["at"], unique=False)
    op.create_table(
        "people",
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.Column("year", sa.String(length=40), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("os_user", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_person"), "people", ["person"], unique=False)
    op.create_table(
        "policies",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("profile", sa.String(length=120), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_policies")),
    )
    op.create_table(
        "records",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="by the laptop's clock"),
        sa.Column("received_at", sa.BigInteger(), nullable=False, comment="by ours"),
        sa.Column("login", sa.String(length=32), nullable=True),
        sa.Column("os_user", sa.String(length=200), nullable=True),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("body", sa.Text(), nullable=False, comment="the record as JSON"),
        sa.PrimaryKeyConstraint("device", "stream", "seq", name=op.f("pk_records")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_records_login", "records", ["login", "device"], unique=False)
    op.create_table(
        "sign_in_failures",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(op.f("ix_sign_in_failures_address"), "sign_in_failures", ["address"], unique=False)
    op.create_index(op.f("ix_sign_in_failures_at"), "sign_in_failures", ["at"], unique=False)
    op.create_index(op.f("ix_sign_in_failures_name"), "sign_in_failures", ["name"], unique=False)
    op.create_table(
        "staff",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(length=80), nullable=False, comment="lower case, for signing in"),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=300), nullable=False),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_name")),
    )
    op.create_table(
        "versions",
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_versions")),
        comment="Grows with every change other processes must notice: policy, devices, people, staff.",
    )
    op.create_table(
        "quarantine",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=True),
        sa.Column("first_seq", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name=op.f("fk_quarantine_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_device"), "quarantine", ["device"], unique=False)
    op.create_index("uq_quarantine_device_hash", "quarantine", ["device", "hash"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_sessions_staff")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_staff"), "sessions", ["staff"], unique=False)
    op.create_table(
        "staff_roles",
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_staff_roles_staff")),
        sa.PrimaryKeyConstraint("staff", "role", name=op.f("pk_staff_roles")),
    )
    op.create_table(
        "staff_rooms",
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_staff_rooms_staff")),
        sa.PrimaryKeyConstraint("staff", "room", name=op.f("pk_staff_rooms")),
    )
    op.create_table(
        "streams",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("chain_breaks", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name=op.f("fk_streams_device")),
        sa.PrimaryKeyConstraint("device", "stream", name=op.f("pk_streams")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER looks_no_{what.lower()} BEFORE {what} ON looks"
                " BEGIN SELECT RAISE(ABORT, 'looks are only ever added'); END"
            )
