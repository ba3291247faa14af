"""One school with one policy about sticks, and the adults who answer: what happens is told line by line."""

from datetime import timedelta

import pytest

from policies.settings import Settings, UsbSettings
from server import media, media_answers, publishing, state
from server.media_answers import Adult, AnswerRefused, Yes
from server.people import Person, replace_people
from tests.support import media_school

TECHNICIAN = Adult("Tom Ashby", frozenset({"technician"}), id=1)
TEACHER = Adult("Ms Demir", frozenset({"teacher"}), frozenset({"Lab 1"}), id=2)
OTHER_TEACHER = Adult("Joan Reed", frozenset({"teacher"}), frozenset({"Lab 2"}), id=3)
HEAD = Adult("Neil Okafor", frozenset({"head"}), id=4)
BOTH = Adult("Small School", frozenset({"technician", "head"}), id=5)
USB = UsbSettings(mode="approve_then_scan", approvers=("technician", "teacher"))
ASK = "a" * 32


class Story:
    """One school with one policy about sticks; what happens is told line by line."""

    def __init__(self, here, enrolled):
        self.here, self.enrolled = here, enrolled
        self.now = state.utc_now()
        self.usb = USB
        self.publish(USB)
        self.laptop = enrolled().device
        with here.db.write() as c:
            replace_people(c, [
                Person(os_user="may", person="p1", display_name="May", tier="junior", room="Lab 1"),
                Person(os_user="ms-arat", person="s1", display_name="Selin Arat", tier="adult"),
            ])  # fmt: skip

    def publish(self, usb):
        self.usb = usb
        with self.here.db.write() as c:
            now = publishing.current(c)
            publishing.publish(
                c,
                school=now.body.school,
                settings=Settings(usb=usb),
                tiers=("junior",),
                profile="p",
                by="Tom Ashby",
                now=self.now,
            )
        self.here.notice_changes()

    def ask(self, request=ASK, device=None, number=1, user="may", person="p1", pupil_data=False, **changes):
        changes = {"mode": self.usb.mode} | changes
        plug = media_school.plugged(self.now, number, user, person, **changes)
        told = [plug, media_school.asked(plug, request, "My slides", pupil_data=pupil_data)]
        self.tell(*told, device=device)
        return plug

    def tell(self, *told, device=None):
        with self.here.db.write() as c:
            media_school.tell(c, device or self.laptop, told, self.now)

    def yes(self, adult=TECHNICIAN, request=ASK, device=None, **changes):
        changes = {"until": self.now + timedelta(minutes=30)} | changes
        with self.here.db.write() as c:
            made = media_answers.approve(
                c, self.usb, device or self.laptop, request, adult, Yes(**changes), self.now
            )
        self.here.notice_changes()
        return made

    def refusal(self, *args, **changes):
        with pytest.raises(AnswerRefused) as caught:
            self.yes(*args, **changes)
        return caught.value.kind

    def no(self, adult=TECHNICIAN, reason=""):
        with self.here.db.write() as c:
            media_answers.deny(c, self.usb, self.laptop, ASK, adult, reason, self.now)
        self.here.notice_changes()

    def revoke(self, approval, adult=TECHNICIAN):
        with self.here.db.write() as c:
            media_answers.revoke(c, approval.id, adult, self.now)
        self.here.notice_changes()

    def head(self, approval, adult=HEAD):
        with self.here.db.write() as c:
            made = media_answers.approve_as_head(c, self.usb, approval.id, adult, self.now)
        self.here.notice_changes()
        return made

    def told(self, device=None, room="Lab 1", cursor=0):
        return self.here.media_telling.newer(device or self.laptop, room, cursor, self.now)

    def request(self, request=ASK, device=None):
        with self.here.db.read() as c:
            return media.get_request(c, device or self.laptop, request)
