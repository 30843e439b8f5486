"""What an EM held of sessions at one moment, as a backup of its database keeps it."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields

from bot.demo.em.things import Session

Tables = Sequence[dict[str, Session]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """For each table the sessions themselves, each with a copy of all it was then."""

    _kept: tuple[Mapping[str, tuple[Session, Session]], ...]

    def give_back(self, tables: Tables) -> None:
        """Put the sessions back where they were taken, as they were; tests may still hold them."""
        for kept, table in zip(self._kept, tables, strict=True):
            for uid, (session, then) in kept.items():
                for field in fields(Session):
                    setattr(session, field.name, getattr(then, field.name))
                table[uid] = session


def take(tables: Tables) -> Snapshot:
    """Copy what the tables hold."""
    return Snapshot(
        tuple({uid: (row, _copy(row)) for uid, row in table.items()} for table in tables)
    )


def _copy(session: Session) -> Session:
    copied = copy(session)
    copied.tasks = list(session.tasks)
    return copied
