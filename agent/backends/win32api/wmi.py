"""Windows Management Instrumentation, by COM. Nothing here decides.

COM is set up for each call, since the service calls from many threads, and given back afterwards.
"""

import sys

assert sys.platform == "win32"

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pywintypes
import win32com.client

from agent.backends.win32api import com
from agent.backends.windows_nodes import Value

T = TypeVar("T")
_MOST_OBJECTS = 4096
_HOW = "{impersonationLevel=impersonate,authenticationLevel=pktPrivacy}"
"""BitLocker's namespace answers to encrypted calls only, also on its own machine."""
_FORWARD_AT_ONCE = 0x10 | 0x20
_NAMES = re.compile(r"^\s*SELECT\s+(.+?)\s+FROM\s", re.IGNORECASE | re.DOTALL)


def _connected(function: str, namespace: str, work: Callable[[Any], T]) -> T:
    place = f"winmgmts:{_HOW}!\\\\.\\{namespace}"
    return com.within(f"{function} {namespace}", lambda: work(win32com.client.GetObject(place)), _code)


def _code(problem: Any) -> int:
    """Return the innermost code: WMI's own stands in the description of a general failure."""
    details = problem.excepinfo
    inner = details[5] if details and len(details) > 5 and isinstance(details[5], int) else 0
    return int(inner or problem.hresult) & 0xFFFFFFFF


def query(namespace: str, wql: str) -> list[dict[str, Value]]:
    """Return what is found, each with all its properties and its `__PATH`."""
    # Asked for by name where names are given: Wine knows values, but no list of them.
    asked = _NAMES.match(wql)
    names = [] if asked is None or "*" in asked[1] else [each.strip() for each in asked[1].split(",")]
    return _connected("query", namespace, lambda service: _rows(service, wql, names))


def _rows(service: Any, wql: str, names: list[str]) -> list[dict[str, Value]]:
    found: list[dict[str, Value]] = []
    for each in service.ExecQuery(wql, "WQL", _FORWARD_AT_ONCE):
        if names:
            row = {name: _value(each.Properties_(name).Value) for name in names}
        else:
            row = {str(one.Name): _value(one.Value) for one in each.Properties_}
        row["__PATH"] = _path(each)
        found.append(row)
        if len(found) >= _MOST_OBJECTS:
            break
    return found


def _path(found: Any) -> str:
    try:
        return str(found.Path_.Path)
    except pywintypes.com_error:
        return ""


def call(namespace: str, path: str, method: str, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Call a method of the object at this path; return all that it gives, with `ReturnValue`."""

    def work(service: Any) -> dict[str, Value]:
        target = service.Get(path)
        given = None
        if arguments:
            given = target.Methods_(method).InParameters.SpawnInstance_()
            for name, value in arguments.items():
                given.Properties_(name).Value = value
        answer = target.ExecMethod_(method, given) if given is not None else target.ExecMethod_(method)
        return {str(one.Name): _value(one.Value) for one in answer.Properties_} if answer else {}

    return _connected(method, namespace, work)


def _value(value: object) -> Value:
    """Return a plain value; objects and what else WMI may hold as text."""
    if value is None or isinstance(value, str | int | bool | float):
        return value
    if isinstance(value, tuple | list):
        return tuple(_value(each) for each in value)
    return str(value)
