"""Tables of the teacher's lab: how rooms are arranged, who supervised when, duties, and what was said.

Each part below belongs to one migration: r0011 lab, r0012 rooms, r0013 duties, r0014 classes, r0015 after.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from server.tables import Instant, metadata, number_key

# ---- r0011 lab ----

lab_orders = Table(
    "lab_orders",
    metadata,
    Column("order_id", String(16), primary_key=True),
    Column("kind", String(12), nullable=False, comment="attention, lock, unlock, pause, message or thanks"),
    Column("room", String(80), nullable=False),
    Column("whole_room", Boolean, nullable=False, comment="also laptops that come later"),
    Column("login", String(32), nullable=False, server_default="", comment="thanks: to whom"),
    Column("words", String(300), nullable=False, server_default=""),
    Column("locks", Boolean, nullable=False),
    Column("by_name", String(120), nullable=False),
    Column("staff", Integer, comment="no foreign key: the order outlives the account"),
    Column("given_at", Instant, nullable=False),
    Column("issued_at", Instant, nullable=False, comment="of its newest word"),
    Column("until", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String(120), nullable=False, server_default=""),
    Index("ix_lab_orders_room", "room", "given_at"),
    comment="What teachers ordered for a room. Its words to laptops stand in media_orders.",
)

lab_targets = Table(
    "lab_targets",
    metadata,
    Column("order_id", String(16), primary_key=True),
    Column("device", String(16), primary_key=True),
    comment="The laptops an order was meant for when it was given.",
)

lab_ends = Table(
    "lab_ends",
    metadata,
    Column("device", String(16), primary_key=True),
    Column("order_id", String(200), primary_key=True),
    Column("reason", String(16), nullable=False, comment="expired, ended or unsupervised"),
    Column("at", Instant, nullable=False, comment="when the server heard it"),
    comment="Pauses of the idle lock that ended on a laptop.",
)

lab_answers = Table(
    "lab_answers",
    metadata,
    Column("order_id", String(16), primary_key=True),
    Column("device", String(16), primary_key=True),
    Column("login", String(32), primary_key=True),
    Column("os_user", String(200), nullable=False),
    Column("person", String(200)),
    Column("answer", String(8), nullable=False, comment="ok, not-yet or help"),
    Column("at", Instant, nullable=False, comment="when the server heard it"),
    comment="Which of three buttons was pressed under a teacher's message; the last press holds.",
)

lab_actions = Table(
    "lab_actions",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False, index=True),
    Column("staff", Integer, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(120), nullable=False),
    Column("room", String(80), nullable=False),
    Column("what", String(20), nullable=False),
    Column("device", String(16), nullable=False, server_default="", comment="if it was one laptop"),
    Column("devices", Integer, nullable=False, server_default="0", comment="how many; 0: the whole room"),
    Column("login", String(32), nullable=False, server_default=""),
    Column("words", String(300), nullable=False, server_default=""),
    Column("until", Instant),
    Column("order_id", String(16), nullable=False, server_default=""),
    Index("ix_lab_actions_room", "room", "at"),
    comment="What teachers did in their rooms. Append-only; forgotten after a school year.",
)

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

# ---- r0014 classes ----

class_pictures = Table(
    "class_pictures",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("person", String(200), nullable=False, index=True),
    Column("picture", String(40), nullable=False, comment="colour and animal; generated, never a photo"),
    comment="Which picture a child knows as theirs (R4); the newest entry holds. Append-only.",
)

class_sittings = Table(
    "class_sittings",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("staff", Integer, nullable=False, comment="no foreign key: the entry outlives the account"),
    Column("by_name", String(120), nullable=False),
    Column("lab", String(80), nullable=False, comment="where they sat"),
    Column("room", String(80), nullable=False, comment="the class: the list's room"),
    Column("year", String(40), nullable=False, server_default="", comment="and its year group"),
    Column("tier", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Index("ix_class_sittings_lab", "lab", "at"),
    comment="A class hears the agreement together (R4). Append-only.",
)

class_events = Table(
    "class_events",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False),
    Column("sitting", Integer, ForeignKey("class_sittings.id"), nullable=False, index=True),
    Column("what", String(16), nullable=False),
    Column("person", String(200), nullable=False, server_default="", index=True),
    Column("picture", String(40), nullable=False, server_default=""),
    Column("by_name", String(120), nullable=False, server_default="", comment="empty: a child's own tap"),
    Column("staff", Integer),
    Column("token_hash", LargeBinary(32), index=True, comment="of the link a tablet was handed round with"),
    comment="Ticks, taps, undone taps, who witnessed (R4): one sitting's history. Append-only.",
)

class_acceptances = Table(
    "class_acceptances",
    metadata,
    number_key("id"),
    Column("at", Instant, nullable=False, comment="when the child tapped"),
    Column("sitting", Integer, ForeignKey("class_sittings.id"), nullable=False),
    Column("person", String(200), nullable=False, index=True),
    Column("tier", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("answer", String(16), nullable=False, comment="accepted or declined"),
    Column("picture", String(40), nullable=False),
    Column("lab", String(80), nullable=False),
    Column("witnessed_at", Instant, nullable=False),
    Column("witnessed_by", String(120), nullable=False),
    Column("staff", Integer, nullable=False),
    Index("uq_class_acceptances_sitting_person", "sitting", "person", unique=True),
    comment="What a child answered in class, witnessed (R4). Append-only; `answers` repeats it.",
)

CLASS_TABLES = (class_pictures, class_sittings, class_events, class_acceptances)

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
