"""Encrypted sticks on Windows: BitLocker To Go, asked of Windows' own WMI provider.

A volume counts as encrypted only if all of it is and its key is not lying open on it beside the data
(*suspended*). What Windows does not say is unknown, and unknown is never encrypted.
"""

import re
from typing import Literal, NamedTuple

from agent.backends.usb import Volume, is_locked
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_nodes import Value, Volumes, Wmi
from agent.backends.windows_usb_ids import is_volume
from agent.errors import DeviceFailed
from policies.media import Encryption

NAMESPACE = r"root\CIMV2\Security\MicrosoftVolumeEncryption"
_FULLY_ENCRYPTED, _PROTECTED = 1, 1
_UNLOCKED, _LOCKED = 0, 1
_FIND = "SELECT DeviceID FROM Win32_EncryptableVolume WHERE DeviceID = '{}'"
_WRONG_KEY = (0x80310027, 0x80310033, 0x80310030)
"""FVE_E_FAILED_AUTHENTICATION, FVE_E_PROTECTOR_NOT_FOUND, FVE_E_INVALID_PASSWORD_FORMAT."""
_RECOVERY = re.compile(r"^([0-9]{6}-){7}[0-9]{6}$")
_NAMES = {"FAT": "vfat", "FAT12": "vfat", "FAT16": "vfat", "FAT32": "vfat", "EXFAT": "exfat", "NTFS": "ntfs"}


class States(NamedTuple):
    """What BitLocker says of one volume; None: it does not."""

    lock: int | None
    conversion: int | None
    protection: int | None


def decide_encryption(states: States | None, filesystem: str) -> tuple[str, Encryption]:
    """Return a volume's file system as Linux names it, and what its encryption is to us."""
    name = _NAMES.get(filesystem.upper(), filesystem.lower())
    if states is None or states.lock is None:
        return name, "unknown"
    if states.lock == _LOCKED:
        return "", "bitlocker"
    if states.lock == _UNLOCKED and states.conversion == 0:
        return name, "none"
    if states.conversion == _FULLY_ENCRYPTED and states.protection == _PROTECTED:
        return name, "bitlocker"
    return name, "none"


def decide_method(passphrase: str) -> Literal["UnlockWithPassphrase", "UnlockWithNumericalPassword"]:
    """Return how what its owner typed is tried: as a recovery key if it looks like one."""
    return "UnlockWithNumericalPassword" if _RECOVERY.match(passphrase) else "UnlockWithPassphrase"


class BitLocker:
    """Windows' own encryption of volumes. *Slow* throughout."""

    def __init__(self, wmi: Wmi, volumes: Volumes) -> None:
        self._wmi = wmi
        self._volumes = volumes

    def look(self, volume: str, sequence: int) -> Volume:
        """Return what stands on a volume."""
        try:
            states = self._states(volume)
        except WinProblem:
            states = None  # an edition without BitLocker, or a provider that does not answer
        filesystem, encryption = decide_encryption(states, self._volumes.filesystem(volume))
        return Volume(volume, sequence, filesystem, encryption)

    def unlock(self, volumes: list[Volume], passphrase: str) -> tuple[Volume, ...] | None:
        """Open all of these or none; None if the passphrase is another one. Raises DeviceFailed."""
        opened: list[Volume] = []
        done: list[Volume] = []
        try:
            for volume in volumes:
                if not is_locked(volume):
                    done.append(volume)
                    continue
                if not self._try(volume.node, passphrase):
                    self.lock(opened)
                    return None
                opened.append(volume)
                done.append(self.look(volume.node, volume.sequence))
        except DeviceFailed:
            self.lock(opened)
            raise
        return tuple(done)

    def _try(self, volume: str, passphrase: str) -> bool:
        method = decide_method(passphrase)
        argument = "NumericalPassword" if method == "UnlockWithNumericalPassword" else "Passphrase"
        answer = self._wmi.call(NAMESPACE, self._path(volume), method, {argument: passphrase})
        code = _code(answer)
        if code in _WRONG_KEY:
            return False
        if code != 0:
            raise WinProblem(method, code)
        return True

    def lock(self, volumes: list[Volume]) -> None:
        """Close these again, whatever is open on them; raises the first problem when all were tried."""
        problem: WinProblem | None = None
        for volume in volumes:
            try:
                answer = self._wmi.call(NAMESPACE, self._path(volume.node), "Lock", {"ForceDismount": True})
                if _code(answer) != 0:
                    raise WinProblem("Lock", _code(answer))
            except WinProblem as caught:
                problem = problem or caught
        if problem is not None:
            raise problem

    def _states(self, volume: str) -> States | None:
        path = self._path(volume)
        lock = self._ask(path, "GetLockStatus", "LockStatus")
        if lock == _LOCKED:
            return States(lock, None, None)
        conversion = self._ask(path, "GetConversionStatus", "ConversionStatus")
        protection = self._ask(path, "GetProtectionStatus", "ProtectionStatus")
        return States(lock, conversion, protection)

    def _ask(self, path: str, method: str, name: str) -> int | None:
        answer = self._wmi.call(NAMESPACE, path, method, {})
        value = answer.get(name)
        return value if _code(answer) == 0 and isinstance(value, int) else None

    def _path(self, volume: str) -> str:
        if not is_volume(volume):
            raise DeviceFailed("that is no volume")
        wanted = volume.replace("\\", "\\\\")
        # `is_volume` lets nothing pass but the name of a volume.
        found = self._wmi.query(NAMESPACE, _FIND.format(wanted))
        path = found[0].get("__PATH") if found else None
        if not isinstance(path, str):
            raise WinProblem("Win32_EncryptableVolume", 2)
        return path


def _code(answer: dict[str, Value]) -> int:
    """Return the code of a WMI method, as the unsigned number that its documentation has."""
    code = answer.get("ReturnValue")
    return code & 0xFFFFFFFF if isinstance(code, int) else 0xFFFFFFFF
