"""A registry in memory: names in any case, like Windows' own; fails when told to."""

from collections.abc import Sequence

from agent.backends.win32_problem import WinProblem


class FakeRegistry:
    """HKEY_LOCAL_MACHINE. `refuse[(key, name)] = code` makes that write fail, `("", "")` every one."""

    def __init__(self, content=None):
        self._keys = {}
        self.refuse = {}
        self.refuse_reading = {}
        self.written = []
        for key, values in (content or {}).items():
            for name, value in values.items():
                self._put(key, name, value)

    def _put(self, key, name, value):
        self._keys.setdefault(key.casefold(), (key, {}))[1][name.casefold()] = (name, value)

    def _check(self, refused, function, key, name=""):
        for asked in ((key, name), (key, ""), ("", "")):
            if asked in refused:
                raise WinProblem(function, refused[asked])

    def read(self, key: str, name: str):
        self._check(self.refuse_reading, "RegQueryValueEx", key, name)
        found = self._keys.get(key.casefold(), (key, {}))[1].get(name.casefold())
        return None if found is None else found[1]

    def _write(self, key, name, value):
        self._check(self.refuse, "RegSetValueEx", key, name)
        self.written.append((key, name, value))
        self._put(key, name, value)

    def write_text(self, key: str, name: str, text: str) -> None:
        self._write(key, name, text)

    def write_number(self, key: str, name: str, number: int) -> None:
        self._write(key, name, number)

    def write_texts(self, key: str, name: str, texts: Sequence[str]) -> None:
        self._write(key, name, list(texts))

    def delete_value(self, key: str, name: str) -> None:
        self._check(self.refuse, "RegDeleteValue", key, name)
        self._keys.get(key.casefold(), (key, {}))[1].pop(name.casefold(), None)

    def delete_key(self, key: str) -> None:
        self._check(self.refuse, "RegDeleteKeyEx", key)
        folded = key.casefold()
        for known in [each for each in self._keys if each == folded or each.startswith(folded + "\\")]:
            del self._keys[known]

    def subkeys(self, key: str) -> list[str]:
        self._check(self.refuse_reading, "RegEnumKeyEx", key)
        folded = key.casefold() + "\\"
        found = [
            real[len(folded) :].partition("\\")[0]
            for each, (real, _) in self._keys.items()
            if each.startswith(folded)
        ]
        return list(dict.fromkeys(found))

    def values(self, key: str):
        self._check(self.refuse_reading, "RegEnumValue", key)
        return dict(self._keys.get(key.casefold(), (key, {}))[1].values())
