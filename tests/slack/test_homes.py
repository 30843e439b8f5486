"""How the Home tab reads, and that it keeps Slack's limits whatever there is (reference §1.10)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.homes import HomeView, Page, Pages, ReplicaAge
from bot.core.mutes import Mute, Scope
from bot.core.watches import Watch
from bot.services.homes import AGES, INCIDENTS, RUNNING, Home
from bot.services.watching import Watched
from bot.slack.action_ids import HOME_DETAILS, HOME_PAGE
from bot.slack.answers import plain_document
from bot.slack.homes import read_pages, render_home, render_trouble, write_pages
from tests.slack.builders import (
    NOW,
    a_running_session,
    a_status,
    an_incident,
    an_incident_view,
)
from tests.slack.limits import problems_of

DAY = timedelta(days=1)
HOSTILE = "<!channel> *all* 🔥" * 60


def a_home(watches: int = 0, **changes: Any) -> Home:
    quiet = HomeView(
        health=a_status(),
        incidents=(),
        incident_page=Page(0, 1),
        incident_total=0,
        running=(),
        running_page=Page(0, 1),
        running_total=0,
        ages=(),
        age_page=Page(0, 1),
        age_total=0,
        broken=0,
    )
    waiting = tuple(
        Watched(Watch(number, "U1", "job", "urn:1" if number else "", NOW), "SQL Replica")
        for number in range(watches)
    )
    return Home(replace(quiet, **changes), waiting)


def a_busy_home(name: str = "SQL Replica") -> Home:
    """The middle of everything, with a thousand jobs."""
    incident = an_incident(acknowledged_at=NOW, acknowledged_by="U1")
    mute = Mute(1, Scope.JOB, "job", "U1", NOW, NOW + DAY, ends_with_success=False)
    view = an_incident_view(job_name=name, backup_server=name)
    muted = replace(view, incident=incident, mute=mute)
    return a_home(
        watches=40,
        health=a_status(em_name=name, em_problem=name, slack_problems=(name, name), unsent=3),
        incidents=(view, muted, *[view] * (INCIDENTS - 2)),
        incident_page=Page(50, 100),
        incident_total=1_000,
        running=(a_running_session(job_name=name, backup_server=name),) * RUNNING,
        running_page=Page(3, 70),
        running_total=1_000,
        ages=(ReplicaAge(name, name, 2 * DAY, DAY),) * AGES,
        age_page=Page(1, 50),
        age_total=1_000,
        broken=40,
    )


def text_of(view: dict[str, Any]) -> str:
    return json.dumps(view, ensure_ascii=False)


def test_a_quiet_home_says_that_all_is_well_and_how_it_knows() -> None:
    text = text_of(render_home(a_home(), Pages(), NOW))
    assert "✅ No job is failing" in text
    assert "The bot is well" in text
    assert "last look at EM 0 s ago" in text
    assert "You wait for nothing" in text
    assert "Nothing is known yet of the age of replicas" in text


def test_a_bot_that_never_saw_em_says_so() -> None:
    health = a_status(last_poll_at=None)
    text = text_of(render_home(a_home(health=health), Pages(), NOW))
    assert "no poll of EM has succeeded yet" in text


def test_what_is_wrong_comes_first() -> None:
    view = render_home(a_busy_home(), Pages(), NOW)
    text = text_of(view)
    order = ["🔴 1,000 jobs failing", "Failing now", "Running now", "Age of replicas", "My watches"]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    assert "RPO broken for 40 jobs" in text
    assert "3 unsent messages" in text
    assert "looks after it" in text
    assert "muted until" in text
    assert "page 51 of 100" in text
    assert "… and 30 more: /replica watches" in text


def test_every_age_says_in_a_word_whether_the_rpo_is_kept() -> None:
    ages = (
        ReplicaAge("Old", "vbr01", 2 * DAY, DAY),
        ReplicaAge("Never", "vbr01", None, DAY),
        ReplicaAge("Young", "", DAY / 2, DAY),
    )
    text = text_of(render_home(a_home(ages=ages, age_total=3, broken=2), Pages(), NOW))
    assert "2 d old of 1 d · RPO broken" in text
    assert "no good replica of 1 d · RPO broken" in text
    assert "12 h old of 1 d · kept" in text
    kept = text_of(render_home(a_home(ages=ages[2:], age_total=1), Pages(), NOW))
    assert "all kept" in kept


def test_details_open_beside_the_tab_and_pages_turn_one_by_one() -> None:
    view = render_home(a_busy_home(), Pages(50, 3, 1), NOW)
    buttons = [
        element
        for block in view["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    assert sum(each["action_id"] == HOME_DETAILS for each in buttons) == INCIDENTS
    turns = [each["value"] for each in buttons if each["action_id"].startswith(HOME_PAGE)]
    assert turns == ["49.3.1", "51.3.1", "50.2.1", "50.4.1", "50.3.0", "50.3.2"]
    assert view["private_metadata"] == "50.3.1"


def test_what_was_done_stands_on_top() -> None:
    view = render_home(a_home(), Pages(), NOW, plain_document("👀 You look after it."))
    assert "You look after it" in str(view["blocks"][0])


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize("name", ["SQL Replica", HOSTILE])
def test_a_thousand_jobs_keep_slacks_limits(name: str, is_plain: bool) -> None:
    banner = plain_document(HOSTILE * 10)
    view = render_home(a_busy_home(name), Pages(), NOW, banner, is_plain=is_plain)
    assert len(view["blocks"]) <= 100
    assert len(text_of(view).encode()) <= 250_000
    assert [each for each in problems_of("Home", view["blocks"]) if "blocks" not in each] == []
    if name != HOSTILE:
        assert "My watches" in text_of(view)


def test_what_does_not_fit_is_said() -> None:
    home = a_home(watches=10, incidents=(an_incident_view(),) * 60, incident_total=60)
    view = render_home(home, Pages(), NOW)
    assert len(view["blocks"]) <= 100
    assert "more that one view does not hold" in str(view["blocks"][-1])


def test_trouble_can_be_tried_again() -> None:
    view = render_trouble("⚠️ The disk is full.")
    assert "The disk is full" in str(view["blocks"][0])
    assert "Try again" in str(view["blocks"][1])


@pytest.mark.parametrize("text", ["", "1.2", "a.b.c", "1.2.3.4", "-1.0.0", "1.2.99999999"])
def test_pages_that_cannot_be_read_are_the_first(text: str) -> None:
    assert read_pages(text) == Pages()


def test_pages_are_read_as_they_are_written() -> None:
    assert read_pages(write_pages(Pages(1, 2, 3))) == Pages(1, 2, 3)
