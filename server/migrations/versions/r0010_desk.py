"""Tables of the media desk and the app register."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and fill in which programs laptops have told of so far."""
    op.add_column(
        "media_approvals",
        sa.Column(
            "note",
            sa.String(length=200),
            server_default="",
            nullable=False,
            comment="what the adult calls this stick",
        ),
    )
    _register()
    op.create_table(
        "apps_seen",
        sa.Column("device", sa.String(length=16), nullable=False),
        sa.Column("app_key", sa.String(length=200), nullable=False),
        sa.Column("program_key", sa.String(length=200), nullable=False),
        sa.Column("app", sa.String(length=200), nullable=False, comment="the window's class, as told first"),
        sa.Column(
            "program",
            sa.String(length=200),
            nullable=False,
            comment="the program file's name; empty: not known",
        ),
        sa.Column("first_at", sa.BigInteger(), nullable=False, comment="when the server heard of it"),
        sa.Column(
            "last_at", sa.BigInteger(), nullable=False, comment="to the day; nobody's name stands here"
        ),
        sa.PrimaryKeyConstraint("device", "app_key", "program_key", name=op.f("pk_apps_seen")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_apps_seen_app", "apps_seen", ["app_key", "program_key"])
    _fill()


def _register() -> None:
    op.create_table(
        "app_entries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "name_key", sa.String(length=120), nullable=False, comment="folded: one entry for each name"
        ),
        sa.Column(
            "decision",
            sa.String(length=16),
            nullable=False,
            comment="approved, refused or open (being looked at)",
        ),
        sa.Column("evaluator", sa.String(length=120), server_default="", nullable=False),
        sa.Column("risk_reference", sa.String(length=120), server_default="", nullable=False),
        sa.Column("age_from", sa.Integer()),
        sa.Column("age_to", sa.Integer()),
        sa.Column("review_on", sa.Date()),
        sa.Column("note", sa.String(length=400), server_default="", nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_entries")),
        sa.UniqueConstraint("name_key", name=op.f("uq_app_entries_name_key")),
    )
    op.create_table(
        "app_names",
        sa.Column(
            "key", sa.String(length=200), nullable=False, comment="folded; a name belongs to one entry"
        ),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column(
            "name",
            sa.String(length=200),
            nullable=False,
            comment="as laptops tell it: a window class or a program",
        ),
        sa.ForeignKeyConstraint(["entry"], ["app_entries.id"], name=op.f("fk_app_names_entry_app_entries")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_app_names")),
    )
    op.create_index(op.f("ix_app_names_entry"), "app_names", ["entry"])
    op.create_table(
        "app_changes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column(
            "entry", sa.Integer(), nullable=False, comment="no foreign key: the line outlives the entry"
        ),
        sa.Column("what", sa.String(length=16), nullable=False, comment="added, changed or removed"),
        sa.Column("after", sa.Text(), nullable=False, comment="the entry as JSON; empty once removed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_changes")),
    )
    op.create_index("ix_app_changes_entry", "app_changes", ["entry", "id"])
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER app_changes_no_{verb.lower()} BEFORE {verb} ON app_changes"
            " BEGIN SELECT RAISE(ABORT, 'what was decided about apps cannot be rewritten'); END"
        )


def _fill() -> None:
    told = op.get_bind().exec_driver_sql(
        "SELECT device, json_extract(body, '$.app'), json_extract(body, '$.program'), MIN(received_at),"
        " MAX(received_at) FROM records WHERE type = 'app-used' GROUP BY 1, 2, 3"
    )
    for device, app, program, first, last in told.fetchall():
        op.get_bind().exec_driver_sql(
            "INSERT OR IGNORE INTO apps_seen VALUES (?,?,?,?,?,?,?)",
            (device, _key(app), _key(program), app or "", program or "", first, last),
        )


def _key(name: str | None) -> str:
    """As `apps.key_of` folds; written out, because a migration must not change with the code."""
    return unicodedata.normalize("NFKC", name or "").casefold().strip()[:200]
