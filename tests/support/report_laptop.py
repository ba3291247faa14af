"""A laptop on which *Something's wrong* can be told, its school's officers, and their browsers in short."""

import msgspec

from agent.link import messages as m
from agent.link import pages
from policies import envelopes, orders, reports, sealing
from policies.recording import Stream
from policies.reports import ReportDraft, ReportWords
from policies.settings import Helpline, ReportSettings, Settings
from tests.support.lab_laptop import LabLaptop
from tests.support.model_server import DEVICE
from tests.support.officers import Office

REPORTS_ON = Settings(
    report=ReportSettings(
        enabled=True,
        helplines=(
            Helpline(name="Listening line", how="0000 111", tiers=("teen", "adult")),
            Helpline(name="Emergency", how="999", emergency=True),
            Helpline(name="For the small", how="0000 222", tiers=("early",)),
        ),
        ceop=True,
    )
)
DRAFT = ReportDraft(
    harms=("bullying",), words="Birisi bana kötü şeyler yazıyor.", addresses=("chat.example",)
)


class ReportLaptop(LabLaptop):
    """A LabLaptop whose policy carries a signed list."""

    def __init__(self, folder, *, settings=REPORTS_ON, **changes):
        self.office = Office()
        super().__init__(folder, with_policy=False, **changes)
        self.publish(settings, officers=self.office.signed())

    # ---- the pupil ----

    def tell(self, session, draft=DRAFT, place="panel"):
        """Send what the window sends, and let the service take it."""
        session.say(m.ReportWritten(draft=draft, place=place))
        self.settle()

    def pages(self, session, kind):
        return [each.page for each in self.heard(session, m.ShowPage) if isinstance(each.page, kind)]

    def receipts(self, session):
        return [page.state for page in self.pages(session, pages.ReceiptPage)]

    # ---- the school ----

    @property
    def reports(self):
        """Return the sealed reports at the server."""
        return self.server.records[Stream.REPORT]

    def open(self, who, sent):
        """Open one as an officer's browser does."""
        opened = envelopes.open_envelope(
            who.opening_key,
            sent.envelope,
            device_public=sealing.signing_public_key(self.server.device_key),
            envelope_id=sent.report,
            device=DEVICE,
            kind="report",
        )
        return msgspec.json.decode(opened.payload, type=ReportWords)

    def reply(self, who, words, text="Come and see me at break.", **changes):
        """Return the signed order that carries an officer's answer."""
        said = reports.ReplyWords(report=words.report, at=self.clock.at, by=who.officer.name, words=text)
        sealed = sealing.seal(
            changes.pop("key", words.reply_key),
            msgspec.json.encode(said),
            reports.reply_bound(words.report, DEVICE),
        )
        values = {
            "device": DEVICE,
            "order": f"reply-{text[:20]}",
            "report": words.report,
            "by_key": who.id,
            "sealed": sealed,
            "signature": sealing.sign(who.sign_key, reports.reply_signed(words.report, DEVICE, sealed)),
            "expires_at": self.clock.at.replace(year=2027),
        }
        return orders.ReportReply(**(values | changes))

    def quarantine(self, number=1, *, on=True, order=""):
        return orders.Quarantine(
            device=DEVICE,
            order=order or f"q{number}",
            number=number,
            on=on,
            by="Mr Okafor",
            issued_at=self.clock.at,
        )
