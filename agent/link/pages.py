"""What a window may be asked to show: data in, one answer out.

A window is a child of the session: one page as JSON on stdin, one JSON line on stdout, exit. Words come
finished (in both languages where the person may switch); the window adds only its own fixed labels.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.link.lab_pages import AppPage as AppPage
from agent.link.lab_pages import AttentionPage as AttentionPage
from agent.link.lab_pages import MessagePage as MessagePage
from agent.link.page_base import Line as Line
from agent.link.page_base import Page as Page
from policies.agreements import Agreement
from policies.drafts import ReportDraft
from policies.media import Access, MediaClass, ShutReason
from policies.settings import Contact, Helpline, Language


class GatePage(Page, frozen=True, kw_only=True, tag="gate"):
    """The agreement, every page of it, in every language offered."""

    person: Line
    """Display name; empty at an unlisted login."""
    agreement: Agreement
    contacts: tuple[Contact, ...]
    help_asked: bool = False
    read_aloud: bool = True
    reads_at_once: bool = False
    """Reading begins by itself, as arranged for this person."""


class CountdownPage(Page, frozen=True, kw_only=True, tag="countdown"):
    """Locks in `seconds` unless somebody is here; `idle_minutes` have passed already."""

    seconds: int
    idle_minutes: int


class PanelPage(Page, frozen=True, kw_only=True, tag="panel"):
    """What one click on the tray icon opens."""

    person: Line
    viewing: Line = ""
    """Who is viewing this lab, as a finished sentence; empty if nobody."""
    supervised: Line = ""
    """Who supervises this room now, as a finished sentence; empty where the hours ask for nobody."""
    paused: Line = ""
    """Who has paused the idle lock and until when, as a finished sentence."""
    online: bool
    waiting_records: int = 0
    help_asked: bool = False
    contacts: tuple[Contact, ...] = ()
    replies: int = 0
    """Answers of an adult that this person has not read."""
    replies_read: int = 0
    """Those that were read and are kept for a while."""
    shortcut: Line = ""
    """Hides the screen; empty where the desktop cannot."""


class RulesPage(Page, frozen=True, kw_only=True, tag="rules"):
    """The rules this person accepted, and when."""

    agreement: Agreement
    accepted_at: Line
    """ISO 8601 with offset; the window says it in words."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of what is recorded about me."""

    at: Line
    """ISO 8601 with offset."""
    kind: Line
    """The record's type tag, e.g. `app-used`; the window has the words for it."""
    detail: Line = ""
    """The app's or program's name, an answer, a reason: data, not a sentence."""
    seconds: float | None = None
    on_server: bool = False


class LookEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An adult looked."""

    at: Line
    by: Line
    what: Line


class RecordPage(Page, frozen=True, kw_only=True, tag="record"):
    """What is recorded about me: this login's entries from this laptop and, online, from the server."""

    person: Line
    entries: tuple[Entry, ...]
    looks: tuple[LookEntry, ...] = ()
    online: bool
    records_apps: bool
    lacking: tuple[Line, ...] = ()
    looks_days: int = 0
    """Looks of so many days, and today's entries of this person's other logins here; 0: this login's only."""


class NoticePage(Page, frozen=True, kw_only=True, tag="notice"):
    """One short thing said once, with the way to help beneath it."""

    kind: Literal[
        "help-asking",
        "help-sent",
        "help-waiting",
        "declined",
        "timed-out",
        "not-listed",
        "offline-unknown",
        "no-agreement",
        "gate-failed",
        "session-lost",
        "too-fast",
        "lock-failed",
        "problem-sent",
        "problem-not-kept",
        "quarantined",
        "restricted",
        "meeting",
        "induction",
        "ends-soon",
        "closed",
        "unsupervised",
        "adults-only",
        "supervisor-left",
        "supervisor-back",
    ]
    """problem-not-kept: it could not be written down, or too many were; tell an adult.
    quarantined: this laptop is put away for now; nobody at it did anything wrong by being here.
    restricted, meeting, induction: an adult has set this, and says no more here. ends-soon: on the desktop,
    before a login that may not go on is signed out. closed, unsupervised, adults-only: the hours say so, to
    everybody alike; closed with `then` warns on the desktop. supervisor-left: on the desktop, before the
    screen locks or the login ends. supervisor-back: it does not."""
    contacts: tuple[Contact, ...] = ()
    until: Line = ""
    """ISO 8601 with offset: from when on one can sign in again; empty where that depends on an adult."""
    ends_at: Line = ""
    """The same for the end of this login."""
    then: Literal["", "lock", "end"] = ""
    """What follows at `ends_at`."""


class StickPage(Page, frozen=True, kw_only=True, tag="stick"):
    """How one memory stick stands."""

    plug: Line
    label: Line = ""
    """What the device calls itself; it may be anything."""
    media: MediaClass = "storage"
    size_bytes: int = 0
    """0: not known."""
    state: Literal["shut", "asked", "locked", "checking", "open", "stays-shut"]
    """locked: encrypted, and its owner is asked for the passphrase."""
    reason: ShutReason | None = None
    may_ask: bool = False
    asks_pupil_data: bool = False
    """Offer the box *It holds information about pupils* (staff)."""
    by: Line = ""
    """Who said yes, or no."""
    because: Line = ""
    """Why not, in that adult's words."""
    asked_at: Line = ""
    until: Line = ""
    """ISO 8601 with offset."""
    access: Access = "read"
    kept_until: Line = ""
    """For copies: the day (ISO 8601) at whose end they are deleted."""
    files: int = 0
    of_files: int = 0
    seconds_left: float | None = None
    tries_left: int = 5
    """How many more passphrases may be tried."""
    harmful: Line = ""
    """The name of a harmful file."""
    contacts: tuple[Contact, ...] = ()


class Reader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An adult who may open reports."""

    id: Line
    """The id of their key, for `ReportDraft.not_to`."""
    name: Line
    role: Literal["lead", "deputy", "head", "alternate"]


class ReportPage(Page, frozen=True, kw_only=True, tag="report"):
    """*Something's wrong*: three short screens. The window sends a ReportDraft; nothing is kept before."""

    person: Line
    readers: tuple[Reader, ...]
    contacts: tuple[Contact, ...]
    helplines: tuple[Helpline, ...] = ()
    """For this tier only; those with `emergency` stand under *I am in danger now*."""
    ceop: bool = False
    answer_within_hours: int = 24
    online: bool
    read_aloud: bool = True
    draft: ReportDraft | None = None
    """What stood there when the screen was hidden."""
    shortcut: Line = ""
    place: Literal["panel", "gate", "launcher", "rules", "attention", "hidden"] = "panel"


class ReceiptPage(Page, frozen=True, kw_only=True, tag="receipt"):
    """Whether it is with the server, truthfully; renewed in place when that changes."""

    state: Literal["sending", "sent", "waiting", "refused"]
    """waiting: not sent yet, tell an adult now. refused: it is not kept, and `why`; tell an adult."""
    why: Literal["", "nobody-left", "too-many", "not-kept", "switched-off", "cut-off"] = ""
    """With `refused`. nobody-left: all who could read it are left out. too-many: this account has told very
    often; what it told before is safe. not-kept: the laptop could not write it down, or lost it unsent.
    switched-off: reports are not taken here. cut-off: Gatepost stopped while it was being told; nobody knows
    whether it is kept."""
    readers: tuple[Reader, ...] = ()
    """Who will read it."""
    answer_within_hours: int = 24
    urgent: bool = False
    contacts: tuple[Contact, ...] = ()
    helplines: tuple[Helpline, ...] = ()
    read_aloud: bool = True


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An adult's answer."""

    at: Line
    """ISO 8601 with offset."""
    by: Line
    words: Annotated[str, Meta(max_length=1000)]


class RepliesPage(Page, frozen=True, kw_only=True, tag="replies"):
    """Answers, opened from the panel and never by themselves."""

    replies: tuple[Reply, ...]
    contacts: tuple[Contact, ...] = ()


class HiddenWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the plain cover says; drawn by the session itself, at once."""

    title: Line
    tell: Line
    """Label of the way to a report (or to help)."""
    uncover: Line


AnyPage = (
    GatePage
    | CountdownPage
    | PanelPage
    | RulesPage
    | RecordPage
    | NoticePage
    | StickPage
    | ReportPage
    | ReceiptPage
    | RepliesPage
    | AttentionPage
    | MessagePage
    | AppPage
)


class WindowAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line from the window. Only the last `done` line ends it; every other comes before."""

    event: Literal["painted", "help", "stick", "app", "draft", "hide", "send", "done"]
    """
    `help`: the way to an adult, from a window that stays; with the choice `report`, to a report.
    `draft`: as it stands in the report window, told when it changes; only in the session's memory.
    `hide`: cover the screen, now. `send`: tell them; the window stays and becomes the receipt.
    """
    choice: Literal[
        "",
        "accepted",
        "declined",
        "help",
        "lock",
        "rules",
        "record",
        "here",
        "close",
        "ask",
        "withdraw",
        "cancel",
        "open",
        "finish",
        "report",
        "replies",
        "hide",
        "send",
        "problem",
        "unlock",
        "ok",
        "not-yet",
    ] = ""
    passphrase: Annotated[str, Meta(max_length=512)] = ""
    """Of an encrypted stick; kept nowhere."""
    reason: Annotated[str, Meta(max_length=200)] = ""
    pupil_data: bool = False
    language: Language = "en"
    text_hash: Annotated[str, Meta(max_length=64)] = ""
    pages_shown: int = 0
    kind: Literal["web", "plain"] = "web"
    draft: ReportDraft | None = None
    """With `send`: the report. With `draft` and `hide`: as it stands. With `close`: to be offered again."""
    problem: Literal["", "virus", "broken", "filter", "other"] = ""
    """With `problem`: what is broken; `reason` holds the words, plain, for the technician."""

    def __repr__(self) -> str:
        """Say nothing of a passphrase, whoever prints it."""
        return f"WindowAnswer(event={self.event!r}, choice={self.choice!r})"


class TrayWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the tray icon says."""

    title: Line
    open_panel: Line
    viewing: Line = ""
