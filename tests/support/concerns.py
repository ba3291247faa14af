"""A pupil at work in Lab 2 of the officers' school, and a teacher's concern as their page seals it."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from policies import envelopes, reports, sealing
from policies.recording import Stream
from policies.records import AppUsed, LoginStarted
from tests.support.case_school import ROOM, CaseSchool

LOGIN = "a1" * 16
APP = "strangechat"
SEAT = {"login": LOGIN}


def work(school: CaseSchool, now: datetime) -> None:
    """Let Ada log in on the laptop and use an app that worries her teacher."""
    began = now - timedelta(minutes=20)
    started = LoginStarted(
        at=began, login=LOGIN, os_user="ada", person="p1", tier="junior", kind="x11", grant="fresh"
    )
    used = AppUsed(
        at=began + timedelta(minutes=1), login=LOGIN, app=APP, program=APP, focused_seconds=600,
        active_seconds=300,
    )  # fmt: skip
    school.bring(started, stream=Stream.VITAL, at=now)
    school.bring(used, stream=Stream.USAGE, at=now)


def sealed(
    school: CaseSchool, activity: reports.Activity | None, names: Sequence[str] = ("r.carver",)
) -> tuple[str, dict[str, Any]]:
    """Return the id and the body of a concern, without saying in plain what it is about."""
    report, once = secrets.token_hex(16), sealing.new_signing_key()
    words = reports.ReportWords(
        report=report,
        origin="staff",
        device="staff",
        at=school.now,
        tier="adult",
        room=ROOM,
        draft=reports.ReportDraft(harms=("contact",), words="They wrote with a stranger.", whom="somebody"),
        activity=activity,
    )
    to = [school.holders[name].key for name in names]
    to.append(sealing.opening_public_key(school.recovery))
    envelope = envelopes.seal_envelope(
        once, to, msgspec.json.encode(words), envelope_id=report, device="staff", kind="staff-report"
    )
    return report, {
        "envelope": base64.b64encode(envelope).decode(),
        "signer": sealing.signing_public_key(once).hex(),
        "coarse": "contact",
        "urgency": "soon",
        "what": "concern",
    }
