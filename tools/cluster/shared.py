"""A cluster that many schools share: each has a database, web processes, and a name in the map."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from embedded.supervisor import Program
from tools.cluster.files import read_values
from tools.cluster.machine import PORT, WEBS, Cluster, answers

FIRST_PORT: Final = 9100
# Sessions of a school at once; it has more threads than that, which would each keep one.
POOL: Final = 2
# As docs/operators.md reckons it, Sizes.
OTHER_SESSIONS: Final = 30
BACKEND: Final = """
backend {school.database}
    mode http
    server web 127.0.0.1:{school.port}
"""


@dataclass(frozen=True)
class School:
    number: int

    @property
    def host(self) -> str:
        return f"school{self.number}.localhost"

    @property
    def port(self) -> int:
        return FIRST_PORT + self.number

    @property
    def database(self) -> str:
        return f"school_{self.number}"

    @property
    def node(self) -> str:
        """Whose pooler it goes through."""
        return WEBS[self.number % len(WEBS)]


@dataclass(frozen=True)
class SharedCluster(Cluster):
    """Its databases, poolers and proxy; whoever starts it also runs the schools' web processes."""

    number: int = 1

    @property
    def schools(self) -> list[School]:
        return [School(number) for number in range(1, self.number + 1)]

    @cached_property
    def values(self) -> dict[str, str]:
        return {
            **super().values,
            "SHARED_BUFFERS": "256MB",
            "MAX_CONNECTIONS": str(self.number * POOL + OTHER_SESSIONS),
            "POOL": str(POOL),
        }

    def prepare(self) -> None:
        super().prepare()
        proxy = self.folder("proxy")
        with (proxy / "haproxy.cfg").open("a") as config, (proxy / "schools.map").open("a") as map_:
            for school in self.schools:
                config.write(BACKEND.format(school=school))
                map_.write(f"{school.host} {school.database}\n")

    def webs(self) -> list[Program]:
        return []

    def is_ready(self) -> bool:
        return answers(self.direct_url)

    def environment_of(self, school: School) -> dict[str, str]:
        """As of a web node, but for its database, its name, and the backup of the night."""
        said = read_values(self.folder(school.node) / "trackxpert.env")
        pooled = urlsplit(said["DATABASE_URL"])._replace(path=f"/{school.database}").geturl()
        return {
            **said,
            "DATABASE_URL": pooled,
            "DATABASE_DIRECT_URL": self.direct_url_to(school.database),
            "PUBLIC_URL": f"http://{school.host}:{PORT}",
            "BACKUP_AT": "",
            "TRACKXPERT_DEMO": "0",
        }
