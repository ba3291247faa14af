"""Words for the codes of the pages about people."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "people-page": {
        "list": _("Everybody"),
        "import": _("Import a list"),
        "orphans": _("What does not fit"),
        "parents": _("Parents’ copies"),
        "consents": _("Parents’ consents"),
        "access": _("Who has access"),
        "arrangements": _("Arrangements"),
        "limits": _("Limits and meetings"),
        "lessons": _("Lessons about safety"),
        "countersign": _("Adults’ acceptances"),
    },
    "person-kind": {"pupil": _("Pupil"), "staff": _("Staff"), "visitor": _("Visitor")},
    "person-state": {
        "here": _("Here now"),
        "left": _("Left"),
        "no-account": _("Without an account"),
    },
    "person-field": {
        "person": _("Id of the person"),
        "username": _("Account on laptops"),
        "kind": _("Pupil or staff"),
        "given_name": _("Given names"),
        "family_name": _("Family name"),
        "display_name": _("Name"),
        "tier": _("Tier"),
        "grade": _("Grade or year group"),
        "born": _("Day of birth (for the tier, not kept)"),
        "language": _("Language"),
        "room": _("Room"),
        "class_name": _("Class"),
        "year": _("Class or year group, as shown"),
        "job_title": _("Job title"),
        "accounts": _("Accounts on laptops"),
    },
    "roster-change": {
        "joined": _("Joined"),
        "left": _("Left"),
        "returned": _("Returned"),
        "changed": _("Changed by a list"),
        "corrected": _("Set right"),
        "account": _("Account changed"),
    },
    "import-state": {
        "waiting": _("Waits for a yes"),
        "applied": _("Applied"),
        "dropped": _("Dropped"),
    },
    "roster-source": {
        "csv": _("CSV"),
        "": _("not read yet"),
        "oneroster 1.1": "OneRoster 1.1",
        "oneroster 1.2": "OneRoster 1.2",
    },
    "correction": {
        "reason": _("Write a reason of at least 5 letters. It is kept with the change."),
        "empty": _("This may not be empty."),
        "sign": _("This begins like a formula, or holds an invisible character."),
        "long": _("This is too long, or too many."),
        "choice": _("Choose one of the list."),
        "account": _("This cannot be a user name: no spaces, no slashes."),
        "taken": _("This belongs to somebody else already."),
        "nothing": _("Nothing is otherwise than it was."),
    },
    "copy-how": {
        "paper": _("On paper"),
        "meeting": _("At a meeting"),
        "mail": _("By mail"),
        "phone": _("By telephone"),
    },
    "account-rule": {
        "column": _("A column of the list (OneRoster: username)"),
        "template": _("A template makes one from the name"),
        "mapping": _("A file of our own: id and user name"),
        "keep": _("None: leave accounts as they are"),
    },
    "tier-rule": {
        "column": _("A column of the list"),
        "grade": _("The grade or year group"),
        "age": _("The day of birth"),
    },
    "parents-copy": {
        "title": _("The agreement, for parents"),
        "whose": _("A copy for parents and carers"),
        "intro": _(
            "Your child uses the school’s laptops. Before the first time, and again every school year, the"
            " laptop shows the text below and asks your child to accept it. Adults of the school supervise"
            " the use; what is recorded is listed in the text."
        ),
        "kept": _("What is kept"),
        "never": _("What is never kept"),
        "ask": _("Whom you can ask"),
        "office": _("For the school’s office"),
        "pupil": _("Name of the pupil, class"),
        "read": _("I have read this text"),
        "sign": _("Day and signature"),
        "version": _("version"),
    },
    "export-table": {
        "roster": _("Who the person is"),
        "people": _("Their accounts on laptops"),
        "roster_changes": _("What was changed about them"),
        "logins": _("When and where they were logged in"),
        "answers": _("Answers to the agreement"),
        "records": _("What laptops recorded of them"),
        "looks": _("Who looked at it"),
        "media_plugs": _("Memory sticks used"),
        "media_requests": _("Memory sticks asked for"),
        "media_detections": _("Harm found on sticks"),
        "media_approvals": _("Memory sticks allowed"),
        "problems": _("What they said to be broken"),
        "parents_copies": _("Parents’ copies"),
        "consents": _("Parents’ consents"),
        "app_asks": _("Apps they asked for"),
        "attributions": _("Notes of whose login it was"),
        "arrangements": _("Arrangements for them alone"),
        "restrictions": _("Limits"),
        "resigns": _("Meetings about the rules"),
        "inductions": _("Lessons about safety"),
        "countersigns": _("Countersignatures"),
        "grant_news": _("Changes laptops were told of"),
        "loans": _("Laptops lent to them"),
    },
}
