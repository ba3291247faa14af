from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.comparing import Change, compare, weakening
from policies.directions import DIRECTIONS, markdown, strictness, weakens
from policies.resolving import resolve
from policies.setting_names import TYPES, get_value, put_values
from policies.settings import TIERS, Contact, Settings
from policies.tree import Layer, Placement, Review
from policies.variants import Window, settings_at
from tests.support.policy_trees import ALL_DAY, SCHOOL, VARYING, local_moments, placements, room, tree, trees

DOCS = Path(__file__).resolve().parents[2] / "docs"
MORNING = Window(starts="08:30", ends="12:00")
IDLE = "lock.idle_after_seconds"


def told(before, after, *laptops: Placement) -> list[tuple]:
    return [
        (each.scope, each.name, each.tiers, each.setting, each.before, each.after, each.why_weakens)
        for each in compare(before, after, laptops)
    ]


def test_r82_a_longer_idle_time_is_told_with_its_place_and_weakens():
    change = Change("room", "Room 4", (), None, IDLE, 300, 600, True, "locks-later")

    assert (change,) == compare(tree(), tree(room(lock__idle_after_seconds=600)))
    back = compare(tree(room(lock__idle_after_seconds=600)), tree())
    assert [(600, 300, False)] == [(each.before, each.after, each.weakens) for each in back]
    assert () == weakening(back)


def test_r82_a_layer_taken_out_is_compared_with_what_then_holds():
    strict = room(lock__idle_after_seconds=60)
    north = Layer(scope="site", name="North", change={IDLE: 900})
    laptop = Placement("1" * 16, "Room 4", "North")

    assert [("room", "Room 4", (), IDLE, 60, 300, "locks-later")] == told(tree(strict), tree())
    assert [("room", "Room 4", (), IDLE, 60, 900, "locks-later")] == told(
        tree(strict, north), tree(north), laptop
    )


def test_r82_a_weakening_that_only_a_wider_place_makes_is_not_missed_without_laptops():
    """Room 4 was at 600; taken out, the school's 300 is stricter, but in the site North 900 holds."""
    north = Layer(scope="site", name="North", change={IDLE: 900})
    found = told(tree(room(lock__idle_after_seconds=600), north), tree(north))

    assert ("room", "Room 4", (), IDLE, 600, 300, "") in found
    assert ("room", "Room 4", (), IDLE, 600, 900, "locks-later") in found


def test_what_is_written_otherwise_and_means_the_same_is_no_change():
    one = tree(room(lock__idle_after_seconds=600))
    split = tree(room(tiers=TIERS, lock__idle_after_seconds=600))
    for_all = tree(room(lock__idle_after_seconds=300))

    assert () == compare(one, split)
    assert () == compare(tree(), for_all)


def test_the_school_s_change_is_told_once_and_rooms_of_their_own_are_no_part_of_it():
    own = room(lock__idle_after_seconds=100)
    later = Settings(lock=msgspec.structs.replace(Settings().lock, idle_after_seconds=900))
    laptops = [Placement("1" * 16, "Room 4"), Placement("2" * 16, "Room 5")]

    assert [("school", "", (), IDLE, 300, 900, "locks-later")] == told(
        tree(own), tree(own, settings=later), *laptops
    )


def test_tiers_and_times_are_told_for_whom_and_when():
    found = compare(tree(), tree(room(tiers=("teen",), when=MORNING, lock__idle_after_seconds=600)))

    assert [(("teen",), MORNING, 300, 600)] == [(c.tiers, c.when, c.before, c.after) for c in found]


def test_a_plain_value_that_ends_wider_tiers_is_told_for_those_tiers():
    wide = Layer(scope="school", tiers=("early",), change={IDLE: 60})
    found = told(tree(wide), tree(wide, room(lock__idle_after_seconds=300)))

    assert [("room", "Room 4", ("early",), IDLE, 60, 300, "locks-later")] == found


def test_r82_what_is_no_setting_is_told_too():
    school = msgspec.structs.replace(
        SCHOOL,
        contacts=(Contact(name="Sam Reed"),),
        consequences={"en": SCHOOL.consequences["en"]},
    )
    only_english = put_values(Settings(), {"agreement.languages": ["en"]})
    before = tree(review=Review(next_review="2026-09-01"))
    after = tree(
        school=school,
        tiers=("teen", "adult"),
        settings=only_english,
        review=Review(next_review="2027-09-01"),
        profile="own",
    )
    found = {(each.setting, each.why_weakens) for each in compare(before, after)}

    assert {
        ("school.contacts", "contact-removed"),
        ("school.consequences.tr", "consequences-removed"),
        ("tiers", "tier-removed"),
        ("review.next_review", "review-put-off"),
        ("agreement.languages", "language-removed"),
        ("profile", ""),
    } == found
    noted = tree(msgspec.structs.replace(room(), note="as agreed"))
    assert [("note", "", "as agreed")] == [(c.setting, c.before, c.after) for c in compare(tree(), noted)]


def test_r82_nobody_alone_sends_a_child_to_another_number():
    was = Contact(name="Sam Reed", role="Deputy", how="Room 12, 01632 960123")

    def why(*contacts: Contact) -> set[str]:
        schools = (msgspec.structs.replace(tree().school, contacts=each) for each in ((was,), contacts))
        return {each.why_weakens for each in compare(*(tree(school=school) for school in schools))}

    assert {"contact-moved"} == why(msgspec.structs.replace(was, how="01632 960999"))
    assert {"contact-moved"} == why(msgspec.structs.replace(was, how=""))
    assert {"contact-removed"} == why(msgspec.structs.replace(was, name="Sam Read"))
    assert {""} == why(msgspec.structs.replace(was, role="Head of year"))
    assert {""} == why(Contact(name="Ada Moss", how="Library"), was)


def test_r81_putting_a_review_off_or_taking_it_out_weakens_and_having_had_it_does_not():
    due = Review(next_review="2026-09-01", approved_on="2025-09-01")

    def why(review: Review) -> set[str]:
        return {each.why_weakens for each in compare(tree(review=due), tree(review=review))}

    assert {"review-put-off"} == why(msgspec.structs.replace(due, next_review="2027-09-01"))
    assert {"review-put-off"} == why(msgspec.structs.replace(due, next_review=""))
    assert {""} == why(msgspec.structs.replace(due, next_review="2026-06-01", early="a new law"))


@pytest.mark.parametrize("no_day", ["2026-08-99", "2026", "0", "20261231", "2026-W40-1", "2026-08", " "])
def test_r81_a_review_on_no_day_at_all_or_written_another_way_is_put_off(no_day):
    before, after = (tree(review=Review(next_review=day)) for day in ("2026-09-01", no_day))

    assert ["review-put-off"] == [each.why_weakens for each in compare(before, after)]


@settings(max_examples=60, deadline=None)
@given(trees, trees, st.lists(placements, min_size=1, max_size=3), local_moments, st.sampled_from(TIERS))
def test_r82_no_laptop_is_weaker_at_any_moment_without_a_weakening_that_says_so(
    before, after, laptops, local, tier
):
    changes = compare(before, after, laptops)
    for laptop in laptops:
        was, now = (resolve(each, laptop) for each in (before, after))
        old = settings_at(was.settings, was.variants, tier, local)
        new = settings_at(now.settings, now.variants, tier, local)
        for name in (*VARYING, *ALL_DAY):
            pair = get_value(old, name), get_value(new, name)
            if pair[0] == pair[1]:
                continue
            found = [each for each in changes if each.setting == name and (each.before, each.after) == pair]

            assert found, (name, pair)
            if weakens(name, *pair):
                assert all(each.weakens for each in found)


@settings(max_examples=60, deadline=None)
@given(trees, placements)
def test_nothing_changed_is_nothing_told_and_there_and_back_are_the_same_pairs(school, laptop):
    assert () == compare(school, school, [laptop])
    there, back = compare(tree(), school), compare(school, tree())

    settings_there = {(c.scope, c.name, c.setting) for c in there if not c.weakens}
    assert settings_there <= {(c.scope, c.name, c.setting) for c in back}


# ---- the table ----


def test_every_setting_has_a_direction_with_a_reason():
    assert list(TYPES) == list(DIRECTIONS)
    for name, row in DIRECTIONS.items():
        assert row.because
        assert bool(row.code) == (row.rule != "none"), name


@pytest.mark.parametrize(
    ("name", "strict", "weak"),
    [
        (IDLE, 300, 301),
        ("lock.sign_out_after_seconds", 86400, None),
        ("lock.inhibit_cap_seconds", 0, 1),
        ("lock.if_session_lost", "end", "lock"),
        ("agreement.read_at_least_seconds", 3, 0),
        ("agreement.staff_countersigned", True, False),
        ("agreement.if_gate_fails", "end", "open"),
        ("login.unknown_login", "refuse", "visitor"),
        ("login.induction", "required", "off"),
        ("login.offline_days", 3, 4),
        ("usb.mode", "forbid", "staff_encrypted_approved"),
        ("usb.mode", "staff_encrypted_approved", "copy"),
        ("usb.mode", "copy", "approve_then_scan"),
        ("usb.mode", "approve_then_scan", "off"),
        ("usb.approvers", ["technician"], ["technician", "teacher"]),
        ("usb.longest_approval_days", 1, 400),
        ("usb.read_only_first", True, False),
        ("usb.pupil_data_needs_head", True, False),
        ("usb.scan.signatures_max_age_hours", 24, 168),
        ("report.enabled", True, False),
        ("report.danger_minutes", 5, 30),
        ("report.agencies", ["A", "B"], ["B"]),
        ("report.tell_about_looks", True, False),
        ("report.mask_below", 5, 2),
        ("report.ceop", True, False),
        ("self_test.every_days", 7, 14),
        ("self_test.every_days", 90, 0),
        ("hours.session", "closed", "club"),
        ("hours.session", "club", "lesson"),
        ("hours.supervision", "adult_demo", "direct"),
        ("hours.supervision", "direct", "supervised"),
        ("hours.supervision", "supervised", "general"),
        ("hours.lapse_warn_seconds", 120, 300),
        ("hours.lapse_then", "end", "lock"),
        ("hours.direct_confirm_minutes", 15, 30),
        ("hours.longest_check_in_minutes", 60, 480),
        ("apps.unlisted", "close", "ask"),
        ("apps.unlisted", "ask", "notify"),
        ("apps.unlisted_in_club", "notify", "allow"),
        ("apps.ask_allows_minutes", 30, 60),
        ("lab.detail_needs_reason", True, False),
        ("lab.attention_locks", True, False),
        ("lab.attention_longest_minutes", 15, 60),
        ("lab.pause_longest_minutes", 45, 120),
    ],
)
def test_r82_the_way_that_weakens_weakens_and_the_way_back_does_not(name, strict, weak):
    assert DIRECTIONS[name].code == weakens(name, strict, weak) != ""
    assert "" == weakens(name, weak, strict)
    assert "" == weakens(name, strict, strict)
    if strictness(name, weak) is not None:
        assert strictness(name, strict) > strictness(name, weak)


@pytest.mark.parametrize(
    "name", ["usage.record_apps", "connection.server", "agreement.school_year_starts", "apps.rules"]
)
def test_r82_what_has_no_safe_way_is_for_two_to_decide(name):
    assert weakens(name, "a", "b")
    assert weakens(name, "b", "a")


def test_a_helpline_shown_to_fewer_weakens():
    line = {"name": "Line", "how": "1", "tiers": ["early", "teen"], "emergency": True}
    name = "report.helplines"

    assert "" == weakens(name, [line | {"how": ""}], [line | {"how": "2"}])
    assert "" == weakens(name, [line], [line | {"name": "B"}, line])
    assert "helpline-removed" == weakens(name, [line], [line | {"how": "2"}])
    assert "helpline-removed" == weakens(name, [line], [line | {"tiers": ["early"]}])
    assert "helpline-removed" == weakens(name, [line], [line | {"emergency": False}])
    assert "helpline-removed" == weakens(name, [line, line | {"name": "B"}], [line])
    assert "helpline-removed" == weakens(name, [line], [line | {"how": ""}])


def test_a_mode_that_begins_later_is_judged_on_every_day():
    def usb(mode: str, *later: tuple[str, str]) -> Settings:
        days = [{"from_day": day, "mode": each} for day, each in later]
        return put_values(Settings(), {"usb.mode": mode, "usb.later": days})

    def why(before: Settings, after: Settings) -> str:
        values = (get_value(each, "usb.later") for each in (before, after))
        return weakens("usb.later", *values, (before, after))

    planned = usb("copy", ("2026-10-01", "forbid"))
    assert "" == why(usb("copy"), planned)
    assert "sticks-easier" == why(planned, usb("copy"))
    assert "sticks-easier" == why(planned, usb("copy", ("2026-11-01", "forbid")))
    assert "sticks-easier" == why(usb("copy"), usb("copy", ("2026-10-01", "off"), ("2026-10-02", "copy")))
    assert "" == why(planned, usb("copy", ("2026-09-01", "forbid")))


def test_r21_a_stricter_list_of_apps_does_not_weaken_and_an_easier_one_does():
    def apps(*rows: dict[str, object], **more: str) -> Settings:
        return put_values(
            Settings(), {"apps.rules": rows, **{f"apps.{name}": each for name, each in more.items()}}
        )

    def why(before: Settings, after: Settings) -> str:
        values = (get_value(each, "apps.rules") for each in (before, after))
        return weakens("apps.rules", *values, (before, after))

    asks = {"app": "Chat", "lesson": "ask", "club": "ask"}
    assert "" == why(apps(), apps(asks))
    assert "" == why(apps(asks), apps(asks | {"lesson": "close", "consent": True}))
    assert "" == why(apps({"app": "Chat"}), apps())
    assert "app-list-easier" == why(apps(asks), apps(asks | {"club": "notify"}))
    assert "app-list-easier" == why(apps(asks | {"consent": True}), apps(asks))
    assert "app-list-easier" == why(apps(asks), apps())
    assert "app-list-easier" == why(apps(unlisted="close"), apps(asks, unlisted="close"))


def test_the_table_in_the_docs_is_the_table():
    assert markdown() == (DOCS / "what-weakens.md").read_text()
