"""The laptop's identity: on one machine only, readable by root only, refused with a sentence."""

from datetime import UTC, datetime

import pytest

from agent.errors import NotEnrolled
from agent.service.enrolment import enrolment_file, load_enrolment, save_enrolment
from tests.support.model_server import MACHINE, ModelServer

SERVER = ModelServer(lambda: datetime.now(UTC))


def test_what_was_saved_is_loaded(tmp_path):
    save_enrolment(tmp_path / "keys", SERVER.enrolment())

    assert SERVER.enrolment() == load_enrolment(tmp_path / "keys", MACHINE)


def test_only_root_can_read_it(tmp_path):
    save_enrolment(tmp_path / "keys", SERVER.enrolment())

    assert 0o600 == enrolment_file(tmp_path / "keys").stat().st_mode & 0o777
    assert 0o700 == (tmp_path / "keys").stat().st_mode & 0o777


def test_a_copied_disk_is_not_used_and_says_what_to_do(tmp_path):
    save_enrolment(tmp_path / "keys", SERVER.enrolment())

    with pytest.raises(NotEnrolled, match="copied from another laptop"):
        load_enrolment(tmp_path / "keys", "cd" * 32)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"[" * 5000])
def test_a_damaged_file_is_no_enrolment(tmp_path, content):
    save_enrolment(tmp_path / "keys", SERVER.enrolment())
    enrolment_file(tmp_path / "keys").write_bytes(content)

    with pytest.raises(NotEnrolled, match="damaged"):
        load_enrolment(tmp_path / "keys", MACHINE)


def test_no_file_is_no_enrolment(tmp_path):
    with pytest.raises(NotEnrolled, match="gatepost-agent enrol"):
        load_enrolment(tmp_path, MACHINE)


def test_enrolling_while_the_service_runs_is_noticed(make_laptop):
    laptop = make_laptop(enrolled=False)
    save_enrolment(laptop.config.keys, laptop.server.enrolment())
    laptop.forward(3)

    assert laptop.service.ground.server is not None
    assert ["AgentStarted", "InventorySeen"] == sorted(laptop.kinds())
