"""What people type, and what Slack makes of it on the way (reference §1.6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.parsing import (
    Question,
    Verb,
    clean,
    nearest_verb,
    parse_incident,
    parse_question,
)

GUID = "04f694ad-6b84-4f87-9b7c-21a2b3c4d5e6"
URL = f"https://em.example.com:9398/api/replicaSessions/{GUID}?format=Entity"


@pytest.mark.parametrize(
    ("typed", "verb", "subject"),
    [
        ("", Verb.OVERVIEW, ""),
        ("   ", Verb.OVERVIEW, ""),
        ("overview", Verb.OVERVIEW, ""),
        ("--help", Verb.HELP, ""),
        ("help mute", Verb.HELP, "mute"),
        ("Help /mute", Verb.HELP, "mute"),
        ("mute help", Verb.HELP, "mute"),
        ("failed ?", Verb.HELP, "failed"),
        ("/replica failed", Verb.FAILED, ""),
        ("`failed` since 7d", Verb.FAILED, "since 7d"),
        ("failed since\u00a07d job:“SQL Replica”", Verb.FAILED, 'since 7d job:"SQL Replica"'),
        ("jobs server:vbr01 export", Verb.JOBS, "server:vbr01 export"),
        ("job “SQL Replica”", Verb.JOB, "SQL Replica"),
        ("job", Verb.JOB, ""),
        ("#4f3a", Verb.SESSION, "#4f3a"),
        ("tasks #4f3a failed", Verb.TASKS, "#4f3a failed"),
        ("?", Verb.HELP, ""),
        ("help", Verb.HELP, ""),
        ("FAILED", Verb.FAILED, ""),
        ("Running ", Verb.RUNNING, ""),
        ("summary", Verb.SUMMARY, ""),
        ("status", Verb.STATUS, ""),
        ("`status`", Verb.STATUS, ""),
        ("tasks", Verb.TASKS, ""),
        (f"tasks {GUID}", Verb.TASKS, GUID),
        (f"Tasks `{GUID}`", Verb.TASKS, f"`{GUID}`"),
        (GUID, Verb.SESSION, GUID),
        (f"{{{GUID.upper()}}}", Verb.SESSION, f"{{{GUID.upper()}}}"),
        (f"session {GUID}", Verb.SESSION, GUID),
        ("session", Verb.SESSION, "session"),
        (
            f"urn:veeam:ReplicaJobSession:{GUID}",
            Verb.SESSION,
            f"urn:veeam:ReplicaJobSession:{GUID}",
        ),
        ("session failed over", Verb.SESSION, "failed over"),
        ("SQL Replica", Verb.SESSION, "SQL Replica"),
        ("“SQL Replica”", Verb.SESSION, "SQL Replica"),
        ("SQL\u00a0Replica", Verb.SESSION, "SQL Replica"),
        ("SQL  Replica\u200b", Verb.SESSION, "SQL Replica"),
        ("Bob’s Replica", Verb.SESSION, "Bob's Replica"),
        ("R&amp;D &lt;new&gt;", Verb.SESSION, "R&D <new>"),
        (f"<{URL}>", Verb.SESSION, URL),
        (f"<{URL}|em.example.com>", Verb.SESSION, URL),
        ("<@U12345|ana>", Verb.SESSION, "ana"),
        ("<#C12345|ops>", Verb.SESSION, "ops"),
        ("exch@2013-08-26 22:28:51", Verb.SESSION, "exch@2013-08-26 22:28:51"),
        ("<mailto:sql@vbr01.local|sql@vbr01.local>", Verb.SESSION, "sql@vbr01.local"),
        ("ack #12 storage is called", Verb.ACK, "#12 storage is called"),
        ("ack", Verb.ACK, ""),
        ("Mute “SQL Replica” for 4h", Verb.MUTE, '"SQL Replica" for 4h'),
        ("unmute all", Verb.UNMUTE, "all"),
        ("mutes", Verb.MUTES, ""),
        ("mutes everything", Verb.SESSION, "mutes everything"),
        ("subscribe “SQL Replica” “DC”", Verb.SUBSCRIBE, '"SQL Replica" "DC"'),
        ("subscribe *SQL*", Verb.SUBSCRIBE, "*SQL*"),
        ("watch SQL Replica", Verb.WATCH, "SQL Replica"),
        ("session watch tower", Verb.SESSION, "watch tower"),
    ],
)
def test_what_was_typed_is_understood(typed: str, verb: Verb, subject: str) -> None:
    assert parse_question(typed) == Question(verb, subject)


@given(st.text())
def test_nothing_that_can_be_typed_breaks_the_parser(typed: str) -> None:
    question = parse_question(typed)
    assert question.subject == question.subject.strip()
    assert question.subject or question.verb is not Verb.SESSION or clean(typed)


@pytest.mark.parametrize(
    ("typed", "verb"),
    [
        ("faild", "failed"),
        ("stauts", "status"),
        ("Sumary", "summary"),
        ("unmut SQL Replica", "unmute"),
        ("subscrbe", "subscribe"),
        ("`runing` server:vbr01", "running"),
        ("SQL Replica", ""),
    ],
)
def test_a_slip_of_a_verb_is_recognised(typed: str, verb: str) -> None:
    assert nearest_verb(typed) == verb


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ("#12", (12, "")),
        ("12", (12, "")),
        ("#12 storage is called", (12, "storage is called")),
        ("SQL Replica", None),
        ("#x", None),
        ("#12storage", None),
        ("", None),
    ],
)
def test_an_incident_is_named_by_its_number(subject: str, named: tuple[int, str] | None) -> None:
    assert parse_incident(subject) == named
