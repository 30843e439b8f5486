"""The stage for end-to-end tests: emulated EM and Slack, and the real bot in its own process."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from bot.demo.em import EmOptions, EnterpriseManager, ReplicaJob
from bot.demo.slack import Message, SlackOptions, SlackWorkspace

PATIENCE = 30
"""Seconds after which a test gives up; nothing is measured with it."""

Mode = Literal["socket", "http"]
"""How Slack reaches the bot."""


@dataclass
class BotProcess:
    """`replica-bot run` with nothing but settings, in a folder of its own."""

    folder: Path
    settings: Mapping[str, str]
    process: asyncio.subprocess.Process | None = None
    command: tuple[str, ...] = ("-m", "bot", "run")

    async def start(self, **changed: str) -> None:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with (self.folder / "bot.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.command,
                env=inherited | dict(self.settings) | changed,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    @property
    def log(self) -> str:
        return (self.folder / "bot.log").read_text()


def http_port_of(log: str) -> int:
    """The port that a bot says it serves."""
    said = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return next(int(line["port"]) for line in said if line["event"] == "health_pages_served")


@dataclass
class Stage:
    """Everything a test needs, with the words to use it."""

    em: EnterpriseManager
    slack: SlackWorkspace
    bot: BotProcess
    jobs: dict[str, ReplicaJob] = field(default_factory=dict)

    def job(
        self, name: str, vms: tuple[str, ...] = ("vm01", "vm02"), server: str = "vbr01"
    ) -> ReplicaJob:
        """A job of this name, made at first use."""
        if name not in self.jobs:
            known = {each.name: each for each in self.em.world.servers.values()}
            of = known.get(server) or self.em.world.add_server(server)
            self.jobs[name] = self.em.world.add_job(name, of, vms=vms)
        return self.jobs[name]

    def ago(self, **span: float) -> datetime:
        return self.em.world.now() - timedelta(**span)

    def roots(self, text: str) -> list[Message]:
        """The channel's own messages (no replies shown there too) that contain a text."""
        return [m for m in self.slack.messages() if text in m.text and not m.thread_ts]

    async def wait_for_root(self, text: str) -> Message:
        """The one message of the channel with this text, once it is there."""
        found = await self.slack.wait_for(lambda _: self.roots(text), timeout=PATIENCE)
        assert len(found) == 1, [message.text for message in found]
        return found[0]

    async def wait_for_reply(self, root: Message, text: str) -> Message:
        """The reply in a message's thread with this text, once it is there."""

        def find(slack: SlackWorkspace) -> Message | None:
            return next(
                (m for m in slack.replies(root.ts) if text in m.text and m.ts != root.ts), None
            )

        found = await self.slack.wait_for(find, timeout=PATIENCE)
        assert found is not None
        return found

    @property
    def http_url(self) -> str:
        """Where the bot serves Slack's requests, once it has started in HTTP mode."""
        return f"http://127.0.0.1:{http_port_of(self.bot.log)}/slack/events"

    async def start(self) -> None:
        """Start the bot and let Slack reach it, by the bot's socket or by its address."""
        await self.bot.start()
        if "SLACK_APP_TOKEN" in self.bot.settings:
            await self.slack.wait_connected(timeout=PATIENCE)
            await self.wait_for_start()
            return
        await self.wait_for_start()
        await self.slack.connect_http(self.http_url)

    async def wait_for_start(self) -> Message:
        """The message that says where things stand: the import is complete."""
        return await self.wait_for_root("from now on")

    async def ask_until_answered(self) -> None:
        """Ask for help until the bot hears it: its socket is being replaced."""
        async with asyncio.timeout(PATIENCE):
            while not (await self.slack.command("/replica help")).acked:
                await self.slack.wait_connected(timeout=PATIENCE)

    async def let_a_poll_pass(self, marker: str) -> None:
        """Wait until something that happens now has been told, and so everything before it."""
        self.em.world.add_session(self.job(marker), result="Failed")
        await self.wait_for_root(marker)


@asynccontextmanager
async def set_stage(
    folder: Path,
    em_options: EmOptions | None = None,
    slack_options: SlackOptions | None = None,
    settings: Mapping[str, str] | None = None,
    mode: Mode = "socket",
) -> AsyncIterator[Stage]:
    """Serve both emulators until the block ends; the test starts the bot itself."""
    em = await EnterpriseManager.start(options=em_options or EmOptions())
    slack = await SlackWorkspace.start(options=slack_options or SlackOptions())
    wanted = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        **(
            {"SLACK_APP_TOKEN": slack.app_token}
            if mode == "socket"
            else {"SLACK_SIGNING_SECRET": slack.signing_secret}
        ),
        "SLACK_API_URL": slack.api_url,
        "VEEAM_URL": em.url,
        "VEEAM_USERNAME": em.username,
        "VEEAM_PASSWORD": em.password,
        "VEEAM_CA_FILE": str(em.ca_file),
        "ALERT_CHANNEL": slack.channel,
        "POLL_INTERVAL": "300ms",
        "HTTP_PORT": "0",
        **(settings or {}),
    }
    stage = Stage(em, slack, BotProcess(folder, wanted))
    try:
        yield stage
    finally:
        if stage.bot.process is not None:
            await stage.bot.kill()
        await slack.stop()
        await em.stop()
