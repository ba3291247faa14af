"""What a gate shows on the commonest laptop: whoever grows the lists of what is kept hears of it here."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from agent.link.pages import GatePage
from agent.window.render import render
from installer.displays import SIZE
from policies import composing, schools

pytestmark = pytest.mark.browser
HEIGHTS = """language => {
  const blocks = [...document.querySelectorAll("[data-block]")];
  return blocks.filter((each) => each.dataset.language === language).map((shown) => {
    blocks.forEach((each) => { each.hidden = each !== shown; });
    return document.documentElement.scrollHeight;
  });
}"""


@pytest.mark.parametrize("name", schools.profile_names())
def test_no_page_for_teens_and_adults_goes_on_below_the_screen(browser: Browser, name: str):
    profile = schools.load_profile(name)
    width, height = SIZE
    tab = browser.new_page(viewport={"width": width, "height": height})
    longer: dict[tuple[str, str], list[int]] = {}
    for agreement in composing.compose(profile.school, profile.settings, profile.tiers):
        if agreement.tier not in ("teen", "adult", "visitor"):
            continue
        for text in agreement.texts:
            page = GatePage(
                school=profile.school.name,
                language=text.language,
                tier=agreement.tier,
                person="Deniz Aksoy",
                agreement=agreement,
                contacts=profile.school.contacts,
                reports=profile.settings.report.enabled,
            )
            tab.set_content(render(page, datetime(2026, 9, 14, 8, 30, tzinfo=UTC), bare=True))
            found = tab.evaluate(HEIGHTS, text.language)
            if max(found) > height:
                longer[agreement.tier, text.language] = found
    tab.close()

    assert {} == longer
