"""Tables about how adults sign in: second factors, recovery codes, invitations, providers, tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "provider_flows",
        sa.Column("state_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("wanted", sa.String(length=500), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_flows")),
        comment="Somebody who is at the provider now. Taken out when they come back, so each counts once.",
    )
    op.create_table(
        "session_facts",
        sa.Column(
            "token_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="of sessions; rows may outlive theirs",
        ),
        sa.Column(
            "id", sa.String(length=16), nullable=False, comment="names it in an address; proves nothing"
        ),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column(
            "address", sa.String(length=64), nullable=False, comment="roughly: the network, not the machine"
        ),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session_facts")),
        sa.UniqueConstraint("id", name=op.f("uq_session_facts_id")),
    )
    op.create_table(
        "sign_in_events",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "staff", sa.Integer(), nullable=False, comment="no foreign key: the entry outlives the account"
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("by_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("address", sa.String(length=64), server_default="", nullable=False),
        sa.Column(
            "told",
            sa.String(length=16),
            server_default="no",
            nullable=False,
            comment="no, waiting, sent or failed",
        ),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_events")),
        comment="What changed about how somebody signs in, and what the head has to hear of.",
    )
    op.create_index(op.f("ix_sign_in_events_at"), "sign_in_events", ["at"], unique=False)
    op.create_table(
        "account_marks",
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "password_known_at",
            sa.BigInteger(),
            nullable=True,
            comment="they said that somebody knows it: a new one is due",
        ),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_account_marks_staff")),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_account_marks")),
    )
    op.create_table(
        "api_tokens",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_api_tokens_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_staff"), "api_tokens", ["staff"], unique=False)
    op.create_table(
        "break_glass",
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_by", sa.String(length=200), nullable=False),
        sa.Column(
            "used_at",
            sa.BigInteger(),
            nullable=True,
            comment="since then everybody in charge sees it, until it is sealed anew",
        ),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_break_glass_staff")),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_break_glass")),
    )
    op.create_table(
        "invitations",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_invitations_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(op.f("ix_invitations_staff"), "invitations", ["staff"], unique=False)
    op.create_table(
        "known_browsers",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_known_browsers_staff")),
        sa.PrimaryKeyConstraint("token_hash", "staff", name=op.f("pk_known_browsers")),
        comment="Browsers this adult has signed in with: others' wrong guesses do not keep them out.",
    )
    op.create_index(op.f("ix_known_browsers_staff"), "known_browsers", ["staff"], unique=False)
    op.create_table(
        "provider_links",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column(
            "subject",
            sa.String(length=255),
            nullable=True,
            comment="of the provider; learnt at the first sign-in of an address",
        ),
        sa.Column(
            "email",
            sa.String(length=254),
            nullable=True,
            comment="lower case; counts only until a subject is known",
        ),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_provider_links_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_links")),
    )
    op.create_index(op.f("ix_provider_links_staff"), "provider_links", ["staff"], unique=False)
    op.create_index("uq_provider_links_email", "provider_links", ["issuer", "email"], unique=True)
    op.create_index("uq_provider_links_subject", "provider_links", ["issuer", "subject"], unique=True)
    op.create_table(
        "recovery_codes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_recovery_codes_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_codes_code_hash")),
    )
    op.create_index(op.f("ix_recovery_codes_staff"), "recovery_codes", ["staff"], unique=False)
    op.create_table(
        "second_steps",
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="the authenticator's secret, AES-GCM"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "confirmed_at",
            sa.BigInteger(),
            nullable=True,
            comment="none: it was shown, but no code from it has been seen yet",
        ),
        sa.Column(
            "last_step",
            sa.BigInteger(),
            nullable=True,
            comment="thirty-second step of the newest code taken: each counts once",
        ),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_second_steps_staff")),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_second_steps")),
    )
    op.create_table(
        "sign_in_steps",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False, comment="password or provider"),
        sa.Column("wanted", sa.String(length=500), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_sign_in_steps_staff")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_steps")),
        comment="Somebody who gave the first proof and owes the second.",
    )
