"""The code a technician types: what is read is what was made, however it was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import enrolment

secrets_ = st.text(enrolment.ALPHABET, min_size=16, max_size=16)


@given(st.binary(), secrets_, st.randoms())
def test_a_code_is_read_however_it_is_typed(ca, secret, chance):
    typed = enrolment.make_code(ca, secret)
    swaps = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(chance.choice(swaps.get(c, c + c.lower())) for c in typed)
    typed = typed.replace("-", chance.choice(["-", " ", "", " - "]))

    assert (enrolment.ca_fingerprint(ca), secret) == enrolment.read_code(f"  {typed}\n")


@given(st.text())
def test_any_text_is_a_code_or_refused(text):
    try:
        fingerprint, secret = enrolment.read_code(text)
    except enrolment.NotACode:
        return

    assert (16, 16) == (len(fingerprint), len(secret))


@given(st.binary(min_size=1), secrets_, st.integers(0, 41), st.sampled_from(enrolment.ALPHABET))
def test_one_wrong_letter_never_reads_as_the_same_code(ca, secret, place, letter):
    code = enrolment.make_code(ca, secret).replace("-", "")[2:]
    wrong = "GP" + code[:place] + letter + code[place + 1 :]
    if letter == code[place]:
        return
    try:
        read = enrolment.read_code(wrong)
    except enrolment.NotACode:
        return

    assert (enrolment.ca_fingerprint(ca), secret) != read


def test_a_code_is_grouped_in_fours():
    assert all(len(group) <= 4 for group in enrolment.make_code(b"ca", "A" * 16).split("-"))


def test_a_secret_from_elsewhere_is_no_secret():
    with pytest.raises(enrolment.NotACode):
        enrolment.make_code(b"ca", "short")


def test_secrets_differ():
    assert enrolment.new_secret() != enrolment.new_secret()
