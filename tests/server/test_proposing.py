"""Change control: reasons, risk notes, second adults, two people at once, and the way back."""

import pytest

from policies.tree import Layer
from server import assigning, proposing, publishing
from server.policy_store import Author
from server.proposing import COMMAND_LINE, ProposalRefused
from tests.support.policy_desk import (
    ASHBY,
    BOTH,
    DENIZ,
    GOVERNOR,
    HALE,
    TESS,
    TOM,
    Desk,
    changed,
    layered,
    room_layer,
)


@pytest.fixture
def desk(here):
    """The school's settings, and a transaction that is kept open for the test."""
    with here.db.write() as connection:
        yield Desk(connection)


def stricter(tree):
    return changed(tree, lock__idle_after_seconds=120)


def weaker(tree):
    return changed(tree, lock__idle_after_seconds=900)


def refused(work):
    with pytest.raises(ProposalRefused) as caught:
        work()
    return caught.value.kind


def waiting(desk, by=TESS):
    made = desk.propose(weaker(desk.tree), by, risk="The lab is never left alone.")
    assert "waiting" == made.state
    return made


def test_a_stricter_setting_is_ready_and_reaches_laptops_when_it_is_applied(here, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        desk = Desk(connection)
        made = desk.propose(stricter(desk.tree))
        before = assigning.get(connection, laptop.device)
        done = proposing.apply(connection, made.number, by=TESS, now=desk.now)
        after = assigning.get(connection, laptop.device)

        assert ("ready", "applied") == (made.state, done.state)
        assert [laptop.device] == list(made.devices)
        assert before.number < after.number
        assert 120 == assigning.settings_of(connection, laptop.device).lock.idle_after_seconds


def test_a_change_says_what_it_changes_and_whether_it_weakens(desk):
    made = waiting(desk)
    (change,) = made.changes

    assert ("lock.idle_after_seconds", 300, 900) == (change.setting, change.before, change.after)
    assert change.weakens
    assert made.weakens


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_change_without_a_reason_is_refused(desk, reason):
    assert "no-reason" == refused(lambda: desk.propose(stricter(desk.tree), reason=reason))


def test_r82_a_weakening_without_a_risk_note_is_refused(desk):
    assert "no-risk-note" == refused(lambda: desk.propose(weaker(desk.tree), risk=" "))


def test_r82_a_sole_technician_cannot_weaken(desk):
    made = waiting(desk)
    connection, now = desk.connection, desk.now

    assert "not-open" == refused(lambda: proposing.apply(connection, made.number, by=TESS, now=now))
    assert "own" == refused(lambda: proposing.approve(connection, made.number, by=TESS, now=now))
    assert 300 == desk.tree.settings.lock.idle_after_seconds


def test_r82_two_technicians_cannot_weaken_either(desk):
    made = waiting(desk)

    assert "needs-educational" == refused(
        lambda: proposing.approve(desk.connection, made.number, by=TOM, now=desk.now)
    )


def test_r82_two_educators_cannot_weaken_without_a_technician(desk):
    made = waiting(desk, DENIZ)

    assert "needs-technical" == refused(
        lambda: proposing.approve(desk.connection, made.number, by=HALE, now=desk.now)
    )


@pytest.mark.parametrize(
    ("proposer", "approver"),
    [
        (TESS, DENIZ),
        (TESS, HALE),
        (DENIZ, TOM),
        (HALE, TESS),
        (BOTH, TOM),
        (DENIZ, BOTH),
        (COMMAND_LINE, HALE),
    ],
)
def test_r82_a_technician_and_an_educator_weaken_together(desk, proposer, approver):
    made = waiting(desk, proposer)
    done = proposing.approve(desk.connection, made.number, by=approver, words="seen", now=desk.now)

    assert "applied" == done.state
    assert 900 == desk.tree.settings.lock.idle_after_seconds
    assert [("yes", approver, "seen")] == [(each.answer, each.by, each.words) for each in done.answers]
    assert (proposer, made.number) == (desk.revision.by, desk.revision.proposal)


@pytest.mark.parametrize(
    ("who", "kind"), [(ASHBY, "no-office"), (GOVERNOR, "no-office"), (COMMAND_LINE, "command-line")]
)
def test_r82_nobody_else_is_a_second_person(desk, who, kind):
    made = waiting(desk)

    assert kind == proposing.may_approve(made, who)


def test_r82_who_holds_both_offices_is_still_one_person(desk):
    made = waiting(desk, BOTH)

    assert "own" == refused(lambda: proposing.approve(desk.connection, made.number, by=BOTH, now=desk.now))


def test_r82_the_command_line_never_approves_what_it_proposed(desk):
    made = waiting(desk, COMMAND_LINE)

    assert "command-line" == proposing.may_approve(made, COMMAND_LINE)


def test_r82_who_could_have_typed_it_at_the_command_line_is_not_the_second_person(desk):
    """Nobody is named there: a head who is a technician as well would be both."""
    made = waiting(desk, COMMAND_LINE)

    assert "own" == proposing.may_approve(made, BOTH)
    assert None is proposing.may_approve(made, HALE)


@pytest.mark.parametrize("who", [ASHBY, GOVERNOR, Author(9, "Nobody", frozenset())])
def test_who_has_no_office_proposes_nothing(desk, who):
    assert "no-office" == refused(lambda: desk.propose(stricter(desk.tree), who))


def test_a_no_needs_words_and_ends_it(desk):
    made = waiting(desk)
    connection, now = desk.connection, desk.now
    kind = refused(lambda: proposing.refuse(connection, made.number, by=HALE, words=" ", now=now))
    done = proposing.refuse(connection, made.number, by=HALE, words="not in exam week", now=now)

    assert "no-words" == kind
    assert ("refused", "not in exam week") == (done.state, done.answers[0].words)
    assert "not-open" == refused(lambda: proposing.approve(connection, made.number, by=HALE, now=now))


def test_only_its_author_takes_a_change_back(desk):
    made = waiting(desk)
    connection, now = desk.connection, desk.now

    assert "not-yours" == refused(lambda: proposing.withdraw(connection, made.number, by=TOM, now=now))
    assert "withdrawn" == proposing.withdraw(connection, made.number, by=TESS, now=now).state


def test_a_change_is_applied_once(desk):
    made = desk.save(stricter(desk.tree))

    assert "not-open" == refused(lambda: proposing.apply(desk.connection, made.number, by=TESS, now=desk.now))


def test_nothing_changed_is_no_change(desk):
    assert "no-change" == refused(lambda: desk.propose(desk.tree))


@pytest.mark.parametrize(
    "layer",
    [
        Layer(scope="room", name="Lab 1", change={"lock.idle_after_seconds": 1}),
        Layer(scope="room", name="Lab 1", change={"lock.nothing": 1}),
        Layer(scope="room", name="Lab 1", change={"report.enabled": True}),
        Layer(scope="room", name="", change={"lock.idle_after_seconds": 60}),
    ],
)
def test_settings_that_no_laptop_would_take_are_refused_with_a_sentence(desk, layer):
    with pytest.raises(ProposalRefused, match=r"\w+.*") as caught:
        desk.propose(layered(desk.tree, layer))

    assert "settings" == caught.value.kind
    assert 20 < len(str(caught.value))


def test_reporting_without_officers_is_refused_before_anybody_approves(desk):
    assert "settings" == refused(lambda: desk.propose(changed(desk.tree, report__enabled=True)))


# -- two people at once ----------------------------------------------------------------------------


def test_two_people_at_once_the_second_is_told_who_saved_and_keeps_the_draft(desk):
    base = desk.revision.number
    mine = changed(desk.tree, usage__send_after_seconds=60)
    desk.save(stricter(desk.tree), by=TOM)
    made = desk.propose(mine, TESS, base=base)

    assert "outdated" == made.state
    assert ("Tom Ashby", desk.now) == (made.newer.by.name, made.newer.at)
    assert mine == made.tree
    assert () == made.overlaps


def test_a_draft_is_put_on_top_of_what_was_saved_meanwhile(desk):
    base = desk.revision.number
    mine = changed(desk.tree, usage__send_after_seconds=60)
    desk.save(stricter(desk.tree), by=TOM)
    made = desk.propose(mine, TESS, base=base)
    again = proposing.rebase(desk.connection, made.number, by=TESS, now=desk.now)
    proposing.apply(desk.connection, again.number, by=TESS, now=desk.now)

    settings = desk.tree.settings
    assert (120, 60) == (settings.lock.idle_after_seconds, settings.usage.send_after_seconds)
    assert "withdrawn" == proposing.get(desk.connection, made.number).state


def test_two_changes_of_the_same_setting_are_not_put_together(desk):
    base, tree = desk.revision.number, desk.tree
    desk.save(stricter(tree), by=TOM)
    made = desk.propose(changed(tree, lock__idle_after_seconds=60), TESS, base=base)

    assert ("lock.idle_after_seconds",) == made.overlaps
    assert "overlaps" == refused(
        lambda: proposing.rebase(desk.connection, made.number, by=TESS, now=desk.now)
    )


def test_r82_an_approval_does_not_carry_over_to_settings_that_changed_meanwhile(desk):
    made = waiting(desk)
    desk.save(changed(desk.tree, usage__send_after_seconds=60), by=TOM)
    seen = proposing.get(desk.connection, made.number)

    assert "outdated" == seen.state
    assert "not-open" == proposing.may_approve(seen, HALE)
    again = proposing.rebase(desk.connection, made.number, by=TESS, now=desk.now)
    assert "waiting" == again.state


def test_r82_who_rebases_a_change_is_its_author(desk):
    made = waiting(desk)
    desk.save(changed(desk.tree, usage__send_after_seconds=60), by=TOM)
    again = proposing.rebase(desk.connection, made.number, by=HALE, now=desk.now)

    assert "own" == proposing.may_approve(again, HALE)


def test_the_officers_list_does_not_throw_an_open_change_away(school):
    with school.house.db.write() as connection:
        desk = Desk(connection)
        made = waiting(desk)
    school.publish_list()
    with school.house.db.read() as connection:
        seen = proposing.get(connection, made.number)
        newest = proposing.must_have_settings(connection)

    assert ("waiting", newest.number) == (seen.state, seen.base)


# -- who is affected -------------------------------------------------------------------------------


def test_a_change_of_one_room_affects_its_laptops_only(here, enrolled):
    first, second = enrolled(room="Lab 1"), enrolled(room="Lab 2")
    with here.db.write() as connection:
        desk = Desk(connection)
        made = desk.save(layered(desk.tree, room_layer("Lab 1", lock__idle_after_seconds=60)))
        given = [
            assigning.settings_of(connection, each.device).lock.idle_after_seconds for each in (first, second)
        ]
        numbers = [assigning.get(connection, each.device).number for each in (first, second)]

    assert (first.device,) == made.devices
    assert [60, 300] == given
    assert [2, 1] == numbers


def test_publishing_the_schools_settings_keeps_the_layers(here, enrolled):
    laptop = enrolled(room="Lab 1")
    with here.db.write() as connection:
        desk = Desk(connection)
        desk.save(layered(desk.tree, room_layer("Lab 1", lock__idle_after_seconds=60)))
        tree = changed(desk.tree, usage__send_after_seconds=60)
        publishing.publish(
            connection,
            school=tree.school,
            settings=tree.settings,
            tiers=tree.tiers,
            profile=tree.profile,
            by="test",
            now=desk.now,
        )
        settings = assigning.settings_of(connection, laptop.device)

    assert (60, 60) == (settings.lock.idle_after_seconds, settings.usage.send_after_seconds)
