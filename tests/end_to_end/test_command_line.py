"""`replica-bot`: what it says when it is set up wrong, and what `check` and `demo` print."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import httpx

from bot.demo.slack import SlackOptions
from tests.end_to_end.stage import PATIENCE, Stage, set_stage


async def replica_bot(*words: str, folder: Path, **settings: str) -> tuple[int, str]:
    """Run the command line to its end; its exit code and everything it printed."""
    environment = {"PATH": os.environ["PATH"], **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE):
        printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def check(stage: Stage, *words: str, **changed: str) -> tuple[int, str]:
    settings = {**stage.bot.settings, **changed}
    return await replica_bot("check", *words, folder=stage.bot.folder, **settings)


async def test_wrong_settings_stop_the_start_with_one_line_each(tmp_path: Path) -> None:
    code, printed = await replica_bot("run", folder=tmp_path, TIMEZONE="Mars", VEEAM_PASSWORD="s3")
    lines = printed.strip().splitlines()
    assert code == 2
    assert any(line.startswith("SLACK_BOT_TOKEN: is missing. Example: ") for line in lines)
    assert any(line.startswith("TIMEZONE: is not a known time zone") for line in lines)
    assert "Traceback" not in printed
    assert "s3" not in printed


async def test_check_says_that_all_is_well(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        code, printed = await check(stage)
        assert code == 0, printed
        assert "FAIL" not in printed
        assert "All is well" in printed


async def test_check_posts_a_test_alert_on_demand_and_reads_it_back(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        code, printed = await check(stage, "--send-test-alert")
        assert code == 0, printed
        assert len(stage.roots("Test alert")) == 1


async def test_check_names_what_is_wrong_with_em_and_what_to_do(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        _, password = await check(stage, VEEAM_PASSWORD="wrong")
        _, trust = await check(stage, VEEAM_CA_FILE="")
        _, role = await check(
            stage,
            VEEAM_USERNAME=stage.em.restore_username,
            VEEAM_PASSWORD=stage.em.restore_password,
        )
        assert "FAIL  EM account" in password
        assert "VEEAM_CA_FILE" in trust
        assert "Portal User" in role


async def test_check_names_what_is_wrong_with_slack_and_what_to_do(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        _, channel = await check(stage, ALERT_CHANNEL=stage.slack.other_channel)
        _, token = await check(stage, SLACK_BOT_TOKEN="xoxb-wrong")
        stage.slack.options = SlackOptions(scopes=frozenset({"chat:write"}))
        _, scopes = await check(stage)
        assert "commands" in scopes
        assert "nvite" in channel
        assert "invalid_auth" in token


async def test_a_second_bot_on_one_database_is_refused(tmp_path: Path) -> None:
    async with set_stage(tmp_path) as stage:
        await stage.bot.start()
        await stage.wait_for_start()
        code, printed = await replica_bot("run", folder=tmp_path, **stage.bot.settings)
        assert code == 1
        assert "in use by another Replica Bot" in printed


async def test_the_demo_serves_any_client_without_the_bot(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--no-bot", "--json",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    told = json.loads(await process.stdout.readline())
    async with httpx.AsyncClient() as client:
        assert (await client.get(told["page"])).status_code == 200
        answer = await client.post(f"{told['control_url']}/em/fail", json={})
        assert answer.status_code == 200
    assert {"veeam_url", "veeam_ca_file", "veeam_username", "veeam_password"} <= set(told)
    assert {"slack_api_url", "slack_bot_token", "slack_app_token"} <= set(told)
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(PATIENCE):
        assert await process.wait() == 0


async def test_check_in_http_mode_says_where_slack_is_awaited(tmp_path: Path) -> None:
    async with set_stage(tmp_path, mode="http") as stage:
        code, printed = await check(stage)
    assert code == 0
    assert "Slack HTTP mode: requests are taken at 127.0.0.1:0/slack/events" in printed
    assert "replica-bot manifest --http" in printed
    assert "app token" not in printed


async def test_the_manifest_of_http_mode_names_the_address(tmp_path: Path) -> None:
    address = ("manifest", "--http", "https://bot.example.com")
    code, printed = await replica_bot(*address, folder=tmp_path)
    assert code == 0
    assert printed.count('"https://bot.example.com/slack/events"') == 3
    code, printed = await replica_bot("manifest", "--http", "bot.example.com", folder=tmp_path)
    assert code == 2
    assert "--http is not an https address" in printed
