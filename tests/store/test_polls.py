"""What a poll records: the store gives the core enough to judge, whatever the order."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.incidents import Incident, fold
from bot.core.jobs import JobOptions
from bot.core.sessions import Link, Session, Verdict
from bot.store.databases import Database
from bot.store.polls import SqlPollingStore
from tests.builders import DAY, HOUR, NOW, Story, a_session, a_task, a_uid, observe
from tests.services.bench import Bench

SLOW = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
RESULTS = ("Success", "Warning", "Failed", "None")


@st.composite
def some_sessions(draw: st.DrawFn) -> list[Session]:
    """The sessions of one job that nobody has seen before; EM retries only what went wrong."""
    job_uid = a_uid("Job")
    hours = sorted(draw(st.lists(st.integers(0, 9), min_size=1, max_size=8)))
    sessions: list[Session] = []
    for number, hour in enumerate(hours):
        follows_bad = bool(sessions) and observe(sessions[-1]).verdict.is_bad
        sessions.append(
            a_session(
                NOW + hour * HOUR,
                uid=f"{job_uid}-{number}",
                job_uid=job_uid,
                result=draw(st.sampled_from(RESULTS)),
                is_retry=follows_bad and draw(st.booleans()),
            )
        )
    return sessions


def shape(incident: Incident) -> tuple[object, ...]:
    return (
        incident.session_uids,
        incident.status,
        incident.peak,
        incident.run_count,
        incident.streak,
        incident.recovered_by,
        incident.is_said,
    )


@SLOW
@given(sessions=some_sessions(), data=st.data())
async def test_what_the_store_judges_by_parts_is_what_the_core_judges_of_all(
    database: Database, sessions: list[Session], data: st.DataObject
) -> None:
    bench, story = Bench(database), Story()
    for session in data.draw(st.permutations(sessions)):
        await bench.report(session)
        story.report(session)
    of_job = [each for each in await bench.incidents() if each.job_uid == sessions[0].job_uid]
    expected = [shape(each) for each in story.incidents.values()]
    assert sorted(map(shape, of_job)) == sorted(expected)


@SLOW
@given(sessions=some_sessions())
async def test_one_report_of_all_is_one_fold_of_all(
    database: Database, sessions: list[Session]
) -> None:
    bench = Bench(database)
    await bench.report(*sessions)
    of_job = [each for each in await bench.incidents() if each.job_uid == sessions[0].job_uid]
    folded = fold(map(observe, sessions), {})
    assert [each.session_uids for each in of_job] == [each.session_uids for each in folded]


async def test_a_session_is_kept_with_all_that_em_said(database: Database) -> None:
    link = Link("Up", "JobReference", "SQL Replica", "/api/jobs/1")
    session = a_session(progress=100, failure_message="no", links=(link,), job_type="Replica")
    bench = Bench(database)
    await bench.report(session)
    loaded = await bench.questions.load_session(session.uid)
    assert loaded
    stored, tasks = loaded
    assert (stored.session, stored.session.links, tasks) == (session, (link,), ())
    assert (stored.verdict, stored.reported_at, stored.incident_id) == (Verdict.FAILED, NOW, 1)


async def test_two_ems_share_a_database_and_nothing_else(database: Database) -> None:
    ours, theirs = Bench(database), Bench(database, em="em2.example.com:9398")
    session = a_session()
    await ours.report(session)
    await theirs.report(session, a_session(NOW + HOUR))
    assert (await ours.questions.load_figures()).sessions == 1
    assert [each.run_count for each in await ours.incidents()] == [1, 2]
    [view] = await ours.questions.load_open_views()
    assert view.incident.run_count == 1


async def test_a_job_takes_the_name_of_its_newest_session(database: Database) -> None:
    bench = Bench(database)
    await bench.report(a_session(NOW, job_name="new"))
    await bench.report(a_session(NOW - DAY, job_name="old"))
    assert [job.name for job in await bench.questions.load_jobs()] == ["new"]


async def test_reasons_are_kept_with_their_session(database: Database) -> None:
    bench, session = Bench(database), a_session()
    await bench.report(session)
    task = a_task(session)
    async with SqlPollingStore(database, bench.em).transaction() as ledger:
        assert await ledger.save_reasons([session], [task], NOW) == [1]
        options = JobOptions(session.job_uid, next_run_at=NOW + DAY)
        await ledger.save_job_options([options], NOW)
    loaded = await bench.questions.load_session(session.uid)
    assert loaded
    assert loaded[1] == (task,)
    [view] = await bench.questions.load_open_views()
    assert (view.next_run_at, [vm.reason for vm in view.vms or ()]) == (NOW + DAY, [task.reason])


async def test_the_last_good_replica_is_the_newest_success_or_warning_before(
    database: Database,
) -> None:
    bench = Bench(database)
    warned = a_session(NOW - HOUR, result="Warning")
    await bench.report(a_session(NOW - DAY, result="Success"), warned, a_session())
    [view] = await bench.questions.load_open_views()
    assert view.last_good_at == warned.created_at


async def test_a_fresh_em_is_unknown(database: Database) -> None:
    state = await SqlPollingStore(database, "new").load_state()
    assert (state.baseline_at, state.failed_polls, state.swept_at) == (None, 0, None)
