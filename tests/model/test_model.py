"""Random stories beside a plain model: never lost, never twice, never older (issue 4, §3).

`make test` plays the same stories each time; with `MODEL_EXAMPLES=500` it plays so many new ones,
and with `MODEL_NOSHRINK=1` it stops at the first that fails instead of looking for a shorter one.
"""

import os
import sys
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.builders import MINUTE
from tests.model import checks
from tests.model.em import BusyWorld
from tests.model.people import PeopledWorld
from tests.model.plain import ALERTS, Plain
from tests.model.slack import Message
from tests.model.worlds import CHANNELS, an_index

ABSENT = timedelta(seconds=25)
"""After so long what did not come will not come."""


class Story(BusyWorld, PeopledWorld):
    """Some days of a backup team, with what happens in Slack and to the bot."""

    @precondition(lambda self: self.pending)
    @rule()
    def em_reports_while_a_message_is_on_its_way(self) -> None:
        self.bot.clock.advance(ABSENT)
        if self.bot.unsent():
            self.bot.slack.meanwhile = self._meanwhile
            self.bot.deliver()
            self.bot.slack.meanwhile = None
            self._look(self._muted())

    async def _meanwhile(self) -> None:
        newest = {each.uid: each for each in self.sessions}
        sessions = [newest[uid] for uid in {each.uid: 0 for each in self.pending}]
        self.pending = []
        await self.bot.bench.report(*sessions, server_time=self.bot.em_now())
        self.plain.report(sessions, self.bot.clock(), self.bot.em_now())
        self._keep(await self.bot.bench.incidents())

    @rule(channel=st.sampled_from((ALERTS, *CHANNELS)))
    def channel_is_archived_or_opened(self, channel: str) -> None:
        self.bot.slack.refused ^= {channel}

    @precondition(lambda self: self._roots())
    @rule(which=an_index)
    def person_deletes_a_message(self, which: int) -> None:
        message = self._roots()[which % len(self._roots())]
        message.is_deleted = True
        for incidents in message.tells_of():
            self.deleted |= {(message.channel, key) for key in incidents}
        self._excuse()

    @precondition(lambda self: self._roots())
    @rule(which=an_index)
    def message_cannot_be_changed_any_more(self, which: int) -> None:
        self._roots()[which % len(self._roots())].is_frozen = True

    def _roots(self) -> list[Message]:
        known = {each.message_ts for each in self.bot.run(self.bot.bench.notices())}
        return [
            each
            for each in self.bot.slack.messages
            if not (each.is_deleted or each.thread_ts) and each.ts in known
        ]

    @rule()
    def bot_is_restarted(self) -> None:
        self.bot.restart()

    @rule()
    def everything_settles(self) -> None:
        self.bot.settle()
        self.bot.slack.meanwhile = None
        checks.check_told(self.plain, self.bot.slack, self.excused)
        checks.check_shows_now(self.plain, self.bot.slack, self.incidents)
        checks.check_over(self.bot.slack, {each for each in self.over if each not in self.deleted})

    def teardown(self) -> None:
        if not hasattr(self, "bot"):
            return
        try:
            if not sys.exc_info()[0]:
                self.everything_settles()
                self.never_twice_and_never_older()
                self._play_again()
        finally:
            self.bot.close()

    def _play_again(self) -> None:
        """Report the same in other orders: at once, and in parts."""
        sessions = [run.session for run in self.plain.runs.values()]
        Random(len(sessions)).shuffle(sessions)
        plain = Plain(self.plain.baseline_at, self.grace)
        for part in (sessions[::3], sessions[1::3], sessions[2::3]):
            plain.report(part, self.bot.clock(), self.bot.em_now())
        parts = [sessions[::3], sessions[1::3], sessions[2::3]]
        checks.check_incidents(plain, self.bot.replay(parts), ())
        checks.check_order_is_nothing(plain, self.bot.replay([sessions]))


class PatientStory(Story):
    """The same, where a failure is held back until its retries are over."""

    grace = 30 * MINUTE


SHRINK = "MODEL_NOSHRINK" not in os.environ
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
PLAYED = settings(
    max_examples=EXAMPLES or 15,
    stateful_step_count=50 if EXAMPLES else 25,
    derandomize=not EXAMPLES,
    deadline=None,
    print_blob=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink) if SHRINK else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
Story.TestCase.settings = PLAYED
PatientStory.TestCase.settings = PLAYED
TestStory = Story.TestCase
TestPatientStory = PatientStory.TestCase
