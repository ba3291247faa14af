"""Policies: numbered, encoded once, and a text's version grows only with the text."""

import hashlib
from datetime import UTC, datetime

import msgspec
import pytest

from policies import schools, wire
from policies.orders import Assignment
from policies.settings import SettingsRefused
from server import agreements, policy_commands, publishing

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def publish(here, school=None, **changes):
    school = school or schools.load_profile("primary-england")
    given = {"school": school.school, "settings": school.settings, "tiers": school.tiers} | changes
    with here.db.write() as connection:
        return publishing.publish(connection, profile=school.name, by="test", now=NOW, **given)


def current(here):
    with here.db.read() as connection:
        return publishing.current(connection)


def versions(here):
    with here.db.read() as connection:
        return agreements.current_versions(connection)


def test_the_same_settings_publish_nothing_new(here):
    assert 1 == publish(here)
    assert 1 == publish(here)


def test_changed_settings_get_the_next_number_and_leave_the_texts_alone(here):
    before = versions(here)
    changed = policy_commands.changed_settings(current(here).body.settings, ["lock.idle_after_seconds=77"])

    assert 2 == publish(here, settings=changed)
    assert 77 == current(here).body.settings.lock.idle_after_seconds
    assert before == versions(here)


def test_a_changed_text_asks_again_and_the_old_one_stays_readable(here):
    school = schools.load_profile("primary-england")
    words = {language: text + " Once more." for language, text in school.school.consequences.items()}
    publish(
        here,
        school=msgspec.structs.replace(
            school, school=msgspec.structs.replace(school.school, consequences=words)
        ),
    )
    with here.db.read() as connection:
        old, new = (agreements.agreement_of(connection, "junior", version) for version in (1, 2))

    assert {2} == set(versions(here).values())
    assert old.texts != new.texts


def test_a_tier_that_was_away_does_not_start_over(here):
    school = schools.load_profile("primary-england")
    words = {language: text + " Once more." for language, text in school.school.consequences.items()}
    changed = msgspec.structs.replace(school.school, consequences=words)
    publish(here, school=msgspec.structs.replace(school, school=changed))
    publish(here, school=msgspec.structs.replace(school, school=changed), tiers=("adult",))
    publish(here)

    assert {3} == set(versions(here).values())


def test_the_body_is_kept_as_the_bytes_its_hash_names(here):
    now = current(here)
    with here.db.read() as connection:
        body = publishing.body_of(connection, now.body_hash)

    assert now.body_hash == hashlib.sha256(body).hexdigest()
    assert now.body == wire.read_policy(body)


def test_an_assignment_is_signed_for_one_laptop(here, enrolled):
    laptop = enrolled()
    signed = publishing.assignment(here.keys.policy_private, laptop.device, 3, "0" * 64)

    assert Assignment(device=laptop.device, number=3, body_hash="0" * 64) == laptop.read(signed)


@pytest.mark.parametrize("profile", schools.profile_names())
def test_every_profile_can_start_a_school(here, profile):
    assert publish(here, school=schools.load_profile(profile)) in (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        "lock",
        "lock.idle=1",
        "nothing.here=1",
        "lock.idle_after_seconds=soon",
        "lock.idle_after_seconds=1",
        "=",
        "a.b",
    ],
)
def test_a_setting_that_cannot_be_is_refused_whole(here, change):
    with pytest.raises(SettingsRefused):
        policy_commands.changed_settings(current(here).body.settings, [change])
