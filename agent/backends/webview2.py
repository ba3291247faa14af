"""Whether this machine has what the web window needs. It is asked before anything of it is loaded."""

import sys

RUNTIME_KEY = r"SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
"""The Evergreen runtime, installed for everybody (learn.microsoft.com, Distribute your app and WebView2)."""
DOTNET_KEY = r"SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full"
OLDEST_DOTNET = 394802
"""4.6.2: what pywebview asks for."""
OLDEST_RUNTIME = 86


def decide_problem(runtime: object, dotnet: object) -> str:
    """Return what is missing, or nothing; from the registry's `pv` and `Release`. Pure."""
    if not isinstance(dotnet, int) or dotnet < OLDEST_DOTNET:
        return ".NET Framework 4.6.2 is not installed"
    first = str(runtime).split(".")[0] if isinstance(runtime, str) else ""
    if not first.isascii() or not first.isdigit() or int(first) < OLDEST_RUNTIME:
        return "the WebView2 runtime is not installed for this machine"
    return ""


def problem() -> str:
    """Return what is missing here, or nothing."""
    if sys.platform == "win32":
        from agent.backends.win32_problem import WinProblem
        from agent.backends.win32api import registry

        try:
            return decide_problem(registry.read(RUNTIME_KEY, "pv"), registry.read(DOTNET_KEY, "Release"))
        except WinProblem as found:
            return str(found)
    return "there is no WebView2 on this system"
