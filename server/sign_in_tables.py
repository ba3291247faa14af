"""Tables about how adults sign in: second factors, recovery codes, invitations, providers, tokens.

Nothing here signs anybody in when it is stolen: codes and tokens are hashed, secrets of authenticators are
sealed with a key that lies beside the database, not in it.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from server.tables import Instant, metadata, number_key

second_steps = Table(
    "second_steps",
    metadata,
    Column("staff", ForeignKey("staff.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="the authenticator's secret, AES-GCM"),
    Column("made_at", Instant, nullable=False),
    Column("confirmed_at", Instant, comment="none: it was shown, but no code from it has been seen yet"),
    Column("last_step", BigInteger, comment="thirty-second step of the newest code taken: each counts once"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    number_key("id"),
    Column("staff", ForeignKey("staff.id"), nullable=False, index=True),
    Column("code_hash", LargeBinary(32), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
)

sign_in_steps = Table(
    "sign_in_steps",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("staff", ForeignKey("staff.id"), nullable=False),
    Column("how", String(16), nullable=False, comment="password or provider"),
    Column("wanted", String(500), nullable=False),
    Column("expires_at", Instant, nullable=False),
    comment="Somebody who gave the first proof and owes the second.",
)

session_facts = Table(
    "session_facts",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True, comment="of sessions; rows may outlive theirs"),
    Column("id", String(16), nullable=False, unique=True, comment="names it in an address; proves nothing"),
    Column("browser", String(80), nullable=False),
    Column("address", String(64), nullable=False, comment="roughly: the network, not the machine"),
    Column("how", String(16), nullable=False),
)

known_browsers = Table(
    "known_browsers",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("staff", ForeignKey("staff.id"), primary_key=True, index=True),
    Column("used_at", Instant, nullable=False),
    comment="Browsers this adult has signed in with: others' wrong guesses do not keep them out.",
)

invitations = Table(
    "invitations",
    metadata,
    number_key("id"),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("staff", ForeignKey("staff.id"), nullable=False, index=True),
    Column("made_by", String(200), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

provider_links = Table(
    "provider_links",
    metadata,
    number_key("id"),
    Column("staff", ForeignKey("staff.id"), nullable=False, index=True),
    Column("issuer", String(300), nullable=False),
    Column("subject", String(255), comment="of the provider; learnt at the first sign-in of an address"),
    Column("email", String(254), comment="lower case; counts only until a subject is known"),
    Column("made_by", String(200), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("uq_provider_links_subject", "issuer", "subject", unique=True),
    Index("uq_provider_links_email", "issuer", "email", unique=True),
)

provider_flows = Table(
    "provider_flows",
    metadata,
    Column("state_hash", LargeBinary(32), primary_key=True),
    Column("browser_hash", LargeBinary(32), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("wanted", String(500), nullable=False),
    Column("expires_at", Instant, nullable=False),
    comment="Somebody who is at the provider now. Taken out when they come back, so each counts once.",
)

break_glass = Table(
    "break_glass",
    metadata,
    Column("staff", ForeignKey("staff.id"), primary_key=True),
    Column("sealed_at", Instant, nullable=False),
    Column("sealed_by", String(200), nullable=False),
    Column("used_at", Instant, comment="since then everybody in charge sees it, until it is sealed anew"),
)

sign_in_events = Table(
    "sign_in_events",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False, index=True),
    Column("staff", Integer, nullable=False, comment="no foreign key: the entry outlives the account"),
    Column("name", String(120), nullable=False),
    Column("what", String(24), nullable=False),
    Column("by_name", String(200), nullable=False, server_default=""),
    Column("address", String(64), nullable=False, server_default=""),
    Column("told", String(16), nullable=False, server_default="no", comment="no, waiting, sent or failed"),
    Column("tries", Integer, nullable=False, server_default="0"),
    comment="What changed about how somebody signs in, and what the head has to hear of.",
)

account_marks = Table(
    "account_marks",
    metadata,
    Column("staff", ForeignKey("staff.id"), primary_key=True),
    Column("password_known_at", Instant, comment="they said that somebody knows it: a new one is due"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    number_key("id"),
    Column("staff", ForeignKey("staff.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("read_only", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)
