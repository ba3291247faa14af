"""Who may answer for a stick, what an answer becomes, and what never comes back. No network, no pages."""

from datetime import timedelta

import msgspec
import pytest

from policies import orders, records
from policies.settings import ModeFrom, UsbSettings
from server import media, media_health, publishing, state
from server.media_answers import AnswerRefused
from tests.support import media_school
from tests.support.media_story import ASK, BOTH, HEAD, OTHER_TEACHER, TEACHER, TECHNICIAN, USB, Story


@pytest.fixture
def story(here, enrolled):
    return Story(here, enrolled)


def test_a_yes_is_told_to_the_laptop_that_asked_and_to_no_other(story):
    other = story.enrolled().device
    story.ask()
    made = story.yes()

    (order,) = story.told()
    assert (made.id, ASK, "Tom Ashby") == (order.order, order.request, order.by)
    assert ("p1", "read", None, "approve_then_scan") == (
        order.terms.person, order.terms.access, order.terms.plug, order.terms.mode,
    )  # fmt: skip
    assert [] == story.told(other)
    assert "approved" == story.request().state


def test_under_forbid_nobody_can_say_yes_the_technician_neither(story):
    story.publish(UsbSettings(mode="forbid"))
    story.ask(target="block")

    assert "forbidden" == story.refusal(TECHNICIAN)
    assert "forbidden" == story.refusal(BOTH)
    assert [] == story.told()


@pytest.mark.parametrize(("adult", "changes", "expected"), [
    (TEACHER, {}, None),
    (TEACHER, {"access": "write"}, "not-yours"),
    (TEACHER, {"standing": True}, "not-yours"),
    (TEACHER, {"place": "room"}, "not-yours"),
    (TEACHER, {"anybody": True}, "not-yours"),
    (TEACHER, {"days": 3}, "not-yours"),
    (OTHER_TEACHER, {}, "not-yours"),
    (HEAD, {}, "not-yours"),
    (TECHNICIAN, {"access": "write", "place": "school", "anybody": True, "days": 6}, None),
    (TECHNICIAN, {"days": 8}, "too-long"),
    (TECHNICIAN, {"days": 100, "standing": True}, None),
    (TECHNICIAN, {"days": 121, "standing": True}, "too-long"),
    (TECHNICIAN, {"days": -1}, "too-soon"),
])  # fmt: skip
def test_who_may_allow_how_much(story, adult, changes, expected):
    story.ask()
    days = changes.pop("days", None)
    if days:
        changes["until"] = story.now + timedelta(days=days)

    if expected:
        assert expected == story.refusal(adult, **changes)
        assert "waiting" == story.request().state
    else:
        assert "live" == story.yes(adult, **changes).state


@pytest.mark.parametrize(("asked", "expected"), [
    ({}, "not-staff"),
    ({"user": "ms-arat", "person": "s1"}, "not-encrypted"),
    ({"user": "ms-arat", "person": "s1", "encryption": "luks"}, None),
    ({"user": "ms-arat", "person": "s1", "encryption": "unknown"}, None),
])  # fmt: skip
def test_the_staff_mode_opens_encrypted_sticks_of_staff_only(story, asked, expected):
    story.publish(msgspec.structs.replace(USB, mode="staff_encrypted_approved"))
    story.ask(**asked)

    if expected:
        assert expected == story.refusal()
    else:
        assert "not-yours" == story.refusal(TEACHER)
        assert story.yes().terms.encrypted_only


def test_pupil_data_leaves_only_with_two_adults_and_only_encrypted(story):
    story.ask(pupil_data=True, encryption="luks")
    half = story.yes(BOTH, anybody=True)

    assert ("half", []) == (half.state, story.told())
    assert "answered" == story.refusal(TECHNICIAN)
    for adult, kind in ((BOTH, "same-person"), (TECHNICIAN, "not-yours")):
        with pytest.raises(AnswerRefused) as caught:
            story.head(half, adult)
        assert kind == caught.value.kind
    assert "live" == story.head(half).state
    (order,) = story.told()
    assert (True, "p1") == (order.terms.encrypted_only, order.terms.person)


def test_pupil_data_on_a_plain_stick_is_refused(story):
    story.ask(pupil_data=True)

    assert "not-encrypted" == story.refusal()


def test_the_heads_no_ends_the_first_yes(story):
    story.ask(pupil_data=True, encryption="luks")
    half = story.yes()
    story.no(HEAD, "Not this week")

    assert [orders.MediaDenied] == [type(order) for order in story.told()]
    with pytest.raises(AnswerRefused):
        story.head(half)


def test_a_stick_without_a_serial_is_allowed_for_this_one_plug(story):
    plug = story.ask(serial="")

    assert "needs-serial" == story.refusal(standing=True)
    assert plug.plug == story.yes().terms.plug


def test_an_account_nobody_listed_gets_this_one_plug(story):
    plug = story.ask(user="guest", person=None)

    assert (plug.plug, None) == (story.yes().terms.plug, story.told()[0].terms.person)


def test_a_phone_needs_to_be_listed(story):
    story.ask(media_class="phone")
    assert "blocked" == story.refusal(standing=True)

    story.usb = msgspec.structs.replace(USB, phones_and_cameras="listed")
    assert "needs-standing" == story.refusal()
    assert story.yes(standing=True).standing


def test_two_adults_at_once_make_one_answer(story):
    story.ask()
    story.yes()

    assert "answered" == story.refusal(TEACHER)
    with pytest.raises(AnswerRefused):
        story.no(TEACHER)
    assert 1 == len(story.told())


def test_a_request_that_waited_a_day_is_over(story):
    story.ask()
    story.now += timedelta(hours=25)

    assert "over" == story.refusal()


def test_a_no_carries_its_reason_and_holds_against_the_same_request_told_again(story):
    plug = story.ask()
    story.no(TEACHER, "Bring it on Monday")
    story.tell(plug, media_school.asked(plug, ASK, "please"))

    (order,) = story.told()
    assert ("Bring it on Monday", "Ms Demir", ASK) == (order.reason, order.by, order.request)
    assert "denied" == story.request().state


def test_a_stick_that_got_a_no_can_be_asked_for_again(story):
    plug = story.ask()
    story.no()
    said = {"at": story.now, "login": plug.login, "plug": plug.plug}
    story.tell(records.MediaDecided(**said, order="d" * 16, answer="denied"))
    with story.here.db.read() as c:
        assert "denied" == media.list_plugs(c)[0].reason
    story.tell(media_school.asked(plug, "b" * 32, "and now?"))

    with story.here.db.read() as c:
        (found,) = media.list_plugs(c)
    assert ("asked", "") == (found.state, found.reason)
    assert "waiting" == story.request("b" * 32).state


def test_a_teacher_ends_their_own_yes_and_not_that_of_a_colleague_with_the_same_name(story):
    story.ask()
    made = story.yes(TEACHER)
    with pytest.raises(AnswerRefused) as refused:
        story.revoke(made, TEACHER._replace(id=77))
    story.revoke(made, TEACHER)

    assert "not-yours" == refused.value.kind
    assert [orders.MediaRevoked] == [type(order) for order in story.told()]


def test_an_ended_approval_is_told_as_ended_and_never_told_again(story):
    story.ask()
    made = story.yes()
    story.revoke(made)

    (order,) = story.told()
    assert (made.id, made.until) == (order.approval, order.expires_at)
    with pytest.raises(AnswerRefused):
        story.revoke(made)
    restarted = state.ServerState(story.here.folder, story.here.config)
    restarted.notice_changes()
    assert [order] == restarted.media_telling.newer(story.laptop, "Lab 1", 0, story.now)
    restarted.db.close()


def test_a_restarted_server_tells_what_still_holds_once_more(story):
    story.ask()
    made = story.yes()
    restarted = state.ServerState(story.here.folder, story.here.config)
    restarted.notice_changes()
    told = restarted.media_telling.newer(story.laptop, "Lab 1", 0, story.now)
    later = restarted.media_telling.newer(story.laptop, "Lab 1", 0, made.until)
    restarted.db.close()

    assert [made.id] == [order.order for order in told]
    assert [] == later


def test_a_policy_that_comes_back_revives_no_approval(story):
    story.ask()
    made = story.yes()
    story.publish(UsbSettings(mode="forbid"))
    story.publish(USB)

    (order,) = story.told()
    assert made.id == order.approval
    with story.here.db.read() as c:
        assert "ended" == media.get_approval(c, made.id).state
        assert [] == media.list_approvals(c, story.now)


def test_a_policy_that_comes_back_revives_no_request(story):
    story.ask()
    story.publish(UsbSettings(mode="forbid"))
    story.publish(USB)

    assert "answered" == story.refusal()


def test_a_policy_that_changes_something_else_ends_nothing(story):
    story.ask()
    story.yes()
    story.ask("b" * 32, number=2)
    story.publish(msgspec.structs.replace(USB, longest_approval_days=60))

    assert 1 == len(story.told())
    assert "live" == story.yes(request="b" * 32).state


def test_no_approval_reaches_into_the_day_on_which_another_mode_begins(story):
    day = media.day_of(story.now) + timedelta(days=2)
    usb = msgspec.structs.replace(USB, later=(ModeFrom(from_day=day, mode="forbid"),))
    story.ask()
    story.publish(usb)
    made = story.yes(until=story.now + timedelta(days=5))

    assert media.day_begins(day) == made.until == story.told()[0].terms.until


def test_one_laptops_request_is_not_anothers(story):
    other = story.enrolled().device
    story.ask()
    story.ask(device=other, number=7)
    story.yes(device=other)

    assert ["waiting", "approved"] == [story.request(ASK, device).state for device in (story.laptop, other)]
    assert [] == story.told()


def test_a_laptop_that_asks_without_end_fills_nobody_elses_page(story):
    for number in range(1, 60):
        story.now += timedelta(seconds=1)
        story.ask(f"{number:032x}", number=number)
    with story.here.db.read() as c:
        waiting = media.list_waiting(c, story.now)

    assert 20 == len(waiting)
    assert f"{59:032x}" == waiting[-1].request


def test_a_room_and_a_moved_laptop_hear_of_it(story):
    neighbour = story.enrolled().device
    elsewhere = story.enrolled(room="Lab 9").device
    story.ask()
    story.yes(place="room", anybody=True)
    cursor = story.here.watches.next_cursor()

    assert [1, 0] == [len(story.told(neighbour)), len(story.told(elsewhere, "Lab 9"))]
    assert [] == story.told(elsewhere, "Lab 1", cursor)
    with story.here.db.write() as c:
        publishing.changes.bump(c, publishing.changes.DEVICES)
    story.here.notice_changes()
    assert 1 == len(story.told(elsewhere, "Lab 1", cursor))


def test_what_a_laptop_confirms_is_counted(story):
    story.ask()
    made = story.yes()
    story.tell(
        records.OrderDone(at=story.now, order=made.id, outcome="done"),
        records.OrderDone(at=story.now, order="some watch", outcome="done"),
    )
    with story.here.db.read() as c:
        (held,) = media.list_approvals(c, story.now)
        rows = c.exec_driver_sql("SELECT count(*) FROM order_outcomes").scalar()

    assert (1, 1) == (held.confirmed, rows)


def test_a_withdrawn_request_takes_the_half_given_yes_with_it(story):
    plug = story.ask(pupil_data=True, encryption="luks")
    half = story.yes()
    story.tell(records.MediaWithdrawn(at=story.now, login=plug.login, plug=plug.plug, request=ASK))

    with pytest.raises(AnswerRefused):
        story.head(half)
    assert "withdrawn" == story.request().state


def test_a_find_is_there_until_somebody_takes_it_up(story):
    plug = story.ask()
    story.tell(
        records.MediaDetection(
            at=story.now, login=plug.login, plug=plug.plug, os_user="may", person="p1", signature="E", files=2
        )
    )
    with story.here.db.write() as c:
        (found,) = media_health.list_detections(c, unseen_only=True)
        media_health.mark_seen(c, found.device, found.seq, "Tom Ashby", story.now)
        media_health.mark_seen(c, found.device, found.seq, "Somebody Else", story.now)
        (kept,) = media_health.list_detections(c)

        assert ("May", "E", "Tom Ashby") == (kept.display_name, kept.signature, kept.seen_by)
        assert [] == media_health.list_detections(c, unseen_only=True)
