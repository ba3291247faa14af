"""What can go wrong in the agent, named by what the catcher does next."""


class AgentError(Exception):
    """Base of the agent's own errors. The message is for a technician."""


class ConfigProblem(AgentError):
    """The configuration cannot be trusted or understood. Say so and do not start."""


class DeviceFailed(AgentError):
    """The operating system would not do it. Record that, and take the safe way instead."""


class ServerUnreachable(AgentError):
    """No answer. Keep the records; try again later."""


class ServerRefused(AgentError):
    """A definite no (4xx). Sending the same bytes again cannot help."""

    def __init__(self, message: str, *, error: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.error = error
        """The refusal's word for programs, e.g. `retired`."""
        self.status = status


class ClockRefused(ServerRefused):
    """The server found our time wrong and sent its own, signed. Take it and ask again once."""

    def __init__(self, message: str, answer: bytes) -> None:
        super().__init__(message, error="clock", status=401)
        self.answer = answer


class FormUnwritable(AgentError):
    """A page for a technician could not be written. Say where, so that another place is named."""


class LinkClosed(AgentError):
    """The other end of a local channel is gone. Treat it as lost."""


class LinkMisuse(AgentError):
    """A local process sent garbage, too much, or what it may not say. Record it and hang up."""


class JournalUnwritable(AgentError):
    """A record could not be kept on disk. Nothing that depends on it may happen: stay shut."""


class UnsentReports(AgentError):
    """Going on would lose reports that no adult has yet. Let them be sent, or have somebody decide it."""


class NotEnrolled(AgentError):
    """This machine has no usable enrolment. Say so, and how to enrol."""
