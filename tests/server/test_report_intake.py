"""Taking reports in: once, only what the laptop signed for itself, and never one pushed aside by others."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from policies import envelopes, orders, reports, sealing
from policies.recording import Stream
from policies.records import LoginStarted, OrderDone, ProblemReported, QuarantineChanged
from server import case_quarantine, cases, db, ingest, problems, publishing
from server.ingest import Upload
from server.writer import Writer
from tests.support.case_desks import Desk

FLOOD = 400


def rows(school, query, *given):
    with school.house.db.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query, given)]


def misfits(school):
    return [why for (why,) in rows(school, "SELECT why FROM report_misfits ORDER BY id")]


def count(school, table="cases"):
    return rows(school, f"SELECT COUNT(*) FROM {table}")[0][0]


def test_a_report_is_one_case_with_the_next_number_of_its_year(school):
    last_year = school.now.replace(year=school.now.year - 1)
    for at in (last_year, last_year, None):
        school.send(at=at)

    assert [(last_year.year, 1), (last_year.year, 2), (school.now.year, 1)] == rows(
        school, "SELECT opened_year, serial FROM cases ORDER BY opened_year, serial"
    )


def test_the_same_report_again_is_noted_and_changes_nothing(school):
    sent = school.report()
    school.bring(sent)
    school.bring(sent)

    assert (1, 1, ["replayed"]) == (count(school), count(school, "reports"), misfits(school))


def test_a_report_that_names_another_laptop_is_noted_as_foreign(school):
    other = school.enrol("L-002")
    sent = school.report(laptop=other)
    school.bring(sent, laptop=school.laptop)

    assert (0, ["forged"]) == (count(school), misfits(school))


def test_another_laptop_cannot_take_a_known_number(school):
    other = school.enrol("L-002")
    case = school.send()
    school.bring(school.report("mine is better", report=case, laptop=other), laptop=other)

    assert (1, ["foreign"]) == (count(school), misfits(school))
    assert [(school.laptop.device,)] == rows(school, "SELECT device FROM reports")


def test_an_envelope_changed_on_the_way_is_noted_as_forged(school):
    sent = school.report()
    outside, _ = envelopes.read_envelope(sent.envelope)
    changed = msgspec.structs.replace(outside, sealed=outside.sealed[:-1] + b"x")
    school.bring(msgspec.structs.replace(sent, envelope=msgspec.json.encode(changed)))

    assert (0, ["forged"]) == (count(school), misfits(school))


def test_an_envelope_in_another_record_s_name_is_foreign(school):
    school.bring(msgspec.structs.replace(school.report(), report="ab" * 16))

    assert (0, ["foreign"]) == (count(school), misfits(school))


@pytest.mark.parametrize("junk", [b"", b"{}", b"\xff" * 5000, b'{"header":"e30=","sealed":"","wraps":{}}'])
def test_what_is_no_envelope_is_noted_and_kept(school, junk):
    school.bring(msgspec.structs.replace(school.report(), envelope=junk))

    assert (0, ["unreadable"]) == (count(school), misfits(school))
    assert [("report-sent",)] == rows(school, "SELECT type FROM records")


def test_a_batch_that_came_twice_is_one_report(school):
    batch = school.laptop.seal(Stream.REPORT, [school.report()])
    plain = db.connect_plain(school.house.folder.database)
    for _ in range(3):
        upload = Upload(school.laptop.device, school.laptop.public, (batch,), school.now)
        (outcome,) = ingest.store(plain, school.house.keys.record_private, [upload])
        assert 2 == outcome.next_seq[Stream.REPORT]
    plain.close()

    assert (1, []) == (count(school), misfits(school))


def test_a_recipient_who_left_between_writing_and_sending_does_not_get_in(school):
    sent = school.report()
    school.publish_list("r.carver", "n.okafor", "g.hall")
    school.bring(sent)

    assert school.reader("d.amos") is None
    with pytest.raises(AttributeError):
        Desk(school, "d.amos", sent.report).detail()
    assert sent.report == Desk(school, "r.carver", sent.report).detail().case.id


def test_a_report_under_the_next_list_is_not_for_who_left(school):
    school.publish_list("r.carver", "n.okafor", "g.hall")
    gone = school.holders.pop("d.amos")
    case = school.send()
    (envelope,) = rows(school, "SELECT envelope FROM reports WHERE id = ?", case)[0]

    with pytest.raises(sealing.CannotOpen):
        envelopes.open_envelope(
            gone.private, envelope, device_public=school.laptop.public, envelope_id=case,
            device=school.laptop.device, kind="report",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("harms", "subject", "readers"),
    [
        (("extremism",), "staff", {"n.okafor"}),
        (("extremism",), "pupil", {"r.carver", "d.amos"}),
        (("conduct",), "staff", {"n.okafor"}),
        (("conduct",), "head", {"g.hall"}),
        (("content",), "nobody-known", {"r.carver", "d.amos"}),
    ],
)
def test_each_kind_reaches_the_officers_it_is_for(school, harms, subject, readers):
    case = school.send(harms=harms, subject=subject)
    with school.house.db.read() as connection:
        opens = cases.readers_of(connection, case)

    assert readers == {name for name, holder in school.holders.items() if holder.id in opens}


def test_a_flood_from_one_laptop_loses_nothing_and_hides_nobody(school):
    other = school.enrol("L-002")
    school.bring(*(school.report(urgency="danger") for _ in range(FLOOD)))
    real = school.send("somebody needs help", laptop=other)
    with school.house.db.read() as connection:
        settings = publishing.report_settings(connection)
        listed, more, aside = cases.list_cases(connection, school.reader("r.carver").opens, settings)
        crowd, _, _ = cases.list_cases(
            connection, school.reader("r.carver").opens, settings, crowded=True, limit=FLOOD
        )

    assert FLOOD + 1 == count(school)
    assert real == listed[0].id
    assert (71, False, FLOOD - 70) == (len(listed), more, aside)
    assert FLOOD - 70 == len(crowd)


def test_a_cry_for_help_is_not_put_aside_with_another_s_flood(school):
    school.bring(*(school.report() for _ in range(70)))
    real = school.send("somebody needs help", urgency="danger")

    assert [(0,)] == rows(school, "SELECT crowded FROM cases WHERE id = ?", real)
    assert [(10,)] == rows(school, "SELECT SUM(crowded) FROM cases")


def test_a_laptop_that_names_a_reader_twice_is_noted_and_goes_on(school):
    sent = school.report()
    envelope, header = envelopes.read_envelope(sent.envelope)
    doubled = msgspec.json.encode(msgspec.structs.replace(header, to=header.to + header.to[:1]))
    hashes = (hashlib.sha256(part).digest() for part in (doubled, envelope.sealed))
    signature = sealing.sign(school.laptop.private, sealing.bind("envelope", *hashes))
    forged = msgspec.structs.replace(envelope, header=doubled, signature=signature)
    school.bring(msgspec.structs.replace(sent, envelope=msgspec.json.encode(forged)))
    school.send("The next one.")

    assert (1, ["unreadable"]) == (count(school), misfits(school))


def test_while_one_laptop_floods_another_s_report_is_answered_in_the_same_breath(school):
    other = school.enrol("L-002")
    flood = [
        tuple(school.laptop.seal(Stream.REPORT, [school.report()]) for _ in range(20)) for _ in range(10)
    ]
    real = other.seal(Stream.REPORT, [school.report(laptop=other)])
    writer = Writer(school.house.folder.database, school.house.keys.record_private)
    writer.start()
    try:
        waiting = [
            writer.put(Upload(school.laptop.device, school.laptop.public, batches, school.now))
            for batches in flood
        ]
        mine = writer.put(Upload(other.device, other.public, (real,), school.now))
        assert 2 == mine.result(60).next_seq[Stream.REPORT]
        assert 201 == waiting[-1].result(60).next_seq[Stream.REPORT]
    finally:
        writer.close()

    assert 201 == count(school)


def test_a_server_that_stops_in_the_middle_has_the_whole_case_or_none(school):
    """The transaction is cut after the report, before its case is complete; sent again it is there once."""
    batch = school.laptop.seal(Stream.REPORT, [school.report()])
    upload = Upload(school.laptop.device, school.laptop.public, (batch,), school.now)
    plain = db.connect_plain(school.house.folder.database)
    plain.execute(
        "CREATE TEMP TRIGGER cut AFTER INSERT ON main.case_entries "
        "BEGIN SELECT RAISE(ABORT, 'power cut'); END"
    )
    with pytest.raises(Exception, match="power cut"):
        ingest.store(plain, school.house.keys.record_private, [upload])
    plain.close()
    assert (0, 0, 0) == (count(school), count(school, "reports"), count(school, "records"))
    again = db.connect_plain(school.house.folder.database)
    ingest.store(again, school.house.keys.record_private, [upload])
    again.close()

    assert (1, 1, 1) == (count(school), count(school, "reports"), count(school, "records"))


def test_two_writers_at_once_never_give_one_number_twice(school):
    laptops = [school.laptop, school.enrol("L-002"), school.enrol("L-003")]
    batches = [
        (laptop, [laptop.seal(Stream.REPORT, [school.report(laptop=laptop)]) for _ in range(8)])
        for laptop in laptops
    ]

    def bring(laptop, sealed):
        plain = db.connect_plain(school.house.folder.database)
        for batch in sealed:
            upload = Upload(laptop.device, laptop.public, (batch,), school.now)
            ingest.store(plain, school.house.keys.record_private, [upload])
        plain.close()

    threads = [threading.Thread(target=bring, args=pair) for pair in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert list(range(1, 25)) == [n for (n,) in rows(school, "SELECT serial FROM cases ORDER BY serial")]


def test_a_broken_thing_goes_to_the_technician_in_plain_words(school):
    at = datetime.now(UTC)
    said = ProblemReported(
        at=at, login="a" * 32, os_user="ada", person="p1", kind="broken", words="The lid <b>hangs</b>"
    )
    school.bring(said, stream=Stream.VITAL)
    with school.house.db.write() as connection:
        (found,) = problems.list_problems(connection)
        problems.settle(connection, found.device, found.stream, found.seq, "Tom Ashby", at)
        problems.settle(connection, found.device, found.stream, found.seq, "Somebody else", at)
        assert 0 == problems.count_open(connection)
        (done,) = problems.list_problems(connection, device=found.device)

    assert ("broken", "The lid <b>hangs</b>", "L-001", "Ada Yıldız") == (
        found.kind, found.words, found.hostname, found.display_name,
    )  # fmt: skip
    assert "Tom Ashby" == done.done_by


def secured(school):
    lead = Desk(school, "r.carver", school.send())
    lead.do(case_quarantine.set_quarantine, on=True, envelope=lead.note())
    school.house.notice_changes()
    (said,) = school.house.media_telling.newer(school.laptop.device, "Lab 2", 0, lead.now)
    return lead, said


def test_the_laptop_s_word_that_it_is_shut_stands_in_the_case(school):
    lead, said = secured(school)
    school.bring(QuarantineChanged(at=school.now, order=said.order, on=True), stream=Stream.VITAL)
    detail = lead.detail()

    assert "quarantine-confirmed" == detail.entries[-1].kind
    assert detail.quarantines[-1]["confirmed_at"] is not None


def test_another_laptop_cannot_say_it_for_it(school):
    lead, said = secured(school)
    other = school.enrol("L-002")
    school.bring(
        QuarantineChanged(at=school.now, order=said.order, on=True), stream=Stream.VITAL, laptop=other
    )

    assert "quarantine-confirmed" not in lead.kinds()


def test_what_the_laptop_did_is_not_told_again(school):
    _, said = secured(school)
    school.bring(OrderDone(at=school.now, order=said.order, outcome="done"), stream=Stream.VITAL)
    with school.house.db.write() as connection:
        connection.exec_driver_sql("UPDATE versions SET number = number + 1 WHERE topic = 'media'")
    school.house.notice_changes()

    assert isinstance(said, orders.Quarantine)
    assert [] == school.house.media_telling.newer(school.laptop.device, "Lab 2", 0, school.now)


def test_nothing_of_a_report_stands_beside_its_laptop_s_logins(school):
    """A report carries no login: what the server holds does not say who wrote, beyond laptop and time."""
    school.bring(
        LoginStarted(
            at=school.now,
            login="a" * 32,
            os_user="ada",
            person="p1",
            tier="junior",
            kind="x11",
            grant="fresh",
        ),
        stream=Stream.VITAL,
    )
    school.send()

    assert [(None, None, None)] == rows(
        school, "SELECT login, os_user, person FROM records WHERE type = 'report-sent'"
    )


def test_words_of_every_kind_arrive_as_they_were(school):
    words = "\u202eevil<script>alert(1)</script>\u0000\u200b Türkçe 日本語 עברית ไทย 🙂" + "x" * 3900
    case = school.send(words)
    (envelope,) = rows(school, "SELECT envelope FROM reports WHERE id = ?", case)[0]
    opened = school.open("r.carver", envelope, school.laptop.public, case, school.laptop.device)

    assert words == opened.draft.words
    assert reports.MAX_WORDS_LETTERS >= len(words)
    assert school.now + timedelta(0) == opened.at
