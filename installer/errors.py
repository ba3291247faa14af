"""What can go wrong while setting up, and what the person should do about it."""


class InstallerError(Exception):
    """Say it and stop with `exit_code`; the message already says what to do."""

    exit_code = 1


class NeedsRoot(InstallerError):
    """The person must run a command as root first; the message shows it."""

    exit_code = 2
