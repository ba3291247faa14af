"""Who runs the service, on this system."""

from agent.backends import hosting, own_process


def test_under_linux_signals_stop_the_service_and_its_lines_go_to_stderr(tmp_path):
    given = []

    def job(until, handler):
        given.append((until, handler))
        return 7

    assert 7 == hosting.host(job, tmp_path)
    assert [(own_process.on_stop_request, None)] == given


def test_under_linux_stderr_is_where_a_service_that_cannot_begin_says_why(tmp_path, capsys):
    hosting.complain_to_system("agent.toml cannot be read")

    assert ("", "") == tuple(capsys.readouterr())
