"""What POST requests set going, and the REST tasks that tell how it went (reference §8)."""

from dataclasses import dataclass

from bot.demo.em.things import Job
from bot.demo.em.world import World

# What a task says each time it is asked for; the last one stays (reference §8).
STATES = ("Running", "OperationFinished", "Finished")


@dataclass(eq=False)
class Task:
    """A REST task: whether the trigger was accepted, not how the job ended."""

    id: str
    operation: str
    message: str
    success: bool = True
    polls: int = 0

    @property
    def state(self) -> str:
        """Running, OperationFinished, then Finished."""
        return STATES[min(self.polls, len(STATES) - 1)]


def start_job(world: World, job: Job) -> tuple[bool, str]:
    """Start a job that does not run."""
    if world.running_session(job):
        return False, f'Job "{job.name}" is already running.'
    world.start_session(job)
    return True, f'Job "{job.name}" triggered to start.'


def retry_job(world: World, job: Job) -> tuple[bool, str]:
    """Retry a job; only after a run that ended Failed (reference §8)."""
    last = world.last_session(job)
    if world.running_session(job) or last is None or last.result != "Failed":
        return False, f'Job "{job.name}" cannot be retried: its last run did not fail.'
    world.start_session(job, is_retry=True)
    return True, f'Job "{job.name}" triggered to retry.'


def stop_job(world: World, job: Job) -> tuple[bool, str]:
    """Stop a running job; its session ends Failed."""
    session = world.running_session(job)
    if session is None:
        return False, f'Job "{job.name}" is not running.'
    world.finish_session(session, "Failed", {job.vms[0].name: "Operation was canceled by user."})
    return True, f'Job "{job.name}" triggered to stop.'
