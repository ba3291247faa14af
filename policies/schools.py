"""A school as one settings file: its name, contacts, consequences, tiers and settings.

Five example schools lie in `profiles/`, after five real policies (REQUIREMENTS, "Five example
configurations"). Their names, people and contacts are invented. A real school writes a file of the same
shape, without `people` and `staff`.
"""

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from policies.settings import Language, Name, Part, School, Settings, SettingsRefused, Tier, refusal_sentence

Role = Literal["teacher", "technician", "safeguarding", "head", "governor"]
Account = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,30}$")]

ToSupply = Literal[
    "contacts",
    "helplines",
    "consequences",
    "class-rules",
    "supervised-hours",
    "social-media",
    "incident-procedure",
]
SUPPLY_WORDS: dict[ToSupply, dict[Language, str]] = {
    "contacts": {
        "en": "Contacts: put in the real people a pupil can turn to, and how to reach them.",
        "tr": "İletişim: öğrencinin başvurabileceği gerçek kişileri ve onlara nasıl ulaşılacağını yazın.",
    },
    "helplines": {
        "en": "Helplines: put in numbers that answer in your country, ring each, and write the date.",
        "tr": "Yardım hatları: ülkenizde yanıt veren numaraları yazın, her birini arayın ve tarihi girin.",
    },
    "consequences": {
        "en": "Consequences: put in what your own school does when a rule is broken.",
        "tr": "Sonuçlar: kurala uyulmadığında kendi okulunuzun ne yaptığını yazın.",
    },
    "class-rules": {
        "en": "Class rules: the policy promises rules for each stage but does not contain them. Write them.",
        "tr": "Sınıf kuralları: politika her kademe için kural söz veriyor ama içermiyor. Kuralları yazın.",
    },
    "supervised-hours": {
        "en": "Hours of supervised use: the policy names none. Agree them, then set them: Policies, Hours.",
        "tr": "Gözetimli kullanım saatleri: politikada yok. Kararlaştırın, sonra girin: Ayarlar, Saatler.",
    },
    "social-media": {
        "en": "Social media in school hours: the policy leaves the choice open. Decide and tell everyone.",
        "tr": "Okul saatlerinde sosyal medya: politika seçimi açık bırakıyor. Karar verin ve duyurun.",
    },
    "incident-procedure": {
        "en": "Incident procedure: the policy has none. Write who does what when something goes wrong.",
        "tr": "Olay yönergesi: politikada yok. Bir sorun çıktığında kimin ne yapacağını yazın.",
    },
}
"""What a school must still decide, in words for the person who installs."""


class DemoPerson(Part, frozen=True, kw_only=True):
    """One invented person who may log in to a laptop."""

    os_user: Account
    person: Name
    """The school's id of this person."""
    display_name: Name
    tier: Tier
    language: Language
    room: Annotated[str, Meta(max_length=120)] = ""
    year: Annotated[str, Meta(max_length=40)] = ""


class DemoStaff(Part, frozen=True, kw_only=True):
    """One invented adult who may sign in at the server."""

    name: Name
    username: Account
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]


class SchoolFile(Part, frozen=True, kw_only=True):
    """What stands in one file. Nothing has a default that a school should have chosen itself."""

    school: School
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=5)]
    """Which agreements this school uses."""
    settings: Settings = Settings()
    when: tuple[dict[str, Any], ...] = ()
    """Other settings for some people at some times, as in a folder; `tree_files` reads them. A demo has none:
    it is tried at any hour."""
    must_supply: tuple[ToSupply, ...] = ()
    people: tuple[DemoPerson, ...] = ()
    staff: tuple[DemoStaff, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no single field can see."""
        for language in self.settings.agreement.languages:
            if not self.school.consequences.get(language, "").strip():
                raise ValueError(
                    f"school.consequences.{language} is missing: write what happens when the rules are "
                    f"broken, or take `{language}` out of settings.agreement.languages"
                )
        _refuse_twice("tiers", self.tiers)
        _refuse_twice("people.os_user", tuple(someone.os_user for someone in self.people))
        _refuse_twice("people.person", tuple(someone.person for someone in self.people))
        _refuse_twice("staff.username", tuple(someone.username for someone in self.staff))
        for someone in self.people:
            if someone.tier not in self.tiers:
                raise ValueError(f"{someone.os_user} has the tier `{someone.tier}`, which is not in tiers")


class SchoolProfile(SchoolFile, frozen=True, kw_only=True):
    """One school, loaded and checked. `name` is the file's name without its ending."""

    name: str


def profile_names() -> tuple[str, ...]:
    """Return the names of the example schools, in alphabetical order."""
    found = (item.name for item in _profiles().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def load_profile(name: str) -> SchoolProfile:
    """Return one example school; raise SettingsRefused, naming those there are, if there is none."""
    if name not in profile_names():
        raise SettingsRefused(f"There is no profile `{name}`. There are: {', '.join(profile_names())}.")
    return parse_school((_profiles() / f"{name}.toml").read_bytes(), name)


def parse_school(toml_bytes: bytes, name: str = "school") -> SchoolProfile:
    """
    Return the school that a settings file describes.

    Raises SettingsRefused with a sentence that names the field: unknown, missing, of the wrong type or
    out of range. A file is taken whole or not at all.
    """
    try:
        raw = tomllib.loads(toml_bytes.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise SettingsRefused(f"This is not a TOML file: {problem}.") from problem
    try:
        file = msgspec.convert(raw, SchoolFile)
    except msgspec.ValidationError as problem:
        raise SettingsRefused(refusal_sentence(problem)) from problem
    fields = {field: getattr(file, field) for field in file.__struct_fields__}
    return SchoolProfile(name=name, **fields)


def _profiles() -> Traversable:
    return resources.files("policies") / "profiles"


def _refuse_twice(field: str, values: tuple[str, ...]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{field}: `{value}` stands there twice")
