"""The numbers that are noted beside the journal."""

from agent.service.numbering import Numbering
from policies.recording import Stream


def test_what_was_noted_last_is_read_whatever_longer_line_stood_there(tmp_path):
    numbering = Numbering(tmp_path / "seqs")
    numbering.note(dict.fromkeys(Stream, 2**53))
    numbering.note(dict.fromkeys(Stream, 7))

    assert dict.fromkeys(Stream, 7) == numbering.newest()


def test_a_line_as_it_was_once_written_is_written_over(tmp_path):
    (tmp_path / "seqs.newest").write_text('{"report": 1, "vital": 123456789, "usage": 123456789}')
    numbering = Numbering(tmp_path / "seqs")
    numbering.note({Stream.VITAL: 8})

    assert {Stream.VITAL: 8} == numbering.newest()
