"""Loans: a form to fill, two who agree, a paper to sign, what is overdue, and the way back (R72 to R75)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import accounts, case_quarantine, devices, inventory, loans, notices, people, state
from server.errors import Invalid, NotFound
from server.loans import Adult, Form, LoanRefused
from server.settings import laptop_address
from server.web import common, device_view, loan_view, render
from server.web.common import Asked
from server.web.doors import Viewer
from server.web.words import words_in

CLOSED_SHOWN = 50
FIELDS = ("maker", "model", "serial", "borrower", "account", "purpose", "due_day", "check_in_days", "terms")
PLACES = {
    "no-serial": "serial",
    "no-borrower": "borrower",
    "no-day": "due_day",
    "too-long": "due_day",
    "check-in": "check_in_days",
    "no-words": "words",
}
"""Which field a refusal is about."""


def _adult(viewer: Viewer) -> Adult:
    return Adult(viewer.name, viewer.roles, viewer.id)


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


@get("/devices/loans", guards=[common.opens("devices")], sync_to_thread=True)
def show_loans(request: Asked) -> Response[str]:
    """Show what is overdue first, then what is out and what waits for somebody to agree."""
    today = _today()
    with state.of(request).db.read() as connection:
        running = loans.list_loans(connection, states=("asked", "out"))
        closed = loans.list_loans(connection, states=("returned", "cancelled"), limit=CLOSED_SHOWN)
        agreed = {
            loan.id: loan_view.agreed_by(loans.list_entries(connection, loan.id))
            for loan in running
            if loan.state == "asked"
        }
    rows = [loan_view.row_of(loan, agreed.get(loan.id, {}), today) for loan in running]
    rows.sort(key=lambda row: (loan_view.ORDER.index(row["shown"]), row["loan"].due_day))
    context = {
        **device_view.shared("loans"),
        "rows": rows,
        "closed": closed,
        "overdue": sum(row["shown"] == "overdue" for row in rows),
        "loan_kinds": loan_view.KINDS,
    }
    return common.show(request, "loans.html", "devices", context)


def _form_page(
    request: Asked, device: str, given: dict[str, str] | None = None, problem: str = ""
) -> Response[str]:
    words = render.words_of(request, common.must_view(request))
    label = render.labels_of(request, common.must_view(request))
    with state.of(request).db.read() as connection:
        found = devices.get_device(connection, device)
        what = inventory.inventory_of(connection, device)
        there = loans.open_loan(connection, device)
    filled = {
        "maker": loans.visible(what.maker) if what else "",
        "model": loans.visible(what.model) if what else "",
        "serial": loans.visible(what.serial) if what else "",
        "borrower": "",
        "account": "",
        "purpose": "",
        "due_day": (_today() + timedelta(days=28)).isoformat(),
        "check_in_days": "14",
        "terms": loan_view.terms(words),
    }
    field = PLACES.get(problem, "")
    said = label("loan-refused", problem) if problem else ""
    context: dict[str, Any] = {
        **device_view.shared("loans"),
        "device": found,
        "there": there,
        "given": {**filled, **(given or {})},
        "problems": [(field, said)] if problem else [],
        "wrong": {field: said} if field else {},
        "told": what is not None and bool(what.serial),
    }
    return common.show(request, "loan_new.html", "devices", context, 400 if problem else 200)


@get("/devices/loans/new/{device:str}", guards=[common.opens("devices")], sync_to_thread=True)
def show_form(request: Asked, device: str) -> Response[str]:
    """Show the form, filled with what the laptop said of itself."""
    return _form_page(request, device)


@post(
    "/devices/loans/new/{device:str}", guards=[common.opens("devices")], status_code=303, sync_to_thread=True
)
def ask(request: Asked, data: common.Form, device: str) -> Response[str] | Redirect:
    """Write the form down; nobody has agreed yet."""
    viewer = common.must_view(request)
    given = {key: common.text_of(data, key, 1200 if key == "terms" else 400) for key in FIELDS}
    days = given["check_in_days"]
    form = Form(
        maker=given["maker"],
        model=given["model"],
        serial=given["serial"],
        borrower=given["borrower"],
        account=given["account"],
        purpose=given["purpose"],
        terms=given["terms"],
        due_day=given["due_day"],
        check_in_days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else -1,
    )
    try:
        with state.of(request).db.write() as connection:
            form = form._replace(person=_person_of(connection, form.account))
            number = loans.ask(connection, device, form, _adult(viewer), datetime.now(UTC))
    except LoanRefused as refused:
        return _form_page(request, device, given, refused.code)
    return common.go(f"/devices/loans/{number}")


def _person_of(connection: Connection, account: str) -> str:
    """Return the school's key of whoever has this account, so that a loan is found among their data (R76)."""
    found = people.find_person(connection, account) if account else None
    return found.person if found else ""


def _page(request: Asked, number: int, problem: str = "", *, printed: bool = False) -> Response[str]:
    viewer, today = common.must_view(request), _today()
    house = state.of(request)
    with house.db.read() as connection:
        loan = loans.get_loan(connection, number)
        entries = loans.list_entries(connection, number)
        held = case_quarantine.held_devices(connection)
        keeps_apps = loan_view.records_apps_on_loan(connection, loan.device)
    agreed = loan_view.agreed_by(entries)
    words = render.words_of(request, viewer)
    label = render.labels_of(request, viewer)
    message = loan_view.recall_message(words, loan, common.school_name(request))
    field, said = PLACES.get(problem, ""), label("loan-refused", problem) if problem else ""
    context: dict[str, Any] = {
        **device_view.shared("loans"),
        **loan_view.row_of(loan, agreed, today),
        "entries": entries,
        "agreed": agreed,
        "may": {
            step: loans.decide_step(loan.state, entries, step, _adult(viewer), "x")
            for step in loan_view.STEPS
        },
        "held": loan.device in held,
        "keeps_apps": keeps_apps,
        "message": message,
        "can_send": bool(loan.account) and _has_address(house, loan.account),
        "loan_kinds": loan_view.KINDS,
        "declared": [entry for entry in entries if entry.kind == "personal-use"],
        "problems": [(field, said)] if problem else [],
        "wrong": {field: said} if field else {},
    }
    template = "loan_print.html" if printed else "loan.html"
    return common.show(request, template, "devices", context, 400 if problem else 200)


def _has_address(house: state.ServerState, account: str) -> bool:
    try:
        return bool(notices.read(house.folder).to.get(account))
    except Invalid:
        return False


@get("/devices/loans/{number:int}", guards=[common.opens("devices")], sync_to_thread=True)
def show_loan(request: Asked, number: int) -> Response[str]:
    """Show one loan: who agreed, what can be done now, what became of it."""
    return _page(request, number)


@get("/devices/loans/{number:int}/print", guards=[common.opens("devices")], sync_to_thread=True)
def print_loan(request: Asked, number: int) -> Response[str]:
    """Show the loan as the paper that borrower, head and ICT lead sign."""
    return _page(request, number, printed=True)


@post(
    "/devices/loans/{number:int}/{step:str}",
    guards=[common.opens("devices")],
    status_code=303,
    sync_to_thread=True,
)
def take_step(request: Asked, data: common.Form, number: int, step: str) -> Response[str] | Redirect:
    """Take one step: agree, hand out, note a check-in, recall, declare personal use, take back, cancel."""
    viewer, house = common.must_view(request), state.of(request)
    wanted = next((known for known in loan_view.STEPS if known == step), None)
    if wanted is None:
        raise NotFound("there is no such step")
    try:
        with house.db.write() as connection:
            loans.step(
                connection,
                number,
                wanted,
                _adult(viewer),
                datetime.now(UTC),
                common.text_of(data, "words", 400),
                case_quarantine.held_devices(connection),
            )
    except LoanRefused as refused:
        return _page(request, number, refused.code)
    if step == "recall" and common.text_of(data, "send") == "1":
        _send_recall(request, number)
    return common.go(f"/devices/loans/{number}")


def _send_recall(request: Asked, number: int) -> None:
    """Send the recall by the school's own mail or webhook, to a colleague with an address."""
    house, viewer = state.of(request), common.must_view(request)
    with house.db.read() as connection:
        loan = loans.get_loan(connection, number)
        try:
            told = accounts.find_staff(connection, loan.account)
        except NotFound:
            return
    if not _has_address(house, loan.account):
        return
    words = words_in("tr" if told.language == "tr" else "en")
    message = loan_view.recall_message(words, loan, common.school_name(request))
    urls = notices.read(house.folder).to[loan.account]
    if notices.send(urls, message.title, f"{message.text}\n{laptop_address(house.config)}"):
        with house.db.write() as connection:
            loans.step(connection, number, "told", _adult(viewer), datetime.now(UTC))


ROUTES = [show_loans, show_form, ask, show_loan, print_loan, take_step]
