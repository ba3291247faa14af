"""Whatever happens, in whatever order: nothing is released that was not approved and wholly checked."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.scan_job import Failed, Found, Report
from agent.backends.usb import Disk, Seen, Volume
from agent.service import stick_rules, usb
from policies.media import Identity, Terms
from policies.orders import MediaApproval
from policies.settings import UsbSettings

NOW = datetime(2026, 11, 25, 10, 42, tzinfo=UTC)
STICK = Identity(vendor="0951", model="1666", serial="AA01", descriptors="a" * 64, interfaces="080650")
SEEN = Seen("1-2", 7, 1, STICK, "Kingston", "DataTraveler", "storage", False)
DISKS = (Disk("/dev/sda", 11, 32_000_000_000),)
VOLUMES = (Volume("/dev/sda1", 11, "vfat", "none"),)


FOUND = Found(file="x", signature="y")


def approval(order="a1", until=NOW + timedelta(hours=1), **changes):
    terms = Terms(stick=STICK, mode="approve_then_scan", until=until)
    terms = msgspec.structs.replace(terms, **changes)
    return MediaApproval(device="0" * 16, order=order, by="Mr Ashby", issued_at=NOW, terms=terms)


def report(**changes):
    clean = Report(files=3, size_bytes=30, scanned=3, scanned_bytes=30)
    return msgspec.structs.replace(clean, **changes)


def plugged(target="ask"):
    return usb.Stick(plug="p" * 32, seen=SEEN, target=target)


def play(stick, *events):
    acts = []
    for event in events:
        stick, more = usb.step(stick, event)
        acts += more
    return stick, acts


GOOD_SCAN = usb.Scanned(1, report(), same_disks=True, in_force=True, fresh_signatures=True)
TO_SCAN = (usb.Ask("r", NOW), usb.Approve(approval()), usb.Looked(DISKS, VOLUMES, None))


def test_the_way_from_plug_to_open():
    stick, acts = play(plugged(), *TO_SCAN, GOOD_SCAN, usb.Opened(1, ("/media/x",)))

    assert ("released", ["let-in", "start-scan", "release"]) == (stick.state, acts)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (GOOD_SCAN._replace(result=report(harmful_files=1)), "harmful"),
        (GOOD_SCAN._replace(result=report(skipped=1)), "not-scanned"),
        (GOOD_SCAN._replace(result=report(scanned=2)), "not-scanned"),
        (GOOD_SCAN._replace(result=report(scanned_bytes=29)), "not-scanned"),
        (GOOD_SCAN._replace(same_disks=False), "changed"),
        (GOOD_SCAN._replace(in_force=False), "expired"),
        (GOOD_SCAN._replace(fresh_signatures=False), "stale-signatures"),
        (GOOD_SCAN._replace(result=Failed(reason="too-large", problem="x")), "too-large"),
        (usb.End("cancelled"), "cancelled"),
        (usb.End("revoked"), "revoked"),
    ],
)
def test_whatever_is_not_wholly_clean_is_shut_again(event, reason):
    stick, acts = play(plugged(), *TO_SCAN, event)

    assert ("shut", reason) == (stick.state, stick.reason)
    assert "shut" == acts[-1]
    assert "release" not in acts


def test_a_late_word_of_an_earlier_check_is_not_heard():
    stick, _ = play(plugged(), *TO_SCAN, usb.End("expired"), usb.Approve(approval("a2")))
    stick, _ = play(stick, usb.Looked(DISKS, VOLUMES, None))

    assert "scanning" == play(stick, GOOD_SCAN)[0].state


def test_a_mount_that_comes_after_the_end_is_taken_back():
    stick, acts = play(plugged(), *TO_SCAN, GOOD_SCAN, usb.Pull(), usb.Opened(1, ("/media/x",)))

    assert ("gone", "take-back") == (stick.state, acts[-1])


def test_a_harmful_stick_is_not_checked_again_before_its_next_plug():
    harmful = GOOD_SCAN._replace(result=report(harmful_files=1, harmful=(Found(file="x", signature="y"),)))
    stick, _ = play(plugged(), *TO_SCAN, harmful, usb.Ask("s", NOW), usb.Approve(approval("a2")))

    assert ("shut", "harmful") == (stick.state, stick.reason)


reports = st.builds(
    Report,
    files=st.integers(0, 3),
    size_bytes=st.integers(0, 3),
    scanned=st.integers(0, 3),
    scanned_bytes=st.integers(0, 3),
    skipped=st.integers(0, 1),
    harmful_files=st.integers(0, 1),
)
LOCKED = (Volume("/dev/sda1", 11, "", "luks"),)
INSIDE = (Volume("/dev/dm-0", 21, "ext4", "luks"),)
scans = st.integers(0, 3)
reasons = st.sampled_from(["revoked", "expired", "cancelled", "login-over", "broken", "policy-changed"])
events = st.one_of(
    st.just(usb.Ask("r", NOW)),
    st.just(usb.Withdraw()),
    st.just(usb.Deny()),
    st.just(usb.Approve(approval())),
    st.builds(
        usb.Looked,
        st.just(DISKS),
        st.sampled_from([VOLUMES, LOCKED]),
        st.sampled_from([None, "locked", "unreadable"]),
    ),
    st.just(usb.Unlock()),
    st.builds(
        usb.Unlocked,
        st.sampled_from([None, INSIDE, (INSIDE[0]._replace(filesystem=""),)]),
        st.sampled_from([None, "no-scanner"]),
    ),
    st.builds(usb.Counted, scans, scans, scans),
    st.builds(usb.Progressed, scans, scans, scans, st.just(1.0)),
    st.builds(usb.Harmed, scans, st.just(FOUND)),
    st.builds(
        usb.Scanned,
        scans,
        st.one_of(reports, st.just(report()), st.just(Failed(reason="unreadable", problem="x"))),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(usb.Opened, scans, st.just(("/media/x",))),
    st.builds(usb.End, reasons),
    st.just(usb.Pull()),
)


@given(st.sampled_from(["ask", "block", "allow"]), st.lists(events, max_size=30))
def test_nothing_is_released_but_what_was_approved_and_wholly_checked(target, happened):
    stick = plugged(target)
    let_in = reachable = scanning = unlocked = harmed = False
    for event in happened:
        before = stick
        stick, acts = usb.step(stick, event)
        for act in acts:
            if act == "let-in":
                assert target == "ask"
                assert stick.approval is not None
                let_in = True
            if act == "start-scan":
                harmed = False
                assert before.state in ("opening", "unlocking")
                assert all(volume.filesystem for volume in stick.volumes)
                scanning = True
            if act == "stop-scan":
                scanning = False
            if act == "release":
                assert isinstance(event, usb.Scanned)
                assert (True, True, True) == (event.same_disks, event.in_force, event.fresh_signatures)
                assert event.scan == before.scan
                assert stick_rules.decide_report(event.result) is None
                assert not harmed
                assert before.approval is not None
                assert let_in
                reachable, scanning = True, False
            if act == "take-back":
                reachable = False
            if act == "unlock":
                assert before.state == "locked"
                assert stick.approval is not None
            if act == "lock":
                unlocked = False
            if act == "shut":
                let_in = False
        if isinstance(event, usb.Scanned) and before.state == "scanning" and stick.state != "scanning":
            scanning = False
        harmed = harmed or (isinstance(event, usb.Harmed) and event.scan == before.scan and scanning)
        if isinstance(event, usb.Unlocked) and event.volumes and "lock" not in acts:
            unlocked = True
        assert not unlocked or stick.state in ("scanning", "releasing", "released")
        if stick.state in ("shut", "asked"):
            assert not let_in
        if stick.state not in ("releasing", "released"):
            assert not reachable
        assert scanning == (stick.state == "scanning")
        if stick.state == "gone":
            let_in = False


def decide(
    media_class="storage", mode="approve_then_scan", approvals=(), staff=False, phones="forbid", **more
):
    return stick_rules.decide(
        UsbSettings(mode=mode, phones_and_cameras=phones), mode, media_class, STICK,
        plug="p" * 32, person=more.get("person", "may"), staff=staff, approvals=approvals, now=NOW,
    )  # fmt: skip


def test_keyboards_mice_and_hubs_are_never_gated():
    for mode in ("forbid", "approve_then_scan", "copy", "staff_encrypted_approved"):
        assert {"allow"} == {decide(each, mode).target for each in ("input", "hub", "other")}


@pytest.mark.parametrize(
    ("media_class", "mode", "staff", "expected"),
    [
        ("storage", "off", False, stick_rules.Verdict("allow")),
        ("storage", "forbid", True, stick_rules.Verdict("block", "forbidden")),
        ("mixed", "approve_then_scan", True, stick_rules.Verdict("block", "mixed")),
        ("storage", "staff_encrypted_approved", False, stick_rules.Verdict("block", "not-for-pupils")),
        ("storage", "staff_encrypted_approved", True, stick_rules.Verdict("ask")),
        ("storage", "approve_then_scan", False, stick_rules.Verdict("ask")),
        ("phone", "approve_then_scan", True, stick_rules.Verdict("block", "not-listed")),
        ("phone", "staff_encrypted_approved", False, stick_rules.Verdict("block", "not-listed")),
        ("phone", "forbid", False, stick_rules.Verdict("block", "forbidden")),
    ],
)
def test_the_mode_decides_before_anybody_is_asked(media_class, mode, staff, expected):
    assert expected == decide(media_class, mode, staff=staff)


def test_what_cannot_be_checked_stays_shut_whatever_was_approved():
    shut = stick_rules.Verdict("block", "not-listed")

    assert shut == decide("phone", phones="listed")
    assert shut == decide("phone", phones="listed", approvals=(approval(),), staff=True)


@pytest.mark.parametrize(
    "given_approval",
    [
        approval(until=NOW),
        approval(mode="copy"),
        approval(person="sam"),
        approval(plug="q" * 32),
        approval(stick=msgspec.structs.replace(STICK, serial="other")),
    ],
)
def test_an_approval_that_does_not_fit_opens_nothing(given_approval):
    assert decide(approvals=(given_approval,)).approval is None


def test_the_approval_that_lasts_longest_is_taken():
    short, long = approval("short"), approval("long", until=NOW + timedelta(days=2))

    assert long == decide(approvals=(long, short)).approval


ONE_LOCKED = (Volume("/dev/sda1", 11, "", "luks"),)
BESIDE_A_PLAIN_ONE = (*VOLUMES, Volume("/dev/sda2", 11, "", "bitlocker"))


@pytest.mark.parametrize(
    ("volumes", "changes", "mode", "staff", "expected"),
    [
        ((), {}, "approve_then_scan", False, "unreadable"),
        (VOLUMES, {}, "approve_then_scan", False, None),
        (VOLUMES, {"encrypted_only": True}, "approve_then_scan", True, "not-encrypted"),
        (VOLUMES, {}, "staff_encrypted_approved", True, "not-encrypted"),
        (BESIDE_A_PLAIN_ONE, {}, "staff_encrypted_approved", True, "not-encrypted"),
        (ONE_LOCKED, {}, "staff_encrypted_approved", True, None),
        (ONE_LOCKED, {}, "approve_then_scan", False, "locked"),
        (ONE_LOCKED, {}, "approve_then_scan", True, None),
        (BESIDE_A_PLAIN_ONE, {}, "approve_then_scan", False, "locked"),
        ((*VOLUMES, Volume("/dev/sda2", 11, "", "none")), {}, "approve_then_scan", False, "unreadable"),
    ],
)
def test_what_is_on_the_stick_decides_whether_it_can_be_checked(volumes, changes, mode, staff, expected):
    assert expected == stick_rules.decide_volumes(volumes, approval(**changes), mode, staff=staff)


TO_LOCKED = (usb.Ask("r", NOW), usb.Approve(approval()), usb.Looked(DISKS, ONE_LOCKED, None))
TRIED = (usb.Unlock(), usb.Unlocked(None))
INNER = (Volume("/dev/dm-0", 21, "ext4", "luks"),)


def test_an_encrypted_stick_waits_for_its_owner_s_passphrase_and_is_then_checked():
    stick, acts = play(plugged(), *TO_LOCKED)
    assert ("locked", ["let-in"]) == (stick.state, acts)

    stick, acts = play(stick, *TRIED, usb.Unlock(), usb.Unlocked(INNER))
    assert ("scanning", 1, INNER) == (stick.state, stick.tries, stick.volumes)
    assert ["unlock", "unlock", "start-scan"] == acts

    stick, acts = play(stick, usb.Pull())
    assert ["stop-scan", "lock"] == acts


def test_after_five_wrong_passphrases_it_is_shut_until_its_next_plug():
    stick, acts = play(plugged(), *TO_LOCKED, *TRIED * usb.MOST_TRIES, usb.Approve(approval("a2")))

    assert ("shut", "locked", "shut") == (stick.state, stick.reason, acts[-1])


@pytest.mark.parametrize("end", [usb.Pull(), usb.End("revoked")])
def test_what_is_opened_too_late_is_closed_again(end):
    _stick, acts = play(plugged(), *TO_LOCKED, usb.Unlock(), end, usb.Unlocked(INNER))

    assert "lock" == acts[-1]
    assert "start-scan" not in acts
