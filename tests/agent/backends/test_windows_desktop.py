"""The Windows desktop's decisions, over a desktop in memory whose calls fail when told to."""

import os
import threading
import time

import pytest

from agent.backends.desktop import Cover, Focus
from agent.backends.desktop_windows import WindowsDesktop, decide_idle
from agent.backends.win32_problem import ACCESS_DENIED
from tests.support.win32.desktop_contract import DesktopContract
from tests.support.win32.fake_desktop import SCREEN, SECOND, FakeDesktop
from tests.support.win32.fake_processes import FakeProcesses
from tests.support.win32.windows_house import House


@pytest.fixture
def house():
    made = House()
    yield made
    made.desktop.close()


class TestFakeDesktop(DesktopContract):
    """The fake keeps the same contract as Windows under Wine (tests/wine/inside)."""

    @pytest.fixture
    def calls(self):
        return FakeDesktop((SCREEN, SECOND))

    @pytest.fixture
    def open_pump(self, calls):
        return calls.open_pump


# ---- idle ----


@pytest.mark.parametrize(
    ("now", "last", "seconds"),
    [
        (10_000, 4_000, 6.0),
        (5_000, 0xFFFFFFFF - 4_999, 10.0),  # the count went round in between
        (4_000, 4_016, 0.0),  # an input that Windows dates after now
        (0x80000000, 0, 2147483.648),  # 24 days
    ],
)
def test_idle_time_survives_a_count_that_goes_round(now, last, seconds):
    assert seconds == decide_idle(now, last)


def test_a_machine_that_cannot_tell_idle_time_says_so_and_counts_none():
    calls = FakeDesktop()
    calls.fail["last_input_tick"] = 120
    calls.fail["execution_state"] = ACCESS_DENIED
    desktop = WindowsDesktop(calls, FakeProcesses(), calls.open_pump)

    assert ("idle", "inhibit") == desktop.lacking()
    assert (0.0, False) == (desktop.idle_seconds(), desktop.inhibited())
    desktop.close()


def test_a_film_that_keeps_the_screen_on_inhibits_and_is_asked_about_only_now_and_then(house):
    house.calls.stays_on = True
    first = house.desktop.inhibited()
    house.calls.stays_on = False
    soon = house.desktop.inhibited()
    house.clock += 6

    assert (True, True, False) == (first, soon, house.desktop.inhibited())


# ---- the app in front ----


def test_the_app_in_front_is_its_program_and_never_its_title(house):
    house.app("chrome.exe", kind="Chrome_WidgetWin_1")

    assert Focus("chrome", "chrome.exe") == house.desktop.focused()


def test_an_app_of_the_store_is_found_behind_its_frame(house):
    _frame, window = house.app("ApplicationFrameHost.exe", kind="ApplicationFrameWindow")
    inner = house.processes.run("CalculatorApp.exe")
    house.calls.hosted[window] = inner.pid

    assert Focus("CalculatorApp", "CalculatorApp.exe") == house.desktop.focused()


def test_a_window_of_ours_is_nobodys_app(house):
    house.window_of_ours()

    assert Focus() == house.desktop.focused()


def test_a_program_whose_parent_had_our_number_before_us_is_not_ours():
    calls, processes = FakeDesktop(), FakeProcesses()
    game = processes.run("game.exe", parent=os.getpid())
    processes.run("gatepost-session.exe", pid=os.getpid())
    calls.open(game.pid)
    desktop = WindowsDesktop(calls, processes, calls.open_pump)

    assert Focus("game", "game.exe") == desktop.focused()
    desktop.close()


@pytest.mark.parametrize("call", ["foreground", "look"])
def test_a_window_that_ends_meanwhile_is_no_app(house, call):
    house.app("chrome.exe")
    house.calls.fail[call] = 1400

    assert Focus() == house.desktop.focused()


def test_a_program_with_a_turkish_name_of_256_letters_is_cut_and_cleaned(house):
    house.app("ıİ\u202e" + "ş" * 250 + ".exe")
    focus = house.desktop.focused()

    assert focus.program.startswith("ıİş")
    assert 120 == len(focus.program)


# ---- apps put away ----


def test_putting_away_minimizes_first_and_hides_what_comes_back(house):
    _game, window = house.app("game.exe")
    house.calls.comes_back.add(window)
    first = house.desktop.put_away("game", "game.exe")
    second = house.desktop.put_away("game", "game.exe")

    assert (1, 1) == (first, second)
    assert not house.calls.rows[window].visible
    assert 0 == house.desktop.put_away("game", "game.exe")


def test_a_window_of_a_program_with_more_rights_counts_as_seen(house):
    house.app("admin.exe")
    house.calls.fail["minimize"] = ACCESS_DENIED

    assert 1 == house.desktop.put_away("admin", "admin.exe")
    assert 1 == house.desktop.put_away("admin", "admin.exe")


def test_while_it_asks_whether_to_save_nothing_is_taken(house):
    process, window = house.app("winword.exe")
    dialog = house.calls.open(process.pid, "#32770", owner=window)

    assert 1 == house.desktop.put_away("winword", "winword.exe", spare_dialogs=True)
    assert not house.calls.rows[dialog].minimized


def test_the_desktop_itself_and_its_panels_are_never_put_away_or_ended(house):
    explorer, _folder = house.app("explorer.exe", kind="CabinetWClass")
    panels = [house.calls.open(explorer.pid, kind) for kind in ("Progman", "Shell_TrayWnd")]
    house.desktop.put_away("explorer", "explorer.exe")
    house.desktop.ask_to_end("explorer", "explorer.exe")

    assert all(not house.calls.rows[each].minimized for each in panels)
    assert not set(panels) & set(house.calls.asked_to_close)


def test_our_own_windows_are_never_put_away(house):
    _window, number = house.window_of_ours()
    house.desktop.put_away("gatepost-session", "gatepost-session.exe")

    assert not house.calls.rows[number].minimized


def test_what_was_put_away_comes_back(house):
    _game, one = house.app("game.exe")
    house.desktop.put_away("game", "game.exe")
    house.desktop.bring_back("game", "game.exe")

    assert not house.calls.rows[one].minimized
    assert one == house.calls.front


def test_a_hidden_app_is_asked_to_end_too(house):
    _game, window = house.app("game.exe")
    house.calls.comes_back.add(window)
    house.desktop.put_away("game", "game.exe")
    house.desktop.put_away("game", "game.exe")
    house.desktop.ask_to_end("game", "")

    assert [window] == house.calls.asked_to_close


def test_windows_that_end_in_the_middle_are_passed_over(house):
    _a, one = house.app("game.exe")
    _b, two = house.app("game.exe")
    house.calls.gone_at_look.add(two)

    assert 1 == house.desktop.put_away("game", "game.exe")
    assert house.calls.rows[one].minimized


# ---- the lock's cover ----


@pytest.mark.parametrize(
    ("desktop", "covered"), [("Winlogon", True), ("", True), ("Default", False), ("Screen-saver", False)]
)
def test_only_windows_own_desktop_covers(house, desktop, covered):
    locker = house.processes.run("gatepost-session.exe")
    house.calls.input = desktop

    assert covered == house.desktop.check_cover(locker.pid).covered


def test_without_its_locker_nothing_is_covered(house):
    house.calls.input = "Winlogon"

    assert Cover(False, "the locker is not running") == house.desktop.check_cover(99_999)


# ---- the gate before the shell ----


def test_the_gates_window_is_put_above_all_others_and_gets_the_keyboard(house):
    gate, window = house.window_of_ours()
    house.app("taskmgr.exe")

    assert house.desktop.keep_in_front(gate.pid)
    assert (window, window) == (house.calls.stack[0], house.calls.front)


def test_without_a_window_there_is_nothing_to_put_in_front(house):
    assert not house.desktop.keep_in_front(4711)


# ---- the rest ----


def test_news_wakes_who_waits(house):
    heard = threading.Event()
    threading.Thread(target=lambda: (house.calls.tell("front"), heard.set()), daemon=True).start()
    assert heard.wait(30)

    assert house.desktop.has_news()
    assert {"focus"} == house.desktop.take_changes()
    assert not house.desktop.has_news()


def test_windows_change_only_matters_while_something_is_guarded(house):
    house.desktop.guard_front(True)
    house.calls.tell("front")

    assert {"focus", "windows"} == house.desktop.take_changes()


def test_a_report_on_its_way_is_noted_beyond_our_end(house):
    house.desktop.mark_telling(True)
    told = house.desktop.was_telling()
    house.desktop.mark_telling(False)

    assert (True, False) == (told, house.desktop.was_telling())


def test_only_folders_are_opened(house, tmp_path):
    program = tmp_path / "evil.exe"
    program.write_bytes(b"MZ")
    house.desktop._open_folder(str(program))
    folder = tmp_path / "Ödev klasörü"
    folder.mkdir()
    house.desktop.open_folder(str(folder))
    end = time.monotonic() + 30
    while not house.calls.folders and time.monotonic() < end:
        threading.Event().wait(0.01)

    assert [str(folder)] == house.calls.folders


def test_there_is_a_tray_where_the_taskbar_is(house):
    before = house.desktop.has_tray()
    house.calls.open(4, "Shell_TrayWnd")

    assert (False, True) == (before, house.desktop.has_tray())
