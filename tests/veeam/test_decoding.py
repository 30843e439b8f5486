"""Bodies become plain data: JSON in any case, XML hardened, all else refused (reference §4)."""

import json
import time

import pytest

from bot.veeam.decoding import Undecodable, decode

JSON, XML = "application/json", "application/xml"
XSI = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><lolz>&c;</lolz>'
)


@pytest.mark.parametrize("key", ["JobUid", "jobUid", "JOBUID", "jobuid"])
def test_keys_are_read_in_any_case(key: str) -> None:
    assert decode(JSON, f'{{"{key}": {{"{key}": "Stopped"}}}}'.encode()) == {
        "jobuid": {"jobuid": "Stopped"}
    }


def test_a_byte_order_mark_is_skipped() -> None:
    assert decode(JSON, b'\xef\xbb\xbf{"A": 1}') == {"a": 1}
    assert decode(XML, b'\xef\xbb\xbf<a b="1"/>') == {"b": "1"}


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Text/JSON"])
def test_the_media_type_alone_decides(kind: str) -> None:
    assert decode(kind, b"{}") == {}


@pytest.mark.parametrize("kind", ["", "text/html", "text/plain", "application/xhtml+xml"])
def test_other_types_are_refused(kind: str) -> None:
    with pytest.raises(Undecodable, match="not JSON or XML"):
        decode(kind, b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ',
        b"[1]",
        b"null",
        b'{"a": "\xff"}',
        b"[" * 200_000,
        b"<a/>",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(JSON, body)


@pytest.mark.parametrize("body", [b"", b" \r\n", b"\t"])
@pytest.mark.parametrize("kind", [JSON, XML])
def test_an_empty_body_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(Undecodable, match="empty"):
        decode(kind, body)


@pytest.mark.parametrize(
    "body",
    [b"<a", b"{}", b"<a></b>", b"<a>&unknown;</a>", b"<a>" * 400, b"<a/><b/>", b"\x1f\x8b\x08\x00"],
)
def test_what_is_no_xml_is_refused(body: bytes) -> None:
    with pytest.raises(Undecodable, match="well-formed"):
        decode(XML, body)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/evil.dtd"> %x;]><a/>',
        "<!DOCTYPE html><html/>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_before_anything_in_it_is_read(text: str, encoding: str) -> None:
    with pytest.raises(Undecodable, match="DOCTYPE"):
        decode(XML, text.encode(encoding))


def test_attributes_and_elements_become_keys() -> None:
    body = b'<A xmlns="urn:x" Name="n"><State>Stopped</State><Reason/></A>'
    assert decode(XML, body) == {"name": "n", "state": "Stopped", "reason": ""}


def test_comments_and_instructions_say_nothing() -> None:
    assert decode(XML, b'<a b="1"><!-- c --><?do it?></a>') == {"b": "1"}


def test_wrappers_become_lists() -> None:
    body = b'<Q><Links><Link Rel="Up"/></Links><Refs><Ref UID="1"/><Ref UID="2"/></Refs></Q>'
    assert decode(XML, body) == {"links": [{"rel": "Up"}], "refs": [{"uid": "1"}, {"uid": "2"}]}


def test_an_empty_list_of_links_is_a_list() -> None:
    assert decode(XML, b'<a b="1"><Links/></a>') == {"b": "1", "links": []}


def test_a_repeated_element_becomes_a_list() -> None:
    body = b"<a><Kind>Daily</Kind><Days>Sunday</Days><Days>Monday</Days></a>"
    assert decode(XML, body) == {"kind": "Daily", "days": ["Sunday", "Monday"]}


def test_a_root_that_is_a_list_gets_its_name_as_in_json() -> None:
    assert decode(XML, b'<Jobs><Job UID="1"/></Jobs>') == {"jobs": [{"uid": "1"}]}
    assert decode(XML, b'<EntityReferences><Ref UID="1"/></EntityReferences>') == {
        "refs": [{"uid": "1"}]
    }


def test_a_nil_element_is_null() -> None:
    body = f'<a {XSI}><EndTimeUTC i:nil="true"/><B i:type="x">1</B></a>'.encode()
    assert decode(XML, body) == {"endtimeutc": None, "b": "1"}


def test_text_is_kept_as_it_is() -> None:
    text = ' <b> & "q" \u2028 𝄞 '
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    assert decode(XML, f"<a><n>{escaped}</n></a>".encode()) == {"n": text}
    assert decode(JSON, json.dumps({"N": text}).encode()) == {"n": text}


@pytest.mark.parametrize(
    "body",
    [
        b"<a><b>" + b"&amp;" * 300_000 + b"</b></a>",
        b"<a>" + b"".join(b"<b%d/>" % number for number in range(60_000)) * 2 + b"</a>",
    ],
)
def test_no_body_takes_more_time_than_its_length(body: bytes) -> None:
    begun = time.process_time()
    decode(XML, body)
    assert time.process_time() - begun < 5
