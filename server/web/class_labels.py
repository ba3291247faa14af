"""Words about classes that hear the agreement together: for their teacher, and for the children."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "colour": {
        "green": _("Green"),
        "blue": _("Blue"),
        "yellow": _("Yellow"),
        "orange": _("Orange"),
        "white": _("White"),
    },
    "animal": {
        "cat": _("cat"),
        "rabbit": _("rabbit"),
        "bear": _("bear"),
        "mouse": _("mouse"),
        "elephant": _("elephant"),
        "lion": _("lion"),
        "owl": _("owl"),
        "frog": _("frog"),
        "sheep": _("sheep"),
        "duck": _("duck"),
        "fish": _("fish"),
        "snail": _("snail"),
        "turtle": _("turtle"),
        "bee": _("bee"),
        "butterfly": _("butterfly"),
        "penguin": _("penguin"),
    },
    "class-step": {
        "read": _("Read it aloud"),
        "here": _("Who is here"),
        "tablet": _("Pass the tablet round"),
        "witness": _("Confirm"),
    },
    "class-answer": {
        "accepted": _("Said yes"),
        "declined": _("Said not now"),
        "help": _("Wants help"),
        "": _("Has not answered"),
        "withdrawn": _("Taken back"),
    },
    "class-refused": {
        "text": _("The agreement has changed since you read it to them. Begin again with this class."),
        "class": _("Nobody of this class is asked together any more. Choose another class."),
        "nobody": _("Tick at least one child who is here."),
        "answers": _("Nobody has said yes or not now. Pass the tablet round first."),
        "child": _("This child has no answer that could be taken away."),
        "over": _("This has ended. Begin again with this class."),
        "handed": _("The tablet still goes round. Say that it is back, and look at the answers again."),
        "witness": _("Only whoever began it was there, and can confirm it."),
        "saw": _("Tick that you read it aloud and saw each child answer."),
    },
}
