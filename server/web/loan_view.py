"""How a loan looks on its pages: its chip, its paper's words, its recall message."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from policies.resolving import resolve
from server import loans, policy_store
from server.loans import Entry, Loan, Step
from server.placing import placements
from server.web.words import Words

KINDS: dict[str, tuple[str, str]] = {
    "overdue": ("wait", "cal"),
    "recalled": ("wait", "sent"),
    "check-in": ("wait", "cal"),
    "asked": ("wait", "glass"),
    "ready": ("info", "tick"),
    "out": ("info", "home"),
    "returned": ("ok", "tick"),
    "cancelled": ("off", "ring"),
}
ORDER = ("overdue", "recalled", "check-in", "ready", "asked", "out", "returned", "cancelled")
STEPS: tuple[Step, ...] = (
    *("technician", "head", "out", "check-in", "recall", "personal-use", "returned", "cancelled"),
)


class Message(NamedTuple):
    """What a borrower is told."""

    title: str
    text: str


def agreed_by(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return who agreed, by office. Pure."""
    return {entry.kind: entry for entry in entries if entry.kind in ("head", "technician")}


def row_of(loan: Loan, agreed: dict[str, Entry], today: date) -> dict[str, Any]:
    """Return a loan as it is shown. Pure."""
    due = loans.check_in_due(loan, today)
    return {
        "loan": loan,
        "shown": shown_state(loan, agreed, today),
        "check_in_due": due,
        "check_in_late": due is not None and due < today,
        "due": date.fromisoformat(loan.due_day),
        "waits_for": [office for office in ("technician", "head") if office not in agreed],
    }


def shown_state(loan: Loan, agreed: dict[str, Entry], today: date) -> str:
    """Return the one state a list shows. Pure."""
    if loan.state == "asked":
        return "ready" if len(agreed) == 2 else "asked"
    if loans.is_overdue(loan, today):
        return "overdue"
    if loan.state != "out":
        return loan.state
    if loan.recalled_at is not None:
        return "recalled"
    due = loans.check_in_due(loan, today)
    return "check-in" if due is not None and due < today else "out"


def terms(words: Words) -> str:
    """Return the usual words about care and insurance; the school writes its own over them."""
    return words.say(
        "Keep it in its bag, away from food and water. Nobody else uses it. Tell the school at once if it is "
        "lost, stolen or damaged. The school’s insurance covers it at home and on the way; not when it is "
        "left in sight in a car."
    )


def recall_message(words: Words, loan: Loan, school: str) -> Message:
    """Return the message that asks for a laptop back, to print or to send."""
    title = words.say("Please bring the school laptop back")
    text = words.say(
        "Dear %(borrower)s, please bring the laptop %(laptop)s (%(model)s, serial number %(serial)s) back to "
        "%(school)s. It was due on %(day)s. If that is not possible, please call us.",
        borrower=_shown(loan.borrower),
        laptop=_shown(loan.hostname),
        model=_shown(f"{loan.maker} {loan.model}".strip()),
        serial=_shown(loan.serial),
        school=_shown(school) or words.say("school"),
        day=words.date(date.fromisoformat(loan.due_day)),
    )
    return Message(title, text)


def _shown(text: str) -> str:
    return "".join(each for each in text if each.isprintable())[:120]


def records_apps_on_loan(connection: Connection, device: str) -> bool | None:
    """
    Say whether this laptop records which apps are used while it is out (R74); None before the first policy.

    Asked of the settings as they would be with the laptop in the group of loans, which it is only when out.
    """
    revision = policy_store.current_tree(connection)
    if revision is None:
        return None
    placement = placements(connection, [device]).get(device)
    if placement is None:
        return None
    away = placement._replace(groups=placement.groups | {loans.ON_LOAN})
    resolved = resolve(revision.tree, away)
    tiered = [one.change.get("usage.record_apps") for one in resolved.variants]
    return resolved.settings.usage.record_apps or any(tiered)
