"""The Home tab: shown when opened, refreshed by what is done in it, one publication at a time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import aiohttp
import pytest_asyncio

from bot.core.homes import Page, Pages
from bot.demo.slack import SlackWorkspace
from bot.errors import DatabaseUnavailable, EnterpriseManagerUnreachable
from bot.services.handling import Handling
from bot.services.homes import Home
from bot.slack.answering import Answering
from bot.slack.clients import SlackCalls
from bot.slack.home import HomeTab, register_home
from bot.slack.listeners import build_app, register
from bot.slack.permitting import Permitting
from bot.slack.responding import Responding
from bot.slack.roles import Roles
from bot.slack.sockets import SocketConnection
from tests.slack.builders import NOW, an_incident_view
from tests.slack.fakes import FakeAsking, some_answers
from tests.slack.test_homes import a_home

SOON = timedelta(milliseconds=20)


@dataclass
class FakeHomes:
    home: Home = field(default_factory=a_home)
    asked: list[tuple[str, Pages]] = field(default_factory=list)
    error: Exception | None = None
    free: asyncio.Event | None = None

    async def load(self, user_id: str, pages: Pages) -> Home:
        self.asked.append((user_id, pages))
        if self.free is not None:
            await self.free.wait()
        if self.error:
            raise self.error
        return self.home


@pytest_asyncio.fixture(loop_scope="module")
async def homes(
    slack: SlackWorkspace,
    calls: SlackCalls,
    session: aiohttp.ClientSession,
    asking: FakeAsking,
    handling: Handling,
) -> AsyncIterator[FakeHomes]:
    """What Home tabs show, of a bot that listens."""
    made = FakeHomes()
    tab = HomeTab(made, asking, calls, lambda: NOW, pause=SOON)
    app = build_app(calls.client)
    answering = Answering(Responding(calls, session), SOON, SOON, at_home=tab.show)
    register_home(app, tab)
    permitting = Permitting(Roles(calls))
    register(app, some_answers(asking), handling, answering, lambda: NOW, permitting)
    sockets = SocketConnection(app, calls, slack.app_token)
    sockets.start()
    await slack.wait_connected()
    slack.workspace.homes.clear()
    slack.calls.clear()
    yield made
    await sockets.close()
    await answering.close()
    await tab.close()
    await slack.wait_for(lambda now: not now.sockets.connections)
    slack.faults.clear()


async def home_with(slack: SlackWorkspace, text: str) -> dict[str, object]:
    """The Home tab, once it shows this."""

    def find(now: SlackWorkspace) -> dict[str, object] | None:
        home = now.home()
        return home if home and text in str(home["blocks"]) else None

    found = await slack.wait_for(find)
    assert found is not None
    return found


async def test_it_is_published_for_whoever_opens_it(
    slack: SlackWorkspace, homes: FakeHomes
) -> None:
    assert await slack.open_home()
    await home_with(slack, "No job is failing")
    assert homes.asked == [(slack.user, Pages())]
    assert slack.home(slack.other_user) is None


async def test_the_messages_tab_needs_nothing(slack: SlackWorkspace, homes: FakeHomes) -> None:
    assert await slack.open_home(tab="messages")
    assert await slack.open_home(slack.other_user)
    await slack.wait_for(lambda now: now.home(slack.other_user))
    assert homes.asked == [(slack.other_user, Pages())]


async def test_who_opens_it_again_and_again_is_shown_it_twice(
    slack: SlackWorkspace, homes: FakeHomes
) -> None:
    homes.free = asyncio.Event()
    for _ in range(5):
        assert await slack.open_home()
    homes.free.set()
    await slack.wait_for(lambda now: [c for c in now.calls if c.method == "views.publish"][1:])
    assert len(homes.asked) == 2


async def test_an_event_that_slack_sends_again_is_heard_once(
    slack: SlackWorkspace, homes: FakeHomes
) -> None:
    assert await slack.open_home()
    await home_with(slack, "No job is failing")
    assert await slack.faults.redeliver()
    assert await slack.open_home(slack.other_user)
    await slack.wait_for(lambda now: now.home(slack.other_user))
    assert [user for user, _ in homes.asked] == [slack.user, slack.other_user]


async def test_pages_turn(slack: SlackWorkspace, homes: FakeHomes) -> None:
    view = replace(
        homes.home.view,
        incidents=(an_incident_view(),),
        incident_page=Page(0, 2),
        incident_total=11,
    )
    homes.home = replace(homes.home, view=view)
    await slack.open_home()
    home = await home_with(slack, "page 1 of 2")
    assert (await slack.press(home, text="Next ▶")).acked
    await slack.wait_for(lambda _: homes.asked[1:])
    assert homes.asked[1] == (slack.user, Pages(incidents=1))


async def test_what_is_done_in_it_is_said_in_it(slack: SlackWorkspace, homes: FakeHomes) -> None:
    view = replace(homes.home.view, incidents=(an_incident_view(),), incident_total=1)
    homes.home = replace(homes.home, view=view)
    await slack.open_home()
    home = await home_with(slack, "Failing now")
    assert (await slack.press(home, text="Acknowledge")).acked
    await home_with(slack, "I know no incident #17")  # the fake Home's incident is in no database
    assert not slack.messages()


async def test_details_open_in_a_modal(slack: SlackWorkspace, homes: FakeHomes) -> None:
    view = replace(homes.home.view, incidents=(an_incident_view(),), incident_total=1)
    homes.home = replace(homes.home, view=view)
    await slack.open_home()
    home = await home_with(slack, "Failing now")
    assert (await slack.press(home, text="Details")).acked
    modal = await slack.wait_for(lambda now: now.modal())
    assert modal is not None
    assert "no space on datastore ds7" in str(modal.view["blocks"])
    assert "actions" not in [block["type"] for block in modal.view["blocks"]]
    await slack.close_view(modal.view["id"])


async def test_details_that_take_long_follow_in_the_modal(
    slack: SlackWorkspace, homes: FakeHomes, asking: FakeAsking
) -> None:
    view = replace(homes.home.view, incidents=(an_incident_view(),), incident_total=1)
    homes.home = replace(homes.home, view=view)
    asking.free = asyncio.Event()
    asking.found = EnterpriseManagerUnreachable("read session 04f6", "refused", "Is EM up?")
    await slack.open_home()
    home = await home_with(slack, "Failing now")
    await slack.press(home, text="Details")
    modal = await slack.wait_for(lambda now: now.modal())
    assert modal is not None
    assert "Asking Enterprise Manager" in str(modal.view["blocks"])
    asking.free.set()
    await slack.wait_for(lambda now: "Is EM up?" in str((m := now.modal()) and m.view["blocks"]))
    await slack.close_view(modal.view["id"])


async def test_a_database_that_cannot_be_read_is_said(
    slack: SlackWorkspace, homes: FakeHomes
) -> None:
    homes.error = DatabaseUnavailable("The database is locked.")
    await slack.open_home()
    home = await home_with(slack, "The database is locked")
    homes.error = None
    await slack.press(home, text="Try again")
    await home_with(slack, "No job is failing")


async def test_whatever_breaks_has_a_reference_that_is_in_the_log(
    slack: SlackWorkspace, homes: FakeHomes
) -> None:
    homes.error = RuntimeError("nobody expected this")
    await slack.open_home()
    await home_with(slack, "my log knows more under")


async def test_a_workspace_that_refuses_rich_text_is_shown_it_plainly(
    slack: SlackWorkspace, homes: FakeHomes
) -> None:
    slack.options = replace(slack.options, refused_block_types=frozenset({"rich_text"}))
    await slack.open_home()
    await home_with(slack, "No job is failing")
    slack.options = replace(slack.options, refused_block_types=frozenset())


async def test_a_refusal_of_slack_is_logged_and_the_next_opening_shows_it(
    slack: SlackWorkspace, homes: FakeHomes
) -> None:
    slack.faults.refuse("views.publish", "not_enabled")
    await slack.open_home()
    await slack.wait_for(lambda now: [c for c in now.calls if c.outcome == "not_enabled"])
    await slack.open_home()
    await home_with(slack, "No job is failing")
