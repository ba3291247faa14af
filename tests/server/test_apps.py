"""R32: new programs are seen, looked at first, and stand in a register with who, why and for which ages."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies import records
from server import app_intake, app_sheets, apps, projections
from server.apps import AppRefused, Draft
from server.errors import NotFound
from server.spreadsheets import TableRefused

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
PAINT = Draft(
    name="Tux Paint",
    names=("tuxpaint", "Tuxpaint.TuxPaint"),
    decision="approved",
    evaluator="Ada Neve",
    risk_reference="RA-2026-14",
    age_from=4,
    age_to=11,
    review_on=date(2027, 9, 1),
)


def used(app, program):
    return records.AppUsed(
        at=NOW, login="1" * 32, app=app, program=program, focused_seconds=60.0, active_seconds=30.0
    )


def tell(here, device, *pairs, at=NOW):
    with here.db.write() as connection:
        plain = connection.connection.dbapi_connection
        opened = [used(*pair) for pair in pairs]
        projections.project(plain, device, "usage", 1, opened, int(at.timestamp() * 1000))


def save(here, draft, **more):
    with here.db.write() as connection:
        return apps.save(connection, draft, by="Nuri", now=NOW, **more)


def unknown(here, **more):
    with here.db.read() as connection:
        return apps.list_unknown(connection, **more)


def test_r32_an_unknown_portable_program_appears_for_the_technician(here, enrolled):
    first, second = enrolled().device, enrolled(room="Lab 2").device
    tell(here, first, ("Firefox", "firefox"), ("StrangeGame", "game.x86_64"))
    tell(here, second, ("StrangeGame", "game.x86_64"))
    save(here, msgspec.structs.replace(PAINT, name="Firefox", names=("firefox",)))
    (found,) = unknown(here)

    assert ("StrangeGame", "game.x86_64", 2, 2) == (found.app, found.program, found.laptops, found.rooms)
    assert NOW == found.first_at


def test_r32_a_program_that_calls_its_window_like_a_known_app_is_still_seen(here, enrolled):
    tell(here, enrolled().device, ("firefox", "portable-game"))
    save(here, msgspec.structs.replace(PAINT, name="Firefox", names=("firefox",)))
    (found,) = unknown(here)

    assert ("portable-game", "approved") == (found.program, found.decision)


def test_r32_an_entry_says_who_looked_at_it_with_which_risk_paper_and_for_which_ages(here):
    entry = save(here, PAINT)

    assert ("Ada Neve", "RA-2026-14", 4, 11) == (
        entry.evaluator,
        entry.risk_reference,
        entry.age_from,
        entry.age_to,
    )
    assert ("Nuri", True, False) == (
        entry.changed_by,
        entry.is_due(date(2027, 9, 1)),
        entry.is_due(date(2027, 8, 31)),
    )


def test_nobodys_name_stands_among_the_programs_that_were_seen(here, enrolled):
    tell(here, enrolled().device, ("App", "app"))
    with here.db.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM apps_seen").mappings().all()

    assert {"device", "app_key", "program_key", "app", "program", "first_at", "last_at"} == set(rows[0])


def test_a_program_whose_file_is_not_known_goes_by_its_window(here, enrolled):
    tell(here, enrolled().device, ("Tuxpaint.TuxPaint", ""), ("Other", ""))
    save(here, PAINT)

    assert ["Other"] == [each.app for each in unknown(here)]


def test_spelling_and_width_make_no_second_program(here, enrolled):
    device = enrolled().device
    tell(here, device, ("TuxPaint", "TUXPAINT"), ("ＴｕｘＰａｉｎｔ", "tuxpaint"))

    assert 1 == len(unknown(here))


def test_the_last_day_is_noted_once_a_day_and_the_first_never_changes(here, enrolled):
    device = enrolled().device
    tell(here, device, ("A", "a"))
    tell(here, device, ("A", "a"), at=NOW + timedelta(hours=5))
    assert NOW == unknown(here)[0].last_at
    tell(here, device, ("A", "a"), at=NOW + timedelta(days=2))

    assert (NOW, NOW + timedelta(days=2)) == unknown(here)[0][2:4]


def test_one_hostile_laptop_cannot_fill_the_list(here, enrolled, monkeypatch):
    monkeypatch.setattr(app_intake, "MOST_PER_LAPTOP", 5)
    tell(here, enrolled().device, *((f"x{number}", "y") for number in range(20)))

    assert 5 == len(unknown(here))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"name": "  "}, "no-name"),
        ({"names": ("", " ")}, "no-names"),
        ({"names": tuple(f"n{number}" for number in range(41))}, "too-many-names"),
        ({"decision": "maybe"}, "decision"),
        ({"age_from": 12, "age_to": 7}, "ages"),
        ({"age_from": 0}, "ages"),
        ({"evaluator": " "}, "no-evaluator"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(here, change, kind):
    with pytest.raises(AppRefused) as refused:
        save(here, msgspec.structs.replace(PAINT, **change))

    assert kind == refused.value.kind


def test_a_name_and_a_program_belong_to_one_entry(here):
    entry = save(here, PAINT)
    with pytest.raises(AppRefused, match="name-taken"):
        save(here, msgspec.structs.replace(PAINT, name="TUX PAINT", names=("x",)))
    with pytest.raises(AppRefused, match="names-taken: tuxpaint"):
        save(here, msgspec.structs.replace(PAINT, name="Other", names=("TuxPaint",)))

    assert "x" == save(here, msgspec.structs.replace(PAINT, note="x"), entry=entry.id).note


def test_what_was_decided_stays_readable_when_the_entry_goes(here):
    entry = save(here, PAINT)
    with here.db.write() as connection:
        apps.remove(connection, entry.id, by="Nuri", now=NOW)
        assert ["removed", "added"] == [what for _, _, what in apps.changes_of(connection, entry.id)]
    with pytest.raises(Exception, match="cannot be rewritten"), here.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM app_changes")
    with pytest.raises(NotFound), here.db.write() as connection:
        apps.remove(connection, entry.id, by="Nuri", now=NOW)


# ---- as a spreadsheet ----


def take(here, text, *, dry=False):
    class Undo(Exception):
        pass

    outcome = None
    try:
        with here.db.write() as connection:
            outcome = app_sheets.take(connection, text.encode(), by="Nuri", now=NOW)
            if dry or outcome.wrong:
                raise Undo
    except Undo:
        pass
    return outcome


def listed(here):
    with here.db.read() as connection:
        return apps.list_entries(connection)


def test_r32_the_register_goes_out_and_comes_back_without_a_change(here):
    save(here, PAINT)
    save(here, Draft(name="=HYPERLINK(1)", names=("@evil", "-x"), note="+1"))
    text = app_sheets.write_register(listed(here))
    outcome = take(here, text)

    assert "'=HYPERLINK(1)" in text
    assert ([], [], 2, []) == (outcome.added, outcome.changed, outcome.same, outcome.wrong)


def test_every_wrong_line_is_named_and_nothing_is_kept(here):
    text = (
        "name;names;decision;evaluator;age_from;review_on\n"
        "Good;good;approved;Ada;7;2027-06-30\n"
        "Bad;;approved;Ada;;\n"
        "Worse;w;perhaps;Ada;;\n"
        "Old;o;approved;Ada;seven;\n"
        "Day;d;open;;;30.06.2027\n"
        "good;g2;open;;;\n"
    )
    outcome = take(here, text)

    assert [(3, "no-names"), (4, "decision"), (5, "ages"), (6, "review_on"), (7, "twice")] == [
        (each.line, each.kind) for each in outcome.wrong
    ]
    assert all(each.sentence for each in outcome.wrong)
    assert [] == listed(here)


def test_a_file_with_another_header_is_refused(here):
    for text in ("app,decision\nx,open\n", "name,names,decision,secret\nx,y,open,z\n"):
        with pytest.raises(TableRefused, match="column"):
            take(here, text)


def test_two_thousand_lines_are_taken(here):
    rows = "".join(f"App {number},app{number},open\n" for number in range(2000))
    outcome = take(here, "name,names,decision\n" + rows)

    assert 2000 == len(outcome.added)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4), st.text(max_size=40))
def test_whatever_is_written_is_kept_whole_or_refused(name, names, note):
    try:
        draft = apps.check_draft(Draft(name=name, names=tuple(names), note=note))
    except AppRefused:
        return

    assert draft == apps.check_draft(draft)
    assert len(draft.names) == len({apps.key_of(each) for each in draft.names})
