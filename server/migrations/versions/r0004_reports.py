"""Officers' keys, sealed reports as they came, laptops under quarantine, broken things."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEVER_CHANGED = ("reports", "report_misfits", "officers_lists", "ceremonies", "sign_offs", "pack_entries")
"""Rows are only ever added."""
NEVER_REMOVED = ("officer_keys", "quarantines")
"""Rows say how things stand now and change with it, but none disappears."""


def upgrade() -> None:
    """Make the tables, and the triggers that keep history as it was."""
    op.create_table(
        "ceremonies",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column(
            "what",
            sa.String(length=24),
            nullable=False,
            comment="key-made, key-replaced, lost-passphrase, used-sheet, list-published, root-changed",
        ),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ceremonies")),
        comment="What was done about keys. Append-only.",
    )
    op.create_index("ix_ceremonies_staff", "ceremonies", ["staff", "what", "at"], unique=False)
    op.create_table(
        "officer_keys",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("staff", sa.Integer(), nullable=False, comment="no foreign key: outlives the account"),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column(
            "key", sa.LargeBinary(length=32), nullable=False, comment="X25519: reports are sealed to it"
        ),
        sa.Column("sign_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "record", sa.Text(), nullable=False, comment="private halves, wrapped under the passphrase"
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "replaced_at",
            sa.BigInteger(),
            nullable=True,
            comment="a lost passphrase: the staff member has another key now",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_officer_keys_key_id")),
        sa.UniqueConstraint("sign_key", name=op.f("uq_officer_keys_sign_key")),
    )
    op.create_index(op.f("ix_officer_keys_staff"), "officer_keys", ["staff"], unique=False)
    op.create_table(
        "officers_lists",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "list", sa.LargeBinary(), nullable=False, comment="policies.officers.OfficersList, as signed"
        ),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False, comment="policies.officers.RootChange list as JSON"),
        sa.Column(
            "root_box",
            sa.LargeBinary(),
            nullable=True,
            comment="the root's private half, sealed to the recovery sheet",
        ),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_officers_lists")),
    )
    op.create_table(
        "pack_entries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("school_year", sa.Integer(), nullable=False, comment="the year it starts in"),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_entries")),
        comment="Figures for the governors' pack that people entered. The newest counts; older ones stay.",
    )
    op.create_table(
        "problems",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=True),
        sa.Column("os_user", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.String(length=120), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("device", "stream", "seq", name=op.f("pk_problems")),
    )
    op.create_index(op.f("ix_problems_received_at"), "problems", ["received_at"], unique=False)
    op.create_table(
        "quarantines",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="only ever grows"),
        sa.Column("order_id", sa.String(length=16), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column(
            "confirmed_at", sa.BigInteger(), nullable=True, comment="when the laptop said that it did so"
        ),
        sa.PrimaryKeyConstraint("device", "number", name=op.f("pk_quarantines")),
    )
    op.create_index(op.f("ix_quarantines_case"), "quarantines", ["case"], unique=False)
    op.create_index(op.f("ix_quarantines_order_id"), "quarantines", ["order_id"], unique=False)
    op.create_table(
        "report_misfits",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("report", sa.String(length=32), nullable=False),
        sa.Column(
            "why", sa.String(length=16), nullable=False, comment="replayed, foreign, forged or unreadable"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_misfits")),
        comment="What laptops sent as reports and was not taken as one; the bytes stay in records.",
    )
    op.create_index(op.f("ix_report_misfits_device"), "report_misfits", ["device"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=16), nullable=False, comment="a laptop, or the word staff"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("hostname", sa.String(length=200), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False, comment="where the laptop stood then"),
        sa.Column("coarse", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("year", sa.String(length=200), nullable=False),
        sa.Column("list_seq", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False, comment="pupil or staff"),
        sa.Column(
            "what", sa.String(length=24), server_default="", nullable=False, comment="kind of a staff report"
        ),
        sa.Column(
            "reported_by",
            sa.String(length=120),
            server_default="",
            nullable=False,
            comment="a signed-in adult",
        ),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("header_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "device_key",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="whose signature the envelope carries",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        comment="Sealed reports as they came. Append-only.",
    )
    op.create_index("ix_reports_device", "reports", ["device", "received_at"], unique=False)
    op.create_table(
        "sign_offs",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column(
            "last_look", sa.BigInteger(), nullable=False, comment="newest entry of looks that was in front"
        ),
        sa.Column("last_case_look", sa.BigInteger(), nullable=False),
        sa.Column(
            "looks", sa.Integer(), nullable=False, comment="how many entries since the sign-off before"
        ),
        sa.Column("note", sa.String(length=400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_offs")),
        comment="The head's periodic word that they read who looked at what. Append-only.",
    )

    if op.get_bind().dialect.name == "sqlite":
        _forbid("UPDATE", NEVER_CHANGED)
        _forbid("DELETE", NEVER_CHANGED + NEVER_REMOVED)
        # What a laptop under quarantine sent is evidence: whoever thins out records has to pass it by.
        op.execute(
            "CREATE TRIGGER records_held BEFORE DELETE ON records WHEN (SELECT is_on FROM quarantines"
            " WHERE device = OLD.device ORDER BY number DESC LIMIT 1) = 1"
            " BEGIN SELECT RAISE(ABORT, 'records of a laptop under quarantine are held'); END"
        )


def _forbid(what: str, names: tuple[str, ...]) -> None:
    for name in names:
        op.execute(
            f"CREATE TRIGGER {name}_no_{what.lower()} BEFORE {what} ON {name}"
            f" BEGIN SELECT RAISE(ABORT, '{name} are only ever added'); END"
        )
