"""How one section of an agreement looks for each tier; at the gate and in *The rules I accepted*."""

from agent.link.speech import kept_headings, sentence_line
from agent.window.markup import Html, has_icon, icon, picture, tag, together
from agent.window.screens import Screen
from agent.words import Say
from policies.agreements import Section, Sentence
from policies.settings import Tier

CLAUSE_ICONS = {
    "use": "laptop",
    "people": "heart",
    "monitoring": "list",
    "consequences": "scales",
    "help": "hand",
}


def section_body(
    section: Section, say: Say, tier: Tier, lines: dict[str, int], *, screen: Screen | None = None
) -> Html:
    """Return the section's words; `lines` numbers what can be heard, empty where nothing can."""
    if tier == "early":
        return _cards(section, say, lines, screen)
    if tier == "junior":
        return _promises(section, say, lines)
    return _article(section, say, lines)


def _cards(section: Section, say: Say, lines: dict[str, int], screen: Screen | None) -> Html:
    count = len(section.sentences)
    by = "by-two beside" if count in (1, 2, 4) else "by-three"
    adults = section.for_adults
    return together(
        tag(
            "ol",
            *(_card(sentence, say, lines) for sentence in section.sentences),
            class_=f"pictures plain {by}",
        ),
        tag("p", tag("b", say("For the adult beside you"), ":"), " ", adults, class_="small quiet for-adults")
        if adults
        else "",
    )


def _card(sentence: Sentence, say: Say, lines: dict[str, int]) -> Html:
    line = lines.get(sentence_line(sentence))
    hear = tag(
        "button",
        icon("speaker"),
        tag("span", say("Hear: {sentence}", sentence=sentence.text), class_="hear"),
        class_="listen",
        type="button",
        data_read="one",
    )
    return tag(
        "li",
        picture(sentence.picture),
        tag("div", tag("p", sentence_line(sentence)), hear if line is not None else None, class_="said"),
        class_="picture",
        data_line=line,
    )


def _promises(section: Section, say: Say, lines: dict[str, int]) -> Html:
    usual = CLAUSE_ICONS[section.clause]
    items = (
        tag(
            "li",
            icon(sentence.picture if has_icon(sentence.picture) else usual),
            tag("div", tag("b", sentence.text), sentence.why),
            data_line=lines.get(sentence_line(sentence)),
        )
        for sentence in section.sentences
    )
    return together(
        tag("h2", section.heading, data_line=lines.get(section.heading)),
        tag("ul", *items, class_="rules two"),
        _lists(section, say, lines),
    )


def _article(section: Section, say: Say, lines: dict[str, int]) -> Html:
    sentences = (
        tag("p", _with_reason(sentence), data_line=lines.get(sentence_line(sentence)))
        for sentence in section.sentences
    )
    plain = [*sentences]
    if len(plain) > 2:
        items = (
            tag("li", _with_reason(sentence), data_line=lines.get(sentence_line(sentence)))
            for sentence in section.sentences
        )
        plain = [tag("ul", *items, class_="dots")]
    return tag(
        "article",
        tag("h2", section.heading, data_line=lines.get(section.heading)),
        *plain,
        _lists(section, say, lines),
        class_="text",
    )


def _with_reason(sentence: Sentence) -> Html:
    return together(sentence.text, " " + sentence.why if sentence.why else "")


def _lists(section: Section, say: Say, lines: dict[str, int]) -> Html:
    kept, never = kept_headings(say.language)
    columns = [
        _list(heading, items, lines)
        for heading, items in ((kept, section.kept), (never, section.never_kept))
        if items
    ]
    return tag("div", *columns, class_="cols keeps") if columns else Html("")


def _list(heading: str, items: tuple[str, ...], lines: dict[str, int]) -> Html:
    return tag(
        "div",
        tag("h3", heading, data_line=lines.get(heading)),
        tag("ul", *(tag("li", item, data_line=lines.get(item)) for item in items), class_="dots"),
    )
