"""Tables about settings: revisions, proposed changes, approvals, rollouts and what each laptop is given."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from server.tables import Instant, metadata, number_key

policy_revisions = Table(
    "policy_revisions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("tree", Text, nullable=False, comment="policies.tree.PolicyTree as JSON"),
    Column("tree_hash", String(64), nullable=False),
    Column("body_hash", String(64), nullable=False, comment="of the school's own body, without layers"),
    Column("agreements", Text, nullable=False, comment="tier -> version, as JSON"),
    Column("by_staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(200), nullable=False),
    Column("offices", String(120), nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    Column("reason", String(400), nullable=False, server_default=""),
    Column("kind", String(16), nullable=False, comment="published, applied, rollback or stopped"),
    Column("proposal", Integer),
    comment="Every state the school's settings have been in. Append-only.",
)

policy_bodies = Table(
    "policy_bodies",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("packed", LargeBinary, nullable=False, comment="the exact bytes, zlib"),
    Column("bytes", Integer, nullable=False, comment="unpacked"),
    Column("at", Instant, nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    number_key("number"),
    Column("state", String(16), nullable=False, index=True),
    Column("base", Integer, nullable=False),
    Column("tree", Text, nullable=False),
    Column("reason", String(400), nullable=False),
    Column("risk", String(2000), nullable=False, server_default=""),
    Column("weakens", Boolean, nullable=False),
    Column("changes", Text, nullable=False, comment="policies.comparing.Change as JSON, as it was shown"),
    Column("affected", Text, nullable=False, comment="ids of laptops, as JSON"),
    Column("plan", Text, nullable=False, comment="server.rollout_machine.Plan as JSON"),
    Column("back_to", Integer, comment="the earlier revision whose tree this is, where it goes back"),
    Column("by_staff", Integer),
    Column("by_name", String(200), nullable=False),
    Column("offices", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    Column("revision", Integer, comment="what it became"),
)

approvals = Table(
    "approvals",
    metadata,
    number_key("id"),
    Column("proposal", ForeignKey("proposals.number"), nullable=False, index=True),
    Column("by_staff", Integer),
    Column("by_name", String(200), nullable=False),
    Column("offices", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    Column("answer", String(16), nullable=False, comment="yes, no or withdrawn"),
    Column("words", String(2000), nullable=False, server_default=""),
)

rollouts = Table(
    "rollouts",
    metadata,
    number_key("number"),
    Column("revision", Integer, nullable=False, index=True),
    Column("good_revision", Integer, nullable=False, comment="what laptops go back to"),
    Column("plan", Text, nullable=False),
    Column("state", String(16), nullable=False, comment="running, paused, done, stopped or overtaken"),
    Column("ring", Integer, nullable=False, comment="the last one that is open, from 0"),
    Column("ring_opened_at", Instant, nullable=False),
    Column("note", String(400), nullable=False, server_default="", comment="why it stopped, what it skipped"),
    Column("by_name", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_rollouts_state", "state"),
)

rollout_devices = Table(
    "rollout_devices",
    metadata,
    Column("rollout", ForeignKey("rollouts.number"), primary_key=True),
    Column("device", String(16), primary_key=True),
    Column("ring", Integer, nullable=False),
    Column("seen_before", Instant, comment="when it last spoke before its ring opened"),
    Column("broken_before", String(400), nullable=False, server_default=""),
    Column("opened_at", Instant, comment="when it was given the new settings"),
    Column("outcome", String(16), nullable=False, server_default="", comment="at the end: what it said"),
    Column("problem", String(200), nullable=False, server_default=""),
    comment="Which laptop is in which ring, as it was when the rollout began.",
)

assignments = Table(
    "assignments",
    metadata,
    Column("device", ForeignKey("devices.id"), primary_key=True),
    Column("number", Integer, nullable=False, comment="never goes back"),
    Column("body_hash", String(64), nullable=False),
    Column("revision", Integer, nullable=False, comment="whose tree the body was made of"),
    Column("good_body_hash", String(64), nullable=False),
    Column("good_revision", Integer, nullable=False, comment="what it goes back to"),
    Column("rollout", Integer, comment="the one under way that gave it the body"),
    Column("at", Instant, nullable=False),
)
