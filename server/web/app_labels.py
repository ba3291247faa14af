"""Words about the app register, and about sticks that are allowed without a request."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "app-decision": {
        "approved": _("Approved"),
        "refused": _("Not approved"),
        "open": _("Being looked at"),
    },
    "app-change": {"added": _("added it"), "changed": _("changed it"), "removed": _("took it out")},
    "app-refusal": {
        "no-name": _("Write the app’s name."),
        "name-taken": _("Another entry has this name. Change that one."),
        "no-names": _("Write how laptops name it, one name on a line."),
        "too-many-names": _("These are more names than one app has."),
        "names-taken": _("One of these names belongs to another entry."),
        "decision": _("Choose a decision: approved, not approved or being looked at."),
        "ages": _("Write ages as whole numbers from 2 to 99, the lower one first."),
        "no-evaluator": _("Write who looked at it. Until somebody has, leave it as being looked at."),
        "review_on": _("Write the day as 2027-06-30."),
        "twice": _("This app stands in the list before."),
    },
    "standing-refusal": {
        "not-yours": _("The policy does not let the technician answer for sticks."),
        "forbidden": _("The policy opens no stick there. Nobody can say yes, the technician neither."),
        "needs-serial": _("Write the serial number. Without one there is nothing to stand on."),
        "never-seen": _("No laptop has met this stick. Plug it into a laptop once, then try again."),
        "seen-differently": _("Several different sticks have this serial number. Choose one."),
        "no-stick": _("What is written names no stick. Take the columns from the history."),
        "blocked": _("The policy keeps this kind of device shut."),
        "too-soon": _("Choose a day to come."),
        "too-long": _("That is longer than the policy allows."),
        "no-person": _("Nobody on the list has this account or id."),
        "not-staff": _("The policy opens sticks for staff only."),
        "no-laptop": _("No laptop in use has this name, or several have."),
        "no-room": _("No laptop stands in this room."),
        "too-many": _("Too many standing approvals hold already. End some first."),
        "stands": _("The same approval holds already, as long or longer."),
        "until": _("Write the day as 2027-06-30."),
        "access": _("Write read or write."),
        "encrypted": _("Write yes or no."),
        "place": _("Write either a room or a laptop; neither means the whole school."),
    },
    "media-what": {
        "harmful": _("Harmful"),
        "opened": _("Checked and opened"),
        "shut": _("Stayed shut"),
    },
}
