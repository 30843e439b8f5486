"""However large or hostile a view is, its message keeps Slack's limits (reference §1.5, §1.6)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.actions import Action, ActionState, JobAction
from bot.core.answers import Answer, Candidates, SessionAnswer, Unknown
from bot.core.decisions import Reason
from bot.core.filters import Filter
from bot.core.jobs import JobOptions
from bot.core.lists import JobLine, Listed, ListKind, ListQuestion
from bot.core.ports import NoticeView
from bot.core.sessions import Link, Session, Verdict
from bot.core.targets import KnownJob, NoTarget
from bot.core.views import (
    ActionView,
    GroupView,
    IncidentView,
    MissedRun,
    OddDuration,
    ReplyEntry,
    ReplyView,
    RpoBreach,
    VmReason,
)
from bot.services.listing import VM_PAGE
from bot.slack.answers import answer_document, status_document, unknown_document
from bot.slack.blocks import render_notice, render_plain
from bot.slack.documents import (
    Bullets,
    Button,
    Buttons,
    Document,
    Paragraph,
    Person,
    Row,
)
from bot.slack.help import HELP, USAGE_OF, help_document, no_command_document
from bot.slack.jobs import job_document, no_job_document
from bot.slack.layout import render, render_plainly
from bot.slack.lists import list_document
from bot.slack.overviews import overview_document
from bot.slack.session_answers import session_document
from tests.slack.builders import (
    NOW,
    a_job_answer,
    a_list,
    a_recovered_view,
    a_session,
    a_start,
    a_status,
    a_summary,
    a_task,
    an_incident_view,
    an_outage,
    an_overview,
)
from tests.slack.limits import problems_of
from tests.slack.reading import read

HOSTILE = [
    "<!channel>",
    "*all* _of_ ~it~ `now`",
    "a\nb\r\nc",
    "\u202ertl",
    "&lt;",
    "🔥" * 9,
    "<" * 255,
]
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=255))
reasons = st.one_of(names, st.text("<>&x ", min_size=2_000, max_size=3_000))
verdicts = st.sampled_from([Verdict.WARNING, Verdict.FAILED])
vm_reasons = st.builds(VmReason, names, verdicts, reasons)
many_vms = st.lists(vm_reasons, max_size=20).map(lambda some: tuple(some * 20))
links = st.lists(st.builds(Link, names, names, names, reasons), max_size=30).map(tuple)
sessions = st.builds(
    a_session,
    uid=names,
    name=names,
    job_name=names,
    state=st.sampled_from(["Stopped", "Working", "<!here>"]),
    result=st.sampled_from(["Failed", "Warning", "None", "", "<!channel>"]),
    failure_message=reasons,
    backup_server=names,
    progress=st.none() | st.integers(-5, 500),
    links=links,
)
tasks = st.builds(
    a_task, vm=names, reason=reasons, result=st.sampled_from(["Failed", "Success", "*odd*"])
)


def incident_views() -> st.SearchStrategy[IncidentView]:
    builder = st.sampled_from([an_incident_view, a_recovered_view])
    return builder.flatmap(
        lambda build: st.builds(
            build,
            job_name=names,
            backup_server=names,
            latest=sessions,
            vms=st.none() | many_vms,
            offers=st.none() | st.just(frozenset(Action)),
        )
    )


members = st.lists(incident_views(), min_size=1, max_size=5).map(lambda some: tuple(some * 200))
entries = st.builds(
    lambda reason, view: ReplyEntry(
        reason, view.incident, view.job_name, view.latest, view.verdict
    ),
    st.sampled_from(list(Reason)),
    incident_views(),
)
summaries = st.builds(
    lambda some, name: a_summary(
        attention=some,
        recovered=some,
        missed=(MissedRun(name, NOW),) * 300,
        breaches=(RpoBreach(name, None, timedelta(hours=26)),) * 300,
        odd=(OddDuration(name, timedelta(hours=2), timedelta(hours=9)),) * 300,
        days=a_summary().days * 30,
    ),
    members,
    names,
)
actions = st.builds(
    lambda name, why, state: JobAction(
        1, Action.RETRY, name, name, "U1", "C1", NOW, NOW, state=state, detail=why
    ),
    names,
    reasons,
    st.sampled_from(ActionState),
)
views: st.SearchStrategy[NoticeView] = st.one_of(
    st.builds(ActionView, actions, st.none() | sessions, st.sampled_from(Verdict), st.booleans()),
    incident_views(),
    members.map(lambda some: GroupView("<!channel>", NOW, some, told_separately=3)),
    st.lists(entries, max_size=5).map(lambda some: ReplyView(tuple(some * 100))),
    members.map(lambda some: a_start(failing=some)),
    st.builds(an_outage, em_name=names, reason=reasons),
    summaries,
)


job_lines = st.builds(
    lambda name, server, latest: JobLine(
        KnownJob("u" * 300, name, server, name), latest, Verdict.FAILED, NOW, 4_000
    ),
    names,
    names,
    st.none() | sessions,
)
lists = st.builds(
    lambda kind, some, words, page, problem: Listed(
        ListQuestion(kind, Filter(jobs=(words,)), page, NOW, subject="s" * 60),
        tuple(some),
        10_000,
        20,
        failing=3,
        em_problem=problem,
        handles={each.uid: "4f3a" for each in some if isinstance(each, Session)},
    ),
    st.sampled_from(list(ListKind)),
    st.lists(st.one_of(sessions, tasks, job_lines, incident_views()), max_size=20),
    reasons,
    st.integers(0, 499),
    reasons,
)
session_answers = st.builds(
    lambda session, some, problem: SessionAnswer(
        session, tuple(some * 50), "https://em.example.com/" + "x" * 4_000, NOW, problem
    ),
    sessions,
    st.lists(tasks, max_size=5),
    reasons,
)
answers: st.SearchStrategy[Answer] = st.one_of(
    session_answers,
    incident_views(),
    st.builds(
        lambda asked, some: Candidates(asked, tuple(some * 40)),
        reasons,
        st.lists(sessions, max_size=3),
    ),
    st.builds(
        lambda asked, some: Unknown(asked, asked, tuple(some)),
        reasons,
        st.lists(names, max_size=40),
    ),
)
statuses = st.builds(
    a_status, em_name=names, em_problem=reasons, slack_problems=st.lists(reasons).map(tuple)
)
job_answers = st.builds(
    lambda name, latest, view, vms: a_job_answer(
        job=KnownJob("u", name, name, name),
        latest=latest,
        incident=view,
        options=JobOptions("u", vms=tuple(vms * 100)),
        runs=a_job_answer().runs * 4,
    ),
    names,
    st.none() | sessions,
    st.none() | incident_views(),
    st.lists(names, max_size=5),
)
overviews = st.builds(
    lambda name, views_of_it, some, problem: an_overview(
        em_name=name, incidents=views_of_it[:5], running=tuple(some), em_problem=problem
    ),
    names,
    members,
    st.lists(sessions, max_size=3),
    reasons,
)
missing = st.builds(
    NoTarget, reasons, st.lists(names, max_size=30).map(tuple), is_ambiguous=st.booleans()
)


def check(document: Document) -> None:
    for message in (render(document), render_plainly(document)):
        assert problems_of(message.text, message.blocks) == []


@settings(max_examples=25, deadline=None)
@given(views)
def test_every_notice_keeps_slacks_limits(view: NoticeView) -> None:
    for message in (
        render_notice(view, offers_actions=True),
        render_plain(view, offers_actions=True),
    ):
        assert problems_of(message.text, message.blocks) == []


@settings(max_examples=25, deadline=None)
@given(answers)
def test_every_answer_keeps_slacks_limits(answer: Answer) -> None:
    check(answer_document(answer, NOW))


@settings(max_examples=25, deadline=None)
@given(lists)
def test_every_page_of_a_list_keeps_slacks_limits(listed: Listed) -> None:
    check(list_document(listed, NOW))


documents = st.one_of(
    job_answers.map(job_document),
    overviews.map(lambda overview: overview_document(overview, NOW)),
    missing.map(no_job_document),
    statuses.map(lambda status: status_document(status, NOW)),
)


@settings(max_examples=25, deadline=None)
@given(documents)
def test_jobs_overviews_and_the_status_keep_slacks_limits(document: Document) -> None:
    check(document)


@settings(max_examples=20, deadline=None)
@given(session_answers)
def test_a_shared_answer_keeps_slacks_limits(answer: SessionAnswer) -> None:
    check(session_document(answer, NOW, shared_by="U123"))


def test_help_keeps_slacks_limits() -> None:
    check(HELP)
    for verb in USAGE_OF:
        check(help_document(verb, ("Why: ",)))
    check(no_command_document("x" * 4_000, ""))
    check(unknown_document(Unknown("faild", "No such name."), "failed"))


def test_a_page_of_vms_with_long_reasons_fits_one_message() -> None:
    many = tuple(a_task(vm="v" * 120, reason="x" * 2_000) for _ in range(VM_PAGE))
    told = read(render(list_document(a_list(*many, kind=ListKind.TASKS), NOW)))
    assert told.count("• 🔴") == VM_PAGE
    assert "more lines" not in told


def test_a_name_reads_in_rich_text_exactly_as_it_is() -> None:
    message = render_notice(replace(an_incident_view(), job_name="<!channel> *prod*"))
    assert "🔴 <!channel> *prod* failed" in str(message.blocks)
    assert "&lt;!channel&gt; ∗prod∗" in message.text


@pytest.mark.parametrize("part", [Paragraph, Bullets])
def test_a_document_that_is_too_long_says_how_much_it_leaves_out(
    part: type[Paragraph | Bullets],
) -> None:
    document = Document(("long",), (part((("x" * 1_000,),) * 100), Buttons((Button("B", "b"),))))
    check(document)
    assert "… and 90 more lines: one Slack message does not hold them." in read(render(document))
    assert read(render(document)).endswith("[B]")


def test_a_document_of_too_many_parts_says_how_many_it_leaves_out() -> None:
    row = Row((Person("U1"), "x"), Button("B", "b"))
    document = Document(
        ("rows",), (*(row for _ in range(60)), Paragraph(()), Bullets(()), Buttons(()))
    )
    check(document)
    assert "… and 15 more lines" in read(render(document))
