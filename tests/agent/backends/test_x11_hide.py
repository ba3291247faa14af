"""Hiding the screen on a real display: one key, one cover, two buttons, and a locker that stays above."""

import select
import subprocess
import sys

import pytest
from Xlib import X

from agent.backends import cover_words
from agent.backends.cover_words import Wish, draw_all
from agent.backends.desktop import CoverWords
from agent.backends.desktop_linux import X11Desktop
from agent.backends.x11_keys import parse_shortcut, with_locks
from tests.agent.backends.test_desktop_linux import MANAGED, WINDOW

WORDS = CoverWords("Fındık Bahçesi İlkokulu", "Bir sorun var", "Ekranımı yeniden göster")
KEY = "Ctrl+Alt+H"
GROUND = (0xF3, 0xF6, 0xF3)
on_display = pytest.mark.display


def press(x11, *keys):
    subprocess.run(["xdotool", "key", *keys], env=x11.environment(), check=True, timeout=60)


def changes_of(desktop):
    """Return what was pressed since, once the server has passed it on."""
    desktop._x.sync()
    return desktop.take_changes() & {"hide", "tell", "uncover"}


def colour_at(desktop, x, y):
    data = desktop._root.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFFFF).data
    return data[2], data[1], data[0]


def colours(desktop):
    """Return the colours in the corners, where the cover has no words."""
    size = desktop._root.get_geometry()
    corners = ((2, 2), (size.width - 3, 2), (2, size.height - 3), (size.width - 3, size.height - 3))
    return {colour_at(desktop, x, y) for x, y in corners}


def open_window(x11, source, *place, managed=False):
    process = subprocess.Popen(
        [sys.executable, "-c", source, *map(str, place)], env=x11.environment(), stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"up\n"
    return process


@pytest.fixture
def whole(x11):
    """A window over the whole screen, as some program might show it."""
    width, height = x11.size
    process = open_window(x11, WINDOW, 0, 0, width, height - 1)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@on_display
def test_the_key_is_heard_and_no_other_is(x11, desktop) -> None:
    assert desktop.prepare_hiding(KEY, WORDS)
    press(x11, "h", "ctrl+h", "alt+h", "ctrl+alt+j")
    others = changes_of(desktop)
    press(x11, "ctrl+alt+h")

    assert (set(), {"hide"}) == (others, changes_of(desktop))


@on_display
@pytest.mark.parametrize("locks", [("Num_Lock",), ("Caps_Lock",), ("Num_Lock", "Caps_Lock")])
def test_the_key_works_with_every_lock_on(x11, desktop, locks) -> None:
    assert desktop.prepare_hiding(KEY, WORDS)
    press(x11, *locks)
    press(x11, "ctrl+alt+h")
    heard = changes_of(desktop)
    press(x11, *locks)

    assert {"hide"} == heard


@on_display
def test_a_key_that_came_along_with_another_answer_is_news(x11, desktop) -> None:
    assert desktop.prepare_hiding(KEY, WORDS)
    desktop.take_changes()
    before = desktop.has_news()
    press(x11, "ctrl+alt+h")
    desktop.idle_seconds()  # its answer comes behind the key, on the same wire
    silent = not select.select([desktop.fileno()], [], [], 0)[0]

    assert (False, True, True) == (before, silent, desktop.has_news())
    assert {"hide"} == changes_of(desktop)


@on_display
def test_a_key_of_another_program_is_refused(x11, desktop) -> None:
    other = X11Desktop()
    first = other.prepare_hiding(KEY, WORDS)
    second = desktop.prepare_hiding(KEY, WORDS)
    another = desktop.prepare_hiding("Super+F9", WORDS)
    other.close()

    assert (True, False, True) == (first, second, another)


@on_display
def test_another_layout_of_the_keyboard_keeps_the_key(x11, desktop, eventually) -> None:
    assert desktop.prepare_hiding(KEY, WORDS)
    if subprocess.run(["setxkbmap", "tr", "f"], env=x11.environment(), check=False).returncode:
        x11.run("xmodmap", "-e", "keycode 43 = x X", "-e", "keycode 53 = h H")

    def heard():
        desktop.take_changes()
        press(x11, "ctrl+alt+h")
        return "hide" in changes_of(desktop)

    eventually(heard)


@on_display
def test_the_cover_hides_everything_at_once(desktop, whole) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    before = colours(desktop)
    desktop.hide_screen()

    assert GROUND not in before
    assert {GROUND} == colours(desktop)


@on_display
def test_a_window_that_comes_later_goes_below_the_cover(x11, desktop, eventually) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()
    width, height = x11.size
    process = open_window(x11, WINDOW, 0, 0, width // 2, height // 2)
    above = colours(desktop)
    told = desktop.take_changes()
    desktop.keep_hidden([])
    below = colours(desktop)
    process.kill()
    process.wait()
    process.stdout.close()

    assert (True, True, {GROUND}) == (len(above) > 1, "windows" in told, below)


@on_display
def test_our_own_window_stands_above_the_cover(x11, desktop) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()
    width, height = x11.size
    stranger = open_window(x11, WINDOW, 0, height // 2, width, height // 4)
    own = open_window(x11, WINDOW, 0, 0, width // 2, height // 2)
    desktop.keep_hidden([own.pid])
    seen = (colour_at(desktop, 2, 2), colour_at(desktop, 2, height // 2 + 20))
    for process in (stranger, own):
        process.kill()
        process.wait()
        process.stdout.close()

    assert ((0xAA, 0, 0), GROUND) == seen


@on_display
def test_a_window_of_ours_behind_a_stranger_is_brought_to_the_front(
    x11, managed, desktop, eventually
) -> None:
    large = MANAGED.replace("0, 0, 200, 100", "0, 0, 400, 500")
    own = open_window(x11, large)
    stranger = open_window(x11, large.replace("0xaa0000", "0x0000aa"))
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()

    def own_is_above_and_the_stranger_hidden():
        desktop.take_changes()
        desktop.keep_hidden([own.pid])
        width, height = x11.size
        row = desktop._root.get_image(0, height // 2, width, 1, X.ZPixmap, 0xFFFFFFFF).data
        seen = {(row[at + 2], row[at + 1], row[at]) for at in range(0, len(row), 4)}
        return (0, 0, 0xAA) not in seen and (0xAA, 0, 0) in seen

    eventually(own_is_above_and_the_stranger_hidden)
    for process in (own, stranger):
        process.kill()
        process.wait()
        process.stdout.close()


@on_display
def test_a_locker_stays_above_the_cover(x11, desktop) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()
    width, height = x11.size
    locker = open_window(x11, WINDOW, 0, 0, width, height)
    for _ in range(3):
        desktop.take_changes()
        desktop.keep_hidden([])
    covered = desktop.check_cover(locker.pid)
    seen = colours(desktop)
    locker.kill()
    locker.wait()
    locker.stdout.close()

    assert ({(0xAA, 0, 0)}, True) == (seen, covered.covered)


@on_display
def test_the_cover_holds_no_grab_so_a_locker_can_take_the_keyboard(x11, desktop) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()
    other = X11Desktop()
    taken = other._root.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
    other.close()

    assert X.GrabSuccess == taken


@on_display
@pytest.mark.parametrize(
    ("keys", "pressed"),
    [(("Return",), "tell"), (("Tab", "Return"), "uncover"), (("Tab", "shift+Tab", "space"), "tell")],
)
def test_both_buttons_work_by_keyboard(x11, desktop, whole, keys, pressed) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()
    heard = set()
    for key in keys:
        press(x11, key)
        heard |= changes_of(desktop)

    assert {pressed} == heard


@on_display
def test_both_buttons_work_by_mouse_and_uncovering_shows_the_screen_again(x11, desktop, whole) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()
    heard = []
    for name in ("tell", "uncover"):
        place = desktop._hiding._parts[name].get_geometry()
        middle = (place.x + place.width // 2, place.y + place.height // 2)
        command = ["xdotool", "mousemove", *map(str, middle), "click", "1"]
        subprocess.run(command, env=x11.environment(), check=True, timeout=60)
        heard.append(changes_of(desktop))
    desktop.show_screen()

    assert [{"tell"}, {"uncover"}] == heard
    assert GROUND not in colours(desktop)


@on_display
def test_the_drawn_words_take_the_place_of_the_plain_ones(desktop, eventually) -> None:
    desktop.prepare_hiding(KEY, WORDS)
    plain = desktop._hiding._looks["title"]

    def drawn():
        desktop.take_changes()
        return desktop._hiding._looks["title"] is not plain

    eventually(drawn)
    desktop.hide_screen()
    parts = [desktop._hiding._parts[name].get_geometry() for name in ("title", "tell", "uncover")]
    width = desktop._root.get_geometry().width

    assert all(0 <= part.x and part.x + part.width <= width for part in parts)


@on_display
def test_without_a_drawing_child_the_cover_still_has_words(desktop, monkeypatch) -> None:
    monkeypatch.setattr(cover_words, "order", lambda wish, then: None)
    desktop.prepare_hiding(KEY, WORDS)
    desktop.hide_screen()
    part = desktop._hiding._parts["tell"]
    place = part.get_geometry()
    data = part.get_image(0, 0, place.width, place.height, X.ZPixmap, 0xFFFFFFFF).data

    assert {0x16, 0xFF} <= set(data)


@pytest.mark.parametrize("label", ["Bir sorun var", "هناك خطأ ما", "x" * 400, "", "\u202eabc"])
def test_every_letter_can_be_drawn_and_no_label_leaves_the_screen(label) -> None:
    strips = draw_all(Wish(CoverWords("Okul " + label, label, label), 1.0, 1000))

    assert ["title", "tell", "tell-focused", "uncover", "uncover-focused"] == [each.name for each in strips]
    assert all(each.width <= 1100 and len(each.data) == 4 * each.width * each.height for each in strips)


@pytest.mark.parametrize("shortcut", ["H", "Ctrl+", "Hyper+H", "+H", "Ctrl++H", ""])
def test_what_is_no_shortcut_is_refused(shortcut) -> None:
    with pytest.raises(ValueError, match="no shortcut"):
        parse_shortcut(shortcut)


def test_a_shortcut_is_its_modifiers_and_its_key() -> None:
    assert (X.ControlMask | X.Mod1Mask, "h") == parse_shortcut("Ctrl+Alt+H")
    assert (X.Mod4Mask, "F12") == parse_shortcut("Super+F12")
    assert {4, 6, 20, 22} == set(with_locks(4, [2, 16]))
