"""Which laptops hear that an adult has set something: where somebody is logged in, or about to be."""

from datetime import UTC, datetime, timedelta

from policies.recording import Stream
from policies.records import LoginStarted
from server.individual import restricting
from server.individual.common import By
from server.ingest import Upload

RUTH = By(4, "Ruth Carver", frozenset({"safeguarding"}))


def restrict(here, now):
    """An adult sets something for May, and the server looks."""
    with here.db.write() as connection:
        restricting.restrict(
            connection, "p-1", until=now + timedelta(days=3), only_in=None, reason="Agreed.", by=RUTH, now=now
        )
    here.notice_changes()


def start_login(here, laptop, at):
    record = LoginStarted(
        at=at, login="c" * 32, os_user="may", person="p-1", tier="junior", kind="x11", grant="fresh"
    )
    here.writer.put(Upload(laptop.device, laptop.public, (laptop.seal(Stream.VITAL, [record]),), at)).result()


def test_r16_a_laptop_where_the_pupil_is_logged_in_is_told_at_once(here, enrolled):
    here.writer.start()
    theirs, other = enrolled(), enrolled()
    now = datetime.now(UTC)
    start_login(here, theirs, at=now)
    before = here.watches.next_cursor()
    restrict(here, now)

    assert ("may",) == here.grant_telling.newer(theirs.device, before)
    assert () == here.grant_telling.newer(other.device, before)
    assert () == here.grant_telling.newer(theirs.device, here.watches.next_cursor())


def test_r4_a_laptop_that_asked_is_told_though_its_first_record_is_still_on_its_way(here, enrolled):
    theirs, other = enrolled(), enrolled()
    now = datetime.now(UTC)
    here.grant_telling.note_asked(theirs.device, "may", now)
    here.grant_telling.note_asked(other.device, "nobody", now)
    here.grant_telling.note_asked(other.device, "may", now - timedelta(hours=2))
    before = here.watches.next_cursor()
    restrict(here, now)

    assert ("may",) == here.grant_telling.newer(theirs.device, before)
    assert () == here.grant_telling.newer(other.device, before)


def test_r76_a_laptop_that_asks_about_anybody_is_remembered_with_its_last_sixteen(here, enrolled):
    theirs = enrolled()
    now = datetime.now(UTC)
    here.grant_telling.note_asked(theirs.device, "may", now)
    for number in range(16):
        here.grant_telling.note_asked(theirs.device, f"name{number}", now)
    before = here.watches.next_cursor()
    restrict(here, now)

    assert () == here.grant_telling.newer(theirs.device, before)
