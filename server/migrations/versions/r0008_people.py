"""Tables about people beyond `people`: the roster, imports, parents' copies, offices, corrections."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and take what is known already over into them."""
    _roster()
    _imports()
    _parents_and_offices()
    _individual()
    _take_over()


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=True, nullable=False)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)


def _said(name: str, length: int, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, comment=comment)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _roster() -> None:
    op.add_column("people", _instant("left_at", nullable=True))
    op.create_table(
        "roster",
        _said("person", 200, "the school's id of the person"),
        _said("kind", 16, "pupil, staff or visitor"),
        _text("given_name", 120),
        _text("family_name", 120),
        _said("display_name", 200),
        _said("tier", 16),
        _said("language", 8),
        _text("room", 80),
        _text("year", 40),
        _text("job_title", 120),
        _said("source", 16, "oneroster, csv, hand or list"),
        _instant("joined_at"),
        _text("joined_by", 120),
        _instant("left_at", nullable=True),
        _text("left_by", 120),
        _text("left_reason", 400),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_roster")),
        comment="Everybody who was ever listed. Nobody is deleted here: a leaver has an end date.",
    )
    op.create_index(op.f("ix_roster_room"), "roster", ["room"])
    op.create_index(op.f("ix_roster_left_at"), "roster", ["left_at"])
    op.create_table(
        "roster_changes",
        _number(),
        _instant("at"),
        _said("by_name", 120),
        sa.Column("staff", sa.Integer(), comment="no foreign key: the entry outlives the account"),
        _said("person", 200),
        _said("what", 24, "joined, left, returned, changed, corrected or account"),
        _text("field", 24),
        _text("before", 200),
        _text("after", 200),
        _text("reason", 400),
        sa.Column("import", sa.Integer(), comment="the import it came with"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_changes")),
    )
    op.create_index(op.f("ix_roster_changes_person"), "roster_changes", ["person"])


def _imports() -> None:
    op.create_table(
        "roster_imports",
        _number(),
        _instant("at"),
        _said("by_name", 120),
        sa.Column("staff", sa.Integer()),
        _said("source", 24),
        _text("file_name", 200),
        _said("file_hash", 64),
        sa.Column(
            "base",
            sa.BigInteger(),
            nullable=False,
            comment="the list's number that the comparison was made with",
        ),
        _said("state", 16, "waiting, applied or dropped"),
        sa.Column(
            "rules", sa.Text(), nullable=False, comment="how columns, tiers, accounts and rooms were read"
        ),
        sa.Column("body", sa.LargeBinary(), comment="the people as read; emptied once it is decided"),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        _instant("decided_at", nullable=True),
        _text("decided_by", 120),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_imports")),
    )
    op.create_table(
        "people_settings",
        _said("name", 40),
        sa.Column("body", sa.Text(), nullable=False),
        _instant("changed_at"),
        _said("changed_by", 120),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_people_settings")),
    )


def _parents_and_offices() -> None:
    op.create_table(
        "parents_copies",
        _number(),
        _said("person", 200),
        _said("tier", 16),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("acknowledged_on", sa.Date(), nullable=False),
        _said("how", 16, "paper, meeting, mail or phone"),
        _instant("at"),
        _said("by_name", 120),
        sa.Column("staff", sa.Integer()),
        _instant("taken_back_at", nullable=True),
        _text("taken_back_by", 120),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parents_copies")),
        comment="A parent's acknowledgement of their copy of the agreement, recorded by the office (R12).",
    )
    op.create_index(op.f("ix_parents_copies_person"), "parents_copies", ["person"])
    op.create_table(
        "attributions",
        _number(),
        _instant("at"),
        _said("by_name", 120),
        sa.Column("staff", sa.Integer()),
        _said("device", 16),
        _said("login", 32),
        _text("was_person", 200),
        _text("is_person", 200),
        _said("reason", 400),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attributions")),
        comment="A login that another person did. Its records stay as they came; this stands beside them.",
    )
    op.create_index("ix_attributions_login", "attributions", ["device", "login"])
    op.create_index(op.f("ix_attributions_was_person"), "attributions", ["was_person"])
    op.create_index(op.f("ix_attributions_is_person"), "attributions", ["is_person"])
    op.create_table(
        "office_grants",
        _number(),
        sa.Column("staff", sa.Integer(), nullable=False),
        _said("name", 80),
        _said("display_name", 120),
        _said("role", 16),
        _instant("granted_at"),
        _text("granted_by", 120),
        _instant("ended_at", nullable=True),
        _text("ended_by", 120),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_grants")),
        comment="Which adult had which office from when until when, and who gave it (R7).",
    )
    op.create_index(op.f("ix_office_grants_staff"), "office_grants", ["staff"])


def _individual() -> None:
    """What holds for one person alone (server/individual_tables.py)."""
    op.create_table(
        "arrangements",
        _number(),
        _said("person", 200),
        _instant("at"),
        sa.Column("staff", sa.Integer(), comment="no foreign key: the entry outlives the account"),
        _said("by_name", 120),
        sa.Column("until_day", sa.Date(), nullable=False, comment="the last day on which it holds"),
        sa.Column("tier", sa.String(length=16)),
        sa.Column("language", sa.String(length=8)),
        sa.Column("idle_after_seconds", sa.Integer()),
        sa.Column("answer_within_seconds", sa.Integer()),
        sa.Column("text_scale_percent", sa.Integer(), server_default="100", nullable=False),
        sa.Column("reads_aloud", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended", sa.Boolean(), server_default="0", nullable=False, comment="this entry ends it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangements")),
        comment="What one person needs otherwise (R5); the newest entry holds. Append-only.",
    )
    op.create_table(
        "restrictions",
        _number(),
        _said("person", 200),
        _instant("at"),
        sa.Column("staff", sa.Integer()),
        _said("by_name", 120),
        _instant("until"),
        sa.Column("only_in", sa.Text(), comment="JSON of a window: logins only inside it; none: not at all"),
        sa.Column("reason", sa.Text(), nullable=False),
        _instant("lifted_at", nullable=True),
        _text("lifted_by", 120),
        _text("lifted_why", 400),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
        comment="A limit for a while, set by a person (R16). Nothing is deleted.",
    )
    op.create_table(
        "resigns",
        _number(),
        _said("person", 200),
        _instant("at"),
        sa.Column("staff", sa.Integer()),
        _said("by_name", 120),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("met_on", sa.Date()),
        _text("met_with", 200),
        sa.Column(
            "met_at", sa.BigInteger(), comment="when it was recorded; acceptances before it count no longer"
        ),
        _text("met_by", 120),
        _instant("withdrawn_at", nullable=True),
        _text("withdrawn_by", 120),
        _text("withdrawn_why", 400),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resigns")),
        comment="Not let in before a meeting is recorded and the agreement accepted anew (R10).",
    )
    op.create_table(
        "inductions",
        _number(),
        _said("person", 200),
        sa.Column("held_on", sa.Date(), comment="none: the date was taken away"),
        _instant("at"),
        sa.Column("staff", sa.Integer()),
        _said("by_name", 120),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inductions")),
        comment="When a pupil had the lesson about safety (R11); the newest entry holds. Append-only.",
    )
    op.create_table(
        "countersigns",
        _said("device", 16),
        _said("stream", 16),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        _said("person", 200),
        _instant("at"),
        sa.Column("staff", sa.Integer()),
        _said("by_name", 120),
        _said("office", 16),
        _said("job_title", 120),
        sa.PrimaryKeyConstraint("device", "stream", "seq", name=op.f("pk_countersigns")),
        comment="An adult's acceptance, countersigned (R8). The key is that of the answer. Append-only.",
    )
    for name in ("arrangements", "restrictions", "resigns", "inductions", "countersigns"):
        op.create_index(op.f(f"ix_{name}_person"), name, ["person"])
    op.create_table(
        "grant_news",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        _said("person", 200),
        _instant("at"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_grant_news")),
        comment="For whom something changed: laptops where they are logged in are told.",
    )
    op.create_index("ix_grant_news_at", "grant_news", ["at"])
    for what, names in (
        ("UPDATE", ("arrangements", "inductions", "countersigns")),
        ("DELETE", ("arrangements", "inductions", "countersigns", "restrictions", "resigns")),
    ):
        for name in names:
            op.execute(
                f"CREATE TRIGGER {name}_no_{what.lower()} BEFORE {what} ON {name}"
                f" BEGIN SELECT RAISE(ABORT, '{name} are only ever added'); END"
            )


def _take_over() -> None:
    """Everybody who is listed was listed by somebody whom nobody noted; offices likewise."""
    op.execute(
        sa.text(
            "INSERT OR IGNORE INTO roster"
            " (person, kind, display_name, tier, language, room, year, source, joined_at)"
            " SELECT person,"
            " CASE tier WHEN 'adult' THEN 'staff' WHEN 'visitor' THEN 'visitor' ELSE 'pupil' END,"
            " display_name, tier, language, room, year, 'list', :now FROM people ORDER BY os_user"
        ).bindparams(now=int(datetime.now(UTC).timestamp() * 1000))
    )
    op.execute(
        "INSERT INTO office_grants (staff, name, display_name, role, granted_at)"
        " SELECT staff.id, staff.name, staff.display_name, staff_roles.role, staff.created_at"
        " FROM staff JOIN staff_roles ON staff_roles.staff = staff.id WHERE staff.active ORDER BY staff.id"
    )
