"""Uploading in three steps, and showing the picture in a message (reference §1.9)."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import SlackWorkspace
from tests.demo.slack.builders import Json, refusal

PNG = b"\x89PNG\r\n\x1a\nchart"


async def reserve(client: AsyncWebClient) -> tuple[str, str]:
    answer = await client.files_getUploadURLExternal(filename="chart.png", length=len(PNG))
    return answer["file_id"], answer["upload_url"]


def a_picture(file_id: str) -> list[Json]:
    return [{"type": "image", "alt_text": "14 days", "slack_file": {"id": file_id}}]


async def test_the_sdk_uploads_and_a_message_shows_the_picture(
    slack: SlackWorkspace, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    uploaded = await client.files_upload_v2(filename="chart.png", content=PNG)
    file_id = uploaded["files"][0]["id"]
    assert "shares" not in uploaded["files"][0]
    await client.chat_postMessage(channel=slack.channel, text="x", blocks=a_picture(file_id))
    async with http.get(f"{slack.url}/files/{file_id}") as response:
        assert (response.content_type, await response.read()) == ("image/png", PNG)


async def test_a_picture_is_refused_until_its_upload_is_completed(
    slack: SlackWorkspace, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    file_id, url = await reserve(client)
    async with http.post(url, data=PNG) as response:
        assert (response.status, await response.text()) == (200, f"OK - {len(PNG)}")
    post = client.chat_postMessage(channel=slack.channel, text="x", blocks=a_picture(file_id))
    assert await refusal(post) == "invalid_blocks"
    async with http.get(f"{slack.url}/files/{file_id}") as response:
        assert response.status == 404


async def test_the_length_must_be_the_one_announced(
    client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    _, url = await reserve(client)
    async with http.post(url, data=PNG + b"more") as response:
        assert response.status == 400


async def test_a_form_is_taken_as_well_as_raw_bytes(
    client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    _, url = await reserve(client)
    form = aiohttp.FormData()
    form.add_field("file", PNG, filename="chart.png")
    async with http.post(url, data=form) as response:
        assert response.status == 200


async def test_a_file_that_never_arrived_cannot_be_completed(client: AsyncWebClient) -> None:
    file_id, _ = await reserve(client)
    for wanted in (file_id, "F0"):
        files: list[dict[str, str | None]] = [{"id": wanted}]
        assert await refusal(client.files_completeUploadExternal(files=files)) == "file_not_found"


async def test_nothing_cannot_be_completed(client: AsyncWebClient) -> None:
    call = client.files_completeUploadExternal(files=[])
    assert await refusal(call) == "invalid_arguments"


@pytest.mark.parametrize("length", [0, -1])
async def test_an_empty_file_is_refused(client: AsyncWebClient, length: int) -> None:
    call = client.files_getUploadURLExternal(filename="chart.png", length=length)
    assert await refusal(call) == "invalid_arguments"


async def test_sharing_posts_a_message_and_needs_membership(
    slack: SlackWorkspace, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    file_id, url = await reserve(client)
    await (await http.post(url, data=PNG)).read()
    files: list[dict[str, str | None]] = [{"id": file_id, "title": "14 days"}]
    elsewhere = client.files_completeUploadExternal(files=files, channel_id=slack.other_channel)
    assert await refusal(elsewhere) == "not_in_channel"
    await client.files_completeUploadExternal(
        files=files, channel_id=slack.channel, initial_comment="Look"
    )
    [message] = slack.messages()
    assert (message.text, message.files[0]["title"]) == ("Look", "14 days")


async def test_a_file_is_shared_below_a_message_and_saved_by_its_name(
    slack: SlackWorkspace, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    root = slack.say("what failed?").ts
    await client.files_upload_v2(
        channel=slack.channel, thread_ts=root, filename="failed.csv", content="job,result\n"
    )
    [reply] = slack.replies(root)
    [file] = reply.files
    assert (file["name"], file["mimetype"]) == ("failed.csv", "text/csv")
    async with http.get(f"{slack.url}/files/{file['id']}") as response:
        disposition = response.headers["Content-Disposition"]
        assert disposition == "attachment; filename*=UTF-8''failed.csv"
        assert await response.text() == "job,result\n"


async def test_a_file_is_shared_below_roots_only(
    slack: SlackWorkspace, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    file_id, url = await reserve(client)
    await (await http.post(url, data=PNG)).read()
    files: list[dict[str, str | None]] = [{"id": file_id}]
    reply = slack.say("below", thread_ts=slack.say("root").ts).ts
    for ts in ("1.000001", reply):
        call = client.files_completeUploadExternal(
            files=files, channel_id=slack.channel, thread_ts=ts
        )
        assert await refusal(call) == "thread_not_found"
