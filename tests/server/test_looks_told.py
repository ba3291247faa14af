"""What a person is told of adults who looked at them: for their safety without a name, or not at all."""

from datetime import UTC, datetime

import pytest

from server.grants import FOR_SAFETY, told_looks
from server.oversight import LookEntry

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SAFETY = frozenset({"Ruth Carver"})


def look(by, what):
    return LookEntry(1, AT, by, what, "", "p1", "")


def told(*looks, tell=True, language="en"):
    return [(each.by, each.what) for each in told_looks(looks, SAFETY, language, tell=tell)]


@pytest.mark.parametrize("language", ["en", "tr"])
def test_an_adult_responsible_for_safety_is_told_of_as_that(language):
    assert [(FOR_SAFETY[language], "person")] == told(look("Ruth Carver", "person"), language=language)


def test_where_the_policy_says_so_such_looks_are_not_told():
    looks = (look("Ruth Carver", "person"), look("Tom Ashby", "person"), look("Ruth Carver", "agreements"))

    assert [("Tom Ashby", "person")] == told(*looks, tell=False)


@pytest.mark.parametrize("what", ["lab", "helped"])
@pytest.mark.parametrize("tell", [True, False])
def test_looks_that_the_whole_room_saw_keep_their_name(what, tell):
    assert [("Ruth Carver", what)] == told(look("Ruth Carver", what), tell=tell)
