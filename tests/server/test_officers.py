"""Officers' keys and lists as the server takes them: what it refuses, writes, and hands on."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from policies import envelopes, sealing, wire
from policies.officers import Officer, OfficersList, RootChange, SignedOfficers, change_bound, list_bound
from policies.settings import SettingsRefused
from server import accounts, cases, officer_lists, officers, publishing
from server.errors import Invalid
from tests.support.case_desks import Desk
from tests.support.case_school import KDF, Holder

HOUR = timedelta(hours=1)


def person(connection, name):
    return accounts.find_staff(connection, name)


def put_key(school, name, *, now=None, **changes):
    with school.house.db.write() as connection:
        who = person(connection, name)
        holder = Holder(who.display_name, who.id, "lead")
        given = {
            "record": holder.record,
            "key": holder.key,
            "sign_key": holder.sign_key,
            "proof": holder.proof,
        }
        officers.put_key(connection, who, **(given | changes), now=now or school.now)
    return holder


def put_list(school, signed, by="n.okafor", root_box=None):
    with school.house.db.write() as connection:
        return officers.put_list(
            connection, person(connection, by), signed, root_box=root_box, now=school.now
        )


def resigned(school, change, *, root=None, changes=()):
    """The school's next list, changed by hand and signed again."""
    root = root or school.root
    listed = msgspec.json.decode(school.signed_list().list, type=OfficersList)
    encoded = msgspec.json.encode(change(listed))
    return SignedOfficers(
        list=encoded,
        signature=sealing.sign(root, list_bound(encoded)),
        root=sealing.signing_public_key(root),
        changes=changes,
    )


def with_officers(change):
    return lambda listed: replace(listed, officers=tuple(change(list(listed.officers))))


def first_with(**changes):
    return with_officers(lambda them: [replace(them[0], **changes), *them[1:]])


def ceremonies(school):
    with school.house.db.read() as connection:
        return list(connection.exec_driver_sql("SELECT what FROM ceremonies ORDER BY id").scalars())


def standings(school):
    with school.house.db.read() as connection:
        return {each.name: (each.state, each.place) for each in officers.standings(connection)}


# -- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["t.ashby", "j.reed"])
def test_only_an_office_that_may_read_reports_holds_a_key(school, name):
    with pytest.raises(Invalid, match="only a safeguarding lead"):
        put_key(school, name)


def test_a_second_key_needs_a_lost_passphrase_said_within_the_hour(school):
    with pytest.raises(Invalid, match="say first"):
        put_key(school, "r.carver")
    with school.house.db.write() as connection:
        officers.note_recovery(connection, person(connection, "r.carver"), "lost-passphrase", "", school.now)
    with pytest.raises(Invalid, match="say first"):
        put_key(school, "r.carver", now=school.now + 2 * HOUR)
    put_key(school, "r.carver")
    with pytest.raises(Invalid, match="say first"):
        put_key(school, "r.carver", now=school.now + timedelta(minutes=1))

    assert ["lost-passphrase", "key-replaced"] == ceremonies(school)[-2:]
    assert ("waiting", "") == standings(school)["Ruth Carver"]


def test_whoever_lost_a_key_reads_nothing_until_the_next_list(school):
    case = school.send()
    school.replace_key("r.carver")
    assert school.reader("r.carver") is None
    school.publish_list()

    with school.house.db.read() as connection:
        assert not cases.is_reader(connection, school.reader("r.carver").opens, case)
        assert cases.is_reader(connection, school.reader("d.amos").opens, case)


def test_a_passphrase_is_changed_without_another_key(school):
    holder = school.holders["r.carver"]
    record = msgspec.json.encode({**msgspec.json.decode(holder.record), "more": "other wrapping"}).decode()
    put_key(school, "r.carver", record=record, key=holder.key, sign_key=holder.sign_key, proof=holder.proof)

    assert "key-rewrapped" == ceremonies(school)[-1]
    assert ("listed", "lead") == standings(school)["Ruth Carver"]
    with school.house.db.read() as connection:
        assert record == officers.key_of(connection, holder.staff).record


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_a_key_that_seals_to_nobody_is_refused(school, point):
    with school.house.db.write() as connection:
        officers.note_recovery(connection, person(connection, "d.amos"), "lost-passphrase", "", school.now)
        who = person(connection, "d.amos")
    holder = Holder(who.display_name, who.id, "deputy")
    record = msgspec.json.encode({**msgspec.json.decode(holder.record), "key": point.hex()}).decode()
    proof = sealing.sign(holder.sign_private, sealing.bind("officer-proof", str(who.id), point))
    with pytest.raises(Invalid, match="cannot be used"):
        put_key(school, "d.amos", record=record, key=point, sign_key=holder.sign_key, proof=proof)


def test_a_proof_for_another_account_does_not_hold(school):
    with school.house.db.write() as connection:
        officers.note_recovery(connection, person(connection, "d.amos"), "lost-passphrase", "", school.now)
    stolen = Holder("Ruth Carver", 999, "lead")
    with pytest.raises(Invalid, match="proof"):
        put_key(
            school,
            "d.amos",
            record=stolen.record,
            key=stolen.key,
            sign_key=stolen.sign_key,
            proof=stolen.proof,
        )


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"key": "00" * 32},
        {"sign_key": "00" * 32},
        {"kdf": {**KDF, "iterations": 1000}},
        {"kdf": {**KDF, "name": "none"}},
        {"kdf": {**KDF, "iterations": "many"}},
        {"kdf": 7},
        {"wrapped": {}},
        {"wrapped": {"key": 1, "sign_key": "00"}},
        {"wrapped": {"key": "0" * 9000, "sign_key": "00"}},
    ],
)
def test_a_corrupt_or_weakly_wrapped_record_is_refused(school, change):
    holder = Holder("x", 1, "lead")
    record = msgspec.json.encode({**msgspec.json.decode(holder.record), **change}).decode()
    with pytest.raises(Invalid, match="wrapped key"):
        officers.check_record(record, holder.key, holder.sign_key)


@pytest.mark.parametrize("record", ["", "null", "[]", "{}", "\x00", "9" * 100, "[" * 8000])
def test_a_record_that_is_none_is_refused(record):
    with pytest.raises(Invalid, match="wrapped key"):
        officers.check_record(record, bytes(32), bytes(32))


# -- lists ---------------------------------------------------------------------------------------


def test_a_list_reaches_laptops_with_the_next_policy(school):
    before = school.house.newest_policy
    school.publish_list()
    school.house.notice_changes()
    with school.house.db.read() as connection:
        body = publishing.current(connection).body

    assert before != school.house.newest_policy
    assert 2 == msgspec.json.decode(body.officers.list, type=OfficersList).seq


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda listed: replace(listed, seq=listed.seq + 1), "another list meanwhile"),
        (lambda listed: replace(listed, seq=1), "meanwhile"),
        (with_officers(lambda them: them[:1] + them[2:3] + them[-1:]), None),
        (with_officers(lambda them: them[:1] + them[-1:]), "fewer than two"),
        (with_officers(lambda them: them[:-1]), "recovery sheet"),
        (with_officers(lambda them: [them[0], them[1], them[-1]]), "about staff"),
        (with_officers(lambda them: [*them, them[0]]), "twice"),
        (first_with(role="head"), "office of head"),
        (first_with(name="Somebody"), "another name"),
        (first_with(sign_key=b"s" * 32), "not one"),
        (first_with(key=b"k" * 32), "not one"),
        (with_officers(lambda them: [*them[:-1], replace(them[-1], sign_key=b"s" * 32)]), "signs"),
    ],
)  # fmt: skip
def test_a_list_is_refused_with_a_reason(school, change, why):
    signed = resigned(school, change)
    if why is None:
        assert 2 == put_list(school, signed)
        return
    with pytest.raises(Invalid, match=why):
        put_list(school, signed)

    with school.house.db.read() as connection:
        assert 1 == officer_lists.newest(connection).listed.seq


def test_a_key_of_the_sheet_that_is_somebody_s_own_is_refused(school):
    own = school.holders["r.carver"]

    def swap(them):
        sheet = replace(them[-1], key=own.key)
        return [them[1], them[2], them[3], sheet]

    with pytest.raises(Invalid, match="belongs to nobody"):
        put_list(school, resigned(school, with_officers(swap)))


def give_office(school, name, *roles):
    with school.house.db.write() as connection:
        accounts.set_roles(connection, person(connection, name).id, frozenset(roles), ())


def test_the_head_stands_on_no_list_in_a_place_that_reports_about_the_head_go_to(school):
    give_office(school, "r.carver", "safeguarding", "head")
    without_alternate = school.signed_list("r.carver", "d.amos", "n.okafor")
    with pytest.raises(Invalid, match=r"Ruth Carver is the head.*a governor on the list as alternate"):
        put_list(school, without_alternate)
    assert 2 == put_list(school, school.signed_list())

    give_office(school, "g.hall", "governor", "head")
    school.seq = 2
    with pytest.raises(Invalid, match="Grace Hall is the head and cannot be the alternate"):
        put_list(school, school.signed_list())


def test_another_root_key_is_taken_only_under_the_old_one_s_signature(school):
    other = sealing.new_signing_key()
    old, new = sealing.signing_public_key(school.root), sealing.signing_public_key(other)
    same = with_officers(lambda them: them)
    forged = RootChange(old=old, new=new, signature=sealing.sign(other, change_bound(old, new)))
    signed = RootChange(old=old, new=new, signature=sealing.sign(school.root, change_bound(old, new)))
    for changes in ((), (forged,)):
        with pytest.raises(Invalid, match="root key"):
            put_list(school, resigned(school, same, root=other, changes=changes))

    assert 2 == put_list(school, resigned(school, same, root=other, changes=(signed,)))
    assert "root-changed" == ceremonies(school)[-1]
    school.root, school.seq = other, 2
    with pytest.raises(Invalid, match="earlier changes"):
        put_list(school, resigned(school, same, root=other))


@pytest.mark.parametrize("name", ["g.hall", "t.ashby", "j.reed"])
def test_a_list_is_handed_in_by_lead_or_head_only(school, name):
    with pytest.raises(Invalid, match="only the head"):
        put_list(school, school.signed_list(), by=name)


def test_the_sealed_root_key_stays_with_the_lists(school):
    put_list(school, school.signed_list(), root_box=b"sealed root")
    school.seq = 2
    school.publish_list()
    with school.house.db.read() as connection:
        assert b"sealed root" == officer_lists.newest(connection).root_box

    with pytest.raises(Invalid, match="too large"):
        put_list(school, school.signed_list(), root_box=bytes(2000))


def test_a_leaver_shows_as_left_and_reads_nothing(school):
    case = school.send()
    with school.house.db.write() as connection:
        accounts.remove_staff(connection, "d.amos")
        amos = connection.exec_driver_sql("SELECT id FROM staff WHERE name = 'd.amos'").scalar()
    assert ("left", "deputy") == standings(school)["Dina Amos"]
    school.publish_list("r.carver", "n.okafor", "g.hall")
    after = school.send()

    assert "Dina Amos" not in standings(school)
    with school.house.db.read() as connection:
        assert school.holders["d.amos"].id in cases.readers_of(connection, case)
        assert school.holders["d.amos"].id not in cases.readers_of(connection, after)
        assert officers.keys_ever_of(connection, amos)


def test_whoever_loses_the_office_loses_the_cases_at_once(school):
    case = school.send()
    with school.house.db.write() as connection:
        amos = person(connection, "d.amos")
        accounts.set_roles(connection, amos.id, frozenset({"teacher"}), ("Lab 2",))

    assert school.reader("d.amos") is None
    assert ("left", "deputy") == standings(school)["Dina Amos"]
    assert Desk(school, "r.carver", case).detail().case.id == case


def test_offices_that_watch_over_one_another_are_named():
    assert (("head", "safeguarding"),) == officers.overlaps_of(frozenset({"head", "safeguarding", "teacher"}))
    assert () == officers.overlaps_of(frozenset({"teacher", "safeguarding"}))


def test_reporting_cannot_be_switched_on_without_keys_and_a_sheet(here):
    with here.db.read() as connection:
        now = publishing.current(connection)
    on = replace(now.body.settings, report=replace(now.body.settings.report, enabled=True))
    same = {"school": now.body.school, "tiers": ("junior",), "profile": "x", "by": "test"}
    with here.db.write() as connection, pytest.raises(SettingsRefused, match="two officers with keys"):
        publishing.publish(connection, settings=on, now=now.published_at, **same)


# -- the sheet -----------------------------------------------------------------------------------


def sheet_reader(school, name, minutes=0):
    with school.house.db.read() as connection:
        return officers.sheet_reader_of(
            connection, person(connection, name), school.now + timedelta(minutes=minutes)
        )


def test_the_sheet_opens_for_an_hour_after_it_was_said(school):
    assert sheet_reader(school, "r.carver") is None
    with school.house.db.write() as connection:
        officers.note_recovery(connection, person(connection, "r.carver"), "used-sheet", "safe", school.now)
    sheet = envelopes.key_id(sealing.opening_public_key(school.recovery))

    assert sheet == sheet_reader(school, "r.carver", 59).opens
    assert sheet_reader(school, "r.carver", 61) is None
    assert sheet_reader(school, "n.okafor") is None
    with school.house.db.write() as connection, pytest.raises(Invalid):
        officers.note_recovery(connection, person(connection, "r.carver"), "erase-all", "", school.now)


def test_the_policy_of_such_a_school_is_one_that_laptops_take(school):
    with school.house.db.read() as connection:
        body = publishing.current(connection).body
    listed = msgspec.json.decode(body.officers.list, type=OfficersList)

    assert wire.read_policy(msgspec.json.encode(body)).settings.report.enabled
    assert all(isinstance(officer, Officer) for officer in listed.officers)
