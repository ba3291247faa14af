"""A laptop whose server moves: several addresses, each up or down, the same school behind all of them."""

import ssl

from agent.errors import ServerUnreachable
from agent.service.app import Service
from policies.settings import ConnectionSettings, Settings
from tests.support.lab_laptop import LabLaptop

OLD = "https://gatepost.school.example"
NEW = "https://new.school.example"


class Address:
    """The school's server, as it is reached at one address."""

    def __init__(self, laptop, url):
        self._laptop = laptop
        self.url = url

    def __getattr__(self, name):
        """Everything that speaks with the server needs this address to be up; the rest does not."""
        found = getattr(self._laptop.server, name)
        if name not in ("upload", "hold", "login_grant", "own_records", "send_status"):
            return found

        def asked(*args, **kwargs):
            self._laptop.asked.append((self.url, name))
            if self.url not in self._laptop.up:
                raise ServerUnreachable(f"no answer from {self.url}")
            return found(*args, **kwargs)

        return asked


class MovingLaptop(LabLaptop):
    """Its uplink goes where the enrolment it is made with says."""

    def __init__(self, folder, **changes):
        self.up = {OLD}
        self.asked = []
        super().__init__(folder, **changes)

    def start(self):
        self.service = Service(
            self.config, self.device, self.clock, make_uplink=self.make_uplink, spawn=self.spawn
        )
        self.service.start()
        self.settle()

    def make_uplink(self, enrolment, _clock):
        if enrolment.ca_pem and "not one" in enrolment.ca_pem:
            raise ssl.SSLError("no start line")
        return Address(self, enrolment.server)

    def move(self, server=NEW, grace_minutes=1, ca_pem="", **parts):
        """Publish a policy that asks for this address."""
        connection = ConnectionSettings(server=server, grace_minutes=grace_minutes, ca_pem=ca_pem)
        self.publish(Settings(connection=connection, **parts))

    def asked_at(self, url):
        """What was asked of the server at this address."""
        return [what for where, what in self.asked if where == url]

    @property
    def in_use(self):
        return self.service.ground.server.reaching.address
