"""What people do: acknowledge, close, mute and subscribe."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.core.incidents import Status
from bot.core.mutes import Scope
from bot.core.targets import NoTarget
from bot.services.muting import Muted
from bot.services.subscribing import Subscribed
from tests.builders import DAY, HOUR
from tests.model.plain import BAD, Covers, Hiding
from tests.model.worlds import CHANNELS, JOBS, SERVERS, WISHES, Job, World, a_job, an_index

a_wait = st.sampled_from((timedelta(0), 25 * HOUR))


class PeopledWorld(World):
    """A world in which people want things."""

    @precondition(lambda self: self._open())
    @rule(which=an_index, user_id=st.sampled_from(("UANA", "UBO")), after=a_wait)
    def person_acknowledges(self, which: int, user_id: str, after: timedelta) -> None:
        incident = self._open()[which % len(self._open())]
        self.bot.run(self.bot.wishes.acknowledging.acknowledge(incident.id, user_id))
        self.acknowledged.setdefault(incident.id, (user_id, self.bot.clock()))
        self._look(self._muted())
        self.time_passes(after)

    @precondition(lambda self: self.acknowledged)
    @rule(which=an_index)
    def person_takes_it_back(self, which: int) -> None:
        incident_id = list(self.acknowledged)[which % len(self.acknowledged)]
        self.bot.run(self.bot.wishes.acknowledging.unacknowledge(incident_id, "UBO"))
        if self.incidents[incident_id].status is Status.OPEN:
            del self.acknowledged[incident_id]
        self._look(self._muted())

    @precondition(lambda self: self._open())
    @rule(which=an_index)
    def person_closes(self, which: int) -> None:
        incident = self._open()[which % len(self._open())]
        self.bot.run(self.bot.wishes.acknowledging.close(incident.id, "UANA"))
        self.closed.add(incident.id)
        self._look(self._muted())

    @rule(subject=st.sampled_from((*JOBS, *SERVERS, "")), hours=st.sampled_from((1, 12, 48)))
    def person_mutes(self, subject: Job | str, hours: int) -> None:
        self._mute(subject, f"{hours}h", timedelta(hours=hours))

    @rule(job=a_job)
    def person_mutes_until_success(self, job: Job) -> None:
        self._mute(job, "until success", 30 * DAY)

    def _mute(self, subject: Job | str, text: str, span: timedelta) -> None:
        key = self._key(subject)
        muted = self.bot.run(self.bot.wishes.muting.mute_subject(Scope(key[0]), key[1], text, "U1"))
        assert isinstance(muted, Muted)
        before = self.plain.mutes.get(key)
        self.plain.mutes[key] = Hiding(
            _hides(subject),
            before.em_at if before else self.bot.em_now(),
            self.bot.clock() + span,
            key[1] if "success" in text else "",
        )
        self._look(self._muted())

    @staticmethod
    def _key(subject: Job | str) -> tuple[str, str]:
        if isinstance(subject, tuple):
            return ("job", subject[0])
        return ("server", subject) if subject else ("all", "")

    @precondition(lambda self: self.plain.mutes)
    @rule(which=an_index)
    def person_unmutes(self, which: int) -> None:
        key = list(self.plain.mutes)[which % len(self.plain.mutes)]
        self.bot.run(self.bot.wishes.muting.unmute_subject(Scope(key[0]), key[1], "U1"))
        self.plain.unmute(key, self.bot.clock())
        self._look(set())

    @rule(
        channel=st.sampled_from(CHANNELS),
        wish=st.sampled_from(list(WISHES)),
        is_failed_only=st.booleans(),
    )
    def channel_subscribes(self, channel: str, wish: str, is_failed_only: bool) -> None:
        text = f"{wish} failed" if is_failed_only else wish
        done = self.bot.run(self.bot.wishes.subscribing.subscribe(text, channel, "U1"))
        if isinstance(done, NoTarget):  # it names what nobody has heard of
            return
        assert isinstance(done, Subscribed)
        self.plain.wishes[channel, wish] = (WISHES[wish], BAD + is_failed_only)

    @precondition(lambda self: len(self.plain.wishes) > 1)
    @rule(which=an_index)
    def channel_unsubscribes(self, which: int) -> None:
        channel, wish = list(self.plain.wishes)[1 + which % (len(self.plain.wishes) - 1)]
        ended = self.bot.run(self.bot.wishes.subscribing.unsubscribe(wish, channel, "U1"))
        for key in [key for key in self.plain.wishes if key[0] == channel]:
            if not wish or key[1] == wish:
                del self.plain.wishes[key]
        assert ended


def _hides(subject: Job | str) -> Covers:
    if isinstance(subject, tuple):
        return lambda each: each.job_uid == subject[0]
    return lambda each: subject in ("", each.backup_server)
