"""The control API: plain HTTP and JSON, by which a demo page or a person makes things happen.

`GET /state` what is there and what is broken; `GET /jobs` the jobs and how they stand.
Everything else is `POST` with a JSON object; every key is optional unless said otherwise.

| path | body | what happens |
| --- | --- | --- |
| /fail, /warn, /run | job, server, reasons {vm: text} | a run ends Failed, Warning, Success |
| /recover | job, server | a job that is failing runs with Success |
| /storm | jobs (10), result | so many jobs of one backup server end Failed at once |
| /start | job, server | a run starts; it stays running until /finish, or /play moves it on |
| /finish | job, server, result, reasons | the running session of a job ends |
| /late | job, server, result, hours (5) | EM learns now of a run that ended hours ago |
| /break | mode (required), times (null: until mended), method, path, … | EM misbehaves |
| /mend | | no fault is left, the door is open, the first certificate is shown |
| /options | any field of EmOptions | EM speaks differently |
| /play | every_seconds (4) | jobs run by themselves; 0 ends it |

`job` is a name, a UID or a GUID; without it one is taken at random, and `server` narrows by name.
Modes of /break: 401 403 404 500 503 (with `body`), drop, cut, hold, html, content_type (`kind`),
truncated, empty, huge (`megabytes`), entity_bomb, external_entity (`url`), foreign_links (`url`),
shift_rows (`by`), slow (`seconds`), trickle (`every_seconds`), refuse_logons, expire_logons,
upgrade, certificate (`other_authority`), down.
An unknown path, job or mode is answered 404, a wrong value 400, a GET where POST is meant 405, each
with `{"error": "…"}`.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from random import Random
from typing import Any, Protocol, TypeAlias

from aiohttp import web

from bot.demo.em.faults import Faults
from bot.demo.em.options import EmOptions
from bot.demo.em.reasons import pick_reasons
from bot.demo.em.things import ReplicaJob, Session
from bot.demo.em.world import World

Body: TypeAlias = Mapping[str, Any]
Act: TypeAlias = Callable[["Panel", Body], Awaitable[object]]

MATCH = ("times", "method", "path")
STATUSES = ("401", "403", "404", "500", "503")
# Mode, method of Faults, and the keys it takes besides those of MATCH.
MODES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "drop": ("drop", ()),
    "cut": ("cut", ()),
    "hold": ("hold", ("answered",)),
    "html": ("login_page", ()),
    "content_type": ("content_type", ("kind",)),
    "truncated": ("truncate", ()),
    "empty": ("empty", ()),
    "huge": ("huge", ("megabytes",)),
    "entity_bomb": ("entity_bomb", ()),
    "external_entity": ("external_entity", ("url",)),
    "foreign_links": ("foreign_links", ("url",)),
    "shift_rows": ("shift_rows", ("by",)),
    "slow": ("slow", ("seconds",)),
    "trickle": ("trickle", ("every_seconds",)),
    "refuse_logons": ("refuse_logons", ()),
}


class Controlled(Protocol):
    """What is controlled: the parts of an `EnterpriseManager` that are used here."""

    world: World
    faults: Faults
    options: EmOptions
    requests: list[tuple[str, str, str | None]]

    @property
    def url(self) -> str:
        """Where it is served."""

    @property
    def logon_count(self) -> int:
        """How many logons there have been."""

    def play(self, every_seconds: float) -> None:
        """Let jobs run by themselves."""

    async def pause(self) -> None:
        """Stop what `play` began."""


class Unknown(LookupError):
    """Something named in a request does not exist."""


def control_app(manager: Controlled) -> web.Application:
    """The application; mount it where the demo wants it."""
    panel = Panel(manager)
    app = web.Application(middlewares=[_errors_as_json])
    app.router.add_get("/state", panel.state)
    app.router.add_get("/jobs", panel.jobs)
    for path, act in ACTS.items():
        app.router.add_post(f"/{path}", panel.listener(act))
    return app


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Unknown as error:
        return web.json_response({"error": str(error)}, status=404)
    except web.HTTPClientError as error:
        told = f"{request.method} {request.path}: {error.reason}"
        return web.json_response({"error": told}, status=error.status)
    except (TypeError, ValueError, re.error) as error:
        return web.json_response({"error": str(error)}, status=400)


class Panel:
    """The controls of one emulated EM."""

    def __init__(self, manager: Controlled) -> None:
        self.manager = manager
        self.world = manager.world
        self.random = Random()  # noqa: S311 — which job fails is no secret

    async def state(self, request: web.Request) -> web.Response:
        """`GET /state`."""
        manager = self.manager
        faults = manager.faults
        return web.json_response(
            {
                "url": manager.url,
                "now": self.world.now().isoformat(),
                "jobs": len(self.world.jobs),
                "sessions": len(self.world.sessions),
                "running": [session.job_name for session in self.world.running()],
                "failing": [job.name for job in self.world.jobs.values() if self.is_failing(job)],
                "faults": [{"mode": row.mode, "times": row.left} for row in faults.armed],
                "down": faults.is_down,
                "options": asdict(manager.options),
                "requests": len(manager.requests),
                "logons": manager.logon_count,
            }
        )

    async def jobs(self, request: web.Request) -> web.Response:
        """`GET /jobs`."""
        return web.json_response([self._shown(job) for job in self.world.jobs.values()])

    def listener(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A POST listener that reads the body and tells what was done."""

        async def posted(request: web.Request) -> web.Response:
            text = await request.text()
            body = json.loads(text) if text.strip() else {}
            if not isinstance(body, dict):
                raise TypeError("the body is a JSON object")
            return web.json_response({"done": await act(self, body)})

        return posted

    def find_job(
        self, body: Body, *, among: Callable[[ReplicaJob], bool] | None = None
    ) -> ReplicaJob:
        """The job that a body names, or one at random."""
        name, server = body.get("job"), body.get("server")
        jobs = [job for job in self.world.jobs.values() if server in (None, job.server.name)]
        if name is not None:
            jobs = [job for job in jobs if name in (job.name, job.uid, job.id)]
        elif among is not None:
            jobs = [job for job in jobs if among(job)]
        if not jobs:
            raise Unknown(f"there is no such job: {name or server or 'any'}")
        return self.random.choice(jobs)

    def is_failing(self, job: ReplicaJob) -> bool:
        """Whether the job's last run was not a success."""
        last = self.world.last_session(job)
        return last is not None and last.result in ("Warning", "Failed")

    def is_idle(self, job: ReplicaJob) -> bool:
        """Whether the job does not run."""
        return self.world.running_session(job) is None

    def end_run(self, job: ReplicaJob, result: str, body: Body) -> str:
        """Let a run of the job end now, the running one if there is one."""
        reasons = body.get("reasons") or pick_reasons(self.random, job, result)
        session = self.world.running_session(job)
        if session is None:
            session = self.world.add_session(job, result=result, reasons=reasons)
        else:
            self.world.finish_session(session, result, reasons)
        return told(session)

    def _shown(self, job: ReplicaJob) -> dict[str, object]:
        last = self.world.last_session(job)
        return {
            "uid": job.uid,
            "name": job.name,
            "server": job.server.name,
            "vms": [vm.name for vm in job.vms],
            "running": not self.is_idle(job),
            "result": last.result if last else None,
        }


def told(session: Session) -> str:
    """One line about a session."""
    return f"{session.job_name} @ {session.job.server.name}: {session.result} ({session.uid})"


async def _fail(panel: Panel, body: Body) -> str:
    return panel.end_run(panel.find_job(body, among=panel.is_idle), "Failed", body)


async def _warn(panel: Panel, body: Body) -> str:
    return panel.end_run(panel.find_job(body, among=panel.is_idle), "Warning", body)


async def _run(panel: Panel, body: Body) -> str:
    return panel.end_run(panel.find_job(body, among=panel.is_idle), "Success", body)


async def _recover(panel: Panel, body: Body) -> str:
    return panel.end_run(panel.find_job(body, among=panel.is_failing), "Success", body)


async def _storm(panel: Panel, body: Body) -> list[str]:
    wanted = int(body.get("jobs", 10))
    first = panel.find_job({"server": body.get("server")})
    jobs = [job for job in panel.world.jobs.values() if job.server is first.server]
    chosen = panel.random.sample(jobs, min(wanted, len(jobs)))
    return [panel.end_run(job, str(body.get("result", "Failed")), {}) for job in chosen]


async def _start(panel: Panel, body: Body) -> str:
    return told(panel.world.start_session(panel.find_job(body, among=panel.is_idle)))


async def _finish(panel: Panel, body: Body) -> str:
    job = panel.find_job(body, among=lambda job: not panel.is_idle(job))
    if panel.is_idle(job):
        raise Unknown(f"the job does not run: {job.name}")
    return panel.end_run(job, str(body.get("result", "Success")), body)


async def _late(panel: Panel, body: Body) -> str:
    job = panel.find_job(body)
    result = str(body.get("result", "Failed"))
    ended = panel.world.server_now(job.server) - timedelta(hours=float(body.get("hours", 5)))
    session = panel.world.add_session(
        job,
        result=result,
        created_at=ended - timedelta(minutes=10),
        ended_at=ended,
        reasons=body.get("reasons") or pick_reasons(panel.random, job, result),
    )
    return told(session)


async def _break(panel: Panel, body: Body) -> str:
    faults, mode = panel.manager.faults, str(body.get("mode"))
    match = {"times": None, **{key: body[key] for key in MATCH if key in body}}
    if mode == "down":
        await faults.go_down()
    elif mode == "certificate":
        await faults.change_certificate(other_authority=bool(body.get("other_authority")))
    elif mode in ("expire_logons", "upgrade"):
        getattr(faults, mode)()
    elif mode in STATUSES:
        faults.answer(int(mode), body=bool(body.get("body", True)), **match)
    elif mode in MODES:
        name, keys = MODES[mode]
        getattr(faults, name)(**{key: body[key] for key in keys if key in body}, **match)
    else:
        raise Unknown(f"there is no mode {mode}; there are: {', '.join((*STATUSES, *MODES))}")
    return mode


async def _mend(panel: Panel, body: Body) -> str:
    panel.manager.faults.clear()
    await panel.manager.faults.restore_certificate()
    if panel.manager.faults.is_down:
        await panel.manager.faults.come_back()
    return "mended"


async def _options(panel: Panel, body: Body) -> dict[str, object]:
    panel.manager.options = replace(panel.manager.options, **body)
    return asdict(panel.manager.options)


async def _play(panel: Panel, body: Body) -> str:
    seconds = float(body.get("every_seconds", 4))
    await panel.manager.pause()
    if seconds > 0:
        panel.manager.play(seconds)
    return f"a step every {seconds:g} s" if seconds > 0 else "paused"


ACTS: Mapping[str, Act] = {
    "fail": _fail,
    "warn": _warn,
    "run": _run,
    "recover": _recover,
    "storm": _storm,
    "start": _start,
    "finish": _finish,
    "late": _late,
    "break": _break,
    "mend": _mend,
    "options": _options,
    "play": _play,
}
