"""Tables of the teacher's lab: classes that hear the agreement together, and pictures children know (R4)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPEND_ONLY = ("class_pictures", "class_sittings", "class_events", "class_acceptances")


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=True, nullable=False)


def _said(name: str, length: int, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, comment=comment)


def _text(name: str, length: int, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False, comment=comment)


def _instant(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, comment=comment)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "class_pictures",
        _number(),
        _instant("at"),
        _said("person", 200),
        _said("picture", 40, "colour and animal; generated, never a photo"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_pictures")),
        comment="Which picture a child knows as theirs (R4); the newest entry holds. Append-only.",
    )
    op.create_table(
        "class_sittings",
        _number(),
        _instant("at"),
        sa.Column(
            "staff", sa.Integer(), nullable=False, comment="no foreign key: the entry outlives the account"
        ),
        _said("by_name", 120),
        _said("lab", 80, "where they sat"),
        _said("room", 80, "the class: the list's room"),
        _text("year", 40, "and its year group"),
        _said("tier", 16),
        _said("language", 8),
        sa.Column("version", sa.Integer(), nullable=False),
        _said("text_hash", 64),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_sittings")),
        comment="A class hears the agreement together (R4). Append-only.",
    )
    _events_and_acceptances()
    op.create_index(op.f("ix_class_pictures_person"), "class_pictures", ["person"])
    op.create_index("ix_class_sittings_lab", "class_sittings", ["lab", "at"])
    for name in ("sitting", "person", "token_hash"):
        op.create_index(op.f(f"ix_class_events_{name}"), "class_events", [name])
    op.create_index(op.f("ix_class_acceptances_person"), "class_acceptances", ["person"])
    op.create_index(
        "uq_class_acceptances_sitting_person", "class_acceptances", ["sitting", "person"], unique=True
    )
    for what in ("UPDATE", "DELETE"):
        for name in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {name}_no_{what.lower()} BEFORE {what} ON {name}"
                f" BEGIN SELECT RAISE(ABORT, '{name} are only ever added'); END"
            )


def _events_and_acceptances() -> None:
    op.create_table(
        "class_events",
        _number(),
        _instant("at"),
        sa.Column("sitting", sa.Integer(), nullable=False),
        _said("what", 16),
        _text("person", 200),
        _text("picture", 40),
        _text("by_name", 120, "empty: a child's own tap"),
        sa.Column("staff", sa.Integer()),
        sa.Column(
            "token_hash",
            sa.LargeBinary(length=32),
            comment="of the link a tablet was handed round with",
        ),
        sa.ForeignKeyConstraint(
            ["sitting"], ["class_sittings.id"], name=op.f("fk_class_events_sitting_class_sittings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_events")),
        comment="Ticks, taps, undone taps, who witnessed (R4): one sitting's history. Append-only.",
    )
    op.create_table(
        "class_acceptances",
        _number(),
        _instant("at", "when the child tapped"),
        sa.Column("sitting", sa.Integer(), nullable=False),
        _said("person", 200),
        _said("tier", 16),
        _said("language", 8),
        sa.Column("version", sa.Integer(), nullable=False),
        _said("text_hash", 64),
        _said("answer", 16, "accepted or declined"),
        _said("picture", 40),
        _said("lab", 80),
        _instant("witnessed_at"),
        _said("witnessed_by", 120),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sitting"], ["class_sittings.id"], name=op.f("fk_class_acceptances_sitting_class_sittings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_acceptances")),
        comment="What a child answered in class, witnessed (R4). Append-only; `answers` repeats it.",
    )
