"""Speech with a real server over TLS: pinned, signed, capped, and right about a wrong clock."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.backends.clocks import SystemClock
from agent.errors import ConfigProblem, ServerRefused, ServerUnreachable
from agent.paths import Config
from agent.service import enrol
from agent.service.enrolment import load_enrolment
from agent.service.uplink import Uplink
from policies.recording import Stream
from server import codes, devices
from tests.agent.fakes import MACHINE, FakeDevice
from tests.support import school
from tests.support.serving import served


class ShiftedClock(SystemClock):
    """A clock that is wrong by so much."""

    def __init__(self, days):
        self.days = days

    def now(self):
        return datetime.now(UTC) + timedelta(days=self.days)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uplink")
    house = school.make_house(folder / "server", hosts=("127.0.0.1",))
    config = Config(state_dir=str(folder / "state"), run_dir=str(folder / "run"))
    with house.db.write() as connection:
        code = codes.new_code(
            connection,
            house.certificate.ca_der,
            room=school.ROOM,
            uses=5,
            hours=1,
            by="t.ashby",
            now=datetime.now(UTC),
        ).text
    with served(house) as address:
        enrol.enrol(config, FakeDevice(), address, code, "test", again=False)
        yield house, config, address, code
    house.db.close()


@pytest.fixture
def uplink_at(place):
    made = []

    def make(days=0):
        enrolment = load_enrolment(place[1].keys, MACHINE)
        made.append(Uplink(enrolment, ShiftedClock(days)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_an_empty_upload_says_what_comes_next(uplink_at):
    assert dict.fromkeys(Stream, 1) == uplink_at().upload(()).next_seq


@pytest.mark.parametrize("days", [-365, 400])
def test_a_clock_a_year_off_is_corrected_by_the_servers_signed_time(uplink_at, days):
    uplink = uplink_at(days)
    uplink.upload(())

    assert abs(uplink.offset_seconds + days * 86400) < 5


def test_a_server_under_another_ca_is_not_spoken_to(place, tmp_path):
    other = school.make_house(tmp_path / "other", hosts=("127.0.0.1",))
    enrolment = load_enrolment(place[1].keys, MACHINE)
    with served(other) as elsewhere:
        import msgspec

        moved = msgspec.structs.replace(enrolment, server=elsewhere)
        uplink = Uplink(moved, SystemClock())
        with pytest.raises(ServerUnreachable):
            uplink.upload(())
        uplink.close()
    other.db.close()


def test_nobody_there_is_unreachable(place):
    import msgspec

    enrolment = load_enrolment(place[1].keys, MACHINE)
    uplink = Uplink(msgspec.structs.replace(enrolment, server="https://127.0.0.1:1"), SystemClock())

    with pytest.raises(ServerUnreachable):
        uplink.upload(())
    uplink.close()


def test_a_login_is_granted_under_signature(uplink_at, place):
    from agent.service.known import Known

    known = Known(place[1].state / "known", load_enrolment(place[1].keys, MACHINE))
    grant = known.read_grant(uplink_at().login_grant("0" * 32, "ada"), "ada")

    assert ("p1", True) == (grant.person, grant.listed)


def test_a_grant_for_one_account_is_not_believed_for_another(uplink_at, place):
    from agent.service.known import Known
    from policies.sealing import BadSignature

    known = Known(place[1].state / "known", load_enrolment(place[1].keys, MACHINE))
    signed = uplink_at().login_grant("0" * 32, "ada")

    with pytest.raises(BadSignature):
        known.read_grant(signed, "ben")


def test_a_hold_without_waiting_brings_the_policy(uplink_at, place):
    import hashlib

    answer = uplink_at().hold(0, 0, 0)
    from policies import orders

    enrolment = load_enrolment(place[1].keys, MACHINE)
    said = orders.read_said(enrolment.policy_key, enrolment.device, answer.assignment)
    body = uplink_at().policy_body(said.body_hash)

    assert said.body_hash == hashlib.sha256(body).hexdigest()


def test_a_copied_disk_is_told_so(place):
    import msgspec

    enrolment = load_enrolment(place[1].keys, MACHINE)
    copied = Uplink(msgspec.structs.replace(enrolment, machine="cd" * 32), SystemClock())

    with pytest.raises(ServerRefused) as refused:
        copied.upload(())
    copied.close()
    assert "cloned" == refused.value.error


def test_a_retired_laptop_is_refused_with_a_word_and_a_sentence(place, tmp_path):
    house, _config, address, code = place
    second = Config(state_dir=str(tmp_path / "state"), run_dir=str(tmp_path / "run"))
    laptop = FakeDevice()
    laptop.machine = "ef" * 32
    done = enrol.enrol(second, laptop, address, code, "test", again=False)
    with house.db.write() as connection:
        devices.retire(connection, done.device, "sold")
    house.registry.forget_all()
    uplink = Uplink(load_enrolment(second.keys, "ef" * 32), SystemClock())

    with pytest.raises(ServerRefused) as refused:
        uplink.upload(())
    uplink.close()
    assert "retired" == refused.value.error


@pytest.mark.parametrize(
    "url", ["http://x.example", "https://", "https://u:p@x.example", "https://x.example/path", "ftp://x"]
)
def test_a_wrong_address_is_refused_before_anything_is_sent(url):
    with pytest.raises(ConfigProblem):
        enrol.server_address(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("gate.example:8443", "https://gate.example:8443"),
        ("https://gate.example/", "https://gate.example"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_address_may_be_typed_shortly(url, expected):
    assert expected == enrol.server_address(url)
