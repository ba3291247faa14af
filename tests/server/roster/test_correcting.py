"""Setting one person right by hand, with a reason that is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from server import listing, people
from server.errors import NotFound
from server.roster import correcting, store
from server.roster.comparing import decide_diff
from server.roster.correcting import CorrectionRefused, decide_correction
from server.roster.entries import Entry
from server.roster.store import By
from server.tables import devices, logins
from tests.server.roster.conftest import NOW

BY = By("Tom Ashby", 3)
MAY = Entry(person="1", display_name="May Lamb", tier="junior", room="Lab 1", accounts=("may",))
TOM = Entry(person="2", display_name="Tom Ash", tier="teen", accounts=("tom",))
WHY = "the office wrote it wrong"


@pytest.fixture
def listed(database):
    with database.write() as connection:
        diff = decide_diff({}, [MAY, TOM])
        store.apply_diff(connection, diff, by=BY, now=NOW, source="csv")
    return database


def correct(database, person="1", reason=WHY, **given_):
    with database.write() as connection:
        return correcting.correct(connection, person, given_, reason=reason, by=BY, now=NOW)


def entry(database, person="1"):
    with database.read() as connection:
        return store.find_known(connection, person).entry


def test_r76_a_correction_changes_the_person_and_keeps_before_after_and_reason(listed):
    fields = correct(listed, display_name="May Lambert", tier="teen", accounts="may, m.lambert")
    with listed.read() as connection:
        history = listing.history_of(connection, "1")

    assert ("display_name", "tier", "accounts") == fields
    assert ("May Lambert", "teen", ("m.lambert", "may")) == (
        entry(listed).display_name,
        entry(listed).tier,
        entry(listed).accounts,
    )
    assert ("corrected", "display_name", "May Lamb", "May Lambert", WHY, "Tom Ashby") in [
        (h.what, h.field, h.before, h.after, h.reason, h.by) for h in history
    ]


@pytest.mark.parametrize(
    ("given_", "field", "kind"),
    [
        ({"reason": "so", "tier": "teen"}, "reason", "reason"),
        ({"display_name": ""}, "display_name", "empty"),
        ({"display_name": "=cmd()"}, "display_name", "sign"),
        ({"display_name": "a\u202eb"}, "display_name", "sign"),
        ({"year": "x" * 41}, "year", "long"),
        ({"tier": "giant"}, "tier", "choice"),
        ({"accounts": "may lamb"}, "accounts", "account"),
        ({"accounts": "TOM"}, "accounts", "taken"),
        ({"tier": "junior"}, "", "nothing"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(listed, given_, field, kind):
    with pytest.raises(CorrectionRefused) as refused:
        correct(listed, **given_)

    assert (field, kind) == (refused.value.field, refused.value.kind)
    assert MAY == entry(listed)


def test_somebody_can_be_added_ended_and_brought_back_by_hand(listed):
    with listed.write() as connection:
        given_ = {"display_name": "Zoe Lamb", "tier": "teen", "accounts": "zoe"}
        correcting.add(connection, "9", given_, reason="joined today", by=BY, now=NOW)
        correcting.end(connection, "9", reason="moved away", by=BY, now=NOW)
    with listed.read() as connection:
        gone, former = people.find_person(connection, "zoe"), people.find_former(connection, "zoe")
    with listed.write() as connection:
        correcting.bring_back(connection, "9", "zoe", reason="is back again", by=BY, now=NOW)

    assert (None, "9") == (gone, former.person)
    assert ("Zoe Lamb", ("zoe",)) == (entry(listed, "9").display_name, entry(listed, "9").accounts)
    with listed.write() as connection, pytest.raises(CorrectionRefused):
        correcting.add(connection, "9", {"display_name": "Zoe"}, reason="once more", by=BY, now=NOW)
    with listed.write() as connection, pytest.raises(NotFound):
        correcting.end(connection, "none", reason="nobody there", by=BY, now=NOW)


def test_r76_a_login_of_another_person_is_noted_and_nothing_is_rewritten(listed):
    with listed.write() as connection:
        connection.execute(
            insert(devices).values(
                id="d1", device_key=b"k", machine="m", hostname="L-1", os="", agent_version="", room="Lab 1",
                state="active", enrolled_at=NOW,
            )
        )  # fmt: skip
        connection.execute(
            insert(logins).values(device="d1", login="a", os_user="may", person="1", started_at=NOW)
        )
        correcting.note_other_person(connection, "d1", "a", "2", reason="Tom sat at May's", by=BY, now=NOW)
    with listed.read() as connection:
        kept = connection.execute(logins.select()).one()
        notes = [correcting.attributions_of(connection, who)[0] for who in ("1", "2")]

    assert "1" == kept.person
    assert [("1", "2", "Tom sat at May's")] * 2 == [(n.was_person, n.is_person, n.reason) for n in notes]
    with listed.write() as connection, pytest.raises(NotFound):
        correcting.note_other_person(connection, "d1", "b", "2", reason="no such login", by=BY, now=NOW)
    with listed.write() as connection, pytest.raises(CorrectionRefused):
        correcting.note_other_person(connection, "d1", "a", "1", reason="it is so already", by=BY, now=NOW)


@given(st.dictionaries(st.sampled_from([*correcting.FIELDS, "person", "odd"]), st.text(max_size=50)))
def test_no_form_whatever_makes_a_person_that_cannot_be(given_):
    try:
        made = decide_correction(MAY, given_)
    except CorrectionRefused:
        return

    assert "1" == made.person
    assert made.display_name
