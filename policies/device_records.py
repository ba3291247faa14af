"""What may be kept about laptops themselves: a part of `records`, which names them all."""

from typing import Annotated, Literal

from msgspec import Meta

from policies.record_base import Counted, Moment, Record, Seconds, Short

SelfTestPart = Literal["gate", "lock", "stick", "report", "sync"]
SELF_TEST_PARTS: tuple[SelfTestPart, ...] = ("gate", "lock", "stick", "report", "sync")


class InventorySeen(Record, frozen=True, kw_only=True, tag="inventory-seen"):
    """What this laptop is; kept at start and whenever it changes. Empty text: the machine does not say."""

    maker: Short
    model: Short
    serial: Short
    os: Short
    hostname: Short
    agent_version: Short
    disk_encryption: Literal["on", "off", "part", "unknown"]
    """part: some of the disks that hold data are not encrypted (R77)."""
    memory_bytes: Annotated[int, Meta(ge=0, le=2**50)] = 0
    battery_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    """How much of its first capacity the battery still holds; None without one."""


class SelfTested(Record, frozen=True, kw_only=True, tag="self-tested"):
    """This laptop tried its own parts (R83)."""

    order: Short
    """The order that asked; empty where the timetable did."""
    results: dict[SelfTestPart, Literal["passed", "failed", "lacking"]]
    """lacking: this machine or this policy has no such part."""
    problems: dict[SelfTestPart, Short]
    """Why, for each that did not pass."""
    signatures_at: Moment | None = None


class ConnectionReverted(Record, frozen=True, kw_only=True, tag="connection-reverted"):
    """The server could not be reached under new connection settings; the last that worked hold again."""

    number: Counted
    """The policy that carried them."""
    tried: Short
    kept: Short
    waited_seconds: Seconds
