"""What the checks look at: each job as it is known now, and what was found before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.findings import Finding
from bot.core.habits import Habit
from bot.core.jobs import JobOptions
from bot.core.rpo import RpoPolicy
from bot.core.schedules import COLLECTION_LAG


@dataclass(frozen=True, slots=True)
class Running:
    """A running session of a job, whose state and progress are the same since `still_since`."""

    uid: str
    created_at: datetime
    still_since: datetime


@dataclass(frozen=True, slots=True)
class VmSet:
    """The VMs of a job's last green run and, once known, those that it should have held.

    `before` are those of the run before it, and whatever was missing already then: a VM that is
    missing stays so until it is back, or until a person says that it is on purpose.
    """

    session_uid: str
    created_at: datetime
    vms: tuple[str, ...]
    before: tuple[str, ...] | None = None

    @property
    def expected(self) -> tuple[str, ...]:
        """The VMs that the next green run should hold."""
        return tuple(sorted({*self.vms, *(self.before or ())}))


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What is known of a job. `habit` is None for one that has never run.

    `heard_at` is when EM last had news of it. `options` is None where they may not be read;
    `due_at` is the next run by them, also after its time has come. `was_scheduled`: its schedule
    has been seen switched on.
    """

    job_uid: str
    name: str
    backup_server: str
    habit: Habit | None
    heard_at: datetime | None = None
    options: JobOptions | None = None
    due_at: datetime | None = None
    was_scheduled: bool = False
    vm_set: VmSet | None = None

    @property
    def is_off(self) -> bool:
        """Whether its schedule is switched off."""
        return self.options is not None and self.options.is_schedule_enabled is False

    @property
    def expected_at(self) -> datetime | None:
        """When it runs next, or should have: by its options, else by its rhythm."""
        if self.is_off or self.habit is None:
            return None
        return self.due_at or self.habit.expected_at

    @property
    def patience(self) -> timedelta:
        """How long after `expected_at` a run that is not known is missed."""
        return COLLECTION_LAG if self.due_at or not self.habit else self.habit.patience

    def ran_since(self, due_at: datetime) -> bool:
        """Whether a run began at or after this moment, or little before: clocks being clocks.

        Nor does a job begin while its last run lasts.
        """
        if self.habit is None:
            return False
        delay = self.habit.rhythm.delay if self.habit.rhythm else COLLECTION_LAG
        if self.habit.last_run_at >= due_at - min(COLLECTION_LAG, delay):
            return True
        busy_until = self.habit.busy_until
        return self.habit.is_running or (busy_until is not None and busy_until >= due_at)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is looked at; `running` and `failing` go by job uid, `known` has not ended yet."""

    jobs: Mapping[str, JobFacts]
    running: Mapping[str, Running]
    failing: Collection[str]
    known: Sequence[Finding]
    baseline_at: datetime
    policy: RpoPolicy
