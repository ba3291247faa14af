"""Tables of the teacher's lab: which adult may be in which room when, and who supervised it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _duties()
    _supervision()
    _only_added()


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=True, nullable=False)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)


def _said(name: str, length: int, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, comment=comment)


def _instant(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, comment=comment)


def _duties() -> None:
    op.create_table(
        "duty_windows",
        _number(),
        sa.Column("staff", sa.Integer(), nullable=False),
        _said("room", 80),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="policies.windows.Window as JSON, by the school's time",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_windows")),
        comment="When a teacher is in a room of theirs. A room without a row here is theirs at any time.",
    )
    op.create_index(op.f("ix_duty_windows_staff"), "duty_windows", ["staff"])
    op.create_table(
        "cover_grants",
        _number(),
        sa.Column("staff", sa.Integer(), nullable=False, comment="who covers"),
        _said("name", 120),
        _said("room", 80),
        _instant("from_at"),
        _instant("until"),
        _said("reason", 400),
        _instant("at"),
        _said("by_name", 120),
        sa.Column("by_staff", sa.Integer(), comment="none: the command line"),
        _instant("ended_at", nullable=True),
        _text("ended_by", 120),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover_grants")),
        comment="A room that is somebody's for a while. Only its end is ever written in.",
    )
    op.create_index(op.f("ix_cover_grants_staff"), "cover_grants", ["staff"])
    op.create_index(op.f("ix_cover_grants_until"), "cover_grants", ["until"])
    op.create_table(
        "duty_log",
        _number(),
        _instant("at"),
        _said("by_name", 120),
        sa.Column("by_staff", sa.Integer(), comment="no foreign key: the entry outlives the account"),
        sa.Column("staff", sa.Integer(), nullable=False, comment="whose duty it is"),
        _said("name", 120),
        _said("what", 16, "cover, cover-ended, room, room-ended or hours"),
        _said("room", 80),
        _instant("from_at", nullable=True),
        _instant("until", nullable=True),
        _text("reason", 400),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_log")),
        comment="Who gave whom which room when. Append-only.",
    )
    op.create_index(op.f("ix_duty_log_at"), "duty_log", ["at"])


def _supervision() -> None:
    op.create_table(
        "check_ins",
        _number(),
        _instant("at"),
        _said("room", 80),
        sa.Column(
            "staff", sa.Integer(), nullable=False, comment="no foreign key: the entry outlives the account"
        ),
        _said("by_name", 120),
        _said("what", 16, "in, confirmed, offered, took-over, left or ended"),
        _instant("until", comment="what holds from here on; at `left` and `ended`: now"),
        sa.Column("other_staff", sa.Integer(), comment="offered: to whom; took-over: from whom"),
        _text("other_name", 120),
        sa.Column(
            "why", sa.String(length=16), server_default="", nullable=False, comment="ended: duty, account"
        ),
        sa.Column(
            "order_id",
            sa.String(length=16),
            server_default="",
            nullable=False,
            comment="the word laptops were told",
        ),
        _instant("issued_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
        comment="Who supervised which room (R19, R20). Append-only.",
    )
    op.create_index(op.f("ix_check_ins_at"), "check_ins", ["at"])
    op.create_index("ix_check_ins_room", "check_ins", ["room", "id"])
    op.create_table(
        "room_refusals",
        _number(),
        sa.Column("staff", sa.Integer(), nullable=False),
        _said("by_name", 120),
        _said("room", 80, "empty: a room that is not there"),
        sa.Column("day", sa.Date(), nullable=False),
        _said("why", 16, "not-yours or not-now"),
        sa.Column("times", sa.Integer(), nullable=False),
        _instant("first_at"),
        _instant("last_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_refusals")),
        comment="A teacher who asked for a room by its address and was refused, counted by day.",
    )
    op.create_index(op.f("ix_room_refusals_first_at"), "room_refusals", ["first_at"])
    op.create_index("uq_room_refusals_staff_day_room", "room_refusals", ["staff", "day", "room"], unique=True)


def _only_added() -> None:
    for verb, name in (
        ("UPDATE", "duty_log"),
        ("DELETE", "duty_log"),
        ("UPDATE", "check_ins"),
        ("DELETE", "check_ins"),
        ("DELETE", "cover_grants"),
    ):
        op.execute(
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name}"
            f" BEGIN SELECT RAISE(ABORT, '{name} are only ever added'); END"
        )
    op.execute(
        "CREATE TRIGGER cover_grants_kept BEFORE UPDATE OF staff, name, room, from_at, until, reason, at,"
        " by_name, by_staff ON cover_grants"
        " BEGIN SELECT RAISE(ABORT, 'a cover is only ever ended'); END"
    )
