"""The real server over real TLS, and a laptop that talks to it."""

import asyncio
import hashlib
import queue
import secrets
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import requests

from policies import enrolment, orders, wire
from policies.recording import Stream
from server import codes, device_api, devices, policy_commands, publishing, serving, state
from tests.support.laptop import Laptop, Refused, some_usage
from tests.support.started import fill_school, make_folder

LOGIN = "a" * 32


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    opened = state.open_state(make_folder(tmp_path_factory.mktemp("school")))
    fill_school(opened)
    yield opened
    opened.db.close()


@pytest.fixture(scope="module")
def url(here):
    """The address of one running server for all tests of this file; each has its own laptops and room."""
    ready: queue.Queue[str] = queue.Queue()
    server = serving.Server(here, "127.0.0.1", 0, ready.put)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    yield ready.get(timeout=90).replace("localhost", "127.0.0.1")
    server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def ca(here):
    return here.folder.tls / "ca.pem"


@pytest.fixture
def room():
    return f"Lab {secrets.token_hex(4)}"


@pytest.fixture
def laptop(here, url, ca, room):
    laptop = enrol(here, Laptop(url, ca), room)
    yield laptop
    laptop.http.close()


@pytest.fixture
def number(here):
    """The newest policy's number."""
    with here.db.read() as connection:
        return publishing.current(connection).number


def enrol(here, laptop, room):
    with here.db.write() as connection:
        code = codes.new_code(connection, here.ca_der, room=room, by="test", now=datetime.now(UTC))
    laptop.enrol(code.text)
    return laptop


def publish(here, *changes):
    with here.db.write() as connection:
        now = publishing.current(connection)
        return publishing.publish(
            connection,
            school=now.body.school,
            settings=policy_commands.changed_settings(now.body.settings, changes),
            tiers=tuple(a.tier for a in now.body.agreements),
            profile=now.profile,
            by="test",
            now=datetime.now(UTC),
        )


def later(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_until(said, seconds=60):
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not said():
        assert time.monotonic() < end
        pause.wait(0.01)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_the_first_contact_is_pinned_by_the_code(here, url):
    pem = requests.get(f"{url}/device/v1/ca", verify=False, timeout=60).text  # the code is what pins it

    assert enrolment.ca_fingerprint(ssl.PEM_cert_to_DER_cert(pem)) == enrolment.ca_fingerprint(here.ca_der)


def test_a_laptop_enrols_uploads_and_reads_its_own_records(laptop):
    answer = laptop.upload(laptop.seal(Stream.USAGE, some_usage(100, LOGIN)))

    assert {Stream.REPORT: 1, Stream.VITAL: 1, Stream.USAGE: 101} == answer
    assert 100 == len(laptop.own_records(LOGIN).records)


def test_a_laptop_sees_no_other_laptops_login(here, laptop, url, ca):
    laptop.upload(laptop.seal(Stream.USAGE, some_usage(3, LOGIN)))
    other = enrol(here, Laptop(url, ca), "Lab 2")

    assert () == other.own_records(LOGIN).records


def test_a_new_policy_wakes_the_hold(here, laptop):
    idle = secrets.randbelow(3000) + 60
    first = laptop.read(laptop.hold().assignment)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(laptop.hold, first.number, 0, device_api.LONGEST_HOLD_SECONDS)
        wait_until(lambda: here.is_connected(laptop.device))
        publish(here, f"lock.idle_after_seconds={idle}")
        answer = held.result(device_api.LONGEST_HOLD_SECONDS - 15)  # not only when the hold is over
    assignment = laptop.read(answer.assignment)
    body = laptop.ask("GET", f"/policy/{assignment.body_hash}")

    assert first.number < assignment.number
    assert assignment.body_hash == hashlib.sha256(body).hexdigest()
    assert idle == wire.read_policy(body).settings.lock.idle_after_seconds


def test_a_hold_without_news_ends_empty_in_its_time(laptop, number):
    started = time.monotonic()
    answer = laptop.hold(number, 0, 0.3)

    assert (None, ()) == (answer.assignment, answer.orders)
    assert 0.3 <= time.monotonic() - started


def test_watching_a_room_reaches_its_laptops_only_and_ends_under_the_same_name(
    here, laptop, url, ca, room, number
):
    other = enrol(here, Laptop(url, ca), "Lab 2")
    now = datetime.now(UTC)
    cursor = laptop.hold(number).cursor
    wait = later(
        lambda: (
            wait_until(lambda: here.is_connected(laptop.device)),
            here.watches.watch(room, "Ms Ashby", now + timedelta(minutes=5)),
        )
    )
    answer = laptop.hold(number, cursor, 30)
    wait.join()
    (begun,) = (laptop.read(signed) for signed in answer.orders)
    here.watches.end(room, "Ms Ashby", now)
    (ended,) = (laptop.read(signed) for signed in laptop.hold(number, answer.cursor, 5).orders)

    assert ("Ms Ashby", begun.order) == (begun.by, ended.order)
    assert ended.until <= now < begun.until
    assert () == other.hold(number).orders
    assert isinstance(begun, orders.Watch)


def test_a_status_is_kept_only_while_somebody_watches(here, laptop, room):
    line = wire.LoginStatus(login=LOGIN, os_user="may", person=None, state="active")
    now = datetime.now(UTC)
    laptop.status(line)
    before = here.live.heard([laptop.device])[laptop.device].status
    here.live.open_watch(room, "1", "Ms Ashby", now)
    laptop.status(line)

    assert None is before
    assert (line,) == here.live.heard([laptop.device])[laptop.device].status.logins


def test_a_login_is_granted(laptop):
    assert ("p-1", "junior") == (laptop.login("may").person, laptop.login("may").tier)
    assert not laptop.login("\u202e<b>" + "x" * 150).listed


def test_a_retired_laptop_is_told_while_it_holds(here, laptop, number):
    def retire():
        wait_until(lambda: here.is_connected(laptop.device))
        with here.db.write() as connection:
            devices.retire(connection, laptop.device, "sold")

    wait = later(retire)
    with pytest.raises(Refused) as caught:
        laptop.hold(number, 0, 30)
    wait.join()

    assert (403, "retired") == (caught.value.status, caught.value.error)


def test_a_wrong_clock_gets_the_right_time_and_may_try_again(laptop):
    laptop.clock_offset_ms = -366 * 86_400_000
    with pytest.raises(Refused) as caught:
        laptop.hold()
    now = laptop.read(caught.value.refusal.time).now
    laptop.clock_offset_ms = 0

    assert "clock" == caught.value.error
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=5)
    assert laptop.hold().assignment


@pytest.mark.parametrize("path", ["/records", "/login", "/status"])
@pytest.mark.parametrize("body", [b"", b"\xff", b"\x91" * 9000, b"{}", b"\x81\xa1x\x01", b"\xc1" * 100])
def test_bytes_that_are_no_message_are_refused_in_words(laptop, path, body):
    with pytest.raises(Refused) as caught:
        laptop.ask("POST", path, body)

    assert (400, "bad-request") == (caught.value.status, caught.value.error)


def test_too_much_at_once_is_refused(laptop):
    with pytest.raises(Refused) as caught:
        laptop.ask("POST", "/records", b"x" * (wire.MAX_UPLOAD_BYTES + 10_000))

    assert (413, "too-large") == (caught.value.status, caught.value.error)


@pytest.mark.parametrize(
    "target", ["/nothing", "/orders?number=x&cursor=0", "/orders", "/record", "/policy/" + "0" * 64]
)
def test_a_wrong_address_is_refused_in_words(laptop, target):
    with pytest.raises(Refused) as caught:
        laptop.ask("GET", target)

    assert caught.value.status in (400, 404)
    assert caught.value.refusal.message


def test_a_fork_is_refused_and_stays_refused(laptop):
    laptop.upload(laptop.seal(Stream.USAGE, some_usage(2)))
    laptop.next_seq[Stream.USAGE] = 1
    with pytest.raises(Refused) as first:
        laptop.upload(laptop.seal(Stream.USAGE, some_usage(2)))
    with pytest.raises(Refused) as second:
        laptop.hold()

    assert ["cloned", "cloned"] == [first.value.error, second.value.error]


def test_many_copies_of_one_upload_at_once_store_it_once(here, laptop, url, ca):
    batch = laptop.seal(Stream.USAGE, some_usage(50, LOGIN))
    answers = []

    def send():
        sender = Laptop(url, ca, private=laptop.private, device=laptop.device)
        answers.append(sender.upload(batch))
        sender.http.close()

    for thread in [later(send) for _ in range(8)]:
        thread.join()

    assert [51] * 8 == [answer[Stream.USAGE] for answer in answers]
    assert 50 == len(laptop.own_records(LOGIN).records)


def test_plain_http_gets_no_answer(url):
    port = int(url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")

        assert b"HTTP" not in plain.recv(1000)


def test_every_answer_carries_the_strict_headers(url, ca):
    for path in ("/healthz", "/sign-in", "/nothing", "/device/v1/nothing"):
        headers = requests.get(url + path, verify=str(ca), timeout=60).headers

        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "no-store" == headers["Cache-Control"]
        assert "nosniff" == headers["X-Content-Type-Options"]
        assert "max-age" in headers["Strict-Transport-Security"]
        assert "Server" not in headers


def test_enrolment_refuses_junk_and_old_codes_in_words(url, ca):
    laptop = Laptop(url, ca)
    with pytest.raises(Refused) as caught:
        laptop.enrol(enrolment.make_code(b"x", enrolment.new_secret()))
    assert (403, "code-unknown") == (caught.value.status, caught.value.error)
    for body in (b"", b"{}", b"[" * 9000, msgspec.json.encode({"secret": "x" * 10_000})):
        answer = requests.post(f"{url}/device/v1/enrol", data=body, verify=str(ca), timeout=60)

        assert (400, "bad-request") == (answer.status_code, answer.json()["error"])
