from datetime import datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import composing, resolving, wire
from policies.resolving import Resolver, agreement_settings, check_tree, explain, resolve
from policies.setting_names import TYPES, get_value
from policies.settings import TIERS, AgreementSettings, Settings, SettingsRefused
from policies.tree import Layer, Placement
from policies.variants import MOST_VARIANTS, Window, settings_at
from tests.support.policy_trees import (
    ALL_DAY,
    NAMES,
    VARYING,
    local_moments,
    placements,
    room,
    said_of,
    school_value,
    tree,
    trees,
)

LAPTOP = Placement("0" * 15 + "1", "Room 4", "North", frozenset({"Pilot"}))
MORNING = Window(starts="08:30", ends="12:00")
AGREEMENTS = composing.compose(tree().school, Settings(), ("junior",))
MANY = settings(max_examples=100, deadline=None)


def group(name: str, tiers=(), when=None, **change) -> Layer:
    layer = room(name, tiers, when, **change)
    return msgspec.structs.replace(layer, scope="group")


# ---- random trees ----


@MANY
@given(trees, placements, local_moments, st.sampled_from(TIERS), st.randoms())
def test_what_holds_is_what_a_plain_second_opinion_says(school, laptop, local, tier, random):
    resolved = resolve(school, laptop)
    held = settings_at(resolved.settings, resolved.variants, tier, local)

    for name in (*VARYING, *ALL_DAY):
        said = said_of(school, laptop, name, tier, local)
        allowed = [layer.change[name] for layer in said] or [school_value(school.settings, name)]
        assert get_value(held, name) in allowed


@MANY
@given(trees, placements, local_moments, st.sampled_from(TIERS))
def test_every_value_s_origin_is_right(school, laptop, local, tier):
    for name in (*VARYING, *ALL_DAY):
        said = said_of(school, laptop, name, tier, local)
        expected = {(layer.scope, layer.name) for layer in said} or {("school", "")}
        first = explain(school, laptop, name, tier, local)[0]

        assert (first.scope, first.name) in expected

    resolved = resolve(school, laptop)
    assert set(TYPES) == set(resolved.origins)
    for name, origin in resolved.origins.items():
        assert get_value(resolved.settings, name) == origin.value
        assert not origin.tiers
        assert origin.when is None


@MANY
@given(trees, placements, st.randoms())
def test_the_order_of_layers_means_nothing_and_the_bytes_are_equal(school, laptop, random):
    shuffled = list(school.layers)
    random.shuffle(shuffled)
    other = msgspec.structs.replace(school, layers=tuple(shuffled))

    one, two = (body_bytes(resolve(each, laptop)) for each in (school, other))

    assert one == two


@MANY
@given(trees, placements)
def test_resolving_has_an_answer_that_every_laptop_takes(school, laptop):
    resolved = resolve(school, laptop)

    assert len(resolved.variants) <= MOST_VARIANTS
    wire.read_policy(body_bytes(resolved))


@MANY
@given(trees, placements, st.sampled_from(("site", "room", "group", "device")))
def test_layers_of_elsewhere_change_nothing(school, laptop, scope):
    elsewhere = Layer(scope=scope, name="elsewhere", change={"lock.idle_after_seconds": 77})
    more = msgspec.structs.replace(school, layers=(*school.layers, elsewhere))

    assert body_bytes(resolve(school, laptop)) == body_bytes(resolve(more, laptop))


def body_bytes(resolved) -> bytes:
    body = wire.PolicyBody(
        school=tree().school,
        settings=resolved.settings,
        agreements=AGREEMENTS,
        variants=resolved.variants,
    )
    return msgspec.json.encode(body)


# ---- the rules, one by one ----


def test_each_narrower_scope_holds_over_the_wider():
    scopes = [
        Layer(scope="school", change={"lock.idle_after_seconds": 100}),
        Layer(scope="site", name="North", change={"lock.idle_after_seconds": 200}),
        Layer(scope="room", name="Room 4", change={"lock.idle_after_seconds": 310}),
        Layer(scope="group", name="Pilot", change={"lock.idle_after_seconds": 400}),
        Layer(scope="device", name=LAPTOP.device, change={"lock.idle_after_seconds": 500}),
    ]
    held = [resolve(tree(*scopes[:count]), LAPTOP).settings.lock.idle_after_seconds for count in range(6)]

    assert [300, 100, 200, 310, 400, 500] == held


def test_a_room_s_plain_value_ends_the_school_s_tiers_and_times():
    wide = Layer(scope="school", tiers=("junior",), when=MORNING, change={"lock.idle_after_seconds": 60})
    resolved = resolve(tree(wide, room(lock__idle_after_seconds=900)), LAPTOP)

    assert 900 == resolved.settings.lock.idle_after_seconds
    assert () == resolved.variants


def test_within_a_scope_tiers_stand_over_times_and_both_over_either():
    layers = [
        room(lock__idle_after_seconds=100),
        room(when=MORNING, lock__idle_after_seconds=200),
        room(tiers=("teen",), lock__idle_after_seconds=310),
        room(tiers=("teen",), when=MORNING, lock__idle_after_seconds=400),
    ]
    school = tree(*layers)
    check_tree(school, [LAPTOP])

    def values(count: int, tier: str) -> list[int]:
        resolved = resolve(tree(*layers[:count]), LAPTOP)
        hours = (datetime(2026, 9, 1, 9), datetime(2026, 9, 1, 13))
        return [
            settings_at(resolved.settings, resolved.variants, tier, at).lock.idle_after_seconds
            for at in hours
        ]

    assert [[100, 100], [200, 100], [310, 310], [400, 310]] == [values(n, "teen") for n in (1, 2, 3, 4)]
    assert [200, 100] == values(4, "junior")


def test_a_tier_that_gets_the_usual_value_back_at_a_special_time_gets_it():
    school = tree(
        room(when=MORNING, lock__idle_after_seconds=600), room(tiers=("teen",), lock__idle_after_seconds=300)
    )
    resolved = resolve(school, LAPTOP)
    lesson = datetime(2026, 9, 1, 9)

    assert [300, 600] == [
        settings_at(resolved.settings, resolved.variants, tier, lesson).lock.idle_after_seconds
        for tier in ("teen", "adult")
    ]


def test_equal_conditions_become_one_variant_and_what_changes_nothing_is_left_out():
    school = tree(
        room(tiers=("teen",), lock__idle_after_seconds=600),
        group("Pilot", tiers=("teen",), lock__countdown_seconds=10, usage__record_apps=True),
    )
    resolved = resolve(school, LAPTOP)

    assert [{"lock.countdown_seconds": 10, "lock.idle_after_seconds": 600}] == [
        variant.change for variant in resolved.variants
    ]


def test_the_same_words_by_another_scope_are_the_same_bytes():
    by_room = tree(room(tiers=("teen", "adult"), lock__idle_after_seconds=600, usage__record_apps=False))
    by_group = tree(
        group("Pilot", tiers=("adult", "teen"), usage__record_apps=False),
        group("Pilot", tiers=("adult", "teen"), lock__idle_after_seconds=600),
    )

    assert body_bytes(resolve(by_room, LAPTOP)) == body_bytes(resolve(by_group, LAPTOP))


def test_explain_names_everything_that_is_said_the_strongest_first():
    school = tree(
        Layer(scope="school", tiers=("junior",), change={"lock.idle_after_seconds": 60}),
        room(lock__idle_after_seconds=900),
    )
    told = [(o.scope, o.name, o.value) for o in explain(school, LAPTOP, "lock.idle_after_seconds")]

    assert [("room", "Room 4", 900), ("school", "", 60), ("school", "", 300)] == told
    with pytest.raises(SettingsRefused, match=r"lock\.idle: there is no such setting"):
        explain(school, LAPTOP, "lock.idle")


def test_one_resolver_answers_equal_laptops_from_memory():
    resolver = Resolver(tree(room(lock__idle_after_seconds=900)))
    one, other = (resolver.resolve(Placement(f"{n:016x}", "Room 4")) for n in (1, 2))

    assert one is other


# ---- what is refused ----


def refusal(*layers: Layer, laptops=()) -> str:
    with pytest.raises(SettingsRefused) as refused:
        check_tree(tree(*layers), laptops)
    return str(refused.value)


def test_two_groups_of_one_laptop_that_differ_are_a_contradiction_naming_both():
    layers = (
        group("Pilot", lock__idle_after_seconds=600),
        group("Loans", lock__idle_after_seconds=900),
    )
    check_tree(tree(*layers), [LAPTOP])
    both = LAPTOP._replace(groups=frozenset({"Pilot", "Loans"}))

    said = refusal(*layers, laptops=[LAPTOP, both])

    assert 'group "Loans" sets lock.idle_after_seconds to 900' in said
    assert 'group "Pilot" sets it to 600' in said
    assert 600 == resolve(tree(*layers), both).settings.lock.idle_after_seconds, "the stricter one"
    for_itself = Layer(scope="device", name=both.device, change={"lock.idle_after_seconds": 700})
    check_tree(tree(*layers, for_itself), [both])


def test_tiers_and_times_that_cannot_meet_contradict_nothing():
    afternoon = Window(starts="12:00", ends="15:45")
    check_tree(tree(room(when=MORNING, lock__idle_after_seconds=60),
                    room(when=afternoon, lock__idle_after_seconds=90)))  # fmt: skip
    check_tree(tree(room(tiers=("teen",), lock__idle_after_seconds=60),
                    room(tiers=("adult",), lock__idle_after_seconds=90)))  # fmt: skip

    assert "both hold for one laptop" in refusal(
        room(when=MORNING, lock__idle_after_seconds=60),
        room(when=Window(days=("mon",)), lock__idle_after_seconds=90),
    )


def test_values_that_do_not_go_together_are_refused_naming_the_layers():
    said = refusal(
        room(tiers=("teen",), lock__idle_after_seconds=60),
        room(when=MORNING, lock__countdown_seconds=90),
    )

    assert 'room "Room 4" (teen) (lock.idle_after_seconds = 60)' in said
    assert 'room "Room 4" (every day 08:30-12:00) (lock.countdown_seconds = 90)' in said
    assert "countdown_seconds is longer than idle_after_seconds" in said


def test_a_wider_and_a_narrower_place_that_do_not_go_together_are_refused_where_they_meet():
    layers = (
        Layer(scope="site", name="North", change={"lock.countdown_seconds": 120}),
        room(lock__idle_after_seconds=60),
    )
    check_tree(tree(*layers))

    said = refusal(*layers, laptops=[LAPTOP])

    assert 'room "Room 4"' in said
    assert 'site "North"' in said


@pytest.mark.parametrize("tiers", [(), ("teen",)])
def test_r82_a_room_put_into_a_site_loses_no_protection_to_a_value_that_protects_nobody(tiers):
    """A countdown weakens nothing by itself, so one technician sets it; then the room is said to be there."""
    layers = (
        Layer(scope="site", name="North", change={"lock.countdown_seconds": 120}),
        room(tiers=tiers, lock__idle_after_seconds=60),
    )
    resolved = resolve(tree(*layers), LAPTOP)
    lock = settings_at(resolved.settings, resolved.variants, "teen", datetime(2026, 3, 2, 9)).lock

    assert (60, 30) == (lock.idle_after_seconds, lock.countdown_seconds)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (room(lock__idle=3), 'room "Room 4": lock.idle: there is no such setting'),
        (room(lock__idle_after_seconds=3), 'room "Room 4": lock.idle_after_seconds: Expected `int` >= 30'),
        (room(lock__idle_after_seconds="300"), "Expected `int`, got `str`"),
        (room(report__enabled=False), "report.enabled can be set for the whole school only"),
        (room(agreement__languages=["en"]), "agreement.languages can be set for the whole school only"),
        (room(tiers=("teen",), usb__mode="off"), "usb.mode cannot differ by tier or time"),
        (room(when=MORNING, connection__server=""), "connection.server cannot differ by tier or time"),
        (room("", lock__idle_after_seconds=60), "every other one needs one"),
        (Layer(scope="device", name="lab-01", change={}), "named by its id, 16 hexadecimal digits"),
        (room("Room 4 ", lock__idle_after_seconds=60), "begins or ends with a space"),
        (room("Room\n4", lock__idle_after_seconds=60), "what cannot be seen"),
        (room(tiers=("teen", "teen"), lock__idle_after_seconds=60), "names one tier twice"),
        (
            Layer(scope="school", tiers=("teen",), change={"agreement.school_year_starts": "09-02"}),
            "cannot differ by tier or time",
        ),
    ],
)  # fmt: skip
def test_a_layer_no_laptop_should_get_is_refused_in_a_sentence(layer, words):
    assert words in refusal(layer)
    resolve(tree(layer), LAPTOP)


def test_too_many_tiers_and_times_on_one_laptop_are_refused():
    layers = [
        room(
            when=Window(starts=f"{quarter // 4:02}:{quarter % 4 * 15:02}", ends="24:00"),
            tiers=(TIERS[quarter % 5],),
            lock__idle_after_seconds=100 + quarter,
        )
        for quarter in range(MOST_VARIANTS + 1)
    ]
    layers = [
        msgspec.structs.replace(
            layer, when=Window(starts=layer.when.starts, ends=f"{layer.when.starts[:-1]}9")
        )
        for layer in layers
    ]
    check_tree(tree(*layers[:MOST_VARIANTS]))

    assert f"at most {MOST_VARIANTS} can" in refusal(*layers)
    assert MOST_VARIANTS == len(resolve(tree(*layers), LAPTOP).variants)


def test_a_language_without_consequences_is_refused():
    school = msgspec.structs.replace(tree().school, consequences={"en": "An adult talks with you about it."})
    with pytest.raises(SettingsRefused, match=r"school\.consequences\.tr is missing"):
        check_tree(tree(school=school))
    check_tree(tree(school=school, settings=Settings(agreement=AgreementSettings(languages=("en",)))))


def test_a_place_without_a_laptop_is_perhaps_misspelt():
    school = tree(room(usb__mode="off"), room("Rom 4", usb__mode="off"), group("Pilot", usb__mode="off"))

    assert [("room", "Rom 4")] == resolving.empty_places(school, [LAPTOP])


# ---- one text for the whole school ----


def test_agreements_name_what_is_recorded_anywhere():
    nothing = Settings()
    quiet = msgspec.structs.replace(nothing, usage=msgspec.structs.replace(nothing.usage, record_apps=False))
    school = tree(
        room(tiers=("teen",), usage__record_apps=True),
        Layer(scope="device", name=NAMES["device"][0], change={"usb.mode": "copy"}),
        settings=quiet,
    )
    union = agreement_settings(school)

    assert union.usage.record_apps
    assert union.usb.ever_gates
    assert not agreement_settings(tree(settings=quiet)).usage.record_apps
    assert not agreement_settings(tree(settings=quiet)).usb.ever_gates
    assert resolving.tidy(school) == resolving.tidy(resolving.tidy(school))
