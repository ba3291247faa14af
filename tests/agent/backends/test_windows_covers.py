"""The covers of the Windows desktop: *Hide my screen* with its key, and *Eyes to the front*."""

import pytest

from agent.backends.desktop import Cover, CoverWords, FrontWords
from agent.backends.front_keys import GRACE_SECONDS
from agent.backends.win32_problem import ACCESS_DENIED
from agent.backends.windows_desktop_covers import ELSEWHERE, decide_front
from agent.backends.windows_desktop_slices import Rectangle
from agent.backends.windows_keys import parse_shortcut
from agent.backends.x11_contest import CONTESTED
from tests.support.win32.fake_desktop import SCREEN, SECOND
from tests.support.win32.windows_house import House

HIDDEN = CoverWords("Çınar Ortaokulu", "Bir sorun var", "Ekranımı yeniden göster")
WORDS = FrontWords("Öne bakın", "“Kitaplar açık”", "Demir Öğretmen", "Çınar Ortaokulu", "Bir sorun var")


@pytest.fixture
def house():
    made = House()
    yield made
    made.desktop.close()


# ---- hide my screen ----


def test_r43_hiding_covers_every_screen_at_once_and_takes_the_keyboard():
    house = House((SCREEN, SECOND))
    house.app("chrome.exe")
    house.desktop.prepare_hiding("Ctrl+Alt+H", HIDDEN)
    house.desktop.hide_screen()

    assert [SCREEN, SECOND] == [board.rect for board in reversed(house.calls.boards["hide"].values())]
    assert house.calls.front in house.calls.windows_of("hide")
    assert HIDDEN.title in house.calls.words_on("hide")


def test_the_key_is_held_and_pressing_it_hides(house):
    held = house.desktop.prepare_hiding("Ctrl+Alt+H", HIDDEN)
    house.calls.tell("hotkey")

    assert held
    assert (3, ord("H")) == house.calls.key
    assert {"hide"} == house.desktop.take_changes()


def test_a_key_that_another_program_has_is_said_and_the_cover_is_ready_nevertheless(house):
    house.calls.keys_taken.add((3, ord("H")))
    held = house.desktop.prepare_hiding("Ctrl+Alt+H", HIDDEN)
    house.desktop.hide_screen()

    assert not held
    assert HIDDEN.tell in house.calls.words_on("hide")


@pytest.mark.parametrize("shortcut", ["H", "Ctrl+", "Ctrl+Alt", "Hyper+H", "Ctrl+Ğ", "Ctrl+F25", "Ctrl+²"])
def test_what_is_no_shortcut_is_refused(house, shortcut):
    assert not house.desktop.prepare_hiding(shortcut, HIDDEN)


@pytest.mark.parametrize(
    ("shortcut", "found"),
    [("Ctrl+Alt+H", (3, 0x48)), ("Super+F12", (8, 0x7B)), ("Ctrl+Shift+space", (6, 0x20))],
)
def test_a_shortcut_becomes_windows_numbers(shortcut, found):
    assert found == parse_shortcut(shortcut)


def test_by_keyboard_alone_the_screen_is_shown_again(house):
    house.desktop.prepare_hiding("", HIDDEN)
    house.desktop.hide_screen()
    house.calls.tell("key", "hide", "turn")
    house.calls.tell("key", "hide", "enter")

    assert {"uncover"} == house.desktop.take_changes()


def test_a_click_tells(house):
    house.desktop.prepare_hiding("", HIDDEN)
    house.desktop.hide_screen()
    house.calls.tell("press", "hide", "tell")

    assert {"tell"} == house.desktop.take_changes()


def test_what_was_pressed_before_the_cover_went_counts_no_more(house):
    house.desktop.prepare_hiding("", HIDDEN)
    house.desktop.hide_screen()
    house.desktop.show_screen()
    house.calls.tell("press", "hide", "tell")

    assert set() == house.desktop.take_changes()


def test_a_report_begun_from_the_cover_stands_above_it_and_a_stranger_does_not(house):
    house.desktop.prepare_hiding("", HIDDEN)
    house.desktop.hide_screen()
    ours, report = house.window_of_ours()
    _chat, stranger = house.app("chat.exe")
    house.desktop.keep_hidden([ours.pid])
    order = house.calls.stack

    assert order.index(report) < order.index(house.calls.windows_of("hide")[0]) < order.index(stranger)
    assert report == house.calls.front


# ---- eyes to the front ----


def test_eyes_to_the_front_covers_every_screen_and_says_so():
    house = House((SCREEN, SECOND))
    house.app("chrome.exe")

    assert Cover(True) == house.desktop.show_front(WORDS)
    assert {WORDS.title, WORDS.said, WORDS.by, WORDS.school, WORDS.tell} <= set(house.calls.words_on("front"))


def test_a_window_that_comes_above_is_beneath_at_the_next_look(house):
    house.desktop.show_front(WORDS)
    _game, window = house.app("game.exe", rect=SCREEN)

    assert Cover(True) == house.desktop.keep_front(())
    assert house.calls.stack.index(window) > 0


def test_a_window_that_cannot_be_seen_is_no_stranger(house):
    house.desktop.show_front(WORDS)
    for hidden in (
        {"cloaked": True},
        {"visible": False},
        {"minimized": True},
        {"rect": Rectangle(0, 0, 1, 1)},
    ):
        house.app("quiet.exe", **hidden)
    covers = house.calls.windows_of("front")
    found = decide_front([house.calls.rows[each] for each in house.calls.stack], [SCREEN], covers, ())

    assert Cover(True) == found


def test_who_fights_for_the_front_is_told_of_though_each_look_finds_it_covered(house):
    house.desktop.show_front(WORDS)
    covers = []
    for _time in range(6):
        house.clock += 0.4
        house.app("game.exe", rect=SCREEN)
        covers.append(house.desktop.keep_front(()))

    assert Cover(False, CONTESTED) == covers[-1]


def test_a_cover_that_was_hidden_or_shrunk_is_whole_at_the_next_look(house):
    house.desktop.show_front(WORDS)
    window = house.calls.windows_of("front")[0]
    house.calls.change(window, rect=Rectangle(0, 0, 10, 10))

    assert Cover(True) == house.desktop.keep_front(())


def test_what_windows_would_not_do_is_said_and_never_counts_as_covered(house):
    house.calls.fail["put_up"] = ACCESS_DENIED

    assert not house.desktop.show_front(WORDS).covered
    house.calls.fail = {"windows": ACCESS_DENIED}
    assert not house.desktop.keep_front(()).covered


@pytest.mark.parametrize("desktop", ["Sysinternals Desktop 1", "", "Winlogon"])
def test_a_desktop_of_the_pupils_own_is_not_covered_by_what_lies_on_the_usual_one(house, desktop):
    house.desktop.show_front(WORDS)
    house.calls.input = desktop

    assert Cover(False, ELSEWHERE) == house.desktop.keep_front(())
    house.calls.input = "Default"
    assert Cover(True) == house.desktop.keep_front(())


def test_a_screen_that_windows_itself_has_locked_is_covered(house):
    house.desktop.show_front(WORDS)
    house.calls.input, house.calls.locked = "", True

    assert Cover(True) == house.desktop.keep_front(())


def test_whoever_cannot_tell_which_desktop_is_shown_says_that_nothing_is_covered(house):
    house.desktop.show_front(WORDS)
    house.calls.fail = {"input_desktop": 1, "is_locked": 87}

    assert Cover(False, ELSEWHERE) == house.desktop.keep_front(())


def test_a_new_screen_is_covered_as_soon_as_it_comes(house):
    house.desktop.show_front(WORDS)
    house.calls.screens.append(SECOND)
    house.calls.tell("screens")
    house.desktop.take_changes()

    assert Cover(True) == house.desktop.keep_front(())
    assert 2 == len(house.calls.windows_of("front"))


def typed(house, *keys):
    for key in keys:
        house.calls.tell("key", "front", key)
    return house.desktop.take_changes()


def rings(house):
    """Return the boxes without words or a press: those that show where the focus is."""
    (board,) = house.calls.boards["front"].values()
    return [
        piece for piece in board.pieces if piece.edge is not None and not piece.words and piece.rect.y > 400
    ]


def test_who_types_on_when_the_cover_comes_opens_no_report(house):
    house.desktop.show_front(WORDS)
    while_typing = typed(house, "enter", "tab", "enter")
    house.clock += GRACE_SECONDS + 0.1
    later = typed(house, "enter", "turn", "enter")

    assert (set(), set(), []) == (while_typing, later, rings(house))


def test_by_keyboard_alone_tab_and_enter_lead_to_a_report_and_a_click_at_once(house):
    house.desktop.show_front(WORDS)
    house.calls.tell("press", "front", "tell")
    clicked = house.desktop.take_changes()
    house.clock += GRACE_SECONDS + 0.1
    typed(house, "tab")
    ring = rings(house)
    pressed = typed(house, "enter")

    assert ({"front-tell"}, {"front-tell"}) == (clicked, pressed)
    assert 1 == len(ring)
    assert set() == typed(house, "enter")


def test_what_had_the_keyboard_gets_it_back_with_the_screen(house):
    _writer, window = house.app("winword.exe")
    house.desktop.show_front(WORDS)
    house.desktop.hide_front()

    assert window == house.calls.front
    assert () == house.calls.windows_of("front")


@pytest.mark.parametrize("scale", [100, 200])
@pytest.mark.parametrize("screen", [Rectangle(0, 0, 1024, 600), SCREEN, Rectangle(0, 0, 3840, 2160)])
def test_nothing_on_the_cover_lies_outside_its_screen_or_on_the_band(screen, scale):
    house = House((screen,))
    house.desktop.show_front(WORDS._replace(said="“" + "Sözler " * 40 + "”", scale=scale))
    (board,) = house.calls.boards["front"].values()
    band = next(piece.rect.y for piece in board.pieces if piece.rect.width == screen.width)
    texts = [piece for piece in board.pieces if piece.words]

    assert all(0 <= piece.rect.x and piece.rect.x + piece.rect.width <= screen.width for piece in texts)
    assert all(piece.rect.y + piece.rect.height <= screen.height for piece in texts)
    assert all(
        piece.rect.y + piece.rect.height <= band
        for piece in texts
        if piece.words not in (WORDS.school, WORDS.tell)
    )
