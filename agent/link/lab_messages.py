"""Messages between service and session about a lesson: a part of `messages`, which names them all."""

from typing import Annotated, Literal

from msgspec import Meta

from agent.link.lab_pages import AttentionPage
from agent.link.message_base import Down, Short, Up


class AttentionSeen(Up, frozen=True, kw_only=True, tag="attention-seen"):
    """Answer to ShowAttention, again whenever it changes: does our cover lie over every screen?"""

    order: Short
    covered: bool
    problem: Short = ""


class MessageShown(Up, frozen=True, kw_only=True, tag="message-shown"):
    """A teacher's message is painted, and nothing of ours covers it."""

    order: Short


class MessageDone(Up, frozen=True, kw_only=True, tag="message-done"):
    """The pupil pressed one of the buttons under a teacher's message, or closed it without."""

    order: Short
    answer: Literal["ok", "not-yet", "help", "closed"]


class AppWanted(Up, frozen=True, kw_only=True, tag="app-wanted"):
    """The pupil asks the teacher for an app that was put away, or takes the question back."""

    app: Short
    program: Short
    what: Literal["ask", "withdraw"]
    words: Short = ""


class ShowAttention(Down, frozen=True, kw_only=True, tag="show-attention"):
    """Cover every screen with this at once, and say with AttentionSeen how that went."""

    page: AttentionPage


class HideAttention(Down, frozen=True, kw_only=True, tag="hide-attention"):
    """The cover goes; the work is as it was."""

    order: Short


class HideMessage(Down, frozen=True, kw_only=True, tag="hide-message"):
    """A teacher's message has waited for too long: nobody is to see it any more."""

    order: Short


class PutAway(Down, frozen=True, kw_only=True, tag="put-away"):
    """Take the windows of this app from the front; with `closes` ask it to end, so that work can be saved."""

    app: Short
    program: Short
    closes: bool
    again_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0.0


class BringBack(Down, frozen=True, kw_only=True, tag="bring-back"):
    """The app was allowed: show its windows again."""

    app: Short
    program: Short
