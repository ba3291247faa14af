"""Random trees of settings, and a slow, plain second opinion on what they mean."""

from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st

from policies.settings import TIERS, Contact, School, Settings
from policies.tree import SCOPES, Layer, Placement, PolicyTree
from policies.windows import WEEKDAYS, Window

SCHOOL = School(
    name="Elm Row School",
    contacts=(Contact(name="Ada Moss"),),
    consequences={
        "en": "An adult talks with you about it.",
        "tr": "Bir yetişkin seninle konuşur.",
    },
)
NAMES = {
    "school": ("",),
    "site": ("North", "South"),
    "room": ("Room 4", "Çizim/oda"),
    "group": ("Pilot", "Loans"),
    "device": ("0" * 15 + "1", "0" * 15 + "2"),
}
VARYING = {
    "lock.idle_after_seconds": (130, 300, 600, 1800),
    "lock.countdown_seconds": (0, 30, 120),
    "lock.sign_out_after_seconds": (None, 300, 7200),
    "agreement.if_gate_fails": ("end", "open"),
    "usage.record_apps": (True, False),
}
ALL_DAY = {
    "usb.mode": ("off", "forbid", "copy", "approve_then_scan"),
    "usb.scan.most_files": (1, 1000),
    "login.offline_days": (0, 30, 100),
    "connection.server": ("", "https://elsewhere.example"),
    "self_test.every_days": (0, 7),
}
CLOCKS = ("00:00", "08:30", "12:00", "15:45", "24:00")
FIRST_DAY = date(2026, 9, 1)


def tree(*layers: Layer, **fields) -> PolicyTree:
    """A tree of the Elm Row School with these layers."""
    given = {"school": SCHOOL, "tiers": ("junior", "teen", "adult"), "layers": layers} | fields
    return PolicyTree(**given)


def room(name: str = "Room 4", tiers=(), when=None, **change) -> Layer:
    """A layer of one room: `room(lock__idle_after_seconds=600)`."""
    named = {key.replace("__", "."): value for key, value in change.items()}
    return Layer(scope="room", name=name, tiers=tiers, when=when, change=named)


@st.composite
def windows(draw) -> Window:
    starts, ends = sorted(draw(st.lists(st.sampled_from(CLOCKS), min_size=2, max_size=2, unique=True)))
    days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True))
    first = draw(st.none() | st.integers(0, 20).map(lambda step: FIRST_DAY + timedelta(days=step)))
    last = draw(st.none() | st.integers(20, 25).map(lambda step: FIRST_DAY + timedelta(days=step)))
    return Window(days=tuple(days), starts=starts, ends=ends, from_day=first, until_day=last)


@st.composite
def layers(draw) -> Layer:
    scope = draw(st.sampled_from(SCOPES))
    tiers = tuple(draw(st.lists(st.sampled_from(TIERS), max_size=2, unique=True)))
    when = draw(st.none() | windows())
    known = VARYING if tiers or when else VARYING | ALL_DAY
    names = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3, unique=True))
    change = {name: draw(st.sampled_from(known[name])) for name in names}
    return Layer(
        scope=scope,
        name=draw(st.sampled_from(NAMES[scope])),
        tiers=tiers,
        when=when,
        change=change,
        note=draw(st.sampled_from(("", "asked for by the head"))),
    )


trees = st.lists(layers(), max_size=8).map(lambda drawn: tree(*drawn))
placements = st.builds(
    Placement,
    st.sampled_from(NAMES["device"]),
    st.sampled_from(("", *NAMES["room"])),
    st.sampled_from(("", *NAMES["site"])),
    st.frozensets(st.sampled_from(NAMES["group"])),
)
local_moments = st.builds(
    lambda step, minute: datetime.combine(FIRST_DAY, time()) + timedelta(days=step, minutes=minute),
    st.integers(-10, 40),
    st.integers(0, 24 * 60 - 1),
)


def fits(layer: Layer, laptop: Placement) -> bool:
    """Whether a layer is for this laptop."""
    return {
        "school": True,
        "site": layer.name == laptop.site,
        "room": layer.name == laptop.room,
        "group": layer.name in laptop.groups,
        "device": layer.name == laptop.device,
    }[layer.scope]


def is_open(window: Window | None, local: datetime) -> bool:
    """Whether it is now."""
    if window is None:
        return True
    minute = local.hour * 60 + local.minute
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (window.starts, window.ends))
    if not start <= minute < end or local.strftime("%a").lower() not in window.days:
        return False
    return (window.from_day or date.min) <= local.date() <= (window.until_day or date.max)


def said_of(tree: PolicyTree, laptop: Placement, name: str, tier: str, local: datetime) -> list[Layer]:
    """
    What holds of this setting for this login at this moment: the layers that are strongest and equal.

    More than one with different values: the tree contradicts itself. None: the school's own settings.
    """
    heard = [
        layer
        for layer in tree.layers
        if name in layer.change
        and fits(layer, laptop)
        and (not layer.tiers or tier in layer.tiers)
        and is_open(layer.when, local)
    ]
    if not heard:
        return []

    def strength(layer: Layer) -> tuple:
        return (SCOPES.index(layer.scope), bool(layer.tiers), layer.when is not None)

    strongest = max(map(strength, heard))
    return [layer for layer in heard if strength(layer) == strongest]


def school_value(settings: Settings, name: str):
    """The school's own value."""
    value = settings
    for step in name.split("."):
        value = getattr(value, step)
    return list(value) if isinstance(value, tuple) else value
