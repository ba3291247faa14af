"""The static rule that gives keyboards back without the agent, tried on what udev would hold."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

RULE = Path(__file__).parents[3] / "installer" / "linux" / "usb" / "74-gatepost-usb.rules"
PATTERNS = re.findall(r'ENV\{ID_USB_INTERFACES\}=="([^"]*)", GOTO="(\w+)"', RULE.read_text())


def is_let_in(interfaces):
    """Follow the rule's GOTOs as udev does, for one configuration."""
    held = ":" + ":".join(interfaces) + ":" if interfaces else ""
    hub = False
    for pattern, goto in PATTERNS:
        in_hub_part = pattern == "*:0[!9]????:*"
        if in_hub_part and not hub:
            return True
        if fnmatchcase(held, pattern):
            if goto == "gatepost_end":
                return False
            hub = True
    return True


@pytest.mark.parametrize(
    ("interfaces", "expected"),
    [
        (["030101"], True),
        (["030101", "030102", "030000"], True),
        (["090000"], True),
        (["080650"], False),
        (["080650", "030101"], False),
        (["030101", "080650"], False),
        (["060101"], False),
        (["ffff00", "030101"], False),
        (["030101"] * 3 + ["e00101"], False),
        (["090000", "080650"], False),
        (["030101", "090000"], False),
        ([], False),
    ],
)
def test_only_keyboards_mice_and_hubs_are_let_in(interfaces, expected):
    assert expected == is_let_in(interfaces)


interface = st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255)).map(
    lambda each: bytes(each).hex()
)


@given(st.lists(st.one_of(interface, interface.map(lambda each: "03" + each[2:])), max_size=12, unique=True))
def test_whatever_is_let_in_is_only_input_or_only_hub(interfaces):
    if is_let_in(interfaces):
        assert {each[:2] for each in interfaces} in ({"03"}, {"09"})


def test_where_usbguard_decides_the_rule_lets_nothing_in_under_policy_off():
    when_open = RULE.read_text().partition('LABEL="gatepost_open"')[2].partition("GOTO")[0]
    letting_in = [line for line in when_open.splitlines() if 'ATTR{authorized}="1"' in line]

    assert ['TEST!="/run/gatepost/usb-guarded"'] == [line.partition(", ")[0] for line in letting_in]


@pytest.mark.parametrize("known_as", ["ID_GPHOTO2", "ID_MEDIA_PLAYER", "ID_MTP_DEVICE"])
def test_a_camera_or_a_player_that_is_known_by_its_numbers_alone_is_given_to_nobody(known_as):
    devices = RULE.read_text().partition('LABEL="gatepost_open"')[0]
    before_any_end = devices.partition("ATTR{authorized}")[0]

    taken = f'ENV{{{known_as}}}=="?*", TAG-="uaccess", RUN{{builtin}}="path_id"'
    assert taken in before_any_end.splitlines()


def test_the_rule_has_the_last_word_on_what_a_disk_holds_and_whose_it_is():
    order = ["60-persistent-storage.rules", "70-uaccess.rules", "73-seat-late.rules", RULE.name]

    assert sorted(order) == order


@pytest.mark.parametrize(
    "word",
    [
        'ENV{UDISKS_SYSTEM}="1"',
        'ENV{ID_FS_USAGE}=""',
        'TAG-="uaccess"',
        'RUN{builtin}="path_id"',
        'MODE="0600"',
        'OWNER="root"',
    ],
)
def test_a_disk_behind_usb_is_no_pupil_s_and_nothing_that_a_desktop_mounts(word):
    shut = RULE.read_text().partition('LABEL="gatepost_shut_block"')[2]

    assert word in shut
