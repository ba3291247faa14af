"""The held request: what it says of us, and what comes along with its answer."""

import hashlib
import threading
import zlib

import msgspec
import pytest

from agent.errors import ServerUnreachable
from agent.service.exchange import Exchange, unpacked_body
from policies import orders, records, wire
from policies.settings import LockSettings, Settings
from tests.support.lab_laptop import LabLaptop
from tests.support.model_server import DEVICE

LATER = Settings(lock=LockSettings(idle_after_seconds=600))


class Answers:
    """A server that gives one answer after another, and then none; the test reads what it was asked."""

    def __init__(self, laptop, *answers):
        self.laptop = laptop
        self.answers = list(answers)
        self.asked = []
        self.fetched = []
        self.exchange = None

    def hold(self, number, cursor, wait, refused=0):
        self.asked.append((number, refused))
        if not self.answers:
            self.exchange.stop()
            raise ServerUnreachable("no more")
        return self.answers.pop(0)

    def policy_body(self, body_hash):
        self.fetched.append(body_hash)
        return self.laptop.server.policies[body_hash]

    def close(self):
        pass

    def __getattr__(self, name):
        return getattr(self.laptop.server, name)


@pytest.fixture
def hold(laptop):
    """Play these answers to one held request, in its own thread as in life; return the server."""

    def play(*answers):
        ground = laptop.service.ground
        server = Answers(laptop, *answers)
        ground.server.uplink = server
        server.exchange = Exchange(ground, ground.server)
        thread = threading.Thread(target=server.exchange._hold, args=(server.exchange._round,))
        thread.start()
        while thread.is_alive():
            laptop.service.loop.step()
            thread.join(0.01)
        laptop.settle()
        return server

    return play


def news(laptop: LabLaptop, settings=LATER, **changes) -> tuple[wire.HoldAnswer, bytes]:
    assignment, body = laptop.server.policy(settings)
    given = {"assignment": assignment, "cursor": 1, "body": zlib.compress(body)} | changes
    return wire.HoldAnswer(**given), body


def test_a_body_that_comes_along_is_applied_without_another_request(laptop, hold):
    answer, _body = news(laptop)
    server = hold(answer)

    assert [] == server.fetched
    assert 600 == laptop.service.ground.settings.lock.idle_after_seconds
    assert [(1, 0), (2, 0)] == server.asked, "the next request says that it is in force"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _body: None,
        lambda _body: b"no zlib",
        lambda body: zlib.compress(body + b" "),
        lambda body: zlib.compress(body)[:-9],
        lambda _body: zlib.compress(b"\0" * (wire.MAX_PLAIN_BYTES + 1)),
    ],
)
def test_a_body_that_is_not_the_signed_one_is_fetched_instead(laptop, hold, spoil):
    answer, body = news(laptop)
    server = hold(msgspec.structs.replace(answer, body=spoil(body)))

    assert [hashlib.sha256(body).hexdigest()] == server.fetched
    assert 2 == laptop.service.ground.policy.number


def test_a_refused_policy_is_named_so_that_it_is_not_offered_again_and_again(laptop, hold):
    body = b'{"version": 1}'
    said = orders.Assignment(device=DEVICE, number=7, body_hash=hashlib.sha256(body).hexdigest())
    answer = wire.HoldAnswer(assignment=laptop.server.sign(said), body=zlib.compress(body), cursor=1)
    server = hold(answer)

    assert [(1, 0), (1, 7)] == server.asked
    assert "PolicyRejected" in laptop.kinds()


def test_a_signed_policy_older_than_ours_is_refused_and_not_asked_for_any_faster(laptop, hold):
    old, _ = news(laptop, Settings())
    newer, _ = news(laptop)
    hold(newer)
    server = hold(old)

    assert 3 == laptop.service.ground.policy.number
    assert 600 == laptop.service.ground.settings.lock.idle_after_seconds
    assert [(3, 0), (3, 2)] == [(number, refused) for number, refused in server.asked]
    (rejected,) = laptop.records(records.PolicyRejected)
    assert (2, "policy 2 is not newer than 3") == (rejected.number, rejected.problem)


def test_a_policy_for_another_laptop_is_not_obeyed(laptop, hold):
    _, body = news(laptop)
    said = orders.Assignment(device="ff" * 8, number=9, body_hash=hashlib.sha256(body).hexdigest())
    hold(wire.HoldAnswer(assignment=laptop.server.sign(said), body=zlib.compress(body), cursor=1))

    assert 1 == laptop.service.ground.policy.number
    assert "PolicyRejected" in laptop.kinds()


def test_after_a_change_of_address_an_answer_from_the_old_one_is_heard_no_more(laptop):
    ground = laptop.service.ground
    answer, _ = news(laptop)
    server = Answers(laptop, answer)
    exchange = server.exchange = Exchange(ground, ground.server)

    def hold_and_move(number, cursor, wait, refused=0):
        exchange.hold_anew()  # the laptop moved while this request hung
        return answer

    server.hold = hold_and_move
    ground.server.uplink = server
    exchange._hold(exchange._round)
    laptop.settle()

    assert 1 == ground.policy.number


def test_unpacking_says_nothing_where_nothing_came():
    assert unpacked_body(None, "") is None
