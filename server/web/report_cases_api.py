"""The officers' JSON API, second part: the inbox and one case. Sealed bytes go out as they came in."""

from litestar import Response, Router, get
from sqlalchemy import Connection

from server import case_sharing, cases, state
from server.errors import NotFound
from server.officers import Reader
from server.web import common, report_api, report_keys_api, report_staff_api, report_steps_api
from server.web.common import Asked

STATES = ("new", "open", "closed")
OPENS = [common.opens("reports")]


@get("/cases", guards=OPENS, sync_to_thread=True)
def list_cases(request: Asked) -> Response[bytes]:
    """Give the cases that the signed-in officer's key opens, newest first."""
    house, asked = state.of(request), request.query_params
    wanted = asked.get("state", "")
    with house.db.read() as connection:
        try:
            reader = report_api.reader_of(request, connection, sheet=True)
        except NotFound:
            return report_api.answer({"cases": [], "more": False, "crowded": 0})
        found, more, crowded = cases.list_cases(
            connection,
            reader.opens,
            common.policy_facts(connection).report,
            state=wanted if wanted in STATES else "",
            before=asked.get("before", "")[:64],
            crowded=asked.get("crowded") == "1",
        )
        if reader.place == "recovery":
            found = [case for case in found if _shown_with_sheet(connection, reader, case.id)]
        else:
            found = [c for c in found if not case_sharing.kept_from_head(connection, reader, c.id)]
    # Written before anything is shown, in a transaction of its own: laptops' reports do not wait for a list.
    with house.db.write() as connection:
        common.note_look(connection, common.must_view(request), "reports")
        if reader.place == "recovery":
            for case in found:
                cases.note_look(connection, case.id, report_api.who(reader), "sheet", state.utc_now())
    return report_api.answer({"cases": found, "more": more, "crowded": crowded})


def _shown_with_sheet(connection: Connection, reader: Reader, case: str) -> bool:
    try:
        case_sharing.with_sheet(connection, reader, case)
    except NotFound:
        return False
    return True


@get("/cases/{case:str}", guards=OPENS, sync_to_thread=True)
def show_case(request: Asked, case: str) -> Response[bytes]:
    """Give one case with its history, and write that this officer looked at it."""
    house = state.of(request)
    with house.db.write() as connection:
        reader = report_api.reader_of(request, connection, case, sheet=True)
        if not cases.is_reader(connection, reader.opens, case):
            raise NotFound("there is no such case")
        cases.note_look(connection, case, report_api.who(reader), "opened", state.utc_now())
    with house.db.read() as connection:
        settings = common.policy_facts(connection).report
        detail = cases.get_detail(connection, reader.opens, case, settings)
    return report_api.answer(detail)


router = Router(
    path=report_api.PREFIX,
    route_handlers=[
        *report_keys_api.ROUTES,
        *report_steps_api.ROUTES,
        *report_staff_api.ROUTES,
        list_cases,
        show_case,
    ],
    request_max_body_size=report_api.MAX_BODY_BYTES,
    exception_handlers=report_api.HANDLERS,
    include_in_schema=False,
)
