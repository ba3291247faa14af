"""Settings of a room: its hours and supervision, its app lists, and what a teacher may do there."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from policies.settings_base import Name, Part

Session = Literal["lesson", "club", "closed"]
"""What kind of time it is. club opens only under a supervisor (R19); closed opens for no pupil."""
Supervision = Literal["general", "supervised", "direct", "adult_demo"]
"""R20. general: adults are about. supervised: only while a supervisor is checked in. direct: the same, and
the supervisor confirms every few minutes that they are still there. adult_demo: adults only."""
AppAnswer = Literal["allow", "notify", "ask", "close"]
"""R21. notify: opens, and the teacher's page says so. ask: put away until a teacher said yes (R24).
close: put away and closed, with a sentence why."""


class HoursSettings(Part, frozen=True, kw_only=True):
    """
    When and under whose eyes pupils use laptops (R19, R20). Differs by tier and time as a variant does.

    Adults' own logins are never shut by it.
    """

    session: Session = "lesson"
    supervision: Supervision = "general"
    lapse_warn_seconds: Annotated[int, Meta(ge=0, le=900)] = 120
    """A supervisor's check-in has ended: so long pupils are warned before what follows."""
    lapse_then: Literal["lock", "end"] = "lock"
    direct_confirm_minutes: Annotated[int, Meta(ge=5, le=120)] = 30
    longest_check_in_minutes: Annotated[int, Meta(ge=15, le=480)] = 120
    """No check-in holds for longer; nobody stays a supervisor by forgetting."""

    @property
    def needs_supervisor(self) -> bool:
        """Say whether a pupil may be here only while somebody is checked in."""
        return self.session == "club" or self.supervision in ("supervised", "direct")


class AppRule(Part, frozen=True, kw_only=True):
    """What follows when one app comes to the front, in lessons and in clubs (R22)."""

    app: Name
    """The window's class or the program's name, as the register of apps writes it; case does not matter."""
    lesson: AppAnswer = "allow"
    club: AppAnswer = "allow"
    consent: bool = False
    """Only with a parent's consent on the list (R24: video calls)."""


class AppsSettings(Part, frozen=True, kw_only=True):
    """Which apps may be used (R21, R22, R24). Differs by tier and time as a variant does."""

    rules: Annotated[tuple[AppRule, ...], Meta(max_length=200)] = ()
    unlisted: AppAnswer = "allow"
    unlisted_in_club: AppAnswer = "allow"
    ask_allows_minutes: Annotated[int, Meta(ge=1, le=480)] = 60
    """How long a teacher's yes holds."""
    review_on: date | None = None
    """When somebody looks at these lists again (R21)."""

    def __post_init__(self) -> None:
        """Refuse an app that stands there twice."""
        names = [rule.app.casefold() for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError("rules names one app twice")


class LabSettings(Part, frozen=True, kw_only=True):
    """What a teacher may do in their room, and what they have to say for it."""

    detail_needs_reason: bool = True
    """One pupil's detail asks the teacher for a reason first (R38); either way it is logged."""
    attention_locks: bool = False
    """*Eyes to the front* also locks the screen beneath its cover."""
    attention_longest_minutes: Annotated[int, Meta(ge=1, le=60)] = 15
    pause_longest_minutes: Annotated[int, Meta(ge=5, le=120)] = 45
    """The idle lock may pause for a presentation so long (R18)."""
    messages: bool = True
    """Teachers may send a sentence to a pupil or the class, answered by one of three buttons."""
