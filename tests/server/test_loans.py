"""Loans: two who agree, blank serials refused, recalled, overdue, returned, signed for good (R72 to R75)."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from policies.resolving import resolve
from policies.tree import Layer
from server import groups, inventory, loans, policy_store
from server.loans import Adult, Entry, Form, LoanRefused, decide_step
from server.placing import placements
from tests.support.laptop import Laptop
from tests.support.started import NOW

ASHBY = Adult("Tom Ashby", frozenset({"technician"}), 3)
OKAFOR = Adult("Neil Okafor", frozenset({"head"}), 5)
BOTH = Adult("Dina Amos", frozenset({"head", "technician"}), 6)
SHELL = Adult("command line", frozenset({"head", "technician"}))
FORM = Form("Hazel", "Birch 13", "BR13-40217", "Ayşe Polat for Vera Polat", "2026-03-30", check_in_days=14)
STEPS = ("technician", "head", "out", "check-in", "recall", "personal-use", "returned", "cancelled")


@pytest.fixture
def lent(here, enrolled):
    """A loan that was asked for: its number and its laptop."""
    laptop = enrolled().device
    with here.db.write() as connection:
        return loans.ask(connection, laptop, FORM, ASHBY, NOW), laptop


def take(here, number, *steps, words="seen", now=NOW):
    for step, adult in steps:
        with here.db.write() as connection:
            loans.step(connection, number, step, adult, now, words)


def refusal(here, number, step, adult, words=""):
    with pytest.raises(LoanRefused) as refused, here.db.write() as connection:
        loans.step(connection, number, step, adult, NOW, words)
    return refused.value.code


@pytest.mark.parametrize("serial", ["", "   ", "-/-", "\u200b"])
def test_r72_a_blank_serial_number_is_refused(here, enrolled, serial):
    laptop = enrolled().device
    with pytest.raises(LoanRefused) as refused, here.db.write() as connection:
        loans.ask(connection, laptop, FORM._replace(serial=serial), ASHBY, NOW)

    assert "no-serial" == refused.value.code


def test_r72_a_return_closes_the_loan_and_the_laptop_can_be_lent_again(here, lent):
    number, laptop = lent
    take(here, number, ("technician", ASHBY), ("head", OKAFOR), ("out", ASHBY), ("returned", ASHBY))
    with here.db.write() as connection:
        loan = loans.get_loan(connection, number)
        again = loans.ask(connection, laptop, FORM, ASHBY, NOW)

    assert ("returned", NOW) == (loan.state, loan.closed_at)
    assert "not-out" == refusal(here, number, "returned", ASHBY)
    assert again != number


def test_r72_every_signature_stands_with_name_and_time(here, lent):
    number, _ = lent
    take(here, number, ("technician", ASHBY), ("head", OKAFOR), ("out", ASHBY), ("returned", ASHBY))
    with here.db.read() as connection:
        entries = loans.list_entries(connection, number)

    assert [
        ("asked", "Tom Ashby"), ("technician", "Tom Ashby"), ("head", "Neil Okafor"), ("out", "Tom Ashby"),
        ("returned", "Tom Ashby"),
    ] == [(entry.kind, entry.by) for entry in entries]  # fmt: skip
    assert {NOW} == {entry.at for entry in entries}
    with pytest.raises(IntegrityError, match="stay as they were"), here.db.write() as connection:
        connection.exec_driver_sql("UPDATE loan_entries SET by_name = 'x'")


@pytest.mark.parametrize("first", [("technician", ASHBY), ("head", OKAFOR), None])
def test_r73_one_approval_is_not_enough_to_go_out(here, lent, first):
    number, _ = lent
    if first:
        take(here, number, first)

    assert "not-agreed" == refusal(here, number, "out", ASHBY)


def test_r73_one_person_cannot_give_both_approvals(here, lent):
    number, _ = lent
    take(here, number, ("technician", BOTH))

    assert "same-person" == refusal(here, number, "head", BOTH)
    take(here, number, ("head", OKAFOR))
    take(here, number, ("out", BOTH))


def test_r73_each_agrees_for_their_own_office_and_the_command_line_for_none(here, lent):
    number, _ = lent

    assert ["not-head", "not-technician", "not-head", "not-technician"] == [
        refusal(here, number, "head", ASHBY),
        refusal(here, number, "technician", OKAFOR),
        refusal(here, number, "head", SHELL),
        refusal(here, number, "technician", SHELL),
    ]


def test_r73_what_is_not_back_on_its_day_is_overdue_from_the_next(here, lent):
    number, _ = lent
    take(here, number, ("technician", ASHBY), ("head", OKAFOR))
    with here.db.read() as connection:
        before = loans.list_overdue(connection, date(2027, 1, 1))
    take(here, number, ("out", ASHBY))
    with here.db.read() as connection:
        overdue = [loans.list_overdue(connection, date(2026, 3, day)) for day in (30, 31)]

    assert ([], [], [number]) == (before, overdue[0], [loan.id for loan in overdue[1]])


def test_r73_a_check_in_moves_the_next_one(here, lent):
    number, _ = lent
    take(here, number, ("technician", ASHBY), ("head", OKAFOR), ("out", ASHBY))
    with here.db.read() as connection:
        first = loans.check_in_due(loans.get_loan(connection, number), date(2026, 3, 2))
    take(here, number, ("check-in", ASHBY), now=NOW + timedelta(days=10))
    with here.db.read() as connection:
        second = loans.check_in_due(loans.get_loan(connection, number), date(2026, 3, 2))

    assert (date(2026, 3, 16), date(2026, 3, 26)) == (first, second)


def test_r74_while_it_is_out_it_stands_in_the_group_that_settings_can_be_given_to(here, lent):
    number, laptop = lent
    take(here, number, ("technician", ASHBY), ("head", OKAFOR), ("out", ASHBY))
    with here.db.read() as connection:
        tree = policy_store.current_tree(connection).tree
        away = placements(connection, [laptop])[laptop]
    layer = Layer(scope="group", name=loans.ON_LOAN, change={"usage.record_apps": False})
    tree = msgspec.structs.replace(tree, layers=(layer,))
    out = resolve(tree, away).settings
    take(here, number, ("returned", ASHBY))
    with here.db.read() as connection:
        back = placements(connection, [laptop])[laptop]
    home = resolve(tree, back).settings

    assert (False, True) == (out.usage.record_apps, home.usage.record_apps)
    assert (out.lock, out.usb, out.agreement) == (home.lock, home.usb, home.agreement)
    assert (frozenset({loans.ON_LOAN}), frozenset()) == (away.groups, back.groups)


def test_r75_personal_use_is_the_borrower_s_own_dated_words(here, lent):
    number, _ = lent
    said = "I also read my private mail on it."

    assert "no-words" == refusal(here, number, "personal-use", ASHBY, "  ")
    take(here, number, ("personal-use", ASHBY), words=said)
    with here.db.read() as connection:
        entries = loans.list_entries(connection, number)

    assert [(said, NOW)] == [(entry.words, entry.at) for entry in entries if entry.kind == "personal-use"]


def test_a_laptop_is_lent_to_one_at_a_time(here, lent):
    _, laptop = lent
    with pytest.raises(LoanRefused) as refused, here.db.write() as connection:
        loans.ask(connection, laptop, FORM, ASHBY, NOW)

    assert "lent" == refused.value.code


def test_a_laptop_kept_for_evidence_does_not_go_out(here, lent):
    number, laptop = lent
    take(here, number, ("technician", ASHBY), ("head", OKAFOR))
    with pytest.raises(LoanRefused) as refused, here.db.write() as connection:
        loans.step(connection, number, "out", ASHBY, NOW, held=frozenset({laptop}))
    with here.db.read() as connection:
        stands = groups.groups_of(connection, [laptop])

    assert ("secured", {}) == (refused.value.code, stands)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"borrower": " "}, "no-borrower"),
        ({"due_day": "2026-03-01"}, "no-day"),
        ({"due_day": "tomorrow"}, "no-day"),
        ({"due_day": "2031-01-01"}, "too-long"),
        ({"check_in_days": -1}, "check-in"),
        ({"check_in_days": 999}, "check-in"),
    ],
)
def test_a_form_that_cannot_be_is_refused_with_the_field(here, enrolled, changes, code):
    laptop = enrolled().device
    with pytest.raises(LoanRefused) as refused, here.db.write() as connection:
        loans.ask(connection, laptop, FORM._replace(**changes), ASHBY, NOW)

    assert code == refused.value.code


@given(
    st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from([ASHBY, OKAFOR, BOTH, SHELL])), max_size=14)
)
def test_r73_no_order_of_steps_lets_a_laptop_out_without_two_people(tries):
    state, entries = "asked", [Entry(NOW, "asked", 3, "Tom Ashby", "")]
    moves = {"out": "out", "returned": "returned", "cancelled": "cancelled"}
    for step, adult in tries:
        if not decide_step(state, entries, step, adult, "words"):
            entries.append(Entry(NOW, step, adult.staff, adult.name, "words"))
            state = moves.get(step, state)
        agreed = {entry.kind: entry.staff for entry in entries if entry.kind in ("head", "technician")}
        if state in ("out", "returned"):
            assert len(set(agreed.values()) - {None}) == 2
        if state in ("returned", "cancelled"):
            assert all(decide_step(state, entries, each, BOTH, "words") for each in STEPS)


def test_loans_are_found_by_laptop_and_by_person(here, enrolled):
    laptop = enrolled().device
    with here.db.write() as connection:
        number = loans.ask(connection, laptop, FORM._replace(person="p-1"), ASHBY, NOW)
        found = [
            loans.loans_of(connection, device=laptop),
            loans.loans_of(connection, person="p-1"),
            loans.loans_of(connection, person="p-2"),
        ]

    assert [[number], [number], []] == [[loan.id for loan in each] for each in found]


def test_a_laptop_enrolled_under_a_new_key_keeps_groups_notes_and_its_loan(here, enrolled):
    first = Laptop()
    old = enrolled(first).device
    with here.db.write() as connection:
        groups.add_to_group(connection, [old], "pilot", NOW)
        inventory.add_note(connection, old, "hinge loose", "Tom", NOW)
        number = loans.ask(connection, old, FORM, ASHBY, NOW)
    new = enrolled(Laptop(machine=first.machine)).device
    with here.db.read() as connection:
        stands = groups.groups_of(connection, [old, new])
        notes = inventory.list_notes(connection, new)
        loan = loans.get_loan(connection, number)

    assert old != new
    assert {new: ("pilot",)} == stands
    assert (["hinge loose"], new) == ([note.words for note in notes], loan.device)
