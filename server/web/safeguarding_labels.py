"""Words about reports, figures, offices and looks, to adults. Nothing here judges a child."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


HARMS: dict[str, str] = {
    "content": _("Upsetting content"),
    "contact": _("Unwanted contact"),
    "conduct": _("Unkind behaviour"),
    "bullying": _("Bullying"),
    "sexual-image": _("Sexual image"),
    "harassment": _("Harassment"),
    "exploitation": _("Exploitation"),
    "hate": _("Hate"),
    "extremism": _("Extremism"),
    "illegal": _("Possibly illegal"),
    "filter-breach": _("Got past the filter"),
    "offensive-message": _("Hurtful message"),
    "other": _("Something else"),
}
LABELS: dict[str, dict[str, str]] = {
    "figure-kind": {
        "content": _("Saw something upsetting"),
        "contact": _("Unwanted contact"),
        "conduct": _("Pupils being unkind"),
        "staff": _("About an adult in school"),
    },
    "figure-harm": {**HARMS, "": _("Not sorted yet")},
    "figure-problems": {
        "virus": _("Virus warning"),
        "broken": _("Something broken"),
        "filter": _("A page was shut or open by mistake"),
        "other": _("Something else"),
    },
    "officer": {
        "lead": _("Safeguarding lead"),
        "deputy": _("Deputy lead"),
        "head": _("Head"),
        "alternate": _("For reports about the head"),
        "recovery": _("Recovery sheet"),
    },
    "plot": {
        "kind": _("Reports by kind"),
        "year": _("Reports by year group"),
        "harm": _("Reports as the officers sorted them"),
        "problems": _("Broken things"),
    },
    "entry": {
        "lesson": _("Lesson learned"),
        "action": _("What changes, and who sees to it"),
        "training": _("Training"),
        "survey": _("What pupils, parents or staff said"),
    },
    "look-kind": {
        "people": _("People"),
        "labs": _("Labs"),
        "lists": _("Lists"),
        "cases": _("Cases"),
        "supervision": _("Supervision"),
        "orders": _("Orders in rooms"),
        "duties": _("Rooms and covers"),
        "refused": _("Rooms refused"),
    },
}
