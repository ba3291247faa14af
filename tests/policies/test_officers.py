"""Whose list of officers a laptop takes, and when it keeps the one it has."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import sealing
from policies.officers import Officer, OfficersList, OfficersRefused, Pin, read_officers, take_officers
from tests.support.officers import Office, holder, root_change, signed_list

OFFICE = Office()
SIGNED = OFFICE.signed(seq=3)
PIN = Pin(OFFICE.root_public, 3, SIGNED.list)


def test_a_good_list_is_read():
    assert OFFICE.listed(3) == read_officers(SIGNED)


def test_a_list_that_another_key_signed_is_refused():
    forged = msgspec.structs.replace(SIGNED, signature=OFFICE.signed(seq=4).signature)

    with pytest.raises(OfficersRefused, match="not signed by the school's key"):
        read_officers(forged)


@settings(max_examples=150)
@given(at=st.integers(0, len(SIGNED.list) - 1), bit=st.integers(0, 7))
def test_a_list_with_any_bit_flipped_is_refused(at, bit):
    changed = SIGNED.list[:at] + bytes([SIGNED.list[at] ^ (1 << bit)]) + SIGNED.list[at + 1 :]

    with pytest.raises(OfficersRefused):
        read_officers(msgspec.structs.replace(SIGNED, list=changed))


@settings(max_examples=100)
@given(content=st.binary(max_size=400))
def test_whatever_the_root_key_signs_is_a_list_or_refused(content):
    with pytest.raises(OfficersRefused, match="cannot be read"):
        read_officers(signed_list(content, OFFICE.root))


@pytest.mark.parametrize(
    ("holders", "why"),
    [
        ((OFFICE.lead, OFFICE.sheet), "fewer than two"),
        ((OFFICE.head, OFFICE.alternate, OFFICE.sheet), "no safeguarding lead"),
        ((OFFICE.lead, OFFICE.head), "no recovery sheet"),
        ((OFFICE.lead, OFFICE.deputy, OFFICE.sheet), "about staff"),
        ((OFFICE.lead, OFFICE.head, OFFICE.sheet, OFFICE.lead), "twice"),
        ((), "fewer than two"),
    ],
)
def test_a_list_that_cannot_be_relied_on_is_refused(holders, why):
    with pytest.raises(OfficersRefused, match=why):
        read_officers(OFFICE.signed(1, holders))


def test_the_first_list_is_taken_only_where_no_root_key_was_given():
    listed, pin = take_officers(SIGNED, None)

    assert OFFICE.listed(3) == listed
    assert pin == PIN
    stranger = Office()
    with pytest.raises(OfficersRefused, match="another root key"):
        take_officers(SIGNED, Pin(stranger.root_public, 0, b""))


def test_a_root_key_given_at_enrolment_takes_its_first_list_of_any_number():
    assert PIN == take_officers(SIGNED, Pin(OFFICE.root_public, 0, b""))[1]


def test_the_same_list_again_changes_nothing():
    assert PIN == take_officers(SIGNED, PIN)[1]


def test_an_older_list_is_refused_though_it_is_well_signed():
    with pytest.raises(OfficersRefused, match="older"):
        take_officers(OFFICE.signed(seq=2), PIN)


def test_another_list_of_the_same_number_is_refused():
    with pytest.raises(OfficersRefused, match="another one of its number"):
        take_officers(OFFICE.signed(3, (OFFICE.lead, OFFICE.head, OFFICE.sheet)), PIN)


@settings(max_examples=60)
@given(seqs=st.lists(st.integers(1, 2**53), min_size=1, max_size=8))
def test_the_number_remembered_never_goes_back(seqs):
    pin, highest = None, 0
    for seq in seqs:
        try:
            _listed, pin = take_officers(OFFICE.signed(seq), pin)
        except OfficersRefused:
            assert seq < highest
        else:
            assert seq >= highest
            highest = seq
        assert pin is not None
        assert highest == pin.seq


def test_a_new_root_key_is_followed_only_under_the_old_ones_signature():
    new = sealing.new_signing_key()
    good = OFFICE.signed(4, root=new, changes=(root_change(OFFICE.root, new),))

    assert sealing.signing_public_key(new) == take_officers(good, PIN)[1].root
    for changes in ((), (root_change(OFFICE.root, new, signer=new),)):
        with pytest.raises(OfficersRefused, match="root key"):
            take_officers(OFFICE.signed(4, root=new, changes=changes), PIN)


def test_a_chain_of_root_keys_is_followed_from_wherever_the_laptop_stands():
    second, third = sealing.new_signing_key(), sealing.new_signing_key()
    chain = (root_change(OFFICE.root, second), root_change(second, third))
    signed = OFFICE.signed(9, root=third, changes=chain)

    for root in (OFFICE.root, second, third):
        assert 9 == take_officers(signed, Pin(sealing.signing_public_key(root), 3, b""))[1].seq


def test_a_change_of_root_does_not_let_the_number_go_back():
    new = sealing.new_signing_key()

    with pytest.raises(OfficersRefused, match="older"):
        take_officers(OFFICE.signed(2, root=new, changes=(root_change(OFFICE.root, new),)), PIN)


def test_names_that_are_blank_and_lists_that_are_too_long_are_refused():
    listed = OFFICE.listed()
    blank = msgspec.structs.replace(listed.officers[0], name=" ")
    crowd = tuple(holder(f"Officer {number}", "deputy").officer for number in range(25))

    for officers in ((blank, *listed.officers[1:]), (*listed.officers, *crowd)):
        content = msgspec.json.encode(msgspec.structs.replace(listed, officers=officers))
        with pytest.raises(OfficersRefused, match="cannot be read"):
            read_officers(signed_list(content, OFFICE.root))


def test_an_officer_is_named_by_the_id_of_the_opening_key():
    officer: Officer = OFFICE.lead.officer

    assert 32 == len(officer.id)
    assert 5 == len({each.id for each in OfficersList(seq=1, officers=OFFICE.listed().officers).officers})
