"""How a stick stands, from what its laptop last confirmed."""

from datetime import UTC, datetime, timedelta

import pytest

from server.media import Plug
from server.web import media_labels, media_view

NOW = datetime(2026, 9, 14, 10, 42, tzinfo=UTC)
PLUG = Plug(**dict.fromkeys(Plug._fields, ""))._replace(target="ask", state="shut", gone_at=None)


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, "not-asked"),
    ({"target": "block"}, "blocked"),
    ({"state": "asked"}, "asked"),
    ({"state": "asked", "answered_by": "Tom"}, "answered"),
    ({"state": "asked", "gone_at": NOW}, "not-asked"),
    ({"state": "checking"}, "checking"),
    ({"state": "checking", "gone_at": NOW}, "not-checked"),
    ({"state": "open"}, "open"),
    ({"state": "open", "gone_at": NOW}, "over"),
    ({"state": "copied", "gone_at": NOW}, "copied"),
    ({"state": "open", "outcome": "harmful"}, "harmful"),
    ({"reason": "harmful"}, "harmful"),
    ({"reason": "denied"}, "denied"),
    ({"reason": "cancelled"}, "withdrawn"),
    ({"reason": "expired"}, "over"),
    ({"reason": "stale-signatures"}, "not-checked"),
    ({"reason": "not-encrypted"}, "stays-shut"),
])  # fmt: skip
def test_a_stick_stands_as_its_laptop_confirmed(changes, expected):
    assert expected == media_view.state_of(PLUG._replace(**changes))


def test_every_state_has_words_and_a_shape():
    assert set(media_view.KINDS) == set(media_labels.LABELS["media-state"])
    assert set(media_view.SCANNER_KINDS) == set(media_labels.LABELS["scanner"])


@pytest.mark.parametrize(("size_bytes", "expected"), [
    (None, None), (500, (0, "kB")), (1_500_000, (1.5, "MB")), (31_004_294_144, (31, "GB")),
    (2**62, (4611686, "TB")),
])  # fmt: skip
def test_sizes_are_said_as_makers_print_them(size_bytes, expected):
    assert expected == media_view.size_words(size_bytes)


def test_every_code_a_laptop_or_a_rule_can_give_has_words():
    import typing

    from policies import media
    from policies.settings import UsbMode
    from server.media_answers import Refusal

    for kind, codes in (
        ("shut-reason", media.ShutReason),
        ("media-class", media.MediaClass),
        ("encryption", media.Encryption),
        ("access", media.Access),
        ("scanner", media.ScannerState),
        ("usb-mode", UsbMode),
        ("refusal", Refusal),
    ):
        assert set(typing.get_args(codes)) == set(media_labels.LABELS[kind])


def test_one_hour_is_one_hour():
    assert NOW + timedelta(hours=1) == media_view.read_until({"until": "hour"}, NOW)
