"""The composition root: builds the bot from its settings, runs it, and ends it cleanly."""

import asyncio
import gc
import signal
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import stamina
import structlog
from pydantic import SecretStr
from slack_bolt.app.async_app import AsyncApp

from bot.errors import ChannelRefused, DatabaseUnavailable, DeliveryPostponed
from bot.heartbeats import HttpHeartbeat
from bot.scheduling import Scheduling, Worker
from bot.services.acknowledging import Acknowledging
from bot.services.acting import Acting
from bot.services.asking import About, Asking
from bot.services.auditing import Auditing
from bot.services.collecting import Collecting
from bot.services.comparing import Comparing
from bot.services.delivering import Delivering
from bot.services.failing import DeliveryPolicy, describe_refused
from bot.services.handling import Handling
from bot.services.homes import Homes
from bot.services.inspecting import Inspecting
from bot.services.learning import Learning
from bot.services.listing import Listing
from bot.services.muting import Muting
from bot.services.naming import Naming
from bot.services.observing import Observing
from bot.services.polling import Polling
from bot.services.reasoning import Reasoning
from bot.services.reconciling import Reconciling
from bot.services.reminding import Reminding
from bot.services.routing import Audience
from bot.services.sharing import Sharing
from bot.services.subscribing import Subscribing
from bot.services.summarizing import Summarizing
from bot.services.surveying import Surveying
from bot.services.watching import Watching
from bot.services.welcoming import Welcoming
from bot.settings import Settings
from bot.slack.answering import Answering
from bot.slack.asking import Answers
from bot.slack.checks import resolve_channel
from bot.slack.clients import CallFailed, SlackCalls, build_client, open_session
from bot.slack.closing import Closing, register_closing
from bot.slack.home import HomeTab, register_home
from bot.slack.listeners import build_app, register
from bot.slack.messenger import SlackMessenger
from bot.slack.permitting import Permitting
from bot.slack.requests import SlackRequests
from bot.slack.responding import Responding
from bot.slack.roles import Roles
from bot.slack.sharing import Shares, SlackBoard, register_sharing
from bot.slack.sockets import SocketConnection
from bot.slack.welcome import Welcome, register_welcome
from bot.store.actions import SqlActingStore
from bot.store.audits import SqlAuditStore
from bot.store.databases import Database
from bot.store.deliveries import SqlDeliveringStore
from bot.store.handles import SqlHandles
from bot.store.handling import SqlHandlingStore
from bot.store.inspections import SqlInspectingStore
from bot.store.live_answers import SqlLiveStore
from bot.store.polls import SqlPollingStore
from bot.store.questions import SqlAskingStore
from bot.store.reconciliations import SqlReconcilingStore
from bot.store.surveys import SqlSurveyStore
from bot.veeam.client import EnterpriseManagerClient
from bot.web import WebServer

STOP_WITHIN = timedelta(seconds=4.5)
"""SIGTERM ends the bot within 5 s (DESIGN §2)."""

SILENT_POLLS = 5
"""The bot is not ready when no poll was good for so many intervals, but at least a minute."""

COLLECT_AFTER = 50_000
"""So many more values are made than freed before Python looks for cycles; its default is 700."""

log = structlog.get_logger()


def utc_now() -> datetime:
    """Tell the time: the one clock of the program."""
    return datetime.now(UTC)


def calm_collector() -> None:
    """Let Python look for garbage rarely, and never among what the start has made.

    A large poll makes 100,000 values, none of them in cycles: by default, looking for cycles among
    them takes a sixth of its time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def build_source(settings: Settings) -> EnterpriseManagerClient:
    """Build the client of EM from the settings."""
    return _build_client(settings, settings.veeam_username, settings.veeam_password)


def build_job_source(settings: Settings) -> EnterpriseManagerClient | None:
    """Build the client that reads jobs and acts on them, where it has an account of its own."""
    if not settings.has_operator:
        return None
    return _build_client(
        settings, settings.veeam_operator_username, settings.veeam_operator_password
    )


def _build_client(
    settings: Settings, username: str, password: SecretStr
) -> EnterpriseManagerClient:
    return EnterpriseManagerClient(
        settings.veeam_url,
        username,
        password.get_secret_value(),
        ca_file=settings.veeam_ca_file or None,
        fingerprint=settings.veeam_fingerprint or None,
        wire_format=settings.veeam_format,
    )


@stamina.retry(on=DeliveryPostponed, attempts=5, timeout=30.0)
async def _find_channel(calls: SlackCalls, name_or_id: str) -> str:
    """Resolve a channel's name, once, at the start; an id needs no answer of Slack's.

    Raises `DeliveryFailed` where it cannot be found: without it the bot would be mute.
    """
    try:
        return await resolve_channel(calls, name_or_id)
    except ChannelRefused as error:
        settings = "ALERT_CHANNEL, SUMMARY_CHANNEL or ALERT_FALLBACK_CHANNEL"
        doing = f"Looking for the channel {name_or_id} ({settings})"
        fix = "Invite the bot to it and check its name, or set its id: it needs no look-up."
        raise ChannelRefused(doing, error.code, fix) from error


def describe_silence(
    polled_at: datetime | None, now: datetime, patience: timedelta
) -> Sequence[str]:
    """Say that no poll of EM was good lately, if so."""
    if polled_at is None:
        return ["No poll of EM has been recorded yet."]
    said = f"The last good poll of EM was at {polled_at.isoformat()}"
    if polled_at > now:
        return [f"{said}, later than now: this machine's clock was set back. Check its time."]
    return [f"{said}."] if now - polled_at > patience else []


class App:
    """The bot. Build it with `App.build`, then `run` it until a signal."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack

    @classmethod
    async def build(cls, settings: Settings) -> "App":
        """Open the database, migrate it and wire everything up; raises `DatabaseUnusable`."""
        app = cls(settings, AsyncExitStack())
        try:
            await app._wire()
        except BaseException:
            await app.close()
            raise
        return app

    async def _wire(self) -> None:
        settings = self._settings
        database = self._database = await Database.open(settings.database_url)
        self._stack.push_async_callback(database.close)
        session = open_session()
        self._stack.push_async_callback(session.close)
        token = settings.slack_bot_token.get_secret_value()
        client = build_client(token, session, settings.slack_api_url)
        calls = self._calls = SlackCalls(client)
        alert_channel = await _find_channel(calls, settings.alert_channel)
        summary_channel = alert_channel
        if settings.summarizing_channel != settings.alert_channel:
            summary_channel = await _find_channel(calls, settings.summarizing_channel)
        self._fallback_channel = ""
        if settings.alert_fallback_channel:
            self._fallback_channel = await _find_channel(calls, settings.alert_fallback_channel)
        self._source = build_source(settings)
        self._stack.push_async_callback(self._source.close)
        operator = build_job_source(settings)
        if operator:
            self._stack.push_async_callback(operator.close)
        self._jobs = operator or self._source
        audience = Audience(
            alert_channel,
            settings.alert_group_over,
            verdicts=settings.alert_results,
            mention=settings.alert_mention,
            retry_grace=settings.alert_retry_grace,
            remind_after=settings.alert_remind_after,
        )
        self._permitting = Permitting(Roles(calls, settings.operators), settings.actions)
        self._wire_services(database, calls, audience, summary_channel)
        self._home = HomeTab(
            self._homes, self._asking, calls, utc_now, self._permitting.offers_actions
        )
        responding = Responding(calls, session)
        self._answering = Answering(responding, at_home=self._home.show)
        bolt = build_app(client)
        register_closing(bolt, Closing(self._inspecting, self._answering, self._permitting))
        shares = Shares(self._asking, self._answering, self._sharing, utc_now, self._permitting)
        register_sharing(bolt, shares)
        register_home(bolt, self._home)
        subscribing = self._handling.subscribing
        register_welcome(
            bolt,
            Welcome(self._welcoming, subscribing, self._answering, calls, self._permitting),
        )
        register(bolt, self._answers, self._handling, self._answering, utc_now, self._permitting)
        self._listen(bolt, calls)

    def _listen(self, bolt: AsyncApp, calls: SlackCalls) -> None:
        """Listen to Slack through a socket that the bot opens, or behind its web server."""
        settings = self._settings
        receive = self._socket = None
        if settings.slack_app_token:
            app_token = settings.slack_app_token.get_secret_value()
            self._socket = SocketConnection(bolt, calls, app_token)
        elif settings.slack_signing_secret:
            secret = settings.slack_signing_secret.get_secret_value()
            receive = SlackRequests(bolt, calls, secret).receive
        self._web = WebServer(settings.http_host, settings.http_port, self.list_problems, receive)

    @property
    def _listening_problem(self) -> str:
        """Why the bot does not hear Slack now, "" if it does."""
        return self._socket.problem if self._socket else self._web.problem

    def _wire_services(
        self, database: Database, calls: SlackCalls, audience: Audience, summary_channel: str
    ) -> None:
        settings, em = self._settings, self._source.name
        polls, asking = SqlPollingStore(database, em), SqlAskingStore(database, em)
        self._notices = SqlDeliveringStore(database, em)
        self._store = asking
        self._summarizing = Summarizing(
            asking, summary_channel, settings.summary_time, settings.timezone, utc_now, settings.rpo
        )
        messenger = SlackMessenger(calls, self._permitting.offers_actions)
        self._delivering = Delivering(
            self._notices,
            messenger,
            Reconciling(SqlReconcilingStore(database, em), messenger, utc_now),
            utc_now,
            DeliveryPolicy(str(uuid.uuid4()), audience.group_over, self._fallback_channel),
            summarize=self._summarizing.render_promised,
        )
        wake = self._delivering.wake
        heartbeat = HttpHeartbeat(settings.heartbeat_url)
        self._stack.push_async_callback(heartbeat.close)
        self._polling = Polling(self._source, polls, audience, utc_now, heartbeat, wake)
        self._reasoning = Reasoning(self._source, self._jobs, polls, audience, utc_now, wake)
        self._reminding = Reminding(polls, audience, utc_now, wake)
        self._learning = Learning(self._jobs, polls, utc_now)
        inspections = SqlInspectingStore(database, em)
        observing = Observing(inspections, settings.rpo, settings.timezone)
        self._inspecting = Inspecting(
            inspections, observing, audience, utc_now, self._polling.look_again, wake
        )
        self._comparing = Comparing(self._source, inspections, observing)
        about = About(
            settings.poll_interval,
            settings.veeam_ui_url,
            utc_now(),
            lambda: self._listening_problem,
            lambda: database.problem,
            self._permitting.offers_actions,
        )
        naming = Naming(SqlHandles(database, em, utc_now))
        self._asking = Asking(self._source, asking, self._notices, self._summarizing, about, naming)
        surveys = SqlSurveyStore(database, em)
        self._answers = Answers(
            self._asking,
            Listing(self._source, surveys, self._asking, naming),
            Surveying(self._source, surveys, naming, settings.rpo, settings.timezone, utc_now),
        )
        board = SlackBoard(calls, utc_now)
        live = SqlLiveStore(database, em)
        self._sharing = Sharing(
            self._source, self._asking, live, board, utc_now, settings.veeam_ui_url
        )
        wishes, acts = SqlHandlingStore(database, em), SqlActingStore(database, em)
        watching = Watching(polls, wishes, self._asking, utc_now, wake)
        self._homes = Homes(asking, observing, watching, self._asking.describe_status, utc_now)
        self._welcoming = Welcoming(polls, utc_now, wake)
        self._handling = Handling(
            Acknowledging(polls, wishes, audience, utc_now, wake),
            Muting(polls, wishes, audience, utc_now, settings.timezone, wake),
            Subscribing(polls, wishes, audience, utc_now),
            watching,
            Acting(self._jobs, polls, acts, wishes, audience, utc_now, wake),
            Collecting(self._jobs, polls, acts, utc_now),
            Auditing(SqlAuditStore(database, em)),
        )

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then stop within 5 s."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        calm_collector()
        await self._web.start()
        if self._socket:
            self._socket.start()
        delivering = asyncio.create_task(self._deliver())
        delivering.add_done_callback(lambda _task: stopping.set())
        scheduling = Scheduling(self._list_workers())
        scheduling.start()
        log.info("bot_started", em=self._source.name, channel=self._settings.alert_channel)
        await stopping.wait()
        log.info("bot_stopping")
        scheduling.stop()
        died = delivering.done()
        await self._stop(delivering)
        if died:
            delivering.result()

    @property
    def _inspect_every(self) -> timedelta:
        """Tell how often all jobs are looked at: what is found is late by minutes anyway."""
        return min(timedelta(seconds=30), 4 * self._settings.poll_interval)

    @property
    def _move_every(self) -> timedelta:
        """Tell how often shared answers move: more often EM need not be asked."""
        return min(timedelta(seconds=15), self._settings.poll_interval)

    @property
    def _follow_every(self) -> timedelta:
        """Tell how often it is looked what became of actions: no more often than EM is polled."""
        return min(timedelta(seconds=5), self._settings.poll_interval)

    def _list_workers(self) -> Sequence[Worker]:
        """List what runs again and again; each looks itself whether there is anything to do."""
        often = timedelta(seconds=15)
        seldom = timedelta(seconds=30)
        return (
            Worker("poll", self._poll, self._settings.poll_interval),
            Worker("sweep", self._polling.sweep, seldom),
            Worker("follow shared answers", self._sharing.follow, self._move_every),
            Worker("learn", self._learning.learn, seldom),
            Worker("inspect", self._inspecting.inspect, self._inspect_every),
            Worker("compare", self._comparing.compare, 2 * self._inspect_every),
            Worker("remind", self._reminding.remind, seldom),
            Worker("summary", self._promise_summary, often),
            Worker("keep wishes", self._handling.keep, timedelta(seconds=10)),
            Worker("follow actions", self._handling.acting.follow, self._follow_every),
        )

    async def _stop(self, delivering: "asyncio.Task[None]") -> None:
        delivering.cancel()
        try:
            async with asyncio.timeout(STOP_WITHIN.total_seconds()):
                await asyncio.gather(
                    delivering,
                    self._answering.close(),
                    self._home.close(),
                    *([self._socket.close()] if self._socket else []),
                    self._web.stop(),
                    return_exceptions=True,
                )
                await self.close()
        except TimeoutError:
            log.warning("stopped_late")
        log.info("bot_stopped")

    async def close(self) -> None:
        """Log off from EM and free everything."""
        await self._stack.aclose()

    async def _deliver(self) -> None:
        """Learn Slack's clock, by which a lost attempt is found again; then deliver."""
        try:
            await self._calls.identify()
        except CallFailed as error:
            log.warning("slack_does_not_answer", error=str(error))
        await self._delivering.run()

    async def _poll(self) -> None:
        if await self._polling.poll():
            await self._reasoning.explain()

    async def _promise_summary(self) -> None:
        if await self._summarizing.promise_due():
            self._delivering.wake()

    async def list_problems(self) -> Sequence[str]:
        """List why the bot cannot see or speak now, each with what to do."""
        try:
            problems = await self._list_remembered_problems()
        except DatabaseUnavailable:
            problems = []  # the database's own problem says so
        return [*filter(None, [self._database.problem, *problems, self._listening_problem])]

    async def _list_remembered_problems(self) -> list[str]:
        state = await self._store.load_state()
        pauses = await self._notices.load_pauses()
        problems = [pause.problem for pause in pauses.values()]
        problems += describe_refused(await self._notices.load_refused())
        if state.problem:
            problems.append(state.problem)
        patience = max(SILENT_POLLS * self._settings.poll_interval, timedelta(minutes=1))
        return [*problems, *describe_silence(state.polled_at, utc_now(), patience)]
