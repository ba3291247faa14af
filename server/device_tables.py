"""Tables about laptops beyond `devices`: where they stand, what they are, how they test, who has them."""

from sqlalchemy import Column, ForeignKey, String, Table

from server.tables import metadata

rooms = Table(
    "rooms",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("site", String(80), nullable=False, server_default="", index=True),
    comment="Only rooms that belong to a site have a row.",
)

device_groups = Table(
    "device_groups",
    metadata,
    Column("device", ForeignKey("devices.id"), primary_key=True),
    Column("name", String(80), primary_key=True, index=True),
)
