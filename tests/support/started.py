"""A data folder as `init` leaves it, without the command line: for tests that want the server's state."""

from datetime import UTC, datetime
from pathlib import Path

from policies import schools
from server import people, publishing, settings
from server.people import Person
from server.settings import Config, Folder
from server.state import ServerState

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MAY = Person(os_user="may", person="p-1", display_name="May Okafor", tier="junior", room="Lab 1")


def make_folder(path: Path) -> Folder:
    """Return an initialised data folder without a policy."""
    folder = Folder(path / "data")
    folder.make()
    settings.write_config(folder, Config(profile="primary-england", port=0))
    return folder


def fill_school(opened: ServerState) -> None:
    """Make the tables, publish one policy and list one pupil, May."""
    opened.db.upgrade()
    school = schools.load_profile("primary-england")
    with opened.db.write() as connection:
        publishing.publish(
            connection,
            school=school.school,
            settings=school.settings,
            tiers=school.tiers,
            profile=school.name,
            by="test",
            now=NOW,
        )
        people.replace_people(connection, [MAY])
