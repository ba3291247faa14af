"""Windows of a lesson: eyes to the front, a teacher's message, and an app that waits. Part of `pages`."""

from typing import Annotated, Literal

from msgspec import Meta

from agent.link.page_base import Line, Page
from policies.record_base import Short


class AttentionPage(Page, frozen=True, kw_only=True, tag="attention"):
    """*Eyes to the front*, over everything. Names no child, shows no countdown; the way to help stays."""

    order: Short
    by: Line
    words: Line = ""
    until: Line
    """ISO 8601 with offset: when the work comes back."""


class MessagePage(Page, frozen=True, kw_only=True, tag="message"):
    """A teacher's sentence with three answers, or thanks with none (R90)."""

    order: Short
    kind: Literal["message", "thanks"]
    by: Line
    words: Line


class AppPage(Page, frozen=True, kw_only=True, tag="app"):
    """An app was put away: it asks first, waits, was allowed or not, or is none of this lesson's."""

    app: Short
    program: Short
    state: Literal["ask", "waiting", "allowed", "denied", "closed", "consent"]
    by: Line = ""
    """Who answered."""
    words: Annotated[str, Meta(max_length=200)] = ""
    """What the pupil wrote when asking."""
