"""Who somebody is, as Slack tells it or does not."""

import pytest

from bot.core.permissions import Deed, Role
from bot.demo.slack import SlackWorkspace
from bot.slack.answers import plain_document
from bot.slack.clients import SlackCalls
from bot.slack.permitting import GUEST, NOBODY, NOT_OPERATOR, OFF, Permitting
from bot.slack.responding import Asker, Response
from bot.slack.roles import BELIEVED_FOR, Roles

HOUR = 3_600.0


@pytest.fixture(autouse=True)
def _no_faults(slack: SlackWorkspace) -> None:
    slack.faults.clear()


class Ticks:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_operator_is_named_by_their_id_and_slack_is_not_asked(
    slack: SlackWorkspace, calls: SlackCalls
) -> None:
    slack.faults.refuse("users.info", "internal_error")
    slack.faults.refuse("usergroups.users.list", "internal_error")
    assert await Roles(calls, frozenset({slack.user})).of(slack.user) is Role.OPERATOR


async def test_the_members_of_a_user_group_are_operators_for_five_minutes_at_least(
    slack: SlackWorkspace, calls: SlackCalls
) -> None:
    group, ticks = slack.add_usergroup([slack.user]), Ticks()
    roles = Roles(calls, frozenset({group}), ticks)
    assert await roles.of(slack.user) is Role.OPERATOR
    assert await roles.of(slack.other_user) is Role.MEMBER
    slack.add_usergroup([slack.other_user])
    assert await roles.of(slack.user) is Role.OPERATOR
    ticks.now += BELIEVED_FOR.total_seconds()
    assert await roles.of(slack.user) is Role.MEMBER
    assert await roles.of(slack.other_user) is Role.OPERATOR


async def test_where_slack_does_not_say_its_last_word_holds(
    slack: SlackWorkspace, calls: SlackCalls
) -> None:
    group, ticks = slack.add_usergroup([slack.user]), Ticks()
    roles = Roles(calls, frozenset({group}), ticks)
    assert await roles.of(slack.user) is Role.OPERATOR
    slack.faults.refuse("usergroups.users.list", "missing_scope")
    ticks.now += HOUR
    assert await roles.of(slack.user) is Role.OPERATOR
    fresh = Roles(calls, frozenset({group}))
    slack.faults.refuse("usergroups.users.list", "missing_scope")
    assert await fresh.of(slack.user) is Role.MEMBER
    assert await fresh.of(slack.user) is Role.OPERATOR, "it is asked again at once"


@pytest.mark.parametrize("kind", ["multi_channel", "single_channel"])
async def test_guests_of_either_kind_are_guests(
    slack: SlackWorkspace, calls: SlackCalls, kind: str
) -> None:
    guest = slack.add_person("gast", guest=kind)  # type: ignore[arg-type]  # one of its two words
    assert await Roles(calls).of(guest) is Role.GUEST


async def test_who_may_be_a_guest_is_a_member_where_slack_does_not_say(
    slack: SlackWorkspace, calls: SlackCalls
) -> None:
    guest = slack.add_person("gast", guest=True)
    slack.faults.refuse("users.info", "missing_scope")
    assert await Roles(calls).of(guest) is Role.MEMBER


async def said(permitting: Permitting, user: str, deed: Deed) -> str:
    async def work() -> Response:
        return Response(plain_document("done"))

    response = await permitting.let(Asker(user, "C1", ""), deed, work())
    return "".join(str(span) for span in response.document.summary)


async def test_whoever_may_not_is_told_why_and_whom_to_ask(
    slack: SlackWorkspace, calls: SlackCalls
) -> None:
    group = slack.add_usergroup([slack.user])
    roles = Roles(calls, frozenset({group}))
    guest = slack.add_person("gast", guest=True)
    assert await said(Permitting(roles), slack.user, Deed.RETRY) == "done"
    assert await said(Permitting(roles), guest, Deed.ASK) == "done"
    assert await said(Permitting(roles), guest, Deed.MUTE) == GUEST
    told = await said(Permitting(roles), slack.other_user, Deed.RETRY)
    assert told.startswith(NOT_OPERATOR)
    assert group in told
    assert await said(Permitting(Roles(calls)), slack.user, Deed.RETRY) == NOBODY
    off = Permitting(roles, acts=False)
    assert await said(off, slack.user, Deed.RETRY) == OFF
    assert await said(off, slack.user, Deed.AUDIT) == "done"


def test_buttons_that_reach_into_veeam_need_somebody_who_may_press_them(calls: SlackCalls) -> None:
    somebody = Roles(calls, frozenset({"U1"}))
    assert Permitting(somebody).offers_actions
    assert not Permitting(somebody, acts=False).offers_actions
    assert not Permitting(Roles(calls)).offers_actions
