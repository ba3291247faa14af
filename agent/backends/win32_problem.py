"""What Windows answered when it would not: the call and its error code, importable everywhere."""

from agent.errors import DeviceFailed

FILE_NOT_FOUND = 2
ACCESS_DENIED = 5
SHARING_VIOLATION = 32
INVALID_PARAMETER = 87
NOT_IMPLEMENTED = 120
PRIVILEGE_NOT_HELD = 1314


class WinProblem(DeviceFailed):
    """A call of Windows failed. Its code decides the way on; the message is for a technician."""

    def __init__(self, function: str, code: int) -> None:
        super().__init__(f"Windows would not: {function} (error {code})")
        self.function = function
        self.code = code
        """As GetLastError gives it (winerror.h)."""
