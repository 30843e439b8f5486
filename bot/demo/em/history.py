"""Thirty believable days: 24 jobs on two backup servers, with everything that makes a bot stumble.

Equal job names on two servers, hostile names, sessions that EM learns of late, one backup server
whose clock runs ahead, jobs that are failing right now, retries that help and retries that do not.
"""

from datetime import datetime, timedelta
from random import Random

from bot.demo.em.reasons import pick_reasons
from bot.demo.em.things import ReplicaJob
from bot.demo.em.world import World

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SPAN = 30 * DAY
# vbr02 lives in the near future.
DRIFT = 3 * MINUTE
FAILS, WARNS, RETRY_HELPS = 0.03, 0.04, 0.6

# Name, VMs, hours between runs; `*` marks a job that has been failing for days.
FIRST_SERVER = (
    ("SQL Replica*", ("sql01", "sql02", "sql03", "sql04", "sql05"), 24),
    ("DC Replica", ("dc01", "dc02"), 12),
    ("Exchange Replica", ("exch01", "exch02", "exch03"), 24),
    ("ERP Replica", tuple(f"erp{n:02}" for n in range(1, 10)), 12),
    ("Web Replica", ("web01", "web02", "web03"), 4),
    ("File Replica 01", ("fs01",), 24),
    ("File Replica 07", ("fs07", "fs08"), 24),
    ("CRM Replica", ("crm01", "crm-db01"), 24),
    ("Print Replica", ("print01",), 24),
    ("Monitoring Replica", ("zbx01", "grafana01"), 24),
    ('R&D "Lab"; old, (spare) @ site\\B = 100% <prio>', ("lab & test", "<!channel>"), 24),
    ("Größe Ürgüp — レプリカ 🔁", ("büro-01", "сервер-02"), 24),
)
SECOND_SERVER = (
    ("SQL Replica", ("sql11", "sql12"), 24),
    ("DC Replica", ("dc11",), 12),
    ("Oracle Replica*", ("ora01", "ora02"), 24),
    ("SAP Replica", ("sap-app01", "sap-app02", "sap-hana01"), 12),
    ("Citrix Replica", tuple(f"ctx{n:02}" for n in range(1, 7)), 24),
    ("GitLab Replica", ("gitlab01", "runner01"), 4),
    ("Jira Replica", ("jira01", "confluence01"), 24),
    ("Branch Lyon", ("lyon-dc", "lyon-fs"), 24),
    ("Branch Porto", ("porto-dc",), 24),
    ("Branch Kraków", ("krk-dc", "krk-fs"), 24),
    ("Jump Replica", ("jump01",), 24),
    (
        "*bold* _it_ ~strike~ `code` <@U0000001>|x",
        ("&lt;vm&gt;", "<https://evil.example|click>"),
        24,
    ),
)
BACKUPS = (("Daily Backup", ("sql01", "dc01", "fs01")), ("Lab Backup", ("lab & test", "zbx01")))


def add_history(world: World, seed: int = 20140819) -> None:
    """Fill a world with its past, as seen from now."""
    random = Random(seed)  # noqa: S311 — a believable past, not a secret
    for name, rows, drift in (
        ("vbr01.demo.local", FIRST_SERVER, timedelta()),
        ("vbr02.demo.local", SECOND_SERVER, DRIFT),
    ):
        server = world.add_server(name, drift=drift)
        for title, vms, hours in rows:
            job = world.add_job(title.removesuffix("*"), server, vms=vms, every=hours * HOUR)
            _add_runs(world, random, job, failing=title.endswith("*"))
    _add_late_runs(world, random)
    _add_backups(world, random)


def _add_runs(world: World, random: Random, job: ReplicaJob, *, failing: bool) -> None:
    now = world.server_now(job.server)
    start = now - random.random() * job.every - HOUR
    while start > now - SPAN:
        age = now - start
        result = "Failed" if failing and age < 2.5 * DAY else _chance(random)
        ended = _add_run(world, random, job, start, result)
        if result == "Failed":
            again = "Failed" if failing and age < 2.5 * DAY else _retry(random)
            _add_run(world, random, job, ended + 10 * MINUTE, again, is_retry=True)
        start -= job.every + timedelta(seconds=random.uniform(-40, 40))


def _add_run(
    world: World,
    random: Random,
    job: ReplicaJob,
    start: datetime,
    result: str,
    *,
    is_retry: bool = False,
) -> datetime:
    start = _rough(random, start)
    ended = _rough(random, start + random.uniform(3, 12) * len(job.vms) ** 0.5 * MINUTE)
    world.add_session(
        job,
        result=result,
        created_at=start,
        ended_at=ended,
        is_retry=is_retry,
        reasons=pick_reasons(random, job, result),
    )
    return ended


def _add_late_runs(world: World, random: Random) -> None:
    """EM lost a backup server for hours, and learns of these within minutes from now (§14)."""
    jobs = [job for job in world.jobs.values() if job.name.startswith("Branch")]
    for number, (job, result) in enumerate(
        zip(jobs, ("Failed", "Success", "Warning"), strict=True)
    ):
        ended = world.now() - (5 + number) * HOUR
        world.add_session(
            job,
            result=result,
            created_at=ended - 9 * MINUTE,
            ended_at=ended,
            reasons=pick_reasons(random, job, result),
            visible_at=world.now() + (2 + 4 * number) * MINUTE,
        )


def _add_backups(world: World, random: Random) -> None:
    server = next(iter(world.servers.values()))
    for name, vms in BACKUPS:
        job = world.add_backup_job(name, server, vms=vms)
        for days in range(1, 15):
            start = _rough(random, world.now() - days * DAY)
            world.add_session(
                job,
                result=(result := _chance(random)),
                created_at=start,
                ended_at=start + 40 * MINUTE,
                reasons=pick_reasons(random, job, result),
            )


def _chance(random: Random) -> str:
    throw = random.random()
    if throw < FAILS:
        return "Failed"
    return "Warning" if throw < FAILS + WARNS else "Success"


def _retry(random: Random) -> str:
    return "Success" if random.random() < RETRY_HELPS else "Failed"


def _rough(random: Random, moment: datetime) -> datetime:
    """As many digits of a second as servers write: none, two, three or six (reference §5)."""
    step = random.choice((1_000_000, 10_000, 1_000, 1))
    return moment.replace(microsecond=moment.microsecond // step * step)
