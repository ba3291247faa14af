"""What a teacher orders for a room: who is told what, for how long, and what is kept of it."""

from datetime import timedelta

import pytest

from policies.lab_orders import Attention, LabMessage, PauseLock, Unlock
from policies.orders import LockNow
from server import lab_actions, lab_book, lab_orders
from server.errors import NotFound
from server.lab_orders import LabRefused
from server.telling import MediaTelling
from tests.support.lab_story import DEMIR, MAYS, REED, ROOM, LabStory


@pytest.fixture
def story(here, enrolled):
    return LabStory(here, enrolled)


def refusal(story, *args, **values):
    with pytest.raises(LabRefused) as caught:
        story.order(*args, **values)
    return caught.value.kind


def test_eyes_to_the_front_is_told_to_every_laptop_of_the_room_and_to_no_other(story):
    other = story.enrolled(room="Lab 2").device
    given = story.order("begin_attention", minutes=5, words="  Look\nhere, please ")

    (word,) = story.told()
    assert (given.order, True, "Ms Demir", "Look here, please", given.until) == (
        word.order, word.on, word.by, word.words, word.until,
    )  # fmt: skip
    assert [] == story.told(other, "Lab 2")


def test_a_laptop_that_comes_late_is_told_too(story):
    given = story.order("begin_attention", minutes=5)
    late = story.enrolled(room=ROOM).device

    assert [given.order] == [word.order for word in story.told(late)]


def test_an_order_for_some_seats_is_told_to_them_alone(story):
    first, second, third = story.laptops
    story.order("begin_attention", minutes=5, devices=[first, third])

    assert [1, 0, 1] == [len(story.told(device)) for device in (first, second, third)]


def test_a_laptop_of_another_room_cannot_be_meant(story):
    other = story.enrolled(room="Lab 2").device
    with pytest.raises(NotFound):
        story.order("lock", devices=[story.laptops[0], other])

    assert ([], []) == (story.told(), story.running())


def test_an_order_of_another_room_cannot_be_ended_from_here(story):
    story.enrolled(room="Lab 2")
    given = story.order("begin_attention", minutes=5, room="Lab 2")
    with pytest.raises(NotFound):
        story.order("end_attention", given.order)

    assert story.running("Lab 2")[0].holds(story.now)


def test_it_ends_by_itself_at_the_time_set_and_never_past_the_policys_cap(story):
    story.publish(lab={"attention_longest_minutes": 7})
    given = story.order("begin_attention", minutes=60)

    assert story.now + timedelta(minutes=7) == given.until
    story.pass_time(minutes=7)
    assert [] == story.told()
    assert not story.running()[0].holds(story.now)


def test_the_end_is_the_last_word_and_is_told_as_long_as_anybody_could_remember_the_beginning(story):
    given = story.order("begin_attention", minutes=10)
    story.pass_time(minutes=1)
    story.order("extend_attention", given.order, minutes=2)
    story.pass_time(minutes=1)
    story.order("end_attention", given.order)
    story.pass_time(minutes=7)

    (word,) = story.told()
    assert (given.order, False) == (word.order, word.on)
    story.pass_time(minutes=2)
    assert [] == story.told()


def test_words_of_one_order_grow_in_time_also_where_our_clock_is_set_back(story):
    given = story.order("begin_attention", minutes=10)
    first = story.told()[0].issued_at
    story.pass_time(minutes=-5)
    story.order("end_attention", given.order)

    (word,) = story.told()
    assert word.issued_at > first
    assert not word.on


def test_an_order_that_ended_never_comes_back(story):
    given = story.order("begin_attention", minutes=5)
    story.order("end_attention", given.order)

    assert "over" == refusal(story, "end_attention", given.order)
    assert "over" == refusal(story, "extend_attention", given.order, minutes=5)


def test_of_two_teachers_the_newest_attention_holds_and_either_may_end_it(story):
    first = story.order("begin_attention", minutes=5, words="Screens down")
    story.pass_time(seconds=1)
    second = story.order("begin_attention", minutes=5, words="To the board", by=REED)

    assert {first.order: False, second.order: True} == {word.order: word.on for word in story.told()}
    ended = story.order("end_attention", second.order, by=DEMIR)
    assert "Ms Demir" == ended.ended_by
    assert {False} == {word.on for word in story.told()}


def test_an_attention_for_one_seat_leaves_the_rooms_own_as_it_is(story):
    whole = story.order("begin_attention", minutes=5)
    story.pass_time(seconds=1)
    one = story.order("begin_attention", minutes=5, devices=story.laptops[:1], by=REED)

    assert {whole.order: True, one.order: True} == {word.order: word.on for word in story.told()}


def test_a_laptop_that_was_moved_away_is_uncovered_with_the_others(story):
    moved = story.laptops[2]
    given = story.order("begin_attention", minutes=5)
    story.move(moved, "Lab 2")
    story.order("end_attention", given.order)

    assert [(given.order, False)] == [(word.order, word.on) for word in story.told(moved, "Lab 2")]


def test_where_the_policy_asks_the_screens_are_locked_beneath_the_cover(story):
    story.publish(lab={"attention_locks": True})
    story.order("begin_attention", minutes=5)

    assert [True] == [word.locks for word in story.told()]


def test_lock_and_unlock_are_told_in_the_order_they_were_given_and_only_for_now(story):
    locked = story.order("lock")
    unlocked = story.order("unlock", by=REED)

    assert [(LockNow, locked.order, "Ms Demir"), (Unlock, unlocked.order, "Joan Reed")] == [
        (type(word), word.order, word.by) for word in story.told()
    ]
    story.pass_time(minutes=2)
    assert [] == story.told()


def test_what_a_laptop_answered_is_not_told_to_it_again_and_to_the_others_still(story):
    given = story.order("lock")
    story.done(story.laptops[0], given)
    again = MediaTelling(story.here.changes, story.here.watches)
    with story.here.db.read() as c:
        again.refresh(c, story.now)

    assert [0, 1, 1] == [len(again.newer(device, ROOM, 0, story.now)) for device in story.laptops]


def test_a_restarted_server_tells_what_holds_by_its_last_word(story):
    given = story.order("begin_attention", minutes=5)
    later = story.order("extend_attention", given.order, minutes=9)
    again = MediaTelling(story.here.changes, story.here.watches)
    with story.here.db.read() as c:
        again.refresh(c, story.now)

    assert [later.until] == [word.until for word in again.newer(story.laptops[0], ROOM, 0, story.now)]


def test_r18_a_pause_is_for_one_laptop_capped_and_listed(story):
    given = story.order("begin_pause", story.laptops[1], minutes=500)

    assert story.now + timedelta(minutes=45) == given.until
    assert [[], [PauseLock], []] == [[type(word) for word in story.told(each)] for each in story.laptops]
    assert [("pause", story.laptops[1], given.until)] == [
        (each.what, each.device, each.until) for each in actions(story)
    ]


def test_r18_a_new_pause_takes_the_place_of_the_one_before(story):
    first = story.order("begin_pause", story.laptops[0], minutes=5)
    second = story.order("begin_pause", story.laptops[0], minutes=10, by=REED)

    assert {first.order: False, second.order: True} == {word.order: word.on for word in story.told()}
    story.order("end_pause", second.order)
    assert {False} == {word.on for word in story.told()}


def test_a_message_waits_ten_minutes_and_no_longer(story):
    given = story.order("send_message", words="Save your work")

    (word,) = story.told()
    assert (LabMessage, given.order, "message", None, "Save your work") == (
        type(word), word.order, word.kind, word.login, word.words,
    )  # fmt: skip
    story.pass_time(minutes=10)
    assert [] == story.told()


@pytest.mark.parametrize(("words", "expected"), [
    ("", "no-words"), (" \n\t ", "no-words"), ("\x00\u202e\u200b", "no-words"), ("x" * 301, "too-long"),
])  # fmt: skip
def test_words_that_are_none_or_too_many_are_refused(story, words, expected):
    assert expected == refusal(story, "send_message", words=words)
    assert [] == story.told()


def test_where_the_policy_has_messages_off_none_is_sent(story):
    story.publish(lab={"messages": False})

    assert "messages-off" == refusal(story, "send_message", words="Hello")


def test_r90_thanks_reach_one_pupil_alone_and_their_words_stand_in_no_list(story):
    story.starts(story.laptops[0], 10)
    given = story.order("thank", device=story.laptops[0], login=f"{10:032x}", words="You helped Can")

    (word,) = story.told()
    assert (f"{10:032x}", "thanks", given.order) == (word.login, word.kind, word.order)
    assert [("thanks", "", f"{10:032x}")] == [(each.what, each.words, each.login) for each in actions(story)]


def test_r90_thanks_to_a_login_that_is_not_there_are_refused(story):
    story.starts(story.laptops[1], 10)

    assert "not-here" == refusal(
        story, "thank", device=story.laptops[0], login=f"{10:032x}", words="Thank you"
    )
    assert "not-here" == refusal(story, "thank", device=story.laptops[0], login=MAYS, words="Thank you")


def test_a_script_that_orders_without_end_is_stopped_and_can_still_end_what_it_began(story):
    given = story.order("begin_attention", minutes=5)
    for _ in range(lab_orders.MOST_A_MINUTE - 1):
        story.order("lock")

    assert "too-many" == refusal(story, "lock")
    story.order("lock", by=REED)
    story.order("end_attention", given.order)
    story.pass_time(seconds=61)
    story.order("lock")


def test_an_empty_room_or_no_time_is_refused(story):
    assert "no-laptops" == refusal(story, "lock", room="Lab 9")
    assert "no-laptops" == refusal(story, "lock", devices=[])
    assert "minutes" == refusal(story, "begin_attention", minutes=0)


def actions(story, **wanted):
    with story.here.db.read() as c:
        return lab_actions.list_actions(c, **wanted)


def test_who_did_what_is_kept_line_by_line(story):
    given = story.order("begin_attention", minutes=5, words="Look here")
    story.order("extend_attention", given.order, minutes=10, by=REED)
    story.order("end_attention", given.order, by=REED)
    story.order("lock", devices=story.laptops[:2])

    assert [
        ("lock", "Ms Demir", 2, ""),
        ("attention-ended", "Joan Reed", 0, "Look here"),
        ("attention-extended", "Joan Reed", 0, "Look here"),
        ("attention", "Ms Demir", 0, "Look here"),
    ] == [(each.what, each.by, each.devices, each.words) for each in actions(story)]
    assert ["attention-ended", "attention-extended"] == [each.what for each in actions(story, by="Joan Reed")]


@pytest.mark.parametrize("change", ["UPDATE lab_actions SET by_name = 'x'", "DELETE FROM lab_actions"])
def test_the_database_itself_refuses_to_change_what_was_done(story, change):
    story.order("lock")

    with pytest.raises(Exception, match="what teachers did"), story.here.db.write() as c:
        c.exec_driver_sql(change)


def test_old_orders_are_forgotten_with_everything_that_was_said_of_them(story):
    old = story.order("send_message", words="Save your work")
    story.done(story.laptops[0], old)
    story.answer(story.laptops[0], old, "ok")
    story.pass_time(days=2)
    kept = story.order("lock")
    with story.here.db.write() as c:
        forgotten = lab_orders.forget(c, story.now - timedelta(days=1))

    assert 1 == forgotten
    tables = (lab_orders.lab_orders, lab_orders.lab_targets, lab_orders.media_orders)
    assert [{kept.order}] * 3 == [{row.order_id for row in story.rows(table)} for table in tables]
    assert ([], []) == (story.rows(lab_orders.lab_answers), story.rows(lab_orders.order_outcomes))


def test_two_orders_of_a_room_are_told_as_attention_and_pause(story):
    story.order("begin_attention", minutes=5)
    story.order("begin_pause", story.laptops[0], minutes=5)

    assert [Attention, PauseLock] == [type(word) for word in story.told()]


def test_what_holds_is_never_hidden_behind_thirty_thanks(story):
    pause = story.order("begin_pause", story.laptops[0], minutes=20)
    given = story.order("begin_attention", minutes=10)
    for _ in range(40):
        story.pass_time(seconds=5)
        story.order("send_message", words="Well done")
    shown = [each.given.order for each in story.standings()]

    assert {given.order, pause.order} <= set(shown)
    assert (lab_book.MOST_SHOWN, [given.order, pause.order]) == (len(shown), shown[-2:])
