"""A class hears the agreement together and each child taps their own picture; an adult witnesses it (R4)."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from policies import orders
from policies.settings import AgreementSettings
from server import agreements, class_hands, class_lists, classes, grants, lab_actions, people
from server.class_standing import OPEN_FOR
from server.individual import arranging, resigning
from server.individual.arranging import Wish
from server.individual.common import By, Refused
from server.lab_tables import CLASS_TABLES, class_acceptances, class_events, class_sittings
from server.people import Person
from server.people_tables import roster
from server.roster import store
from server.roster.comparing import Diff
from server.roster.entries import Entry
from server.tables import devices, logins
from tests.support.started import NOW

TOM = By(7, "Ms Demir", frozenset({"teacher"}))
JOAN = By(8, "Joan Reed", frozenset({"teacher"}))
RUTH = By(4, "Ruth Carver", frozenset({"safeguarding"}))
DEVICE = "00" * 8
FOUR = ("ada", "ben", "cem", "dara")


def child(name, *, tier="early", room="Lab 1", year="1A", language="en"):
    return Person(
        os_user=name, person=f"p-{name}", display_name=name.title(), tier=tier, room=room, year=year,
        language=language,
    )  # fmt: skip


@pytest.fixture
def connection(here):
    with here.db.write() as connection:
        people.replace_people(
            connection,
            [*(child(name) for name in FOUR), child("old", tier="junior"), child("far", room="Lab 9")],
            now=NOW - timedelta(days=30),
        )
        yield connection


def begin(connection, *, year="1A", language="en", by=TOM, now=NOW):
    class_lists.give_pictures(connection, "Lab 1", year, now)
    return classes.begin(connection, lab="Lab 1", room="Lab 1", year=year, language=language, by=by, now=now)


def pictures(connection):
    found = class_lists.children_of(connection, "Lab 1", "1A", NOW)
    return {each.person.removeprefix("p-"): each.picture.code for each in found}


def sit(connection, names=FOUR, *, given="accepted", now=NOW):
    """Let these children be here and answer; return the sitting, not yet witnessed."""
    number = begin(connection, now=now)
    classes.say_here(connection, number, [f"p-{name}" for name in names], by=TOM, now=now)
    for name in names:
        classes.answer(connection, number, pictures(connection)[name], given, now)
    return number


def is_gated(connection, os_user, now=NOW):
    """Say whether a laptop that asks now would show the gate, by what it is told."""
    private = orders.sealing.new_signing_key()
    signed = grants.grant(connection, private, DEVICE, os_user, now)
    told = orders.read_said(orders.sealing.signing_public_key(private), DEVICE, signed)
    began = agreements.year_start(now.date(), AgreementSettings().school_year_starts)
    accepted = told.accepted
    if accepted is not None and told.accept_after is not None and accepted.at < told.accept_after:
        accepted = None
    return agreements.decide_due(told.tier, accepted, agreements.current_versions(connection), began)[0]


def test_r4_of_four_children_three_are_ticked_and_the_fourth_is_still_gated(connection):
    number = sit(connection, FOUR[:3])
    before = [is_gated(connection, name) for name in FOUR]
    said = classes.witness(connection, number, by=TOM, now=NOW + timedelta(minutes=9))
    after = [is_gated(connection, name) for name in FOUR]

    assert [True] * 4 == before
    assert 3 == said
    assert [False, False, False, True] == after


def test_r4_nothing_counts_before_the_adult_says_that_they_witnessed_it(connection):
    sit(connection)

    assert [] == agreements.list_answers(connection)
    assert all(is_gated(connection, name) for name in FOUR)


def test_r4_the_register_says_in_class_and_who_witnessed(connection):
    number = sit(connection, FOUR[:1])
    classes.witness(connection, number, by=TOM, now=NOW)
    (line,) = agreements.list_answers(connection, rooms=("Lab 1",))

    assert ("Ada", "1A", "Lab 1", "", "accepted") == (
        line.display_name, line.year, line.room, line.hostname, line.answer,
    )  # fmt: skip
    assert ("Ms Demir", pictures(connection)["ada"]) == (line.witnessed_by, line.picture)
    assert 1 == agreements.count_answers(connection, rooms=("Lab 1",))
    assert 0 == agreements.count_answers(connection, rooms=("Lab 9",))
    assert 4 == agreements.tallies(connection, NOW.date(), "09-01", rooms=("Lab 1",)).due


def test_whoever_plays_with_the_tablet_fills_no_disk(connection):
    number = sit(connection, FOUR[:1])
    picture = pictures(connection)["ada"]
    classes.answer(connection, number, picture, "accepted", NOW)
    before = events_of(connection, number)
    rows = [{"at": NOW, "sitting": number, "what": "back"}] * (classes.MOST_EVENTS - len(before))
    connection.execute(class_events.insert(), rows)

    assert 2 == len(before)
    with pytest.raises(Refused):
        classes.answer(connection, number, picture, "undone", NOW)


def events_of(connection, number):
    return connection.execute(select(class_events).where(class_events.c.sitting == number)).all()


def test_r4_only_who_was_there_can_witness(connection):
    number = sit(connection)

    with pytest.raises(Refused, match="Ms Demir was there"):
        classes.witness(connection, number, by=JOAN, now=NOW)


def test_r4_a_no_is_kept_as_a_no_and_the_child_is_asked_at_the_gate(connection):
    number = sit(connection, FOUR[:1], given="declined")
    said = classes.witness(connection, number, by=TOM, now=NOW)

    assert 0 == said
    assert ["declined"] == [each.answer for each in agreements.list_answers(connection)]
    assert is_gated(connection, "ada")


def test_r4_a_call_for_help_is_no_answer(connection):
    number = sit(connection, FOUR[:1], given="help")

    with pytest.raises(Refused, match="nobody has answered"):
        classes.witness(connection, number, by=TOM, now=NOW)


def test_r4_a_wrong_tap_is_undone_by_the_child_or_by_the_adult(connection):
    number = sit(connection)
    classes.answer(connection, number, pictures(connection)["ada"], "undone", NOW)
    classes.undo(connection, number, "p-ben", by=TOM, now=NOW)
    classes.witness(connection, number, by=TOM, now=NOW)

    assert [True, True, False, False] == [is_gated(connection, name) for name in FOUR]


def test_r4_a_picture_of_somebody_who_is_not_ticked_answers_for_nobody(connection):
    number = begin(connection)
    classes.say_here(connection, number, ["p-ada", "p-old", "p-far", "nobody"], by=TOM, now=NOW)

    assert {"p-ada"} == classes.standing_of(connection, number).here
    with pytest.raises(Refused):
        classes.answer(connection, number, pictures(connection)["ben"], "accepted", NOW)


def test_r4_whoever_is_ticked_no_more_takes_their_answer_along(connection):
    number = sit(connection, FOUR[:2])
    classes.say_here(connection, number, ["p-ben"], by=TOM, now=NOW)
    classes.say_here(connection, number, ["p-ada", "p-ben"], by=TOM, now=NOW)

    assert {"p-ben"} == set(classes.standing_of(connection, number).answers)


def test_r4_a_mistake_seen_later_is_taken_back_and_the_child_is_gated(connection):
    number = sit(connection)
    classes.witness(connection, number, by=TOM, now=NOW)
    classes.withdraw(connection, number, "p-ada", by=JOAN, now=NOW + timedelta(days=2))

    assert is_gated(connection, "ada")
    assert not is_gated(connection, "ben")
    assert 4 == len(connection.execute(select(class_acceptances)).all())
    with pytest.raises(Refused):
        classes.withdraw(connection, number, "p-ada", by=JOAN, now=NOW + timedelta(days=2))


def test_r4_a_sitting_that_nobody_witnessed_in_eight_hours_counts_for_nothing(connection):
    number = sit(connection)

    with pytest.raises(Refused, match="begin again"):
        classes.witness(connection, number, by=TOM, now=NOW + OPEN_FOR)


def test_r4_a_dropped_sitting_takes_no_more_taps(connection):
    number = sit(connection, FOUR[:1])
    classes.drop(connection, number, by=TOM, now=NOW)

    with pytest.raises(Refused):
        classes.answer(connection, number, pictures(connection)["ada"], "accepted", NOW)
    with pytest.raises(Refused):
        classes.witness(connection, number, by=TOM, now=NOW)


def test_r4_a_text_that_changed_meanwhile_was_not_the_one_they_heard(connection):
    begun = classes.find(connection, begin(connection))
    older = {**begun._asdict(), "id": 99, "text_hash": "0" * 64}
    connection.execute(class_sittings.insert().values(**older))
    classes.say_here(connection, 99, ["p-ada"], by=TOM, now=NOW)
    classes.answer(connection, 99, pictures(connection)["ada"], "accepted", NOW)

    with pytest.raises(Refused, match="changed"):
        classes.witness(connection, 99, by=TOM, now=NOW)


def test_r4_nothing_of_it_can_be_changed_or_removed(connection):
    number = sit(connection)
    classes.witness(connection, number, by=TOM, now=NOW)
    for table in CLASS_TABLES:
        for statement in (update(table).values(at=NOW), delete(table)):
            with pytest.raises(IntegrityError, match="only ever added"):
                connection.execute(statement)


def test_r9_a_new_school_year_asks_the_class_again(connection):
    classes.witness(connection, sit(connection), by=TOM, now=NOW)

    assert not is_gated(connection, "ada", NOW + timedelta(days=30))
    assert is_gated(connection, "ada", NOW + timedelta(days=250))


def test_r10_an_acceptance_in_class_before_the_meeting_counts_no_longer(connection):
    classes.witness(connection, sit(connection), by=TOM, now=NOW)
    resigning.demand(connection, "p-ada", reason="Agreed with her family.", by=RUTH, now=NOW)
    later = NOW + timedelta(days=1)
    resigning.record_meeting(
        connection, "p-ada", met_on=later.date(), met_with="her mother", by=RUTH, now=later
    )

    assert [True, False] == [is_gated(connection, name, later) for name in ("ada", "ben")]


def test_r5_whoever_is_arranged_to_read_as_the_youngest_sits_with_them(connection):
    wish = Wish(tier="early", language="tr")
    until = NOW.date() + timedelta(days=30)
    arranging.arrange(connection, "p-old", wish, until_day=until, reason="Agreed at home.", by=RUTH, now=NOW)
    listed = {each.person: each for each in class_lists.children_of(connection, "Lab 1", "1A", NOW)}

    assert "tr" == listed["p-old"].language
    assert [("Lab 1", "1A", 5, 5)] == class_lists.list_classes(connection, ["Lab 1"], NOW)


def test_r4_a_child_without_an_account_accepts_in_class_too(connection):
    noor = Entry(person="p-noor", display_name="Noor", tier="early", room="Lab 1", year="1A")
    store.apply_diff(connection, Diff(joins=(noor,)), by=store.By("Tom"), now=NOW, source="csv")
    classes.witness(connection, sit(connection, ["noor"]), by=TOM, now=NOW)
    (line,) = agreements.list_answers(connection, rooms=("Lab 1",))

    assert ("p-noor", "Noor", "1A", "") == (line.person, line.display_name, line.year, line.os_user)


def test_r6_the_language_that_was_read_stands_with_the_answer(connection):
    number = begin(connection, language="tr")
    classes.say_here(connection, number, ["p-ada"], by=TOM, now=NOW)
    classes.answer(connection, number, pictures(connection)["ada"], "accepted", NOW)
    classes.witness(connection, number, by=TOM, now=NOW)
    (line,) = agreements.list_answers(connection)
    text = classes.text_for(connection, line.version, "tr")

    assert ("tr", classes.text_hash(text)) == (line.language, line.text_hash)


def test_r4_the_child_s_own_page_says_who_witnessed_it(connection):
    number = sit(connection, FOUR[:1])
    classes.witness(connection, number, by=TOM, now=NOW)
    classes.withdraw(connection, number, "p-ada", by=JOAN, now=NOW + timedelta(hours=1))
    connection.execute(
        devices.insert().values(
            id=DEVICE, device_key=bytes(32), machine="m", hostname="L-1", os="Debian", agent_version="1",
            room="Lab 1", state="active", enrolled_at=NOW,
        )
    )  # fmt: skip
    connection.execute(
        logins.insert().values(
            device=DEVICE, login="1" * 32, os_user="ada", person="p-ada", tier="early", kind="graphical",
            granted="server", started_at=NOW,
        )
    )  # fmt: skip
    told = grants.own_records(connection, DEVICE, "Lab 1", "1" * 32, NOW + timedelta(hours=2))

    assert [("Joan Reed", "class-withdrawn"), ("Ms Demir", "class-accepted")] == [
        (look.by, look.what) for look in told.looked_at
    ]


def test_r68_what_an_adult_did_in_class_stands_in_the_log_of_the_room(connection):
    number = begin(connection)
    classes.say_here(connection, number, ["p-ada"], by=TOM, now=NOW)
    class_hands.hand_round(connection, number, by=TOM, now=NOW)
    classes.answer(connection, number, pictures(connection)["ada"], "accepted", NOW)
    class_hands.take_back(connection, number, now=NOW, by=TOM)
    classes.witness(connection, number, by=TOM, now=NOW)
    done = lab_actions.list_actions(connection, room="Lab 1")

    assert [("class-witnessed", "1A", "Ms Demir"), ("class-handed", "1A", "Ms Demir")] == [
        (each.what, each.words, each.by) for each in done
    ]


def test_a_leaver_is_in_no_class(connection):
    connection.execute(update(roster).where(roster.c.person == "p-ada").values(left_at=NOW))

    assert {"ben", "cem", "dara"} == set(pictures(connection))


# ---- the tablet that is handed round ----


def test_r4_the_tablet_s_link_opens_this_class_until_it_is_back(connection):
    number = begin(connection)
    classes.say_here(connection, number, ["p-ada", "p-ben"], by=TOM, now=NOW)
    token = class_hands.hand_round(connection, number, by=TOM, now=NOW)
    found = class_hands.find(connection, token, NOW)
    class_hands.take_back(connection, number, now=NOW)

    assert {"p-ada", "p-ben"} == {each.person for each in found.children}
    assert class_hands.find(connection, token, NOW) is None
    assert class_hands.find(connection, "A" * 43, NOW) is None


def test_a_link_ends_by_a_newer_one_by_time_and_by_the_adult_s_word(connection):
    number = begin(connection)
    classes.say_here(connection, number, ["p-ada"], by=TOM, now=NOW)
    first = class_hands.hand_round(connection, number, by=TOM, now=NOW)
    second = class_hands.hand_round(connection, number, by=TOM, now=NOW)

    assert class_hands.find(connection, first, NOW) is None
    assert class_hands.find(connection, second, NOW) is not None
    assert class_hands.find(connection, second, NOW + class_hands.LASTS) is None
    classes.drop(connection, number, by=TOM, now=NOW)
    assert class_hands.find(connection, second, NOW) is None


def test_r4_nothing_is_witnessed_while_the_tablet_may_still_bring_another_tap(connection):
    number = sit(connection)
    token = class_hands.hand_round(connection, number, by=TOM, now=NOW)
    with pytest.raises(Refused, match="tablet"):
        classes.witness(connection, number, by=TOM, now=NOW)

    assert class_hands.find(connection, token, NOW) is not None
    class_hands.take_back(connection, number, now=NOW, by=TOM)
    assert 4 == classes.witness(connection, number, by=TOM, now=NOW)
