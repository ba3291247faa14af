"""One page of every kind for every reader, with an invented school."""

from agent.link import pages
from policies.agreements import Agreement
from policies.composing import compose
from policies.settings import TIERS, Contact, Helpline, Language, School, Settings, Tier

SCHOOL = School(
    name="Hazel Bank School",
    contacts=(
        Contact(name="Ms Demir", role="class teacher", how="in Lab 2"),
        Contact(name="Mr Okafor", role="safeguarding lead", how="room 14"),
    ),
    consequences={
        "en": "An adult talks with you. You may lose the laptop for a week. Your family is told.",
        "tr": "Bir yetişkin seninle konuşur. Bir hafta bilgisayar kullanamayabilirsin. Ailene haber verilir.",
    },
)
AGREEMENTS: dict[Tier, Agreement] = {
    agreement.tier: agreement for agreement in compose(SCHOOL, Settings(), TIERS, 1)
}


def gate(
    tier: Tier = "teen", language: Language = "en", *, person: str = "Deniz Yalın", reports: bool = False
) -> pages.GatePage:
    return pages.GatePage(
        school=SCHOOL.name,
        language=language,
        tier=tier,
        person=person,
        agreement=AGREEMENTS[tier],
        contacts=SCHOOL.contacts,
        reports=reports,
    )


def countdown(
    tier: Tier = "teen", language: Language = "en", *, seconds: int = 24, idle_minutes: int = 5
) -> pages.CountdownPage:
    return pages.CountdownPage(
        school=SCHOOL.name, language=language, tier=tier, seconds=seconds, idle_minutes=idle_minutes
    )


def panel(
    tier: Tier = "teen", language: Language = "en", *, online: bool = True, **changes: object
) -> pages.PanelPage:
    viewing = {
        "en": "Ms Demir is viewing this lab now. She does not see your screen.",
        "tr": "Demir Öğretmen 11.00’e kadar bu sınıfa bakıyor. Ekranını görmüyor.",
    }
    values: dict[str, object] = {
        "school": SCHOOL.name, "language": language, "tier": tier, "person": "Deniz Yalın",
        "viewing": viewing[language] if online else "", "online": online,
        "waiting_records": 0 if online else 12, "contacts": SCHOOL.contacts,
    }  # fmt: skip
    return pages.PanelPage(**(values | changes))  # type: ignore[arg-type]


def rules(tier: Tier = "teen", language: Language = "en") -> pages.RulesPage:
    return pages.RulesPage(
        school=SCHOOL.name,
        language=language,
        tier=tier,
        agreement=AGREEMENTS[tier],
        accepted_at="2026-11-23T08:58:00+00:00",
    )


def record(tier: Tier = "teen", language: Language = "en", *, online: bool = True) -> pages.RecordPage:
    def at(time: str) -> str:
        return f"2026-11-24T{time}:00+00:00"

    return pages.RecordPage(
        school=SCHOOL.name,
        language=language,
        tier=tier,
        person="Deniz Yalın",
        online=online,
        records_apps=True,
        entries=(
            pages.Entry(at=at("09:58"), kind="login-started", on_server=True),
            pages.Entry(
                at=at("09:59"), kind="agreement-answered", detail="accepted", seconds=74, on_server=True
            ),
            pages.Entry(at=at("10:01"), kind="app-used", detail="Writer", seconds=1680, on_server=True),
            pages.Entry(at=at("10:29"), kind="screen-locked", detail="idle", on_server=True),
            pages.Entry(at=at("10:31"), kind="screen-unlocked", seconds=95),
            pages.Entry(at=at("10:33"), kind="app-used", detail="Web browser", seconds=500),
            pages.Entry(at=at("10:42"), kind="help-asked", detail="panel"),
        ),
        looks=(pages.LookEntry(at=at("09:57"), by="Ms Demir", what="lab"),) if online else (),
        lacking=() if online else ("Which app is in front: this desktop does not tell.",),
    )


def notice(
    tier: Tier = "teen", language: Language = "en", *, kind: str = "help-waiting", reports: bool = False
) -> pages.NoticePage:
    return pages.NoticePage(
        school=SCHOOL.name,
        language=language,
        tier=tier,
        kind=kind,  # type: ignore[arg-type]
        reports=reports,
        contacts=SCHOOL.contacts,
    )


def stick(tier: Tier = "teen", language: Language = "en", **changes: object) -> pages.StickPage:
    values: dict[str, object] = {
        "school": SCHOOL.name, "language": language, "tier": tier, "plug": "ab" * 16,
        "size_bytes": 32 * 10**9, "state": "shut", "may_ask": True, "asks_pupil_data": tier == "adult",
        "contacts": SCHOOL.contacts,
    }  # fmt: skip
    return pages.StickPage(**(values | changes))  # type: ignore[arg-type]


READERS = (
    pages.Reader(id="1" * 32, name="Ms Carver", role="lead"),
    pages.Reader(id="2" * 32, name="Mr Bell", role="deputy"),
    pages.Reader(id="3" * 32, name="Mrs Achebe", role="head"),
)
HELPLINES = (
    Helpline(name="Young people’s line", how="0000 111, free, any hour"),
    Helpline(name="Emergency", how="000", emergency=True),
)


def report(tier: Tier = "teen", language: Language = "en", **changes: object) -> pages.ReportPage:
    values: dict[str, object] = {
        "school": SCHOOL.name, "language": language, "tier": tier, "person": "Deniz Yalın", "online": True,
        "readers": READERS, "contacts": SCHOOL.contacts, "helplines": HELPLINES, "ceop": True,
        "shortcut": "Ctrl+Alt+H", "reports": True,
    }  # fmt: skip
    return pages.ReportPage(**(values | changes))  # type: ignore[arg-type]


def receipt(tier: Tier = "teen", language: Language = "en", **changes: object) -> pages.ReceiptPage:
    values: dict[str, object] = {
        "school": SCHOOL.name, "language": language, "tier": tier, "state": "sent", "readers": READERS[:2],
        "contacts": SCHOOL.contacts, "helplines": HELPLINES, "reports": True,
    }  # fmt: skip
    return pages.ReceiptPage(**(values | changes))  # type: ignore[arg-type]


def replies(tier: Tier = "teen", language: Language = "en", **changes: object) -> pages.RepliesPage:
    values: dict[str, object] = {
        "school": SCHOOL.name, "language": language, "tier": tier, "reports": True,
        "contacts": SCHOOL.contacts,
        "replies": (
            pages.Reply(at="2026-11-23T14:10:00+00:00", by="Ms Carver", words="Come and see me at break."),
            pages.Reply(at="2026-11-24T09:30:00+00:00", by="Mr Bell", words="Thank you.\nIt is sorted."),
        ),
    }  # fmt: skip
    return pages.RepliesPage(**(values | changes))  # type: ignore[arg-type]


def attention(
    tier: Tier = "teen", language: Language = "en", *, reports: bool = True, **changes: object
) -> pages.AttentionPage:
    words = {
        "en": "Two minutes: let’s look at the graph on the board together.",
        "tr": "İki dakika: tahtadaki çizgeye birlikte bakalım.",
    }
    values: dict[str, object] = {
        "school": SCHOOL.name, "language": language, "tier": tier, "reports": reports, "order": "a1",
        "by": "Ms Demir", "words": words[language], "until": "2026-11-24T10:46:00+00:00",
    }  # fmt: skip
    return pages.AttentionPage(**(values | changes))  # type: ignore[arg-type]


def message(
    tier: Tier = "teen", language: Language = "en", *, kind: str = "message", reports: bool = True
) -> pages.MessagePage:
    words = {
        ("message", "en"): "Please save your work. We finish in five minutes.",
        ("message", "tr"): "Lütfen çalışmanızı kaydedin. Beş dakika sonra bitiriyoruz.",
        ("thanks", "en"): "You helped your neighbour without being asked.",
        ("thanks", "tr"): "Kimse söylemeden yanındaki arkadaşına yardım ettin.",
    }
    return pages.MessagePage(
        school=SCHOOL.name,
        language=language,
        tier=tier,
        reports=reports,
        order="m1",
        kind=kind,  # type: ignore[arg-type]
        by="Ms Demir",
        words=words[kind, language],
    )


def thanks(tier: Tier = "teen", language: Language = "en") -> pages.MessagePage:
    return message(tier, language, kind="thanks")


def app(
    tier: Tier = "teen", language: Language = "en", *, state: str = "ask", **changes: object
) -> pages.AppPage:
    values: dict[str, object] = {
        "school": SCHOOL.name, "language": language, "tier": tier, "state": state, "by": "Ms Demir",
        "app": "Zoom Workplace", "program": "zoom", "words": "to call my group",
    }  # fmt: skip
    return pages.AppPage(**(values | changes))  # type: ignore[arg-type]


KINDS = {
    "app": app,
    "attention": attention,
    "message": message,
    "thanks": thanks,
    "gate": gate,
    "countdown": countdown,
    "panel": panel,
    "rules": rules,
    "record": record,
    "notice": notice,
    "stick": stick,
    "report": report,
    "receipt": receipt,
    "replies": replies,
}
