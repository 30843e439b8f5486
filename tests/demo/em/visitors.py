"""A client written for these tests alone, and ways to compare what it gets with the samples."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx
from lxml import etree

Welcome: TypeAlias = "Callable[[str, str], Awaitable[Visitor]]"

NAMESPACE = "{http://www.veeam.com/ent/v1.0}"
SAMPLES = Path(__file__).parents[2] / "samples"


class Visitor:
    """Somebody who is logged on."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.token = ""
        self.session_id = ""

    async def log_on(self, username: str, password: str) -> None:
        response = await self.client.post(
            "/api/sessionMngr/?v=latest",
            auth=(username, password),
            headers={"Accept": "application/json"},
        )
        self.token = response.headers["X-RestSvcSessionId"]
        self.session_id = json.loads(response.content.decode("utf-8-sig"))["SessionId"]
        self.client.cookies.clear()

    async def ask(self, path: str, method: str = "GET", accept: str = "*/*") -> httpx.Response:
        headers = {"X-RestSvcSessionId": self.token, "Accept": accept}
        return await self.client.request(method, f"/api/{path}", headers=headers)

    async def json(self, path: str, method: str = "GET") -> Any:
        response = await self.ask(path, method, "application/json")
        assert response.is_success, response.text
        return response.json()

    async def xml(self, path: str) -> "etree._Element":
        response = await self.ask(path, accept="application/xml")
        assert response.status_code == 200, response.text
        return etree.fromstring(response.content)

    async def status(self, path: str, method: str = "GET") -> int:
        return (await self.ask(path, method)).status_code

    async def query(self, kind: str, expression: str = "", more: str = "") -> list[dict[str, Any]]:
        """The entities that a filter finds."""
        asked = f"&filter={quote(expression)}" if expression else ""
        found = await self.json(f"query?type={kind}&format=Entities{asked}{more}")
        members = [member for member in found["Entities"].values() if member is not None]
        assert len(members) == 1
        rows: list[dict[str, Any]] = next(iter(members[0].values()))
        return rows

    async def names(self, expression: str, kind: str = "ReplicaJobSession") -> list[str]:
        """The job names of the sessions that a filter finds."""
        return [row["JobName"] for row in await self.query(kind, expression)]


def sample(name: str) -> bytes:
    """A sample of the reference."""
    return (SAMPLES / name).read_bytes()


def xml_sample(name: str) -> "etree._Element":
    return etree.fromstring(sample(name))


def json_sample(name: str) -> Any:
    return json.loads(sample(name))


def shape(element: "etree._Element") -> Any:
    """An XML element as data: attributes in any order, children in theirs, no host in links."""
    attributes = {name: _hostless(str(value)) for name, value in element.attrib.items()}
    text = (element.text or "").strip()
    return (_local(element), attributes, text, [shape(child) for child in element])


def hostless(value: Any) -> Any:
    """JSON with the host cut from every link."""
    if isinstance(value, dict):
        return {key: hostless(member) for key, member in value.items()}
    if isinstance(value, list):
        return [hostless(member) for member in value]
    return _hostless(value) if isinstance(value, str) else value


def child(element: "etree._Element", path: str) -> "etree._Element":
    """The element at a path of local names."""
    found = element.find("/".join(f"{NAMESPACE}{name}" for name in path.split("/")))
    assert found is not None, f"no {path} in {etree.tostring(element)[:500]!r}"
    return found


def tags(element: "etree._Element") -> list[str]:
    return [_local(found) for found in element]


def _local(element: "etree._Element") -> str:
    return str(etree.QName(element).localname)


def _hostless(text: str) -> str:
    return re.sub(r"^https?://[^/]+/", "/", text)
