"""What a device says of itself, honestly or not, and what it is to us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.usb_descriptors import decide_class, read_descriptors
from tests.support.usb_trees import BAD_USB, CAMERA, HEADSET, HUB, KEYBOARD, MOUSE, STICK, descriptors

interface = st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
configuration = st.lists(interface, min_size=1, max_size=6).map(tuple)


@pytest.mark.parametrize(
    ("configurations", "device_class", "expected"),
    [
        ((STICK,), 0, "storage"),
        ((KEYBOARD,), 0, "input"),
        ((KEYBOARD + MOUSE,), 0, "input"),
        ((HUB,), 9, "hub"),
        ((CAMERA,), 0, "phone"),
        ((((0xFF, 0xFF, 0x00),),), 0, "phone"),
        ((((0xFF, 0x42, 0x01),),), 0, "phone"),
        ((((0xFF, 0x00, 0x00),),), 0, "other"),
        ((HEADSET,), 0, "input"),
        (((*KEYBOARD, (0xFF, 0xFF, 0x00)),), 0, "input"),
        ((BAD_USB,), 0, "mixed"),
        ((KEYBOARD, STICK), 0, "mixed"),
        ((HUB + STICK,), 9, "mixed"),
        ((((0x08, 0x06, 0x62),),), 0, "storage"),
    ],
)
def test_a_device_is_what_it_offers_in_any_configuration(configurations, device_class, expected):
    said = read_descriptors(descriptors(*configurations, device_class=device_class))

    assert expected == decide_class(said)


@pytest.mark.parametrize("cut", [0, 1, 17, 18, 20, 26, 30, 35])
def test_a_device_cut_short_is_refused_whole(cut):
    assert "mixed" == decide_class(read_descriptors(descriptors(STICK)[:cut]))


def test_a_device_that_announces_more_than_it_shows_is_refused_whole():
    content = bytearray(descriptors(KEYBOARD))
    content[17] = 2

    assert "mixed" == decide_class(read_descriptors(bytes(content)))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(content):
    decide_class(read_descriptors(content))


@given(st.lists(configuration, min_size=1, max_size=3), st.data())
def test_whatever_offers_storage_is_taken_for_storage_or_for_a_mixture(configurations, data):
    place = data.draw(st.integers(0, len(configurations) - 1))
    configurations[place] += STICK
    said = read_descriptors(descriptors(*configurations))

    assert decide_class(said) in ("storage", "mixed")
