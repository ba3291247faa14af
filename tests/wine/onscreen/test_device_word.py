"""Windows' word of changed devices: our hidden window hears it. (Wine sends none; the test does.)"""

import threading
import time

import win32con
import win32gui

from agent.backends.win32api import devices

CLASS = "GatepostDevices"
DEVICE_NODES_CHANGED = 0x7
SECONDS = 60.0


def find_window():
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = win32gui.FindWindow(CLASS, None)
        if found:
            return found
        threading.Event().wait(0.05)
    raise AssertionError("no window was made")


def test_a_word_of_windows_ends_the_wait_and_the_next_one_waits_again():
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(devices.wait_for_change(SECONDS)))
    waiting.start()
    window = find_window()
    win32gui.PostMessage(window, win32con.WM_DEVICECHANGE, DEVICE_NODES_CHANGED, 0)
    waiting.join(SECONDS)

    assert [True] == heard
    assert not win32gui.IsWindowVisible(window)
    assert not all(devices.wait_for_change(0.2) for _time in range(50))
