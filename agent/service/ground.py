"""What every room of the service stands on: the clock, the queue, the system, and the keeping of records."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from agent.backends.device import Anchor, Capability, Device
from agent.clock import Clock
from agent.errors import DeviceFailed, JournalUnwritable
from agent.link import messages, pages
from agent.paths import Config
from agent.service import facts, saved
from agent.service.ears import Ears
from agent.service.enrolment import Enrolment
from agent.service.holding import NO_POLICY, settings_of
from agent.service.journal import Journal, Seal
from agent.service.known import Known
from agent.service.login import Kept, Login
from agent.service.loop import Loop
from agent.service.officers import OfficersStore
from agent.service.policy_store import Policy, PolicyStore
from agent.service.reaching import Reaching
from agent.service.supervision import lacks_lesson, presence_of, supervisor_among
from agent.service.uplink import Uplink
from policies.numbers_in_texts import fill_school
from policies.officers import OfficersList
from policies.orders import Supervised
from policies.presence import Presence
from policies.recording import KEPT, Stream, permits
from policies.records import LoginStarted, Record
from policies.settings import Contact, Settings

log = logging.getLogger(__name__)
WRONG_CLOCK_SECONDS = 60.0
HIDING = "hide-key"
"""What a session names as lacking where its desktop has no shortcut for *Hide my screen*."""


class Server:
    """Everything that exists only once this laptop is enrolled."""

    def __init__(self, enrolment: Enrolment, config: Config, clock: Clock, reaching: Reaching) -> None:
        self.enrolment = enrolment
        self.reaching = reaching
        self.uplink: Uplink = reaching.uplink_in_use()
        self.journal = Journal(
            config.journal,
            Seal(enrolment.device, enrolment.device_private, enrolment.record_key),
            cap_bytes=config.journal_megabytes * 1024 * 1024,
            now=clock.now,
        )
        self.policies = PolicyStore(config.state / "policy", enrolment)
        self.known = Known(config.state / "known", enrolment)
        self.officers = OfficersStore(config.state / "officers.json", enrolment)


class Ground:
    """Shared by all rooms; only the taking thread touches it."""

    def __init__(self, config: Config, device: Device, clock: Clock, loop: Loop, ears: Ears) -> None:
        self.config = config
        self.device = device
        self.clock = clock
        self.loop = loop
        self.ears = ears
        self.server: Server | None = None
        self.not_enrolled = "not enrolled"
        self.connection = facts.Connection("not-enrolled", self.not_enrolled)
        self.logins: dict[str, Login] = {}
        self.safe_below: dict[Stream, int] = {}
        """Numbers below these are on the server."""
        self.capabilities: dict[str, Capability] = {}
        self.kept_something: Callable[[], None] = lambda: None
        """Called after a record was kept: something waits to be sent."""
        self.on_forgotten: Callable[[Login], None] = lambda _login: None
        self.reads_aloud = True
        """Speech works on this machine."""
        self.quarantined = False
        """Logins and sticks are shut for evidence (R53)."""
        self.standing: list[Callable[[], dict[str, Capability]]] = []
        """What rooms say of this moment in `status` and `doctor`."""
        self.supervisors: Callable[[], tuple[Supervised, ...]] = lambda: ()
        """The check-ins that hold now, the newest first."""

    # ---- time ----

    def now(self) -> datetime:
        """Return the time for records: our clock, put right where the server has told us."""
        now = self.clock.now()
        offset = self.server.uplink.offset_seconds if self.server else 0.0
        return now + timedelta(seconds=offset) if abs(offset) > WRONG_CLOCK_SECONDS else now

    def local_now(self) -> datetime:
        """Return the same on this laptop's wall: lessons begin by it."""
        return self.now().astimezone()

    # ---- policy ----

    @property
    def policy(self) -> Policy | None:
        """The policy in force."""
        return self.server.policies.current if self.server else None

    @property
    def settings(self) -> Settings:
        """The laptop's settings in force; the strict defaults without a policy. A login's: settings_for."""
        return self.policy.body.settings if self.policy else NO_POLICY

    def settings_for(self, login: Login) -> Settings:
        """Return what holds for this login at this moment: its tier, the time, its person's own needs."""
        arrangement = login.grant.arrangement if login.grant else None
        return settings_of(self.policy, login.person.tier, arrangement, self.local_now())

    def supervisor_of(self, login: Login) -> Supervised | None:
        """Return the check-in that counts for this login now."""
        return supervisor_among(self.supervisors(), self.settings_for(login).hours, self.now())

    def presence_of(self, login: Login) -> Presence:
        """Say whether the hours let this login be here now (R19, R20); a missing lesson too (R11)."""
        settings = self.settings_for(login)
        return presence_of(
            settings.hours,
            login.person.tier,
            supervised=self.supervisor_of(login) is not None,
            lacks_a_lesson=lacks_lesson(login.grant, settings),
        )

    @property
    def school(self) -> str:
        """The school's name; empty without a policy."""
        return self.policy.body.school.name if self.policy else ""

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Whom a pupil can turn to."""
        return fill_school(self.policy.body.school, self.settings).contacts if self.policy else ()

    @property
    def officers(self) -> OfficersList | None:
        """Whom reports are sealed to; None as long as nobody is known."""
        return self.server.officers.listed if self.server else None

    @property
    def takes_reports(self) -> bool:
        """Say whether *Something's wrong* can be told here."""
        return self.settings.report.enabled and self.officers is not None

    def shortcut_of(self, login: Login) -> str:
        """Return the keys that hide this screen; empty where the desktop cannot, or before a policy."""
        lacks = login.session is not None and HIDING in login.session.lacking
        return "" if lacks or self.policy is None else self.settings.report.shortcut

    # ---- records ----

    def keep(self, record: Record, *, must: bool = False) -> Kept | None:
        """
        Keep a record, on disk when this returns.

        A kind that policy does not permit is not kept. With `must`, raises JournalUnwritable when it could
        not be; without, that is logged, shown by doctor, and None returned.
        """
        if not self._permits(record):
            return None
        kept = self.keep_all(KEPT[type(record)].stream, [record], must=must)
        return kept[0] if kept else None

    def keep_together(self, records: list[Record]) -> None:
        """Keep what happened in one moment, of one stream, in order: sealed and synced once for all of it."""
        if records:
            stream = KEPT[type(records[0])].stream
            self.keep_all(stream, [record for record in records if self._permits(record)])

    def _permits(self, record: Record) -> bool:
        login = self.logins.get(getattr(record, "login", None) or "")
        return permits(self.settings_for(login) if login else self.settings, record)

    def keep_all(self, stream: Stream, records: list[Record], *, must: bool = False) -> list[Kept]:
        """Keep several records of one stream, in order."""
        if not records:
            return []
        try:
            if self.server is None:
                raise JournalUnwritable(self.not_enrolled)
            last = self.server.journal.append(stream, records)
        except JournalUnwritable as problem:
            if must:
                raise
            log.error("record not kept", extra={"problem": str(problem), "count": len(records)})
            return []
        first = last - len(records) + 1
        kept = [Kept(record, stream, first + place) for place, record in enumerate(records)]
        for each in kept:
            login = self.logins.get(getattr(each.record, "login", None) or "")
            if login is not None and KEPT[type(each.record)].about_person:
                login.kept.append(each)
        self.kept_something()
        return kept

    def keep_start(self, login: Login) -> None:
        """Keep the fact that somebody began to log in, once."""
        if login.started:
            return
        login.started = True
        self.keep(
            LoginStarted(
                at=self.now(),
                login=login.id,
                os_user=login.os_user,
                person=login.person.person,
                tier=login.person.tier,
                kind=login.kind,
                grant=login.person.source,
            )
        )

    def is_safe(self, kept: Kept) -> bool:
        """Say whether the server has this record."""
        return kept.seq < self.safe_below.get(kept.stream, 0)

    # ---- windows ----

    def show(
        self, login: Login, page: pages.AnyPage, how: Literal["open", "renew", "renew-or-open"] = "open"
    ) -> None:
        """Have a login's session show a page; without a session nobody sees it."""
        if login.session and login.session.connected:
            page = msgspec.structs.replace(page, reports=self.takes_reports, text_scale=login.text_scale)
            login.session.link.send(messages.ShowPage(page=page, how=how))

    # ---- app usage ----

    def keep_usage(self, logins: list[Login]) -> None:
        """Make records of what was counted so far. Until then an interval is not a record yet."""
        counted = [record for login in logins if login.meter for record in login.meter.take()]
        # There is a meter only where counting is permitted; what it counted until now was.
        self.keep_all(Stream.USAGE, list(counted))

    def cover_usage(self, login: Login, covered: bool) -> None:
        """A screen was locked or unlocked."""
        if login.meter:
            login.meter.cover(covered, self.now(), self.clock.running())

    # ---- logins ----

    def save_logins(self) -> None:
        """Write down who is here, so that a service started again knows them."""
        try:
            saved.save_logins(self.config.run / "logins.json", self.logins.values())
        except OSError as problem:
            log.error("logins not saved", extra={"problem": str(problem)})

    def forget_login(self, login: Login) -> None:
        """This login has ended."""
        if self.logins.pop(login.id, None) is not None:
            self.save_logins()
            self.on_forgotten(login)

    # ---- processes ----

    def kept_processes(self, uid: int, without: Login | None = None) -> list[Anchor]:
        """Return what must live on when processes of this user are ended: their other logins."""
        anchors = []
        for login in self.logins.values():
            if login is without or login.uid != uid or login.is_over:
                continue
            anchors.append(self._top_of(login))
            if login.session:
                anchors.append(login.session.child.anchor)
            if login.lock.child:
                anchors.append(login.lock.child.anchor)
            if login.lock.adopted:
                anchors.append(login.lock.adopted)
        return anchors

    def _top_of(self, login: Login) -> Anchor:
        """Return the topmost process of this login: an X server may run as the pupil beside the shell."""
        top = login.anchor
        try:
            for parent in self.device.ancestors(login.anchor.pid):
                if self.device.uid_of(parent.pid) != login.uid:
                    break
                top = parent
        except DeviceFailed:
            return login.anchor
        return top

    def watch_anchor(self, anchor: Anchor) -> bool:
        """Have the end of this process put on the queue; False if it has ended already."""
        try:
            pidfd = self.device.watch(anchor)
        except DeviceFailed:
            return False
        if pidfd is None:
            return False
        self.ears.watch_process(pidfd, anchor, is_ours=True)
        return True
