"""Where things are on each system, and that no environment variable moves them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import paths, places
from agent.backends.config_file import TRUSTED_SIDS, is_safe_acl

PUPIL = "S-1-5-21-1111-2222-3333-1001"
SYSTEM, ADMINISTRATORS, USERS, EVERYBODY = "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545", "S-1-1-0"


def test_on_linux_everything_stands_where_it_always_stood():
    config = paths.Config()

    assert Path("/etc/gatepost/agent.toml") == paths.DEFAULT_CONFIG
    assert (Path("/var/lib/gatepost"), Path("/run/gatepost")) == (config.state, config.run)
    assert Path("/run/gatepost/agent.sock") == config.socket


def test_the_usual_service_has_the_pipe_that_everybody_knows():
    assert r"\\.\pipe\gatepost" == places.pipe_name("C:\\x\\run", usual="C:\\x\\run")


@given(st.text(max_size=300), st.text(max_size=300))
def test_services_beside_one_another_have_pipes_of_their_own(one, other):
    names = {places.pipe_name(each, usual="C:\\usual") for each in (one, other)}

    assert (len({one.casefold(), other.casefold()})) == len(names)
    assert all(len(name) < 200 and name.startswith(r"\\.\pipe\gatepost-") for name in names - {places.PIPE})


def test_a_path_s_letters_may_be_written_large_or_small_on_windows():
    assert places.pipe_name("C:\\Okul\\run", "u") == places.pipe_name("c:\\okul\\RUN", "u")


@pytest.mark.parametrize(
    ("owner", "writers", "expected"),
    [
        (ADMINISTRATORS, [SYSTEM, ADMINISTRATORS], True),
        (SYSTEM, [], True),
        (PUPIL, [SYSTEM], False),
        (SYSTEM, [USERS], False),
        (SYSTEM, [EVERYBODY], False),
        (ADMINISTRATORS, [SYSTEM, PUPIL], False),
        ("S-1-5-32-544-1", [], False),
    ],
)
def test_a_file_of_windows_is_obeyed_only_if_administrators_alone_write_it(owner, writers, expected):
    assert expected == is_safe_acl(owner, writers, own_sid=SYSTEM)


def test_whoever_started_us_may_have_written_our_file():
    assert is_safe_acl(PUPIL, [PUPIL, SYSTEM], own_sid=PUPIL)


def test_no_group_of_people_is_trusted():
    assert not TRUSTED_SIDS & {USERS, EVERYBODY, "S-1-5-11", "S-1-5-4", "S-1-5-32-546"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("May", "may"),
        ("IŞIK", "işik"),
        ("Işık", "işık"),
        ("İPEK", "İpek"),
        ("ÖĞÜÇ", "öğüç"),
        ("ß", "ß"),
        ("", ""),
    ],
)
def test_windows_takes_large_and_small_for_one_letter_in_no_language(written, expected):
    assert expected == places.folded(written)


@given(st.text(max_size=256))
def test_folding_keeps_every_letter_and_is_done_once(name):
    assert len(name) == len(places.folded(name))
    assert places.folded(name) == places.folded(places.folded(name))


def test_on_linux_may_and_capital_may_are_two_accounts():
    config = paths.Config(govern=("May",))

    assert paths.governs(config, "May", 1001)
    assert not paths.governs(config, "may", 1001)
