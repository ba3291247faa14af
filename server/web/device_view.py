"""How a laptop stands, decided from what the server knows of it. Pure."""

from datetime import datetime, timedelta

from server.devices import Device

SILENT_AFTER = timedelta(days=1)
"""For a technician: a laptop that was off overnight is not news."""

KINDS: dict[str, tuple[str, str]] = {
    "secured": ("info", "doc"),
    "healthy": ("ok", "tick"),
    "silent": ("off", "nosignal"),
    "never": ("off", "ring"),
    "pending": ("wait", "sent"),
    "rejected": ("stop", "octagon"),
    "broken": ("stop", "octagon"),
    "cloned": ("stop", "octagon"),
    "fork": ("stop", "octagon"),
    "quarantine": ("stop", "octagon"),
    "replaced": ("off", "ring"),
    "retired": ("off", "ring"),
}
"""Each state's chip: kind and shape. The order of urgency stands in `decide_states`."""

NEEDS_SOMEBODY = ("cloned", "fork", "rejected", "broken", "quarantine", "pending", "silent", "never")
REACH = {"works": ("ok", "tick"), "lacking": ("off", "ring"), "broken": ("stop", "octagon")}


def decide_states(device: Device, now: datetime, secured: bool = False) -> list[str]:
    """
    Return everything that holds for a laptop, most urgent first; `["healthy"]` if nothing does.

    `secured`: its logins and sticks are shut for evidence, which is not for a technician to end.
    """
    states = ["secured"] if secured else []
    if device.state != "active":
        return [device.state, *states]
    if device.chain_breaks:
        states.append("fork")
    if device.rejected_number is not None and device.rejected_number == device.assigned_number:
        states.append("rejected")
    if "broken" in device.capabilities.values():
        states.append("broken")
    if device.quarantined:
        states.append("quarantine")
    if device.last_seen_at is None:
        states.append("never")
    elif now - device.last_seen_at > SILENT_AFTER:
        states.append("silent")
    if "rejected" not in states and policy_pending(device):
        states.append("pending")
    return states or ["healthy"]


def policy_pending(device: Device) -> bool:
    """Say whether the newest policy is sent and not confirmed."""
    if device.assigned_number is None:
        return False
    return device.applied_number is None or device.applied_number < device.assigned_number
