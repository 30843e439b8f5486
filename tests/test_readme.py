"""The papers beside the code say what is true: settings, commands, scopes, links, the lock."""

import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import SecretStr
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import app
from bot.settings import EXAMPLES, SECRETS, Settings, load_settings
from bot.slack.documents import Bold, Bullets
from bot.slack.help import HELP
from bot.slack.parsing import Verb
from bot.slack.scopes import EVENTS, SCOPES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")

FIELDS = {name.upper(): field for name, field in Settings.model_fields.items()}
REQUIRED = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "VEEAM_URL": "https://em.example.com:9398",
    "VEEAM_USERNAME": "DOMAIN\\replica-bot",
    "VEEAM_PASSWORD": "not a secret",
    "ALERT_CHANNEL": "C0123456789",
}
NOT_OURS = {"HTTPS_PROXY"}
"""Names in capitals in the README that are not settings of the bot."""

INDEX_WORDS = tuple(
    "".join(pieces)
    for pieces in (
        ("py", "pi.org"),
        ("py", "pi.python"),
        ("python", "hosted"),
        ("/sim", "ple/"),
        ("--index", "-url"),
        ("--extra-index", "-url"),
        ("--find", "-links"),
        ("--trusted", "-host"),
    )
)
"""What would tell where packages come from; in pieces, so that this file holds none of them."""


def section(title: str) -> str:
    """The README's text under one heading of the second level."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(title: str) -> list[list[str]]:
    """The cells of a section's tables, without their heads."""
    lines = re.findall(r"^\| (`.+) \|$", section(title), re.MULTILINE)
    return [re.split(r" \| ", line) for line in lines]


def settings_with(**changed: str) -> Settings:
    """Settings as read from texts, those that are required filled."""
    given = {**REQUIRED, **changed}
    return Settings(_env_file=None, **{name.lower(): text for name, text in given.items()})  # type: ignore[arg-type]  # texts, as the environment has them


def read_back(name: str, text: str) -> object:
    """What the bot makes of a setting's text."""
    return getattr(settings_with(**{name: text}), name.lower())


def env_example() -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", ENV_EXAMPLE, re.MULTILINE))


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)


# The settings


def test_the_readme_has_every_setting_and_no_other() -> None:
    assert sorted(row[0].strip("`") for row in table("Settings")) == sorted(FIELDS)


@pytest.mark.parametrize(("name", "default"), [row[:2] for row in table("Settings")])
def test_the_readme_tells_the_real_default(name: str, default: str) -> None:
    name = name.strip("`")
    field = FIELDS[name]
    if default == "required":
        assert field.is_required()
    elif default == "none":
        assert not field.default
    elif name == "SUMMARY_CHANNEL":
        assert settings_with().summarizing_channel == REQUIRED["ALERT_CHANNEL"]
    else:
        assert read_back(name, default.strip("`")) == field.default


def test_every_name_in_capitals_in_the_readme_is_a_setting() -> None:
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", README))
    assert named - NOT_OURS <= set(FIELDS) | {f"{name}_FILE" for name in SECRETS}


def test_the_readme_names_the_file_of_every_secret() -> None:
    assert [name for name in SECRETS if f"`{name}_FILE`" not in README] == []


def test_the_example_has_every_setting_and_no_other() -> None:
    assert sorted(env_example()) == sorted(FIELDS)


@pytest.mark.parametrize(("name", "text"), env_example().items())
def test_the_example_shows_the_real_default(name: str, text: str) -> None:
    if FIELDS[name].is_required() or FIELDS[name].default in ("", None):
        assert text == ""
    else:
        assert read_back(name, text) == FIELDS[name].default


def test_the_example_names_the_file_of_every_secret() -> None:
    assert re.findall(r"^# +([A-Z_]+)_FILE=", ENV_EXAMPLE, re.MULTILINE) == list(SECRETS)


def test_the_example_loads_once_the_required_ones_are_filled(tmp_path: Path) -> None:
    text = ENV_EXAMPLE
    for name, value in REQUIRED.items():
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    (tmp_path / ".env").write_text(text)
    settings = load_settings({}, tmp_path / ".env")
    assert settings == settings_with()
    assert settings.veeam_username == REQUIRED["VEEAM_USERNAME"]
    assert settings.veeam_password == SecretStr(REQUIRED["VEEAM_PASSWORD"])


def test_errors_give_examples_of_real_settings_only() -> None:
    assert set(EXAMPLES) <= set(FIELDS)


# The commands


def test_the_readme_has_every_command_of_help() -> None:
    bullets = next(part for part in HELP.parts if isinstance(part, Bullets))
    commands = [line[0].text for line in bullets.lines if isinstance(line[0], Bold)]
    assert [row[0] for row in table("Commands") if "/replica" in row[0]] == [
        f"`{command}`" for command in commands
    ]


def test_the_readme_has_no_command_that_is_not_understood() -> None:
    asked = set(re.findall(r"/replica ([a-z]+)\b", README))
    assert asked <= set(Verb)


def test_the_readme_has_every_subcommand_and_every_option() -> None:
    rows = {row[0].strip("`"): row[1] for row in table("Commands")}
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    for name, subcommand in command.commands.items():
        told = rows[f"replica-bot {name}"]
        for option in subcommand.params:
            spellings = (*option.opts, *option.secondary_opts)
            assert any(f"`{each}`" in told for each in spellings), (name, spellings)


def test_the_readme_has_no_subcommand_that_does_not_exist() -> None:
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    said = set(re.findall(r"(?:^|[`/])replica-bot ([a-z]+)", README, re.MULTILINE))
    assert said == set(command.commands)


# The scopes


def test_the_readme_gives_a_reason_for_every_scope_of_the_manifest() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text())
    reasons = {row[0].strip("`"): row[1] for row in table("Slack scopes")}
    assert list(reasons) == manifest["oauth_config"]["scopes"]["bot"]
    for scope, reason in reasons.items():
        assert reason.replace("`", "").startswith(SCOPES[scope].split(",")[0]), (scope, reason)


def test_the_readme_gives_a_reason_for_every_event_of_the_manifest() -> None:
    text = " ".join(section("Slack scopes").split())
    assert [each for each in EVENTS if f"`{each}`, {EVENTS[each].reason}" not in text] == []


# Links and pictures


def targets(paper: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", (ROOT / paper).read_text())


def anchors(paper: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", (ROOT / paper).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("paper", PAPERS)
def test_every_relative_link_leads_somewhere(paper: str) -> None:
    for target in targets(paper):
        parts = urlsplit(target)
        if parts.scheme:
            continue
        if parts.path:
            assert (ROOT / parts.path).is_file(), target
        else:
            assert parts.fragment in anchors(paper), target


def test_the_pictures_are_pictures_and_not_heavy() -> None:
    pictures = [ROOT / each for each in targets("README.md") if each.endswith(".png")]
    assert pictures
    for picture in pictures:
        content = picture.read_bytes()
        assert content.startswith(b"\x89PNG"), picture
        assert len(content) < 300_000, picture


# Where packages come from


def committed_texts() -> dict[str, str]:
    """Every text file that is committed or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    found = {}
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b"\0"
        if b"\0" not in content:
            found[name] = content.decode()
    return found


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: there are no commits")
def test_no_file_says_where_packages_come_from() -> None:
    texts = committed_texts()
    assert "README.md" in texts
    assert "requirements.lock" in texts
    for name, text in texts.items():
        assert [word for word in INDEX_WORDS if word in text.lower()] == [], name


def pins() -> dict[str, tuple[Requirement, list[str]]]:
    """The lock's packages with their hashes; fails on any line that is something else."""
    lines = (ROOT / "requirements.lock").read_text().replace("\\\n", " ").splitlines()
    found: dict[str, tuple[Requirement, list[str]]] = {}
    for line in filter(None, map(str.strip, lines)):
        pin, *hashes = line.split(" --hash=")
        requirement = Requirement(pin)
        found[canonicalize_name(requirement.name)] = (
            requirement,
            [each.strip() for each in hashes],
        )
    return found


def test_the_lock_pins_one_version_of_everything_by_hashes() -> None:
    for name, (requirement, hashes) in pins().items():
        assert requirement.url is None, name
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), name
        assert hashes, name
        assert [each for each in hashes if not re.fullmatch(r"sha256:[0-9a-f]{64}", each)] == []


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in project["project"]["optional-dependencies"].values():
        texts += extra
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_the_lock_holds_what_the_project_needs(requirement: Requirement) -> None:
    pinned, _ = pins()[canonicalize_name(requirement.name)]
    version = str(pinned.specifier).removeprefix("==")
    assert requirement.specifier.contains(version, prereleases=True)
