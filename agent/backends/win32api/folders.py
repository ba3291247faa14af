"""Who a file or folder belongs to, by its path, and the rights on it."""

import sys

assert sys.platform == "win32"


import win32security

from agent.backends.win32api.telling import told


def owner_of(path: str) -> str:
    """Return the owner's SID."""
    with told("GetNamedSecurityInfo"):
        found = win32security.GetNamedSecurityInfo(
            path, win32security.SE_FILE_OBJECT, win32security.OWNER_SECURITY_INFORMATION
        )
        return win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner())


def set_security(path: str, sddl: str) -> None:
    """Give it the owner and the rights that stand there, and no inherited ones."""
    with told("ConvertStringSecurityDescriptorToSecurityDescriptor"):
        wanted = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            sddl, win32security.SDDL_REVISION_1
        )
    with told("SetNamedSecurityInfo"):
        win32security.SetNamedSecurityInfo(
            path,
            win32security.SE_FILE_OBJECT,
            win32security.OWNER_SECURITY_INFORMATION
            | win32security.DACL_SECURITY_INFORMATION
            | win32security.PROTECTED_DACL_SECURITY_INFORMATION,
            wanted.GetSecurityDescriptorOwner(),
            None,
            wanted.GetSecurityDescriptorDacl(),
            None,
        )
