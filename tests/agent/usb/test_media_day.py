"""Sticks on a laptop in use: shut, asked for, approved, checked, opened, and everything that goes wrong."""

from datetime import timedelta

import msgspec
import pytest

from agent.backends.scan_job import Counted, Found
from agent.backends.usb import Change
from agent.link import messages as m
from policies import orders, records
from policies.media import Terms
from policies.settings import LockSettings, Settings
from tests.support.fake_usb import clean_scan
from tests.support.lab_laptop import SAM
from tests.support.model_server import DEVICE
from tests.support.stick_laptop import APPROVE, COPY, FORBID, STAFF


def test_every_bus_is_shut_by_the_policy_and_given_back_without_one(laptop):
    assert laptop.usb.default_shut

    laptop.publish(Settings())

    assert not laptop.usb.default_shut


def test_a_stick_from_plug_to_open_and_out_again(laptop):
    session = laptop.opened()
    laptop.until("released")

    assert {"/media/gatepost-1001/USB-1": (1001, False)} == laptop.usb.mounted
    page = laptop.page(session)
    assert ("open", 3, "Mr Ashby", "read") == (page.state, page.of_files, page.by, page.access)

    laptop.say(session, "open")
    assert ["/media/gatepost-1001/USB-1"] == [each.folder for each in laptop.heard(session, m.OpenFolder)]

    laptop.usb.pull()
    laptop.settle()
    assert {} == laptop.usb.mounted
    assert 1 == len(laptop.heard(session, m.HideStick))
    assert [
        "MediaPlugged", "MediaRequested", "MediaDecided", "MediaSeen", "MediaScanned", "MediaReleased",
        "MediaShut", "MediaUnplugged",
    ] == [type(each).__name__ for each in laptop.kept(records.MediaRecord)]  # fmt: skip


def test_a_stick_is_shut_and_its_person_told_at_once(laptop):
    _shell, session = laptop.log_in()
    laptop.plug()

    assert not laptop.usb.is_open()
    assert ("shut", True) == (laptop.page(session).state, laptop.page(session).may_ask)
    (plugged,) = laptop.kept(records.MediaPlugged)
    assert ("p-may", "ask", "approve_then_scan") == (plugged.person, plugged.target, plugged.mode)


def test_keyboards_are_let_in_unasked_and_not_recorded(laptop):
    laptop.plug(name="1-3", media_class="input")
    laptop.plug(name="1-4", media_class="hub")

    assert laptop.usb.is_open("1-3")
    assert laptop.usb.is_open("1-4")
    assert [] == laptop.kept(records.MediaRecord)


def test_a_stick_that_was_in_before_the_policy_is_shut(make_stick_laptop):
    laptop = make_stick_laptop(settings=Settings())
    laptop.plug()
    laptop.plug(name="1-3", media_class="input")
    assert laptop.usb.is_open()

    laptop.publish(APPROVE)

    assert (False, True) == (laptop.usb.is_open(), laptop.usb.is_open("1-3"))


@pytest.mark.parametrize(
    ("settings", "media_class", "reason"),
    [
        (FORBID, "storage", "forbidden"),
        (APPROVE, "mixed", "mixed"),
        (APPROVE, "phone", "not-listed"),
        (STAFF, "storage", "not-for-pupils"),
    ],
)
def test_what_cannot_be_asked_for_says_why(make_stick_laptop, settings, media_class, reason):
    laptop = make_stick_laptop(settings)
    _shell, session = laptop.log_in()
    laptop.plug(media_class=media_class)
    laptop.say(session, "ask")

    assert ("stays-shut", reason, False) == (
        laptop.page(session).state, laptop.page(session).reason, laptop.page(session).may_ask,
    )  # fmt: skip
    assert [reason] == laptop.shut_reasons()
    assert [] == laptop.kept(records.MediaRequested)


def test_r25_r30_a_harmful_file_keeps_it_shut_and_tells_the_technician_but_never_which_file(laptop):
    harmful = clean_scan(harmful_files=1, harmful=(Found(file="setup_free.exe", signature="Worm"),))
    session = laptop.opened(harmful)
    laptop.until("shut")

    assert ("harmful", "setup_free.exe") == (laptop.page(session).reason, laptop.page(session).harmful)
    assert not laptop.usb.is_open()
    (found,) = laptop.kept(records.MediaDetection)
    assert ("Worm", 1, "p-may") == (found.signature, found.files, found.person)
    assert b"setup_free" not in msgspec.json.encode(laptop.server.all_records())


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (clean_scan(skipped=1), "not-scanned"),
        (clean_scan(scanned=2), "not-scanned"),
        (clean_scan(scanned_bytes=29), "not-scanned"),
        ((Counted(files=3, size_bytes=30),), "not-scanned"),
        ((), "not-scanned"),
    ],
)
def test_what_was_not_wholly_checked_stays_shut(laptop, script, reason):
    laptop.opened(script)
    laptop.until("shut")

    assert ({}, False, [reason]) == (laptop.usb.mounted, laptop.usb.is_open(), laptop.shut_reasons())


@pytest.mark.parametrize(("state", "reason"), [("stale", "stale-signatures"), ("missing", "no-scanner")])
def test_r31_without_a_fresh_scanner_nothing_is_even_begun(laptop, state, reason):
    laptop.scanner.state = state
    laptop.opened()

    assert ([], [reason]) == (laptop.usb.jobs, laptop.shut_reasons())
    assert not laptop.usb.is_open()
    assert [state] == [each.state for each in laptop.kept(records.ScannerSeen)][-1:]


def test_a_stick_swapped_under_the_same_serial_is_caught(laptop):
    laptop.opened((Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    laptop.usb.swap()
    laptop.usb.running[0].say(*clean_scan())
    laptop.usb.running[0].end()
    laptop.until("shut")

    assert ({}, ["changed"]) == (laptop.usb.mounted, laptop.shut_reasons())


def test_a_stick_yanked_during_the_check_is_never_opened(laptop):
    laptop.opened((Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    laptop.usb.pull()
    laptop.settle()

    assert laptop.usb.running[0].killed
    assert (["unplugged"], {}) == (laptop.shut_reasons(), laptop.usb.mounted)


def test_a_camera_that_turns_into_a_stick_is_another_device(laptop):
    laptop.log_in()
    laptop.plug(media_class="other")
    assert laptop.usb.is_open()

    laptop.plug(media_class="storage")

    assert not laptop.usb.is_open()


def test_the_check_can_be_cancelled(laptop):
    session = laptop.opened((Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    laptop.say(session, "cancel")

    assert laptop.usb.running[0].killed
    assert ("shut", False) == (laptop.stick.state, laptop.usb.is_open())
    assert laptop.page(session).may_ask


def test_a_check_that_takes_for_ever_is_ended(laptop):
    laptop.opened((Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    laptop.forward(40 * 60)
    laptop.until("shut")

    assert laptop.usb.running[0].killed


def revoke(laptop):
    laptop.order(
        orders.MediaRevoked(
            device=DEVICE, order="r1", approval="a1", by="x", expires_at=laptop.clock.at + timedelta(days=9)
        )
    )


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (lambda laptop: laptop.forward(3700), "expired"),
        (revoke, "revoked"),
        (lambda laptop: laptop.publish(FORBID, 2), "policy-changed"),
    ],
)
def test_approvals_end_by_time_by_word_and_by_policy(laptop, ending, reason):
    laptop.opened()
    laptop.until("released")
    ending(laptop)

    assert ({}, False, reason) == (laptop.usb.mounted, laptop.usb.is_open(), laptop.shut_reasons()[-1])


def test_a_denial_says_why_and_it_can_be_asked_again(laptop):
    _shell, session = laptop.log_in()
    laptop.plug()
    laptop.say(session, "ask")
    laptop.order(
        orders.MediaDenied(
            device=DEVICE,
            order="d1",
            by="Mr Ashby",
            request=laptop.stick.request,
            reason="Use the school drive.",
            expires_at=laptop.clock.at + timedelta(hours=1),
        )
    )

    page = laptop.page(session)
    assert ("shut", "denied", "Use the school drive.", True) == (
        page.state, page.reason, page.because, page.may_ask,
    )  # fmt: skip


def test_a_standing_approval_opens_the_way_without_asking_also_offline_and_after_a_restart(laptop):
    laptop.opened()
    laptop.until("released")
    laptop.usb.pull()
    laptop.settle()
    laptop.service.stop()
    laptop.start()
    laptop.usb.script = clean_scan()
    laptop.log_in(SAM)
    laptop.plug()
    laptop.until("released")

    assert {"/media/gatepost-1002/USB-1": (1002, False)} == laptop.usb.mounted


def test_an_approval_for_somebody_else_opens_nothing(laptop):
    _shell, session = laptop.log_in()
    laptop.plug()
    laptop.say(session, "ask")
    laptop.approve(person="p-sam")

    assert ("asked", False) == (laptop.stick.state, laptop.usb.is_open())


def test_an_order_that_is_not_signed_for_this_laptop_opens_nothing(laptop):
    _shell, session = laptop.log_in()
    laptop.plug()
    laptop.say(session, "ask")
    said = orders.MediaApproval(
        device="f" * 16, order="a1", by="x", issued_at=laptop.clock.at,
        terms=Terms(
            stick=laptop.stick.seen.identity, mode="approve_then_scan",
            until=laptop.clock.at + timedelta(hours=1),
        ),
    )  # fmt: skip
    laptop.order(said)

    assert "asked" == laptop.stick.state


def test_a_stick_that_somebody_else_lets_in_is_shut_again(laptop):
    laptop.log_in()
    laptop.plug()
    seen = laptop.stick.seen
    laptop.usb.plugged[seen.name] = seen._replace(authorized=True)
    laptop.usb.on_change(Change("add", seen.name))
    laptop.settle()

    assert not laptop.usb.is_open()
    assert 1 == len(laptop.kept(records.MediaPlugged))


def test_in_copy_mode_the_stick_is_shut_again_and_the_copies_stay(make_stick_laptop):
    laptop = make_stick_laptop(COPY)
    laptop.copied()

    assert "staged" == laptop.usb.jobs[0].copy_to
    assert not laptop.usb.is_open()
    laptop.usb.pull()
    laptop.settle()
    (kept,) = laptop.usb.mounted
    assert kept.startswith("/var/lib/gatepost/copies/1001/until-")


def test_an_encrypted_stick_stays_shut_and_is_seen_as_encrypted(laptop):
    _shell, session = laptop.log_in()
    laptop.plug(filesystem="", encryption="luks")
    laptop.say(session, "ask")
    laptop.approve()

    assert (["luks"], ["locked"]) == (
        [each.encryption for each in laptop.kept(records.MediaSeen)], laptop.shut_reasons(),
    )  # fmt: skip


def test_nothing_stays_open_when_its_person_leaves(laptop):
    laptop.opened()
    laptop.until("released")
    login = next(iter(laptop.service.ground.logins.values()))
    laptop.device.exit(login.anchor)
    laptop.settle()
    laptop.forward(3)

    assert ({}, False) == (laptop.usb.mounted, laptop.usb.is_open())
    assert "login-over" in laptop.shut_reasons()


def test_a_stick_that_waited_is_the_next_person_s_to_ask_for(laptop):
    laptop.plug()
    _shell, session = laptop.log_in()

    assert laptop.page(session).may_ask
    assert [None] == [each.login for each in laptop.kept(records.MediaPlugged)]


def test_no_window_comes_while_the_screen_is_locked(make_stick_laptop):
    lock = LockSettings(idle_after_seconds=60, countdown_seconds=20)
    laptop = make_stick_laptop(Settings(usb=APPROVE.usb, lock=lock))
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.settle()
    laptop.plug()

    assert laptop.page(session) is None

    laptop.device.lockers[-1].end(0)
    laptop.forward(5)
    assert laptop.page(session).may_ask


def test_another_login_s_window_moves_nothing(laptop):
    _shell, session = laptop.log_in()
    laptop.plug()
    session.say(m.StickAsked(plug="0" * 32, what="ask"))
    laptop.settle()

    assert "shut" == laptop.stick.state


def test_where_enforcement_does_not_run_nothing_is_claimed(make_stick_laptop):
    laptop = make_stick_laptop(settings=Settings())
    laptop.usb.works = False
    laptop.publish(APPROVE)
    laptop.plug()

    assert "lacking" == laptop.service.ground.capabilities["usb"].state
    assert [] == laptop.kept(records.MediaRecord)


def test_a_service_that_stops_leaves_nothing_open(laptop):
    laptop.opened()
    laptop.until("released")
    laptop.service.stop()

    assert ({}, False) == (laptop.usb.mounted, laptop.usb.is_open())


def test_without_kernel_events_devices_are_still_found(laptop):
    laptop.service.stop()
    laptop.usb.problems["watch"] = "no netlink"
    laptop.usb.on_change = lambda _change: None
    laptop.start()
    laptop.log_in()
    laptop.plug()
    laptop.forward(2)

    assert "shut" == laptop.stick.state
    assert not laptop.usb.is_open()
