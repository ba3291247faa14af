"""The way back: earlier settings as a change like any other, their texts, and the log of all of it."""

from datetime import timedelta

import msgspec
import pytest

from server import agreements, policy_store, proposing
from server.errors import Invalid, NotFound
from server.rollout_machine import Plan, Ring
from tests.support.policy_desk import HALE, TESS, TOM, Desk, changed


@pytest.fixture
def desk(here):
    """The school's settings, and a transaction that is kept open for the test."""
    with here.db.write() as connection:
        yield Desk(connection)


def stricter(tree):
    return changed(tree, lock__idle_after_seconds=120)


def waiting(desk):
    weaker = changed(desk.tree, lock__idle_after_seconds=900)
    return desk.propose(weaker, risk="The lab is never left alone.")


# -- the way back ----------------------------------------------------------------------------------


def test_r82_going_back_to_weaker_settings_needs_a_second_adult_too(desk):
    desk.save(stricter(desk.tree))
    desk.now += timedelta(days=3)
    made = proposing.roll_back(desk.connection, by=TESS, reason="complaints", risk="as before", now=desk.now)

    assert "waiting" == made.state
    done = proposing.approve(desk.connection, made.number, by=HALE, now=desk.now)
    assert ("applied", "rollback") == (done.state, desk.revision.kind)
    assert 300 == desk.tree.settings.lock.idle_after_seconds


def test_r82_going_back_to_stricter_settings_needs_nobody(desk):
    made = waiting(desk)
    proposing.approve(desk.connection, made.number, by=HALE, now=desk.now)
    back = proposing.roll_back(desk.connection, by=TESS, reason="too long", now=desk.now)

    assert "ready" == back.state


def test_going_back_asks_nobody_to_accept_a_text_again(desk):
    before = desk.revision.agreements
    words = {language: text + " Once more." for language, text in desk.tree.school.consequences.items()}
    school = msgspec.structs.replace(desk.tree.school, consequences=words)
    desk.save(msgspec.structs.replace(desk.tree, school=school))
    meanwhile = desk.revision.agreements
    made = proposing.roll_back(desk.connection, by=TESS, reason="a slip", now=desk.now)
    proposing.apply(desk.connection, made.number, by=TESS, now=desk.now)

    assert {1} == set(before.values())
    assert {2} == set(meanwhile.values())
    assert before == desk.revision.agreements
    assert before == agreements.current_versions(desk.connection)


def test_there_is_nothing_to_go_back_to_at_first(desk):
    with pytest.raises(NotFound):
        proposing.roll_back(desk.connection, by=TESS, reason="x", now=desk.now)


def test_r82_history_is_only_added_to(here):
    with here.db.write() as connection:
        desk = Desk(connection)
        made = waiting(desk)
        proposing.approve(connection, made.number, by=HALE, now=desk.now)
    for table in ("policy_revisions", "approvals"):
        for what in (f"DELETE FROM {table}", f"UPDATE {table} SET by_name = 'x'"):
            with pytest.raises(Exception, match="append-only"), here.db.write() as connection:
                connection.exec_driver_sql(what)


def test_a_ring_without_laptops_is_refused_by_name(here, enrolled):
    enrolled()
    with here.db.write() as connection:
        desk = Desk(connection)
        plan = Plan(rings=(Ring(kind="group", name="pilot"),))
        with pytest.raises(Invalid, match="group pilot"):
            desk.propose(stricter(desk.tree), plan=plan)


def test_the_log_tells_every_revision_with_its_author_and_reason(desk):
    desk.save(stricter(desk.tree), by=TOM, reason="exams begin")
    newest, first = policy_store.list_revisions(desk.connection)

    assert ("Tom Ashby", "exams begin", "applied") == (newest.by.name, newest.reason, newest.kind)
    assert ("test", "published") == (first.by.name, first.kind)


def test_r84_a_text_that_states_a_number_follows_the_setting_and_is_asked_again(desk):
    words = {
        language: f"{text} {{lock_minutes}}." for language, text in desk.tree.school.consequences.items()
    }
    school = msgspec.structs.replace(desk.tree.school, consequences=words)
    desk.save(msgspec.structs.replace(desk.tree, school=school))
    before = desk.revision.agreements
    desk.save(stricter(desk.tree))
    body = policy_store.read_body(desk.connection, desk.revision.body_hash)
    texts = msgspec.json.encode(body.agreements).decode()

    assert {2} == set(before.values())
    assert {3} == set(desk.revision.agreements.values())
    assert "2" in texts
    assert "{lock_minutes}" not in texts
