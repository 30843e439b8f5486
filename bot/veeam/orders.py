"""Has EM do something: start or retry a job, or collect now (reference §8).

An order is sent once, whatever becomes of it: EM knows no key by which it would tell a repetition.
Its task lives inside the logon that made it, and is followed there.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

from bot.core.actions import Action, TaskEnd, TaskOutcome
from bot.errors import (
    EnterpriseManagerError,
    EnterpriseManagerUnavailable,
    NotAllowed,
    NotFound,
    OrderUnclear,
    UnexpectedReply,
)
from bot.veeam import wire
from bot.veeam.conversations import Conversation, Followed
from bot.veeam.refusals import shorten
from bot.veeam.translate import offers_in

TASK_LOOKED_AT_EVERY = timedelta(seconds=0.25)
TASK_FOLLOWED_FOR = timedelta(seconds=60)
"""A backup server that takes longer to accept an order is busy: its run shows all the same."""

HINT_ON_JOBS = {
    HTTPStatus.FORBIDDEN: (
        "Starting jobs needs the role Portal Administrator. Set VEEAM_OPERATOR_USERNAME and"
        " VEEAM_OPERATOR_PASSWORD to such an account, or start the job in the Veeam console."
    ),
    HTTPStatus.NOT_FOUND: (
        "The job may have been deleted or made anew: look for it in the Veeam console."
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "This Enterprise Manager, or a proxy before it, does not take this action:"
        " start the job in the Veeam console."
    ),
}
HINT_ON_SERVERS = {
    HTTPStatus.FORBIDDEN: "Collecting needs the role Portal User or Portal Administrator.",
    HTTPStatus.NOT_FOUND: "The backup server may have been removed from Enterprise Manager.",
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "This Enterprise Manager, or a proxy before it, does not take this action."
        " It collects by itself, every 15 minutes by default."
    ),
}


class Orders:
    """What one account tells EM to do.

    Whatever it raises but `OrderUnclear` means that nothing was set going.
    """

    def __init__(
        self,
        conversation: Conversation,
        look_every: timedelta = TASK_LOOKED_AT_EVERY,
        follow_for: timedelta = TASK_FOLLOWED_FOR,
    ) -> None:
        self._conversation = conversation
        self._look_every = look_every.total_seconds()
        self._follow_for = follow_for.total_seconds()

    async def fetch_offers(self, guid: str) -> frozenset[Action]:
        """Ask which actions EM offers on a job; raises `NotAllowed` where it may not be read."""
        asked = f"read what can be done with job {guid[:8]}…"
        try:
            job = await self._conversation.ask(f"/api/jobs/{guid}?format=Entity", asked, wire.Job)
        except (NotAllowed, NotFound) as error:
            raise _with_hint(error, HINT_ON_JOBS) from error
        return offers_in(job.content) or frozenset()

    async def act(self, action: Action, guid: str) -> TaskEnd:
        """Start or retry a job, once, and follow EM's task to its end."""
        path, asked = f"/api/jobs/{guid}?action={action.value}", f"{action.value} job {guid[:8]}…"
        return await self._order(path, asked, HINT_ON_JOBS)

    async def collect(self, guid: str) -> TaskEnd:
        """Have EM collect from a backup server now, and follow the task to its end.

        The backup server is read first: that renews an old logon, which an order does not.
        """
        asked = f"collect from backup server {guid[:8]}…"
        try:
            path = f"/api/backupServers/{guid}?format=Entity"
            await self._conversation.ask(path, asked, wire.BackupServer)
        except (NotAllowed, NotFound) as error:
            raise _with_hint(error, HINT_ON_SERVERS) from error
        return await self._order(
            f"/api/backupServers/{guid}?action=collect", asked, HINT_ON_SERVERS
        )

    async def _order(self, path: str, asked: str, hints: dict[HTTPStatus, str]) -> TaskEnd:
        try:
            taken = await self._conversation.order(path, asked, wire.RestTask)
        except OrderUnclear:
            raise
        except (NotAllowed, NotFound, UnexpectedReply) as error:
            raise _with_hint(error, hints) from error
        return await self._follow(taken, asked)

    async def _follow(self, task: Followed[wire.RestTask], asked: str) -> TaskEnd:
        """Look at a task until it is over; a look that fails may be a passing trouble."""
        try:
            async with asyncio.timeout(self._follow_for):
                while (end := _end_of(task.content)) is None:
                    await asyncio.sleep(self._look_every)
                    task = replace(task, content=await self._look(task, asked))
        except TimeoutError:
            return TaskEnd(TaskOutcome.UNCLEAR, "its task has not ended in time")
        except EnterpriseManagerError as error:
            return TaskEnd(TaskOutcome.UNCLEAR, shorten(error.said))
        return end

    async def _look(self, task: Followed[wire.RestTask], asked: str) -> wire.RestTask:
        path = f"/api/tasks/{task.content.task_id}"
        try:
            return await self._conversation.look(path, asked, task)
        except EnterpriseManagerUnavailable:
            return task.content


def _end_of(task: wire.RestTask) -> TaskEnd | None:
    """Tell how a task ended; None while it has not (reference §8).

    `OperationFinished` with a result is enough: the backup server has done it, only EM's own copy
    is still to come.
    """
    result, is_over = task.result, (task.state or "").lower() == "finished"
    if result is None or result.success is None:
        return TaskEnd(TaskOutcome.UNCLEAR, "its task ended without a result") if is_over else None
    message = shorten(result.message or "")
    if result.credentials_needed or result.confirmation_needed:
        return TaskEnd(TaskOutcome.REFUSED, message or "it wants credentials or a confirmation")
    return TaskEnd(TaskOutcome.ACCEPTED if result.success else TaskOutcome.REFUSED, message)


def _with_hint(
    error: NotAllowed | NotFound | UnexpectedReply, hints: dict[HTTPStatus, str]
) -> EnterpriseManagerError:
    """Say what to do about a refusal of this very order."""
    status = {NotAllowed: HTTPStatus.FORBIDDEN, NotFound: HTTPStatus.NOT_FOUND}.get(type(error))
    hint = hints[status or HTTPStatus.METHOD_NOT_ALLOWED]
    return type(error)(error.asked, error.said, hint)
