"""Which values shut USB on Windows, and that the school's own stay as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import windows_usb_policy as policy
from agent.backends.windows_usb_policy import ALLOWED, BEFORE, CURRENT_VERSION, RESTRICTIONS, Entry
from tests.support.win32.fake_registry import FakeRegistry

WINDOWS_10 = {"EditionID": "Education", "CurrentBuildNumber": "19045", "UBR": 4046}


def do(registry, steps):
    for key, name, value in steps:
        if value is None:
            registry.delete_value(key, name)
        elif isinstance(value, int):
            registry.write_number(key, name, value)
        else:
            registry.write_text(key, name, value)


def test_storage_cameras_and_phones_are_denied_in_layers_also_where_they_were_installed():
    registry = FakeRegistry()
    do(registry, policy.plan_shut(registry.read))

    assert [] == policy.missing(registry.read)
    assert 1 == registry.read(RESTRICTIONS, "AllowDenyLayered")
    assert 1 == registry.read(RESTRICTIONS, "DenyDeviceIDsRetroactive")
    denied = set(registry.values(rf"{RESTRICTIONS}\DenyDeviceIDs").values())
    assert {"USB\\Class_08", "USB\\Class_06", "USB\\MS_COMP_MTP"} <= denied
    explorer = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer"
    assert 0xFF == registry.read(explorer, "NoDriveTypeAutoRun")


def test_what_is_noted_is_noted_before_anything_is_changed():
    registry = FakeRegistry({RESTRICTIONS: {"DenyDeviceIDs": 0}})
    steps = policy.plan_shut(registry.read)
    first_change = next(n for n, step in enumerate(steps) if step.key != BEFORE)

    assert all(step.key != BEFORE for step in steps[first_change:])
    assert "number:0" in [step.value for step in steps[:first_change]]


def test_a_list_of_the_school_s_own_is_neither_changed_nor_removed():
    own = {rf"{RESTRICTIONS}\DenyDeviceIDs": {"1": "PCI\\CC_0C0A"}, RESTRICTIONS: {"DenyDeviceIDs": 1}}
    registry = FakeRegistry(own)
    do(registry, policy.plan_shut(registry.read))
    do(registry, policy.plan_open(registry.read, registry.values(ALLOWED)))

    assert {"1": "PCI\\CC_0C0A"} == registry.values(rf"{RESTRICTIONS}\DenyDeviceIDs")
    assert 1 == registry.read(RESTRICTIONS, "DenyDeviceIDs")


OLD = st.one_of(st.none(), st.integers(0, 2**32 - 1), st.text(st.characters(codec="utf-16"), max_size=20))


@given(st.lists(OLD, min_size=len(policy.always()), max_size=len(policy.always())), st.integers(1, 3))
def test_whatever_stood_before_stands_there_again_however_often_it_was_shut(old, times):
    registry = FakeRegistry()
    switches = [entry for entry in policy.always() if not policy.is_ours(entry)]
    before = {(entry.key, entry.name): value for entry, value in zip(switches, old, strict=False)}
    do(registry, [policy.Step(key, name, value) for (key, name), value in before.items()])
    for _ in range(times):
        do(registry, policy.plan_shut(registry.read))
    registry.write_text(*policy.allowed("USB\\VID_1&PID_2\\X"))
    do(registry, policy.plan_open(registry.read, registry.values(ALLOWED)))

    assert before == {(key, name): registry.read(key, name) for key, name in before}
    assert {} == registry.values(ALLOWED)
    assert {} == registry.values(BEFORE)


@given(st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_a_service_stopped_between_two_writes_leaves_nothing_that_cannot_be_put_back(cut, other, again):
    registry = FakeRegistry({RESTRICTIONS: {"DenyDeviceIDs": 0, "AllowDenyLayered": 0}})
    before = dict(registry.values(RESTRICTIONS))
    do(registry, policy.plan_shut(registry.read)[:cut])
    if again:
        do(registry, policy.plan_shut(registry.read))
    do(registry, policy.plan_open(registry.read, registry.values(ALLOWED))[:other])
    do(registry, policy.plan_open(registry.read, registry.values(ALLOWED)))

    assert before == registry.values(RESTRICTIONS)
    assert {} == registry.values(BEFORE)


def test_a_value_that_somebody_changed_is_missing_and_put_back():
    registry = FakeRegistry()
    do(registry, policy.plan_shut(registry.read))
    registry.write_number(RESTRICTIONS, "AllowDenyLayered", 0)

    assert [Entry(RESTRICTIONS, "AllowDenyLayered", 1)] == policy.missing(registry.read)
    do(registry, policy.plan_shut(registry.read))
    assert [] == policy.missing(registry.read)


def test_what_somebody_changed_meanwhile_is_not_taken_for_what_stood_before():
    registry = FakeRegistry({RESTRICTIONS: {"DenyDeviceIDs": 0}})
    do(registry, policy.plan_shut(registry.read))
    registry.write_number(RESTRICTIONS, "DenyDeviceIDs", 7)
    do(registry, policy.plan_shut(registry.read))
    do(registry, policy.plan_open(registry.read, registry.values(ALLOWED)))

    assert 0 == registry.read(RESTRICTIONS, "DenyDeviceIDs")


def test_permissions_of_former_days_are_taken_back_and_others_kept():
    registry = FakeRegistry({ALLOWED: {"1": "USB\\VID_0001&PID_0002\\SCHOOL"}})
    for instance in ("USB\\A", "USB\\B"):
        registry.write_text(*policy.allowed(instance))
    do(registry, policy.plan_forget_allowed(registry.values(ALLOWED), keep=["usb\\b"]))

    left = set(registry.values(ALLOWED).values())
    assert {"USB\\VID_0001&PID_0002\\SCHOOL", "USB\\B"} == left


@pytest.mark.parametrize(
    ("build", "update", "has"),
    [
        (17763, 2144, False),
        (17763, 2145, True),
        (18362, 1713, False),
        (19041, 1151, True),
        (19045, 0, True),
        (16299, 9999, False),
        (22000, 0, True),
        (26100, 1, True),
        (0, 0, False),
    ],
)
def test_only_windows_that_evaluates_rules_in_layers_will_do(build, update, has):
    assert has == policy.has_layers(build, update)


@pytest.mark.parametrize("edition", ["Core", "CoreN", "CoreSingleLanguage", "CoreCountrySpecific"])
def test_windows_home_is_told_as_lacking(edition):
    registry = FakeRegistry({CURRENT_VERSION: WINDOWS_10 | {"EditionID": edition}})
    support = policy.decide_support(registry.read)

    assert not support.works
    assert "Home" in support.why


@pytest.mark.parametrize("edition", ["Professional", "Education", "Enterprise", "ProfessionalEducation"])
def test_the_editions_of_schools_will_do(edition):
    registry = FakeRegistry({CURRENT_VERSION: WINDOWS_10 | {"EditionID": edition}})

    assert policy.decide_support(registry.read).works


def test_a_school_that_lets_in_listed_devices_only_does_not_lose_that_rule():
    registry = FakeRegistry({CURRENT_VERSION: WINDOWS_10, RESTRICTIONS: {"DenyUnspecified": 1}})
    support = policy.decide_support(registry.read)

    assert not support.works
    assert "switch that rule off" in support.why


def test_a_windows_that_says_nothing_of_itself_will_not_do():
    assert not policy.decide_support(FakeRegistry().read).works


@given(st.one_of(st.integers(0, 2**32 - 1), st.text()))
def test_what_is_noted_is_read_again(value):
    assert value == policy.read_note(policy.note_of(value))


@given(st.one_of(st.binary(), st.lists(st.text()), st.none()))
def test_what_we_never_write_is_noted_as_absent(value):
    assert policy.read_note(policy.note_of(value)) is None


@given(st.text())
def test_a_note_that_somebody_else_wrote_is_no_fault(note):
    policy.read_note(note)
