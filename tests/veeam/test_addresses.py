"""What people write as VEEAM_URL, and what they are told when it cannot be right."""

import pytest

from bot.errors import SettingsWrong
from bot.veeam.addresses import parse_address


@pytest.mark.parametrize(
    "url",
    [
        "https://EM.example.com:9398",
        "https://em.example.com:9398/",
        "https://em.example.com:9398/api",
        " https://em.example.com:9398/api/ ",
        "https://em.example.com",
    ],
)
def test_one_em_has_one_name_however_it_is_written(url: str) -> None:
    address = parse_address(url)
    assert address.name == "em.example.com:9398"
    assert address.origin == "https://em.example.com:9398"


def test_another_port_is_kept() -> None:
    assert parse_address("https://em.example.com:443").name == "em.example.com:443"


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert parse_address("https://[2001:db8::1]:9398/").origin == "https://[2001:db8::1]:9398"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_is_possible_on_this_machine_only(host: str) -> None:
    assert parse_address(f"http://{host}:9399").scheme == "http"
    with pytest.raises(SettingsWrong, match="unencrypted"):
        parse_address("http://em.example.com:9399")
    with pytest.raises(SettingsWrong, match="unencrypted"):
        parse_address("http://10.0.0.1:9399")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "em.example.com:9398",
        "ftp://em.example.com",
        "https://",
        "https://em.example.com:port",
        "https://em.example.com:99999",
        "https://[em",
        "https://em.example.com/web/login",
        "https://em.example.com/api?v=latest",
        "https://em.example.com/#x",
    ],
)
def test_what_cannot_be_an_em_says_what_to_write(url: str) -> None:
    with pytest.raises(SettingsWrong, match=r"VEEAM_URL.*https://em\.example\.com:9398"):
        parse_address(url)


def test_a_password_in_the_url_is_not_repeated() -> None:
    with pytest.raises(SettingsWrong) as caught:
        parse_address("https://bot:secret@em.example.com")
    assert "secret" not in str(caught.value)
