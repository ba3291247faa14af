"""Tables of the teacher's lab: how rooms are arranged, who supervised when, duties, and what was said.

Each part below belongs to one migration: r0011 lab, r0012 rooms, r0013 duties, r0014 classes, r0015 after.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from server.tables import Instant, metadata, number_key

# ---- r0012 rooms ----

room_layouts = Table(
    "room_layouts",
    metadata,
    Column("room", String(80), primary_key=True),
    Column("number", Integer, nullable=False, comment="grows with every change"),
    Column("body", Text, nullable=False, comment="columns, aisles, front and places of laptops as JSON"),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(120), nullable=False),
    comment="Where laptops stand. Only rooms that somebody arranged have a row.",
)

# ---- r0015 after ----

concern_marks = Table(
    "concern_marks",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("staff", Integer, nullable=False, comment="who passed it on and looks no more"),
    Column("by_name", String(120), nullable=False),
    Column("room", String(80), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column(
        "mark",
        String(64),
        nullable=False,
        server_default="",
        comment="keyed hash of the pupil, whose name stands nowhere; empty: a whole lesson",
    ),
    Column("lifted_at", Instant),
    Column("lifted_by", String(120), nullable=False, server_default=""),
    Index("ix_concern_marks_staff", "staff", "room"),
    comment="Activity that a teacher passed on: they browse it no more. Names no pupil and no case.",
)
