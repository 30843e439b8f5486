"""What is photographed: something happens, and a message of the page shows it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Locator, Page

from bot.demo.slack import Message
from tests.end_to_end.stage import PATIENCE, Stage

REASONS = {
    "sql01": "Error: There is not enough space on the disk. Datastore ds7",
    "sql02": "Error: Proxy VPRX02 is not available",
}


@dataclass(frozen=True)
class Scene:
    """One picture: what must happen first, and what of the page is taken."""

    name: str
    play: Callable[[Stage], Awaitable[str]]
    is_home: bool = False

    def target(self, page: Page, ts: str) -> Locator:
        """Find what is taken: a message by its timestamp, or the Home tab."""
        return page.locator("#home") if self.is_home else page.locator(f'[data-ts="{ts}"]').first


JOBS = {
    "SQL Replica": ("sql01", "sql02", "sql03"),
    "ERP Replica": ("erp01", "erp02"),
    "Web Replica": ("web01",),
    "DC Replica": ("dc01", "dc02"),
    "File Replica": ("file01", "file02"),
}


def add_history(stage: Stage) -> None:
    """Some days of EM before the bot begins to watch."""
    for name, vms in JOBS.items():
        job = stage.job(name, vms=vms)
        for days in range(12, 0, -1):
            is_bad = (name == "SQL Replica" and days < 3) or (name == "ERP Replica" and days == 5)
            ended_at = stage.ago(days=days, minutes=20)
            created_at = stage.ago(days=days, minutes=34)
            result = "Failed" if is_bad else "Success"
            reasons = REASONS if name == "SQL Replica" else None
            stage.em.world.add_session(
                job, result=result, reasons=reasons, created_at=created_at, ended_at=ended_at
            )


async def failed(stage: Stage) -> str:
    """Alert about one job, for the third time."""
    stage.em.world.add_session(stage.job("SQL Replica"), result="Failed", reasons=REASONS)
    return (await stage.wait_for_root("SQL Replica failed")).ts


async def warned(stage: Stage) -> str:
    """Alert about a warning."""
    reasons = {"erp01": "Changed block tracking was reset by the host"}
    stage.em.world.add_session(stage.job("ERP Replica"), result="Warning", reasons=reasons)
    return (await stage.wait_for_root("ERP Replica ended with a warning")).ts


async def recovered(stage: Stage) -> str:
    """An alert that is over."""
    job = stage.job("Web Replica")
    stage.em.world.add_session(job, result="Failed", reasons={"web01": "Error: Host is offline"})
    await stage.wait_for_root("Web Replica failed")
    stage.em.world.add_session(job, result="Success")
    return (await stage.wait_for_root("Web Replica recovered")).ts


async def acknowledged(stage: Stage) -> str:
    """An alert that somebody looks after."""
    job = stage.job("DC Replica")
    stage.em.world.add_session(job, result="Failed", reasons={"dc01": "Error: Snapshot failed"})
    root = await stage.wait_for_root("DC Replica failed")
    await stage.slack.command("/replica ack DC Replica the storage team is on it")
    await stage.slack.wait_for(
        lambda slack: any(
            "acknowledged" in str(m.blocks) for m in slack.messages() if m.ts == root.ts
        ),
        PATIENCE,
    )
    return root.ts


async def storm(stage: Stage) -> str:
    """Many jobs of one backup server, by cause."""
    for number in range(9):
        job = stage.job(f"Branch {number:02}", server="vbr02")
        reason = "Error: Proxy VPRX02 is not available" if number < 6 else REASONS["sql01"]
        stage.em.world.add_session(job, result="Failed", reasons={"vm01": reason})
    root = await stage.wait_for_root("9 jobs failed on vbr02")
    return root.ts


def asked(line: str, text: str) -> Callable[[Stage], Awaitable[str]]:
    """Make a scene's play of a command: its answer is the newest that one person sees."""

    async def play(stage: Stage) -> str:
        known = {each.ts for each in stage.slack.ephemerals()}
        await stage.slack.command(line)

        def find(_: object) -> Message | None:
            fresh = [m for m in stage.slack.ephemerals() if m.ts not in known]
            return next((m for m in fresh if text in m.text + str(m.blocks)), None)

        found = await stage.slack.wait_for(find, PATIENCE)
        assert found is not None
        return found.ts

    return play


async def running(stage: Stage) -> str:
    """Answer about a session that runs."""
    stage.em.world.start_session(stage.job("File Replica"))
    return await asked("/replica File Replica", "running")(stage)


async def home(stage: Stage) -> str:
    """Open the Home tab."""
    await stage.slack.open_home(stage.slack.user)
    await stage.slack.wait_for(lambda slack: slack.home(slack.user), PATIENCE)
    return ""


SCENES = (
    Scene("alert", failed),
    Scene("alert-warning", warned),
    Scene("alert-recovered", recovered),
    Scene("alert-acknowledged", acknowledged),
    Scene("alert-group", storm),
    Scene("session", asked("/replica SQL Replica", "SQL Replica")),
    Scene("session-running", running),
    Scene("overview", asked("/replica", "failing")),
    Scene("failed", asked("/replica failed", "failing now")),
    Scene("jobs", asked("/replica jobs", "jobs")),
    Scene("job", asked("/replica job SQL Replica", "SQL Replica")),
    Scene("summary", asked("/replica summary", "Replication")),
    Scene("unknown", asked("/replica SQL Replika", "SQL Replica")),
    Scene("slip", asked("/replica faild", "failed")),
    Scene("mutes", asked("/replica mutes", "muted")),
    Scene("status", asked("/replica status", "bot")),
    Scene("help-mute", asked("/replica help mute", "mute")),
    Scene("home", home, is_home=True),
)
"""In the order in which they are played."""
