"""The list of officers on disk: pinned, never rolled back, and honest about what it could not take."""

import msgspec
import pytest

from agent.service.officers import OfficersStore, is_usable
from policies import sealing
from policies.officers import OfficersRefused
from tests.support.model_server import ModelServer
from tests.support.officers import Office, root_change

OFFICE = Office()
ENROLMENT = ModelServer(lambda: None).enrolment()


@pytest.fixture
def store(tmp_path):
    return OfficersStore(tmp_path / "officers.json", ENROLMENT)


def again(tmp_path, **changes):
    return OfficersStore(tmp_path / "officers.json", msgspec.structs.replace(ENROLMENT, **changes))


def test_a_laptop_that_was_given_no_root_takes_the_first_and_shows_its_fingerprint(store):
    store.take(OFFICE.signed(3))

    assert OFFICE.listed(3) == store.listed
    assert sealing.fingerprint(OFFICE.root_public) == store.root_fingerprint
    assert store.root_fingerprint in store.capability(enabled=True).why


def test_a_root_given_at_enrolment_is_held_to_from_the_first_list_on(tmp_path):
    stranger = Office()
    store = again(tmp_path, school_root_key=OFFICE.root_public)
    with pytest.raises(OfficersRefused, match="another root key"):
        store.take(stranger.signed())
    assert store.listed is None
    assert "broken" == store.capability(enabled=True).state
    store.take(OFFICE.signed())

    assert OFFICE.listed() == store.listed
    assert "works" == store.capability(enabled=True).state


def test_what_was_taken_binds_after_a_restart(store, tmp_path):
    store.take(OFFICE.signed(7))
    store = again(tmp_path)

    assert OFFICE.listed(7) == store.listed
    for bad in (OFFICE.signed(6), Office().signed(8)):
        with pytest.raises(OfficersRefused):
            store.take(bad)
    assert OFFICE.listed(7) == store.listed


def test_a_followed_root_change_binds_after_a_restart(store, tmp_path):
    new = sealing.new_signing_key()
    store.take(OFFICE.signed(1))
    store.take(OFFICE.signed(2, root=new, changes=(root_change(OFFICE.root, new),)))
    store = again(tmp_path)

    assert sealing.fingerprint(sealing.signing_public_key(new)) == store.root_fingerprint
    with pytest.raises(OfficersRefused, match="another root key"):
        store.take(OFFICE.signed(3))


def test_a_policy_without_a_list_takes_nothing_away(store):
    store.take(OFFICE.signed())
    store.take(None)

    assert OFFICE.listed() == store.listed


def test_a_good_list_after_a_bad_one_clears_the_problem(store):
    store.take(OFFICE.signed(1))
    with pytest.raises(OfficersRefused):
        store.take(Office().signed(2))
    assert store.problem
    store.take(OFFICE.signed(2))

    assert "" == store.problem
    assert 2 == store.listed.seq


def test_another_enrolment_begins_anew(store, tmp_path):
    store.take(OFFICE.signed(7))
    store = again(tmp_path, device="11" * 8)

    assert store.listed is None
    store.take(Office().signed(1))
    assert 1 == store.listed.seq


@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 40, b"[]"])
def test_a_damaged_file_is_said_to_be_one_and_the_policy_brings_the_list_again(store, tmp_path, content):
    store.take(OFFICE.signed(2))
    (tmp_path / "officers.json").write_bytes(content)
    store = again(tmp_path, school_root_key=OFFICE.root_public)

    assert "damaged" in store.problem
    with pytest.raises(OfficersRefused):
        store.take(Office().signed(9))
    store.take(OFFICE.signed(2))
    assert "" == store.problem
    assert OFFICE.listed(2) == again(tmp_path).listed


def test_a_list_changed_on_disk_is_not_believed(store, tmp_path):
    store.take(OFFICE.signed(2))
    path = tmp_path / "officers.json"
    stranger = Office()
    kept = msgspec.json.decode(path.read_bytes())
    kept["signed"]["list"] = msgspec.to_builtins(stranger.signed(2))["list"]
    path.write_bytes(msgspec.json.encode(kept))

    assert again(tmp_path).listed is None


def test_one_broken_key_does_not_keep_words_from_the_others(store):
    low_order = msgspec.structs.replace(OFFICE.deputy.officer, key=bytes(32))
    broken = OFFICE.deputy._replace(officer=low_order)
    store.take(OFFICE.signed(1, (OFFICE.lead, broken, OFFICE.head, OFFICE.sheet)))

    assert not is_usable(bytes(32))
    assert ["lead", "head", "recovery"] == [officer.role for officer in store.listed.officers]
    told = store.capability(enabled=True)
    assert "broken" == told.state
    assert "1 of the officers' keys" in told.why
    assert told.remedy


def test_a_disk_that_is_full_does_not_stop_a_child_from_telling(tmp_path):
    folder = tmp_path / "not-a-folder"
    folder.write_text("in the way")
    store = OfficersStore(folder / "officers.json", ENROLMENT)
    store.take(OFFICE.signed())

    assert OFFICE.listed() == store.listed


def test_reports_lack_what_they_lack(store):
    assert "lacking" == store.capability(enabled=False).state
    nothing = store.capability(enabled=True)
    assert "lacking" == nothing.state
    assert "no list" in nothing.why
    store.take(OFFICE.signed())

    assert "lacking" == store.capability(enabled=False).state
