"""The control API: plain HTTP and JSON, mounted in somebody else's application."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.demo.em import EnterpriseManager, ReplicaJob
from tests.demo.em.visitors import Visitor

Panel = TestClient[web.Request, web.Application]


@pytest.fixture
async def panel(em: EnterpriseManager) -> AsyncIterator[Panel]:
    app = web.Application()
    app.add_subapp("/control/em", em.control_app())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def jobs(em: EnterpriseManager) -> list[ReplicaJob]:
    server = em.world.add_server("vbr01")
    return [em.world.add_job(f"Job {n}", server, vms=("a", "b")) for n in range(4)]


async def post(panel: Panel, path: str, status: int = 200, /, **body: Any) -> Any:
    async with panel.post(f"/control/em/{path}", json=body) as response:
        answer = await response.json()
        assert response.status == status, answer
        return answer


async def state(panel: Panel) -> Any:
    async with panel.get("/control/em/state") as response:
        return await response.json()


@pytest.mark.parametrize(
    ("path", "result"), [("fail", "Failed"), ("warn", "Warning"), ("run", "Success")]
)
async def test_a_run_of_a_named_job_ends_as_asked(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob], path: str, result: str
) -> None:
    await post(panel, path, job="Job 2")
    (session,) = em.world.sessions.values()
    assert (session.job_name, session.result) == ("Job 2", result)


async def test_reasons_are_told_in_the_words_given(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob]
) -> None:
    await post(panel, "fail", job=jobs[0].uid, reasons={"b": "no space"})
    (session,) = em.world.sessions.values()
    assert [(task.vm.name, task.reason) for task in session.tasks] == [("a", ""), ("b", "no space")]


async def test_a_failing_job_recovers_and_no_other(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob]
) -> None:
    em.world.add_session(jobs[3], result="Failed")
    await post(panel, "recover")
    last = em.world.last_session(jobs[3])
    assert last is not None
    assert last.result == "Success"
    assert "no such job" in (await post(panel, "recover", 404))["error"]


async def test_a_storm_fails_many_jobs_of_one_server(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob]
) -> None:
    assert len((await post(panel, "storm", jobs=3))["done"]) == 3
    assert [session.result for session in em.world.sessions.values()] == ["Failed"] * 3


async def test_a_run_starts_and_is_finished(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob]
) -> None:
    await post(panel, "start", job="Job 1")
    assert (await state(panel))["running"] == ["Job 1"]
    await post(panel, "finish", result="Warning")
    (session,) = em.world.sessions.values()
    assert (session.state, session.result) == ("Stopped", "Warning")
    await post(panel, "finish", 404, job="Job 1")


async def test_a_late_failure_ended_hours_ago(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob]
) -> None:
    await post(panel, "late", hours=5)
    (session,) = em.world.sessions.values()
    assert session.ended_at is not None
    assert (em.world.now() - session.ended_at).total_seconds() == pytest.approx(5 * 3600, abs=60)


async def test_em_breaks_and_is_mended(
    em: EnterpriseManager, panel: Panel, watcher: Visitor
) -> None:
    await post(panel, "break", mode="503", path="replica")
    assert await watcher.status("replicaSessions") == 503
    assert (await state(panel))["faults"] == [{"mode": "503", "times": None}]
    await post(panel, "mend")
    assert await watcher.status("replicaSessions") == 200


@pytest.mark.parametrize(
    "mode",
    [
        "drop",
        "cut",
        "hold",
        "html",
        "content_type",
        "truncated",
        "empty",
        "huge",
        "entity_bomb",
        "external_entity",
        "foreign_links",
        "shift_rows",
        "slow",
        "trickle",
        "refuse_logons",
    ],
)
async def test_every_mode_that_is_documented_can_be_armed(
    em: EnterpriseManager, panel: Panel, mode: str
) -> None:
    await post(panel, "break", mode=mode, times=1)
    assert len(em.faults.armed) == 1


async def test_the_door_and_the_logons_are_broken_too(
    em: EnterpriseManager, panel: Panel, watcher: Visitor
) -> None:
    await post(panel, "break", mode="expire_logons")
    assert await watcher.status("replicaSessions") == 401
    await post(panel, "break", mode="down")
    assert (await state(panel))["down"] is True
    await post(panel, "mend")
    assert (await state(panel))["down"] is False


async def test_an_upgrade_and_another_certificate_are_had_by_name_too(
    em: EnterpriseManager, panel: Panel
) -> None:
    first = em.fingerprint
    await post(panel, "break", mode="upgrade")
    assert (await state(panel))["options"]["json_case"] == "camel"
    await post(panel, "break", mode="certificate", other_authority=True)
    assert em.fingerprint != first
    await post(panel, "mend")
    assert em.fingerprint == first


async def test_options_are_switched_while_it_runs(
    em: EnterpriseManager, panel: Panel, watcher: Visitor
) -> None:
    await post(panel, "options", json_case="camel", nulls=False)
    assert await watcher.json("replicaSessions") == {"refs": []}
    assert (await state(panel))["options"]["json_case"] == "camel"


async def test_jobs_are_listed_with_how_they_stand(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob]
) -> None:
    em.world.add_session(jobs[0], result="Warning")
    async with panel.get("/control/em/jobs") as response:
        listed = await response.json()
    assert [(row["name"], row["result"]) for row in listed][:2] == [
        ("Job 0", "Warning"),
        ("Job 1", None),
    ]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("fail", {"job": "nobody"}, 404),
        ("fail", {"server": "nowhere"}, 404),
        ("break", {"mode": "nonsense"}, 404),
        ("break", {}, 404),
        ("nonsense", {}, 404),
        ("options", {"json_case": "kebab"}, 400),
        ("options", {"colour": "blue"}, 400),
        ("late", {"hours": "many"}, 400),
        ("storm", {"jobs": "all"}, 400),
        ("break", {"mode": "drop", "path": "("}, 400),
    ],
)
async def test_what_is_unknown_or_wrong_is_said_in_a_sentence(
    panel: Panel, jobs: list[ReplicaJob], path: str, body: dict[str, str], status: int
) -> None:
    assert (await post(panel, path, status, **body))["error"]


@pytest.mark.parametrize("text", ["[]", "{", "1"])
async def test_a_body_that_is_no_object_is_400(panel: Panel, text: str) -> None:
    async with panel.post("/control/em/fail", data=text) as response:
        assert response.status == 400


async def test_a_control_is_posted(panel: Panel) -> None:
    async with panel.get("/control/em/fail") as response:
        assert (response.status, "Method Not Allowed" in await response.text()) == (405, True)


async def test_jobs_play_until_told_to_stop(
    em: EnterpriseManager, panel: Panel, jobs: list[ReplicaJob]
) -> None:
    await post(panel, "play", every_seconds=60)
    assert (await state(panel))["running"]
    assert (await post(panel, "play", every_seconds=0))["done"] == "paused"
