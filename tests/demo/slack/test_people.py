"""Who is there: guests and user groups ([D-ref] users.info, usergroups.users.list)."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import DEFAULT_SCOPES, SlackOptions, SlackWorkspace
from tests.demo.slack.builders import refusal, refused


async def test_a_guest_is_restricted_and_a_member_is_not(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    async def restrictions(user: str) -> tuple[bool, bool]:
        told = (await client.users_info(user=user))["user"]
        return told["is_restricted"], told["is_ultra_restricted"]

    assert await restrictions(slack.user) == (False, False)
    assert await restrictions(slack.add_person("cleo")) == (False, False)
    assert await restrictions(slack.add_person("gus", guest=True)) == (True, False)
    assert await restrictions(slack.add_person("gia", guest="single_channel")) == (True, True)


async def test_a_new_person_is_in_every_channel_and_in_no_ones_direct_message(
    slack: SlackWorkspace,
) -> None:
    direct = slack.direct_message()
    person = slack.add_person("cleo", "Cleo Park")
    channels = slack.workspace.channels
    assert person in channels[slack.channel].members & channels[slack.other_channel].members
    assert person not in channels[direct].members


async def test_a_user_group_names_its_members_and_may_change(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    group = slack.add_usergroup([slack.user])
    assert (await client.usergroups_users_list(usergroup=group))["users"] == [slack.user]
    assert slack.add_usergroup([slack.other_user]) == group
    assert (await client.usergroups_users_list(usergroup=group))["users"] == [slack.other_user]
    assert slack.add_usergroup([], "storage") != group


async def test_an_unknown_group_and_a_missing_scope_are_refused(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    call = client.usergroups_users_list(usergroup="S0")
    assert await refusal(call) == "no_such_subteam"
    group = slack.add_usergroup([slack.user])
    slack.options = SlackOptions(scopes=DEFAULT_SCOPES - {"usergroups:read"})
    answer = await refused(client.usergroups_users_list(usergroup=group))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "usergroups:read")
