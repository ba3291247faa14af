"""What can go wrong for a caller of the server, each with what to do about it."""


class ServerError(Exception):
    """Something a person or a laptop asked for cannot be done; the message says what to do instead."""


class NotFound(ServerError):
    """There is no such thing. Look at the list and choose again."""


class Invalid(ServerError):
    """The input is not what it has to be. Correct it and try again; nothing was changed."""


class DeviceRefused(ServerError):
    """A definite no to a laptop: its HTTP status, a word for programs and a sentence for people."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
