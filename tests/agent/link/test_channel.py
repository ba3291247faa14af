"""Lines in, messages out, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import waiting
from agent.errors import LinkClosed, LinkMisuse
from agent.link import messages as m
from agent.link.channel import Lines, service_end, session_end


@pytest.fixture
def ends():
    ours, theirs = waiting.socket_pair()
    with ours, theirs:
        yield service_end(ours), session_end(theirs)


def test_messages_arrive_in_order(ends):
    service, session = ends
    session.send(m.Connected(lacking=("tray",)))
    session.send(m.Alive(idle_seconds=1.5))

    assert [m.Connected(lacking=("tray",)), m.Alive(idle_seconds=1.5)] == service.read_ready()


def test_nothing_there_is_no_message(ends):
    assert [] == ends[0].read_ready()


def test_what_the_other_end_does_not_take_waits(ends):
    service, session = ends
    for _ in range(40):
        service.send(m.Viewing(line="x" * 190))
    for _ in range(20):
        service.send(m.CheckCover(locker_pid=1))
    heard = []
    while service.wants_to_write or len(heard) < 60:
        heard += session.read_ready()
        service.flush()

    assert 60 == len(heard)


def say_much(service):
    for _ in range(20000):
        service.send(m.Viewing(line="x" * 190))


def test_an_end_that_never_reads_counts_as_gone(ends):
    service, _session = ends

    with pytest.raises(LinkClosed):
        say_much(service)


def test_the_end_of_the_stream_is_said(ends):
    service, session = ends
    session.close()

    with pytest.raises(LinkClosed):
        service.read_ready()


def test_orders_are_not_taken_from_below(ends):
    service, session = ends
    session._sock.send(b'{"down":"gate-over","opens":true}\n')

    with pytest.raises(LinkMisuse):
        service.read_ready()


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=10), st.data())
def test_lines_are_cut_the_same_however_they_arrive(lines, data):
    stream = b"".join(line + b"\n" for line in lines)
    cutter, got = Lines(30), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        got += cutter.feed(stream[:size])
        stream = stream[size:]

    assert lines == got


def test_a_line_that_never_ends_is_misuse():
    cutter = Lines(10)
    cutter.feed(b"12345")

    with pytest.raises(LinkMisuse):
        cutter.feed(b"678901")
