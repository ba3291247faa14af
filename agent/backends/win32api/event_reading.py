"""What Windows' event log holds. Nothing here decides."""

import sys

assert sys.platform == "win32"

import pywintypes
import win32evtlog

from agent.backends.win32_problem import WinProblem

_MOST = 2000
_AT_ONCE = 50
_NO_MORE = 259


def entries(channel: str, since: str) -> list[str]:
    """Return what was logged in a channel since then (UTC), oldest first, each as XML."""
    wanted = f"*[System[TimeCreated[@SystemTime>='{since}']]]"
    found: list[str] = []
    try:
        query = win32evtlog.EvtQuery(
            channel, win32evtlog.EvtQueryChannelPath | win32evtlog.EvtQueryForwardDirection, wanted, None
        )
        while len(found) < _MOST:
            some = win32evtlog.EvtNext(query, _AT_ONCE, 1000, 0)
            if not some:
                break
            found += [str(win32evtlog.EvtRender(each, win32evtlog.EvtRenderEventXml)) for each in some]
    except pywintypes.error as problem:
        if problem.winerror != _NO_MORE:
            raise WinProblem(problem.funcname or "EvtQuery", problem.winerror) from problem
    return found
