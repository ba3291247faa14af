"""What stands beside the settings in a school's file, in words; and everything together."""

from server.wording.entries import Entry
from server.wording.entries import mark as _
from server.wording.settings import SETTINGS, TIER_WORDS

_CONSEQUENCES = _(
    "Stands in every agreement. A change of it asks everybody again. A number can follow its setting: "
    "write {lock_minutes}, {sign_out_minutes}, {offline_days} or {report_answer_hours}."
)
SCHOOL: dict[str, Entry] = {
    "school.name": Entry(_("Name of the school"), _("the school is called %(value)s"), "text"),
    "school.contacts": Entry(
        _("Whom a pupil can turn to"),
        _("whom a pupil can turn to: %(value)s"),
        "contacts",
        _("Shown on every laptop, also at the gate. A person, and how to find them."),
    ),
    "school.consequences.en": Entry(
        _("What happens when the rules are broken, in English"),
        _("what happens when the rules are broken (English): %(value)s"),
        "long-text",
        _CONSEQUENCES,
    ),
    "school.consequences.tr": Entry(
        _("What happens when the rules are broken, in Turkish"),
        _("what happens when the rules are broken (Turkish): %(value)s"),
        "long-text",
        _CONSEQUENCES,
    ),
    "tiers": Entry(
        _("For whom there is an agreement"),
        _("there is an agreement for %(value)s"),
        "several",
        _("Whoever is none of these is asked nothing and not let in."),
        TIER_WORDS,
    ),
}
"""What stands beside the settings in a school's file."""
REVIEW: dict[str, Entry] = {
    "review.approved_by": Entry(
        _("Approved by"),
        _("approved by %(value)s"),
        "text",
        _("The office, such as “Governors’ committee”."),
    ),
    "review.approved_on": Entry(_("Approved on"), _("approved on %(value)s"), "day"),
    "review.next_review": Entry(
        _("Next review"),
        _("the next review is on %(value)s"),
        "day",
        _("At least once a year. Past that day, a banner stands on this page."),
    ),
    "review.early": Entry(
        _("Why it is looked at sooner"),
        _("it is looked at sooner: %(value)s"),
        "text",
        _("A new law, an incident, a new network. Optional."),
    ),
}
OTHER: dict[str, Entry] = {
    "profile": Entry(_("Began as the example"), _("began as the example %(value)s"), "text"),
    "note": Entry(_("Note for technicians"), _("a note says %(value)s"), "text"),
}
EVERYTHING: dict[str, Entry] = {**SETTINGS, **SCHOOL, **REVIEW, **OTHER}
