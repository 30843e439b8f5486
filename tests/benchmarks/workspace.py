"""The emulated Slack and EM in a process of their own, with a way to have many commands typed.

On a port of its own, `POST /ask` types commands and tells how long all answers took; `GET /ready`
returns as soon as a socket is open and there were more than so many logons.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

from aiohttp import web

from bot.demo.em import EnterpriseManager
from bot.demo.launching import Demo
from bot.demo.slack import Message, SlackWorkspace
from bot.demo.slack.messages import Member
from tests.benchmarks.processes import tell_and_serve

PATIENCE = 10.0
LOOK_EVERY = 0.002


class Crowd:
    """People who each type a command, wait for the answer, and type the next."""

    def __init__(self, slack: SlackWorkspace) -> None:
        self._slack = slack
        self._store = slack.workspace.store
        self._waiting: dict[str, tuple[str, asyncio.Future[None]]] = {}

    def hear(self, message: Message) -> Message:
        """Notice an answer on its way into the workspace; it is not kept, so as to stay small."""
        words, answered = self._waiting.get(message.ephemeral_to or "", ("", None))
        if answered is None:
            return self._store(message)
        if words in message.text and not answered.done():
            answered.set_result(None)
        return message

    async def ask(
        self, lines: Sequence[str], words: str, count: int, at_once: int
    ) -> dict[str, Any]:
        """Have so many type their line, so often in all; who gets no such words gives up."""
        left = iter(range(count))
        started_at = time.perf_counter()
        failures = await asyncio.gather(
            *(
                self._ask_in_turn(f"U{number}", lines[number % len(lines)], words, left)
                for number in range(at_once)
            )
        )
        return {"seconds": time.perf_counter() - started_at, "failures": sum(failures)}

    async def _ask_in_turn(self, user: str, line: str, words: str, left: Any) -> int:
        self._slack.workspace.members.setdefault(user, Member(user, user.lower(), user))
        for _ in left:
            answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[user] = (words, answered)
            await self._slack.command(line, user)
            try:
                await asyncio.wait_for(answered, PATIENCE)
            except TimeoutError:
                return 1
        return 0


def bench_app(demo: Demo, crowd: Crowd) -> web.Application:
    """What the benchmark asks of this process."""

    async def ask(request: web.Request) -> web.Response:
        return web.json_response(await crowd.ask(**await request.json()))

    async def ready(request: web.Request) -> web.Response:
        known = int(request.query["logons"])
        while not (demo.slack.sockets.connections and demo.em.logon_count > known):  # noqa: ASYNC110 - no bell rings on a logon
            await asyncio.sleep(LOOK_EVERY)
        return web.json_response({})

    async def logons(_request: web.Request) -> web.Response:
        return web.json_response(demo.em.logon_count)

    app = web.Application()
    app.router.add_post("/ask", ask)
    app.router.add_get("/ready", ready)
    app.router.add_get("/logons", logons)
    return app


def failures(em: EnterpriseManager) -> list[str]:
    """The GUIDs of the sessions that failed on some of several VMs, the newest first."""
    failed = [
        session
        for session in em.world.sessions.values()
        if session.result == "Failed" and len(session.tasks) > 1 and session.visible_at is None
    ]
    return [each.id for each in sorted(failed, key=lambda each: each.created_at, reverse=True)]


async def main() -> None:
    """Serve until the one who started this is done."""
    em, slack = await EnterpriseManager.start(history=True), await SlackWorkspace.start()
    demo, crowd = Demo(em, slack), Crowd(slack)
    runner = web.AppRunner(bench_app(demo, crowd), access_log=None, shutdown_timeout=0.1)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        with patch.object(slack.workspace, "store", crowd.hear):
            about = {
                "bench": f"http://127.0.0.1:{runner.addresses[0][1]}",
                "sessions": " ".join(failures(em)),
                **demo.environment(),
            }
            await tell_and_serve(about)
    finally:
        await runner.cleanup()
        await slack.stop()
        await em.stop()


if __name__ == "__main__":
    asyncio.run(main())
