"""Publishing a policy: checked, composed, encoded once, numbered; laptops are told by signed assignments."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from policies import wire
from policies.settings import School, Settings, Tier


class Published(NamedTuple):
    """One policy as it was published."""

    number: int
    body_hash: str
    body: wire.PolicyBody
    profile: str
    published_at: datetime
    published_by: str
    reason: str


def publish(
    connection: Connection,
    *,
    school: School,
    settings: Settings,
    tiers: tuple[Tier, ...],
    profile: str,
    by: str,
    now: datetime,
    reason: str = "",
) -> int:
    """
    Publish settings for every laptop and return the policy's number.

    The same bytes as the current policy publish nothing and return its number. Raises what
    `wire.read_policy` raises for a policy that no laptop would take.
    """
    raise NotImplementedError


def current(connection: Connection) -> Published | None:
    """Return the newest policy, if any was published."""
    raise NotImplementedError
