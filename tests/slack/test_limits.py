"""However large or hostile a view is, its message keeps Slack's limits (reference §1.5, §1.6)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.actions import Action, ActionState, JobAction
from bot.core.answers import Answer, Candidates, SessionAnswer, SessionList, Unknown
from bot.core.decisions import Reason
from bot.core.ports import NoticeView
from bot.core.sessions import Link, Session, TaskSession, Verdict
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
from bot.slack.answers import answer_document, unknown_document
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
from bot.slack.help import HELP
from bot.slack.layout import render, render_plainly
from bot.slack.session_answers import session_document, tasks_document
from tests.slack.builders import (
    NOW,
    a_list,
    a_recovered_view,
    a_session,
    a_start,
    a_status,
    a_summary,
    a_task,
    an_answer,
    an_incident_view,
    an_outage,
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


def a_large_list(some: list[Session], views_of_it: tuple[IncidentView, ...]) -> SessionList:
    return a_list(sessions=tuple(some * 30), total=10_000, incidents=views_of_it)


session_lists = st.builds(a_large_list, st.lists(sessions, max_size=3), members)
session_answers = st.builds(
    lambda session, some, problem: SessionAnswer(
        session, tuple(some * 50), "https://em.example.com/" + "x" * 4_000, NOW, problem
    ),
    sessions,
    st.lists(tasks, max_size=5),
    reasons,
)
answers: st.SearchStrategy[Answer] = st.one_of(
    session_lists,
    session_answers,
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
    st.builds(
        a_status, em_name=names, em_problem=reasons, slack_problems=st.lists(reasons).map(tuple)
    ),
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


@settings(max_examples=20, deadline=None)
@given(session_answers)
def test_a_list_of_all_vms_and_a_shared_answer_keep_slacks_limits(answer: SessionAnswer) -> None:
    check(tasks_document(answer))
    check(session_document(answer, NOW, shared_by="U123"))


def test_help_keeps_slacks_limits() -> None:
    check(HELP)
    check(unknown_document(Unknown("faild", "No such name."), "failed"))


@pytest.mark.parametrize("count", [2_000])
def test_what_is_left_out_is_counted(count: int) -> None:
    many: tuple[TaskSession, ...] = tuple(
        a_task(vm=f"vm{n}", reason="x" * 499) for n in range(count)
    )
    blocks = str(render(tasks_document(an_answer(tasks=many))).blocks)
    shown = sum(f"'vm{n}'" in blocks for n in range(count))
    assert f"{count - 60:,} more VMs" in blocks or "more lines" in blocks
    assert shown < count


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
