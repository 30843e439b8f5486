"""The command line: parse, call, print. Heavy imports stay inside the commands."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.demo.launching import Demo
    from bot.settings import Settings

EXIT_FAILED = 1
EXIT_SETTINGS = 2

app = typer.Typer(
    help="Replica Bot: watches Veeam replication and tells Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def run() -> None:
    """Run the bot with the settings of the environment or `.env`."""
    settings = _load_settings()
    from bot.errors import ReplicaBotError, SettingsWrong
    from bot.logs import configure_logs

    configure_logs(settings.log_level, settings.log_format)
    _warn_of_unused_settings()
    try:
        asyncio.run(_run(settings))
    except SettingsWrong as error:
        _fail(str(error), EXIT_SETTINGS)
    except ReplicaBotError as error:
        _fail(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        _fail("stopped before it was ready", EXIT_FAILED)


@app.command()
def check(
    *,
    send_test_alert: Annotated[
        bool, typer.Option(help="Also post a test alert to the channel and read it back.")
    ] = False,
) -> None:
    """Try Slack, EM and the database, and say what to do where something fails."""
    settings = _load_settings()
    from bot.errors import SettingsWrong
    from bot.logs import configure_logs

    configure_logs("CRITICAL", "console")
    try:
        all_ok = asyncio.run(_check(settings, send_test_alert=send_test_alert))
    except SettingsWrong as error:
        _fail(str(error), EXIT_SETTINGS)
    if not all_ok:
        raise typer.Exit(EXIT_FAILED)


@app.command()
def manifest(
    *,
    http: Annotated[
        str, typer.Option(help="For HTTP mode: the https address at which Slack reaches the bot.")
    ] = "",
) -> None:
    """Print the manifest of the Slack app: for Socket Mode, or with --http for HTTP mode."""
    from bot.slack.manifests import render_manifest, request_url
    from bot.web import SLACK_PATH

    try:
        url = request_url(http, SLACK_PATH) if http else ""
    except ValueError as error:
        _fail(f"--http {error}", EXIT_SETTINGS)
    typer.echo(render_manifest(url), nl=False)


@app.command()
def demo(
    *,
    bot: Annotated[bool, typer.Option(help="Also start the bot.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON line with all addresses.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 0,
) -> None:
    """Start an emulated EM and Slack on this machine, with the bot between them."""
    asyncio.run(_demo(with_bot=bot, as_json=as_json, port=port))


def _load_settings() -> "Settings":
    from bot.errors import SettingsWrong
    from bot.settings import load_settings

    try:
        return load_settings(dict(os.environ), Path(".env"))
    except SettingsWrong as error:
        _fail("\n".join(error.problems), EXIT_SETTINGS)


def _warn_of_unused_settings() -> None:
    import structlog

    from bot.settings import list_unused

    for name in list_unused(os.environ):
        structlog.get_logger().warning("setting_not_used_yet", setting=name)


def _fail(text: str, code: int) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)


async def _run(settings: "Settings") -> None:
    from bot.app import App

    await (await App.build(settings)).run()


async def _check(settings: "Settings", *, send_test_alert: bool) -> bool:
    from bot.app import build_job_source, build_source
    from bot.checking import Sources, check_all

    all_ok = True
    sources = Sources(build_source, build_job_source)
    async for finding in check_all(settings, sources, send_test_alert=send_test_alert):
        all_ok &= finding.ok
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.detail}")
        if finding.fix:
            typer.echo(f"      → {finding.fix}")
    typer.echo("All is well." if all_ok else "Something needs to be mended, see above.")
    return all_ok


async def _demo(*, with_bot: bool, as_json: bool, port: int) -> None:
    import json
    import signal

    from bot.demo.launching import serve_demo

    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with serve_demo(port) as served:
        if as_json:
            typer.echo(json.dumps(served.describe()))
        else:
            typer.echo(f"Open {served.slack.url} in a browser. Ctrl-C ends it all.")
        sys.stdout.flush()
        if with_bot:
            await _run_bot(served, stopping)
        else:
            await stopping.wait()


async def _run_bot(served: "Demo", stopping: asyncio.Event) -> None:
    """Run the bot as a process of its own, as it runs in earnest, on a fresh database."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="replica-bot-demo-") as folder:
        environment = os.environ | served.environment()
        environment |= {"HTTP_PORT": "0", "POLL_INTERVAL": "2s", "LOG_LEVEL": "WARNING"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environment, cwd=folder, start_new_session=True
        )
        ended = asyncio.create_task(process.wait())
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait([ended, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not ended.done():
            process.terminate()
        await ended
        if not stopping.is_set():
            _fail(f"The bot ended by itself (exit code {process.returncode}).", EXIT_FAILED)
