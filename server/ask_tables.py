"""Tables of the lists of apps: what pupils asked for, and what parents consented to.

A question is a projection of what a laptop recorded; its answer, and every consent, is ours.
"""

from sqlalchemy import Column, Date, Index, Integer, String, Table

from server.tables import Instant, metadata, number_key

app_asks = Table(
    "app_asks",
    metadata,
    number_key("id"),
    Column("device", String(16), nullable=False),
    Column("login", String(32), nullable=False),
    Column("os_user", String(200), nullable=False),
    Column("person", String(200), index=True),
    Column("app", String(200), nullable=False),
    Column("app_key", String(200), nullable=False, comment="folded, as lists compare it"),
    Column("program", String(200), nullable=False),
    Column("words", String(200), nullable=False, comment="the pupil's own"),
    Column("at", Instant, nullable=False, comment="by the laptop's clock"),
    Column("received_at", Instant, nullable=False, index=True),
    Column("state", String(12), nullable=False, comment="waiting, allowed, denied, withdrawn or ended"),
    Column("answered_at", Instant),
    Column("answered_by", String(120), nullable=False, server_default=""),
    Column("answered_staff", Integer, comment="no foreign key: the answer outlives the account"),
    Column("order_id", String(16), nullable=False, server_default=""),
    Column("until", Instant),
    Index("ix_app_asks_state", "state", "received_at"),
    Index("ix_app_asks_login", "device", "login"),
    comment="Apps that pupils asked a teacher for (R24).",
)

consents = Table(
    "consents",
    metadata,
    number_key("id"),
    Column("person", String(200), nullable=False, index=True),
    Column("app", String(120), nullable=False, comment="as the list of apps names it"),
    Column("given_on", Date, nullable=False),
    Column("how", String(16), nullable=False, comment="paper, meeting, mail or phone"),
    Column("at", Instant, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("staff", Integer),
    Column("taken_back_at", Instant),
    Column("taken_back_by", String(120), nullable=False, server_default=""),
    Column("taken_back_reason", String(200), nullable=False, server_default=""),
    comment="A parent's consent to one app for their child (R24), recorded by the office; lines stay.",
)

ASK_TABLES = (app_asks, consents)
