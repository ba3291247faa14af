"""What the plain cover of *Hide my screen* says: nothing of what it covers."""

from agent.link.pages import HiddenWords
from agent.words import Say


def hidden_words(say: Say, *, school: str, reports: bool) -> HiddenWords:
    """Return the cover's words; where nothing can be reported, its first button calls an adult."""
    return HiddenWords(
        title=school,
        tell=say("Something’s wrong") if reports else say("I need help"),
        uncover=say.you("Show my screen again"),
    )
