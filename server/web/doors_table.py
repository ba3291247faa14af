"""Every address of the server and who may open it: the table that docs and tests are made from (R67).

Written by hand beside the guards, so that two sayings have to agree: a test walks all routes of the running
application, asks each as everybody, and fails for a route that has no row here. `markdown` gives
docs/who-opens-what.md.
"""

from server.web import (
    doors_after,
    doors_api,
    doors_asks,
    doors_class,
    doors_desk,
    doors_devices,
    doors_duties,
    doors_individual,
    doors_lab,
    doors_people,
    doors_policies,
    doors_sign_in,
)
from server.web.doors_row import COLUMNS, Cell, Row
from server.web.doors_row import every as _all
from server.web.doors_row import everybody as _anybody
from server.web.doors_row import laptop as _laptop
from server.web.doors_row import pair as _pair
from server.web.doors_row import row as _row

__all__ = ["COLUMNS", "ROWS", "SECTIONS", "Cell", "Row", "markdown"]
_READERS: dict[str, Cell] = {"safeguarding": "yes", "head": "yes", "alternate": "yes"}
_OWN_CASES: dict[str, Cell] = {"safeguarding": "own", "head": "own", "alternate": "own"}
_HOLDERS: dict[str, Cell] = {"safeguarding": "yes", "head": "yes", "governor": "yes"}
_STEPS = {
    "acknowledge": "say that one has it",
    "notes": "add a sealed note",
    "tasks": "add a task",
    "tasks/{task}/done": "settle a task",
    "hold": "hold contact, or go on",
    "quarantine": "keep a laptop for evidence, or let it go",
    "imagery": "justify that imagery was viewed",
    "close": "close it",
    "reopen": "open it again",
    "link": "link it with another",
    "tag": "sort it",
    "grants": "let a later officer in",
    "reply": "answer the pupil",
    "custody": "log where evidence went",
    "printed": "note that it was printed",
}
SECTIONS: dict[str, tuple[Row, ...]] = {
    "Without an office": (
        _anybody("GET", "/", "the way to one's first page"),
        _anybody("GET", "/sign-in", "sign in"),
        _anybody("POST", "/sign-in", "sign in"),
        _anybody("POST", "/sign-out", "sign out"),
        _anybody("GET", "/complaints", "where pupils and parents can complain"),
        _anybody("GET", "/static/{file_path}", "style and script"),
        _anybody("GET", "/healthz", "says that the server serves"),
    ),
    "Lab": (
        _row("GET", "/lab", "own labs", teacher="yes"),
        _row("GET", "/lab/{room}", "one lab, live; pupils are told", teacher="own"),
        _row("GET", "/lab/{room}/live", "its changes", teacher="own"),
        _row("POST", "/lab/{room}/close", "end viewing", teacher="own"),
        _row(
            "POST", "/help/{device}/{login}/went", "somebody went to help",
            teacher="own", safeguarding="yes", head="yes",
        ),
    ),
    **doors_after.SECTIONS,
    **doors_lab.SECTIONS,
    **doors_duties.SECTIONS,
    **doors_class.SECTIONS,
    **doors_devices.SECTIONS,
    **doors_desk.SECTIONS,
    **doors_asks.SECTIONS,
    **doors_policies.SECTIONS,
    "Broken things": (
        _row("GET", "/problems", "what is broken; what to isolate: a place", technician="yes", head="yes"),
        _row(
            "POST", "/problems/{device}/{stream}/{seq}/done", "say that it is dealt with",
            technician="yes", head="yes",
        ),
        _row("POST", "/problems/isolate/{task}/done", "say that it is cut off", technician="yes", head="yes"),
    ),
    "Media": (
        _row("GET", "/media", "who waits for a stick", teacher="yes", technician="yes", head="yes"),
        _row("GET", "/media/live", "news of the same", teacher="yes", technician="yes", head="yes"),
        _row(
            "GET", "/media/request/{device}/{number}", "one request",
            teacher="own", technician="yes", head="yes",
        ),
        _row(
            "POST", "/media/request/{device}/{number}/allow", "say yes",
            teacher="own", technician="yes", head="yes",
        ),
        _row(
            "POST", "/media/request/{device}/{number}/deny", "say no",
            teacher="own", technician="yes", head="yes",
        ),
        _row("GET", "/media/approvals", "what was allowed", teacher="yes", technician="yes", head="yes"),
        _row(
            "POST", "/media/approvals/{approval}/head", "the head's second yes", head="yes",
        ),
        _row(
            "POST", "/media/approvals/{approval}/revoke", "take a yes back",
            teacher="own", technician="yes", head="yes",
        ),
        _row(
            "POST", "/media/found/{device}/{number}/seen", "take up harm that was found",
            teacher="own", technician="yes", head="yes",
        ),
    ),
    "Agreements": tuple(
        _row("GET", path, what, teacher="yes", technician="yes", safeguarding="yes", head="yes")
        for path, what in (
            ("/agreements", "the register; a teacher sees own rooms in it"),
            ("/agreements/print", "the same on paper"),
            ("/agreements/register.csv", "the same as a file"),
        )
    ),
    "Reports": (
        _row("GET", "/reports", "the inbox", **_READERS),
        _row("GET", "/reports/case/{case}", "a page that asks for the case below", **_READERS),
        _row("GET", "/reports/case/{case}/print", "the same for paper", **_READERS),
        _row("GET", "/reports/keys", "one's own key", **_HOLDERS),
        _all("GET", "/reports/write", "write a sealed report"),
        _anybody("GET", "/scripts/{script_version}/{name}", "script of these pages"),
    ),
    "Reports, asked by their pages": (
        _row("GET", "/reports/api/keys", "keys, wrapped, and the list", **_HOLDERS),
        _row("PUT", "/reports/api/keys/mine", "hand in one's own key", **_HOLDERS),
        _row("PUT", "/reports/api/officers", "hand in a signed list", **_HOLDERS),
        _row("POST", "/reports/api/recovery", "note what was done about a key", **_HOLDERS),
        _all("GET", "/reports/api/officers", "the signed list"),
        _all("POST", "/reports/api/staff-reports", "send a sealed report"),
        _row("GET", "/reports/api/cases", "cases sealed to one's own key", **_READERS),
        _row("GET", "/reports/api/cases/{case}", "one case; it is a look", **_OWN_CASES),
        *(
            _row("POST", f"/reports/api/cases/{{case}}/{step}", what, **_OWN_CASES)
            for step, what in _STEPS.items()
        ),
    ),
    "Concerns": (_all("GET", "/concerns", "pass on a concern, complain, blow the whistle"),),
    "Governors": (
        _row("GET", "/governors", "totals, nobody in them", safeguarding="yes", head="yes", governor="yes"),
        _row("GET", "/governors/pack", "the year's pack", safeguarding="yes", head="yes", governor="yes"),
        _row("GET", "/governors/exact", "counts of what their own key opens", safeguarding="yes", head="yes"),
        _row("POST", "/governors/entries", "enter a line for the pack", safeguarding="yes", head="yes"),
    ),
    "Reporting": (
        _row("GET", "/reporting", "how it is set up", technician="yes", safeguarding="yes", head="yes"),
        _row(
            "POST", "/reporting/checked", "the helplines were tried",
            technician="yes", safeguarding="yes", head="yes",
        ),
        _row(
            "POST", "/reporting/switch", "switch it on; off takes a second adult",
            technician="yes", safeguarding="yes", head="yes",
        ),
    ),
    "Oversight": (
        _row("GET", "/oversight", "who looked at what", safeguarding="yes", head="yes"),
        _row("POST", "/oversight/sign-off", "say that it was read", safeguarding="yes", head="yes"),
    ),
    "Staff": (
        *_pair("/staff", "accounts", "add an account", technician="yes", head="yes"),
        *_pair("/staff/{name}", "one account", "change it", technician="own", head="own"),
        _row("POST", "/staff/{name}/password", "make a new password", technician="own", head="own"),
        _row("POST", "/staff/{name}/remove", "close an account", technician="own", head="own"),
    ),
    **doors_sign_in.SECTIONS,
    **doors_api.SECTIONS,
    **doors_people.SECTIONS,
    **doors_individual.SECTIONS,
    "Laptops": (
        _laptop("GET", "ca", "the authority's certificate"),
        _laptop("POST", "enrol", "enrol with a code"),
        _laptop("POST", "records", "bring records"),
        _laptop("GET", "orders", "wait for orders"),
        _laptop("GET", "policy/{body_hash}", "fetch a policy"),
        _laptop("POST", "login", "ask about a login"),
        _laptop("GET", "record", "a person's own record"),
        _laptop("POST", "status", "say who works"),
    ),
}  # fmt: skip
ROWS: tuple[Row, ...] = tuple(row for rows in SECTIONS.values() for row in rows)

_HEAD = """# Who opens what

Made from `server/web/doors_table.py`; do not change it here. A test asks every address of the server as
everybody, and fails if one answers otherwise than this table says, or has no row in it.

**yes**: opens. **own**: only their own: a teacher's rooms, cases sealed to an officer's key, accounts whose
offices they may give. Empty: refused (403; what somebody may not know of at all is answered 404).
*Alternate*: a governor whose key is on the signed list of officers. Nobody who is not signed in opens
anything but the first rows.

"""
_TITLES = {
    "teacher": "Teacher",
    "technician": "Technician",
    "safeguarding": "Safeguarding",
    "head": "Head",
    "governor": "Governor",
    "specialist": "Learning support",
    "alternate": "Alternate",
}


def markdown() -> str:
    """Return docs/who-opens-what.md."""
    out = [_HEAD]
    for title, rows in SECTIONS.items():
        if rows and rows[0].laptops:
            out.append(f"## {title}\n\nNo sign-in opens these; a laptop signs what it asks.\n\n")
            out += [f"- `{row.method} {row.path}`: {row.what}\n" for row in rows]
            continue
        out.append(f"## {title}\n\n| | | {' | '.join(_TITLES[each] for each in COLUMNS)} |\n")
        out.append("|---|---|" + "---|" * len(COLUMNS) + "\n")
        for row in rows:
            cells = " | ".join(row.cells.get(each, "") for each in COLUMNS)
            out.append(f"| `{row.method} {row.path}` | {row.what} | {cells} |\n")
        out.append("\n")
    return "".join(out).rstrip("\n") + "\n"
