"""What every answer is made from: the world, the switches, the logons and EM's own address."""

from dataclasses import dataclass

from bot.demo.em.logons import Logons
from bot.demo.em.options import EmOptions
from bot.demo.em.world import World


@dataclass
class Site:
    """One emulated EM, without its network side. `url` is how links name it."""

    world: World
    logons: Logons
    options: EmOptions
    url: str = ""
    tasks_made: int = 0

    def href(self, path: str) -> str:
        """The absolute address of a path below `/api/`."""
        return f"{self.url}/api/{path}"

    def next_task(self) -> int:
        """The number of the next REST task: `task-<n>` (reference §5)."""
        self.tasks_made += 1
        return self.tasks_made
