"""The school's own sticks, allowed ahead of time by serial number and descriptors, singly or from a list."""

from datetime import timedelta

import msgspec
import pytest

from policies import orders
from policies.settings import UsbSettings
from policies.tree import Layer
from server import (
    assigning,
    media,
    media_answers,
    media_modes,
    media_sheets,
    media_standing,
    policy_store,
)
from server.media_answers import Adult, AnswerRefused
from server.media_standing import StandingRefused, Wanted
from server.spreadsheets import TableRefused
from tests.support.media_story import BOTH, HEAD, TEACHER, TECHNICIAN, USB, Story

SERIAL = "0019E06B9C850001"


@pytest.fixture
def story(here, enrolled):
    made = Story(here, enrolled)
    made.ask()
    return made


def meet(story, number, **changes):
    """A laptop meets another stick."""
    story.ask(f"{number:032x}", number=number, **changes)


def allow(story, adult=TECHNICIAN, **changes):
    values = {"serial": SERIAL, "until": story.now + timedelta(days=100)} | changes
    wanted = Wanted(**values)
    with story.here.db.write() as connection:
        usb = media_modes.Places(connection).usb_at(device=wanted.device, room=wanted.room)
        made = media_standing.allow(connection, usb, wanted, adult, story.now)
    story.here.notice_changes()
    return made


def refusal(story, adult=TECHNICIAN, **changes):
    with pytest.raises(StandingRefused) as refused:
        allow(story, adult, **changes)
    return refused.value.kind


def test_r25_a_school_stick_is_allowed_without_a_request_by_what_a_laptop_saw_of_it(story):
    made = allow(story, note="Class camera card")
    (order,) = story.told()

    assert (made.id, None, SERIAL, "ab" * 32) == (
        order.order,
        order.request,
        order.terms.stick.serial,
        order.terms.stick.descriptors,
    )
    assert (None, None, "read", "school", "Class camera card") == (
        order.terms.plug,
        order.terms.person,
        order.terms.access,
        made.place,
        made.note,
    )


@pytest.mark.parametrize("adult", [TEACHER, HEAD])
def test_only_a_technician_gives_it(story, adult):
    assert "not-yours" == refusal(story, adult)


def test_r26_under_forbid_no_standing_approval_is_given_and_those_given_end(story):
    made = allow(story)
    story.publish(UsbSettings(mode="forbid"))

    assert "forbidden" == refusal(story)
    with story.here.db.read() as connection:
        assert "ended" == media.get_approval(connection, made.id).state


def test_r27_the_staff_mode_allows_encrypted_sticks_of_staff_only(story):
    story.publish(msgspec.structs.replace(USB, mode="staff_encrypted_approved"))

    assert "not-staff" == refusal(story, person="p1")
    assert allow(story, person="s1").terms.encrypted_only


@pytest.mark.parametrize("person", [None, "s1"])
def test_r28_writing_by_staff_or_anybody_waits_for_the_head_and_for_encryption(story, person):
    half = allow(story, BOTH, access="write", person=person)
    assert ("half", True, []) == (half.state, half.terms.encrypted_only, story.told())
    with pytest.raises(AnswerRefused) as refused:
        story.head(half, BOTH)
    assert "same-person" == refused.value.kind
    story.head(half)

    assert [half.id] == [order.order for order in story.told()]


def test_r28_the_second_yes_to_what_the_command_line_allowed_is_no_technician_s(story):
    half = allow(story, Adult("command line", frozenset({"technician"})), access="write")
    with pytest.raises(AnswerRefused) as refused:
        story.head(half, BOTH)

    assert "same-person" == refused.value.kind
    assert "live" == story.head(half).state


def test_a_pupil_named_by_it_writes_without_the_head(story):
    assert "live" == allow(story, access="write", person="p1").state


def test_r29_a_phone_is_never_opened_and_may_be_listed_only_where_the_policy_says(story):
    meet(story, 2, media_class="phone", interfaces="060101", serial="PHONE1", target="block")
    assert "blocked" == refusal(story, serial="PHONE1")
    story.publish(msgspec.structs.replace(USB, phones_and_cameras="listed"))

    assert "live" == allow(story, serial="PHONE1").state


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"serial": " "}, "needs-serial"),
        ({"serial": "nobody-has-it"}, "never-seen"),
        ({"serial": "n", "vendor": "0951", "model": "z", "descriptors": "x", "interfaces": "08"}, "no-stick"),
        ({"person": "p-nobody"}, "no-person"),
        ({"place": "room", "room": "Nowhere"}, "no-room"),
        ({"place": "laptop", "device": "f" * 16}, "no-laptop"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_refused(story, changes, kind):
    assert kind == refusal(story, **changes)


@pytest.mark.parametrize(("days", "kind"), [(-1, "too-soon"), (121, "too-long")])
def test_its_end_is_to_come_and_within_the_policys_longest(story, days, kind):
    assert kind == refusal(story, until=story.now + timedelta(days=days))


def test_a_stick_that_also_types_stays_shut(story):
    meet(story, 2, serial="BAD", interfaces="030101 080650", media_class="mixed", target="block")

    assert "blocked" == refusal(story, serial="BAD")


def test_two_sticks_with_one_serial_have_to_be_told_apart(story):
    meet(story, 2, serial=SERIAL, vendor="dead", descriptors="cd" * 32)

    assert "seen-differently" == refusal(story)
    assert "dead" == allow(story, vendor="dead").terms.stick.vendor


def test_a_stick_that_no_laptop_met_is_taken_with_everything_that_names_it(story):
    made = allow(
        story, serial="NEW1", vendor="0951", model="1666", descriptors="EF" * 32, interfaces="080650"
    )

    assert ("NEW1", "ef" * 32) == (made.terms.stick.serial, made.terms.stick.descriptors)


def test_the_same_one_is_not_given_twice_but_a_longer_one_is(story):
    allow(story)
    assert "stands" == refusal(story)
    assert "stands" == refusal(story, until=story.now + timedelta(days=50))
    allow(story, until=story.now + timedelta(days=110))

    assert "live" == allow(story, person="p1").state


def test_too_many_leave_no_room_for_answers(story, monkeypatch):
    monkeypatch.setattr(media_standing, "MOST_LIVE", 1)
    allow(story)

    assert "too-many" == refusal(story, person="p1")


def test_a_laptop_or_a_room_hears_only_what_is_for_it(story):
    other = story.enrolled(room="Lab 2").device
    allow(story, place="room", room="Lab 2")
    allow(story, place="laptop", device=story.laptop)

    assert 1 == len(story.told(other, room="Lab 2"))
    assert 1 == len(story.told())


def test_ending_it_is_told_and_it_never_comes_back(story):
    made = allow(story)
    with story.here.db.write() as connection:
        media_answers.revoke(connection, made.id, TECHNICIAN, story.now)
    story.here.notice_changes()

    assert [orders.MediaRevoked] == [type(order) for order in story.told()]


# ---- as a spreadsheet ----


def take(story, text, adult=TECHNICIAN, *, keep=True):
    class Undo(Exception):
        pass

    outcome = None
    try:
        with story.here.db.write() as connection:
            outcome = media_sheets.take(connection, text.encode(), adult, story.now)
            if not keep or outcome.wrong:
                raise Undo
    except Undo:
        pass
    return outcome


def holding(story):
    with story.here.db.read() as connection:
        return media.list_approvals(connection, story.now, standing=True)


def day(story, days):
    return (story.now + timedelta(days=days)).date().isoformat()


def test_r25_a_list_of_sticks_is_tried_first_and_then_given_at_once(story):
    meet(story, 2)
    text = (
        f"serial;until;person;note\n{SERIAL};{day(story, 60)};;First\n0019E06B9C850002;{day(story, 60)};p1;\n"
    )
    assert 2 == len(take(story, text, keep=False).given)
    assert [] == holding(story)
    assert 2 == len(take(story, text).given)
    again = take(story, text)

    assert (0, 2, []) == (len(again.given), again.same, again.wrong)


def test_every_wrong_line_is_named_by_its_number_and_nothing_is_given(story):
    good = f"{SERIAL},{day(story, 60)}"
    lines = [
        "serial,until,person,room,laptop,access,encrypted",
        good,
        f",{day(story, 60)}",
        f"unseen,{day(story, 60)}",
        f"{SERIAL},30.06.2027",
        f"{SERIAL},{day(story, -3)}",
        f"{SERIAL},{day(story, 500)}",
        f"{SERIAL},{day(story, 60)},nobody",
        f"{SERIAL},{day(story, 60)},,Lab 1,L-1",
        f"{SERIAL},{day(story, 60)},,,L-unknown",
        f"{SERIAL},{day(story, 60)},,,,delete",
        f"{SERIAL},{day(story, 60)},,,,,perhaps",
    ]
    outcome = take(story, "\n".join(lines) + "\n")
    kinds = [(each.line, each.kind) for each in outcome.wrong]

    assert [
        (3, "needs-serial"), (4, "never-seen"), (5, "until"), (6, "too-soon"), (7, "too-long"),
        (8, "no-person"), (9, "place"), (10, "no-laptop"), (11, "access"), (12, "encrypted"),
    ] == kinds  # fmt: skip
    assert all(each.sentence for each in outcome.wrong)
    assert [] == holding(story)


def test_every_refusal_has_a_sentence():
    assert set(media_standing.REFUSALS) <= set(media_sheets.SENTENCES)


def test_what_goes_out_comes_in_again_and_no_cell_is_a_formula(story):
    meet(story, 3, serial="=1+1", product="@SUM(A1)")
    allow(story, note="-1")
    allow(story, serial="=1+1", person="p1")
    with story.here.db.read() as connection:
        text = media_sheets.write_standing(media.list_approvals(connection, story.now, standing=True))
        history = media_sheets.write_history(media.list_plugs(connection))
    again = take(story, text)

    assert (2, []) == (again.same, again.wrong)
    assert "'=1+1" in text
    assert "'@SUM(A1)" in history


def test_the_history_is_the_beginning_of_a_list(story):
    with story.here.db.read() as connection:
        history = media_sheets.write_history(media.list_plugs(connection))
    head, row = history.removeprefix("\ufeff").splitlines()[:2]
    cells = dict(zip(head.split(","), row.split(","), strict=True)) | {"until": day(story, 30)}
    outcome = take(story, ",".join(cells) + "\n" + ",".join(cells.values()) + "\n")

    assert ([], 1) == (outcome.wrong, len(outcome.given))


def test_a_file_with_another_header_is_refused(story):
    for text in ("serial,person\nx,y\n", "serial,until,password\nx,2027-01-01,z\n"):
        with pytest.raises(TableRefused, match="column"):
            take(story, text)


def test_a_shell_that_is_no_technician_gives_nothing(story):
    text = f"serial,until\n{SERIAL},{day(story, 60)}\n"

    assert ["not-yours"] == [each.kind for each in take(story, text, Adult("x", frozenset())).wrong]


# ---- rooms with settings of their own ----


def test_r25_a_room_with_another_mode_is_answered_and_ended_by_its_own_mode(story):
    strict = story.enrolled(room="Lab 2").device
    everywhere = allow(story)
    only_there = allow(story, place="room", room="Lab 2", person="p1")
    layer = Layer(scope="room", name="Lab 2", change={"usb.mode": "forbid"})
    with story.here.db.write() as connection:
        newest = policy_store.current_tree(connection)
        tree = msgspec.structs.replace(newest.tree, layers=(layer,))
        author = policy_store.Author(None, "x", frozenset())
        policy_store.add_revision(connection, tree, by=author, now=story.now, reason="x", kind="published")
        assigning.refresh(connection, story.now)
    with story.here.db.write() as connection:
        ended = media_modes.end_by_policy(connection, "x", story.now)
        assert "forbid" == media_modes.usb_of(connection, strict).mode
        states = [media.get_approval(connection, each.id).state for each in (everywhere, only_there)]

    assert (1, ["live", "ended"]) == (ended, states)
    assert "forbidden" == refusal(story, place="room", room="Lab 2")
