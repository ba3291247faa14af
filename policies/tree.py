"""A school's settings with inheritance: school, site, room, group, device; and by tier and time.

The tree is what people edit, as files or on the page. A laptop never sees it: it gets one flat body
(`wire.PolicyBody`), the same bytes for every laptop with the same settings.
"""

from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from policies.settings import Line, Name, Part, School, Settings, Tier
from policies.variants import Variant, Window

Scope = Literal["school", "site", "room", "group", "device"]
SCOPES: tuple[Scope, ...] = ("school", "site", "room", "group", "device")
"""From the widest to the narrowest; the narrower one holds."""
SettingName = Annotated[str, Meta(pattern=r"^[a-z_]+(\.[a-z_]+){1,2}$", max_length=120)]
"""As in the files: `lock.idle_after_seconds`, `usb.scan.most_files`."""


class Layer(Part, frozen=True, kw_only=True):
    """Some settings for a part of the school, all day or for some tiers and times only."""

    scope: Scope
    name: Annotated[str, Meta(max_length=120)] = ""
    """Which site, room, group or device (its id); empty for the school."""
    tiers: tuple[Tier, ...] = ()
    """Empty: everybody."""
    when: Window | None = None
    """None: always."""
    change: dict[SettingName, Any]
    """Setting → value as TOML or JSON writes it."""
    note: Line = ""


class Review(Part, frozen=True, kw_only=True):
    """Who stands behind these settings, and when they are looked at again (R81)."""

    approved_by: Annotated[str, Meta(max_length=120)] = ""
    """The office: "Governors' committee"."""
    approved_on: str = ""
    """ISO day; empty for never. Text, because a tree is also JSON."""
    next_review: str = ""
    early: Line = ""
    """Why it is looked at sooner: a law, an incident, a new network."""


class PolicyTree(Part, frozen=True, kw_only=True):
    """Everything a school has set."""

    school: School
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=5)]
    settings: Settings = Settings()
    """The school's own, complete; layers change parts of it."""
    layers: Annotated[tuple[Layer, ...], Meta(max_length=2000)] = ()
    review: Review = Review()
    profile: Name = "school"
    """Which example or file it began as."""


class Placement(NamedTuple):
    """Where one laptop stands."""

    device: str
    room: str = ""
    site: str = ""
    groups: frozenset[str] = frozenset()


class Origin(NamedTuple):
    """Where an effective value comes from."""

    scope: Scope
    name: str
    value: Any
    tiers: tuple[Tier, ...] = ()
    when: Window | None = None


class Resolved(NamedTuple):
    """One laptop's flat settings."""

    settings: Settings
    variants: tuple[Variant, ...]
    """In the order in which they are put over `settings`; the last that fits holds."""
    origins: dict[str, Origin]
    """Of every value of `settings`. A variant's origin is asked with `explain`."""
