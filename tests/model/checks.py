"""What must hold, as sentences: after each step, or once all that is due has been said."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from bot.core.decisions import OVER, Reason
from bot.core.incidents import Incident, Status
from bot.core.views import GroupView, IncidentView
from tests.model.plain import BAD, Plain, Run
from tests.model.slack import CountingSlack, Message


def check_incidents(plain: Plain, incidents: Sequence[Incident], closed: Iterable[int]) -> None:
    """Any order of arrival gives the same incidents, but that what was told is never parted.

    In whatever order EM reports: each unbroken stretch of bad runs is in one incident. Two
    stretches share one only if the Success between them came when both were known as one. A job's
    incident is open if and only if its last run is bad, whatever came before that.
    """
    held = Counter(uid for each in incidents for uid in each.session_uids)
    bad = {uid for uid, run in plain.runs.items() if run.rank >= BAD}
    assert held == Counter(bad), "each bad run is in exactly one incident"
    by_uid = {uid: each for each in incidents for uid in each.session_uids}
    for job_uid in plain.jobs():
        of_job = [each for each in incidents if each.job_uid == job_uid]
        is_open = [each for each in of_job if each.status is Status.OPEN]
        assert len(is_open) <= 1, f"{job_uid} has two open incidents"
        stretches = plain.stretches(job_uid)
        for runs, _ in stretches:
            ids = {by_uid[run.uid].id for run in runs}
            assert len(ids) == 1, f"an unbroken stretch is parted: {ids}"
        if not any(run.bad_in and run.rank < BAD for run in plain.of_job(job_uid)):
            # What turned good may have been the link between two stretches.
            _check_parted(stretches, plain.of_job(job_uid), by_uid)
        failing = by_uid[stretches[-1][0][-1].uid] if plain.is_failing(job_uid) else None
        expected = [failing] if failing and failing.id not in closed else []
        assert is_open == expected, f"{job_uid}: its last run decides whether it is failing"
        _check_closed(of_job, failing, closed)


def check_order_is_nothing(plain: Plain, incidents: Iterable[Incident]) -> None:
    """What EM reports all at once is one incident for each stretch, and nothing else."""
    found = sorted((each.session_uids, each.status is Status.OPEN) for each in incidents)
    stretches = [each for job_uid in plain.jobs() for each in plain.stretches(job_uid)]
    expected = sorted((tuple(run.uid for run in bad), good is None) for bad, good in stretches)
    assert found == expected, "the order in which EM reports changes the incidents"


def _check_closed(of_job: Iterable[Incident], failing: Incident | None, ids: Iterable[int]) -> None:
    for each in of_job:
        if each.id in ids:
            may_be = {Status.CLOSED} | ({Status.RECOVERED} if each is not failing else set())
            assert each.status in may_be, "closed by a person until the next bad run"
        elif each is not failing:
            assert each.status is Status.RECOVERED, "what a Success followed has recovered"


def _check_parted(
    stretches: Sequence[tuple[list[Run], Run | None]],
    of_job: Sequence[Run],
    by_uid: Mapping[str, Incident],
) -> None:
    """Two neighbours share no incident where all that parts them was known before one of them."""
    good_in = max((run.reported_in for run in of_job if run.rank < BAD), default=0)
    for (earlier, _), (later, _) in pairwise(stretches):
        seen_in = max(min(run.bad_in for run in each) for each in (earlier, later))
        is_one = by_uid[earlier[0].uid].id == by_uid[later[0].uid].id
        assert not is_one or good_in > seen_in, f"a Success did not end {by_uid[later[0].uid]}"


def check_told(plain: Plain, slack: CountingSlack, excused: Iterable[tuple[str, str]]) -> None:
    """Every unmuted bad run since the baseline is told in every channel it belongs to."""
    told = {channel: slack.told(channel) for channel, _ in plain.owed}
    for channel, uid in plain.owed:
        is_bad = plain.runs[uid].rank >= BAD
        if is_bad and uid not in plain.healed and (channel, uid) not in excused:
            assert uid in told[channel], f"{uid} was not told in {channel}"


def check_not_told(
    plain: Plain, slack: CountingSlack, states: Mapping[int, Sequence[Incident]]
) -> None:
    """A channel hears of no incident of which nothing concerns it, nor of what healed by itself.

    But for the end of a mute, which names everything that was held back of the channel's jobs.
    """
    ever = {key: {uid for each in of for uid in each.session_uids} for key, of in states.items()}
    for message in slack.messages:
        first = message.versions[0][1]
        if isinstance(first, GroupView) and first.ended:
            continue
        is_own = isinstance(first, IncidentView)
        for incidents in message.tells_of():
            for key, each in incidents.items():
                wanted = {uid for channel, uid in plain.may_hear if channel == message.channel}
                assert ever[key] & wanted, f"{message.channel} does not want incident {key}"
                uids = set(each.session_uids)
                is_healed = is_own and uids and uids <= plain.unheard
                assert not is_healed, (
                    f"incident {key} in {message.channel} healed before it was to be said"
                )


def check_told_once(plain: Plain, slack: CountingSlack) -> None:
    """No channel is told twice: of an incident by two messages, of a run by two replies."""
    by_notice = Counter(each.notice_id for each in slack.messages if not each.is_deleted)
    assert not by_notice or max(by_notice.values()) == 1, "a notice stands twice"
    roots = [each for each in slack.messages if not each.thread_ts]
    for channel in {each.channel for each in slack.messages}:
        live, gone = Counter[int](), Counter[int]()
        for message in (each for each in roots if each.channel == channel):
            ids = {key for incidents in message.tells_of() for key in incidents}
            (gone if message.is_deleted else live).update(ids)
        twice = [key for key, count in live.items() if count > 1 + gone[key]]
        assert not twice, f"incidents {twice} have two messages in {channel}"
        said = Counter(
            each.session.uid
            for each in slack.entries(channel)
            if each.session and each.reason not in OVER
        )
        for uid, count in said.items():
            assert count <= plain.runs[uid].versions, f"{uid} is said {count} times in {channel}"


def check_never_older(slack: CountingSlack, states: Mapping[int, list[Incident]]) -> None:
    """A message never shows a state older than one it showed before."""
    for message in slack.messages:
        revisions = [revision for revision, _ in message.versions]
        assert revisions == sorted(revisions), f"revisions go back: {revisions}"
        shown: dict[int, int] = {}
        for incidents in message.tells_of():
            for key, incident in incidents.items():
                since = shown.get(key, 0)
                newer = [n for n, each in enumerate(states[key]) if n >= since and each == incident]
                assert newer, f"incident {key} is shown as it was before"
                shown[key] = newer[0]


def check_shows_now(plain: Plain, slack: CountingSlack, incidents: Mapping[int, Incident]) -> None:
    """When nothing is due any more, every message shows what is."""
    for message in slack.messages:
        is_gone = message.is_deleted or slack.at(message.thread_ts or message.ts).is_deleted
        if is_gone or message.is_frozen:
            continue
        view = message.versions[-1][1]
        for shown in message.tells_of()[-1].values():
            now = incidents[shown.id]
            assert as_seen(shown) == as_seen(now), (
                f"{message.ts} in {message.channel} shows {shown} instead of {now}"
            )
        members = view.members if isinstance(view, GroupView) else ()
        for each in (view,) if isinstance(view, IncidentView) else members:
            if each.incident.status is Status.OPEN:
                is_muted = plain.is_muted(each.latest)
                assert (each.mute is not None) == is_muted, "whether it is muted is shown"


def as_seen(incident: Incident) -> Incident:
    """Leave out what only the bot keeps for itself."""
    return replace(incident, is_said=True, is_mentioned=False, pinged_at=None, reminders=0)


def check_over(slack: CountingSlack, over: Iterable[tuple[str, int]]) -> None:
    """Whoever was told of an incident by a message of its own hears that it is over."""
    for channel, incident_id in over:
        heard = {each.incident.id for each in slack.entries(channel) if each.reason in OVER}
        assert incident_id in heard, f"{channel} did not hear that incident {incident_id} is over"


def check_reminders(decided: Iterable[tuple[str, Incident]], muted: Iterable[str]) -> None:
    """Only what is open, not acknowledged and not muted is reminded of; what is muted is silent."""
    for reason, incident in decided:
        if reason == Reason.REMINDER.value:
            assert incident.status is Status.OPEN, "a reminder of what is over"
            assert not incident.acknowledged_at, "a reminder of what somebody looks after"
        if incident.job_uid in muted:
            assert reason in (Reason.MUTED.value, Reason.HISTORY.value, Reason.NOT_WANTED.value), (
                f"a muted job says: {reason}"
            )


def ts_of_own(slack: CountingSlack, incident_id: int) -> list[Message]:
    """List the messages that tell of this incident alone and still stand."""
    return [
        each
        for each in slack.messages
        if not each.is_deleted
        and isinstance(each.versions[-1][1], IncidentView)
        and incident_id in each.tells_of()[-1]
    ]
