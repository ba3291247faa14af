"""Words about memory sticks: states, reasons, refusals. To adults; the laptop has its own for pupils."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "usb-mode": {
        "off": _(
            "The policy leaves memory sticks alone: they open as usual, and nothing about them is kept."
        ),
        "forbid": _(
            "By the policy, every stick stays shut. Nobody can ask and nobody can say yes, you neither."
        ),
        "staff_encrypted_approved": _(
            "By the policy, staff may ask for encrypted sticks only, and the technician answers."
        ),
        "approve_then_scan": _(
            "By the policy, a stick stays shut until an adult says yes and the laptop has checked it."
        ),
        "copy": _("By the policy, a stick stays shut; after a yes and a check, the laptop copies its files."),
    },
    "media-class": {
        "storage": _("USB stick"),
        "phone": _("Phone or camera"),
        "card": _("Memory card"),
        "mixed": _("Stick that also types"),
        "input": _("Keyboard or mouse"),
        "hub": _("Hub"),
        "other": _("Other device"),
    },
    "encryption": {
        "none": _("not encrypted"),
        "luks": _("encrypted (LUKS)"),
        "bitlocker": _("encrypted (BitLocker)"),
        "unknown": _("encryption not known yet"),
    },
    "media-state": {
        "not-asked": _("Not asked"),
        "blocked": _("Shut by policy"),
        "asked": _("Asked"),
        "answered": _("Answered, not confirmed"),
        "checking": _("Being checked"),
        "open": _("Checked, open"),
        "copied": _("Checked, copied"),
        "harmful": _("Harmful, stays shut"),
        "denied": _("Answered no"),
        "withdrawn": _("Stopped asking"),
        "over": _("Closed again"),
        "not-checked": _("Not checked, stays shut"),
        "stays-shut": _("Stays shut"),
    },
    "shut-reason": {
        "forbidden": _("the policy keeps every stick shut"),
        "mixed": _("it mixes a keyboard and storage"),
        "not-for-pupils": _("for staff only"),
        "not-encrypted": _("it is not encrypted"),
        "not-listed": _("no approval fits it"),
        "denied": _("an adult said no"),
        "revoked": _("the approval was ended"),
        "expired": _("its time was over"),
        "policy-changed": _("the policy changed"),
        "harmful": _("something harmful was found"),
        "not-scanned": _("not everything could be checked"),
        "too-large": _("it holds more than the limits allow"),
        "no-room": _("there was no room on the laptop for a copy"),
        "unreadable": _("it could not be read"),
        "locked": _("it is encrypted and was not unlocked"),
        "changed": _("it changed after the check"),
        "unplugged": _("it was taken out too early"),
        "cancelled": _("the check was cancelled"),
        "no-scanner": _("no scanner works on this laptop"),
        "stale-signatures": _("the scanner is out of date"),
        "login-over": _("its user signed out"),
        "broken": _("the agent failed; see the laptop’s doctor command"),
    },
    "refusal": {
        "forbidden": _("The policy keeps every stick shut. Nobody can say yes, the technician neither."),
        "policy-changed": _(
            "The policy changed since it was asked. Let them take the stick out and ask again."
        ),
        "answered": _("This was answered already, or they stopped asking."),
        "over": _("This is over: nobody answered in time, or it ended. Let them ask again."),
        "not-yours": _("This answer is not yours to give. The technician can."),
        "blocked": _("The policy keeps this kind of device shut."),
        "not-staff": _("The policy opens sticks for staff only."),
        "not-encrypted": _("It has to be encrypted, and it is not."),
        "needs-serial": _("It gives no serial number, so a yes can hold for this one plug only."),
        "needs-standing": _("Phones and cameras need a standing approval. Choose one under More choices."),
        "too-long": _("That is longer than the policy allows."),
        "too-soon": _("Choose a time to come."),
        "same-person": _("Another adult has to give the second yes."),
    },
    "scanner": {
        "ready": _("Up to date"),
        "stale": _("Out of date"),
        "unknown-age": _("Age not known"),
        "missing": _("Not installed"),
        "broken": _("Broken"),
    },
    "access": {"read": _("Read only"), "write": _("Read and write"), "copy": _("Copied files")},
    "media-place": {
        "laptop": _("This laptop"),
        "room": _("Every laptop of the room"),
        "school": _("Every laptop of the school"),
    },
    "media-until": {
        "hour": _("For one hour"),
        "today": _("Today"),
        "week": _("For a week"),
        "date": _("Until a day"),
    },
}
