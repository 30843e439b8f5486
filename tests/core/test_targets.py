"""Which job, backup server or everything a person means, and where the words for it end."""

import pytest

from bot.core.mutes import Mute, Scope
from bot.core.targets import NoTarget, Target, describe, find_target, name_jobs, split_end
from tests.builders import HOUR, NOW

JOBS = name_jobs(
    [
        ("urn:1", "SQL Replica", "vbr01"),
        ("urn:2", "DC Replica", "vbr01"),
        ("urn:3", "DC Replica", "vbr02"),
        ("urn:4", "Nightly 4h", "vbr02"),
        ("urn:5", "SQL", "vbr02"),
    ]
)


def is_end(text: str) -> bool:
    return text.removeprefix("for ").removeprefix("until ") in ("4h", "0h", "success")


@pytest.mark.parametrize("said", ["SQL Replica", "sql  replica", "SQL Replica @ vbr01"])
def test_a_job_is_found_by_its_name_however_it_is_typed(said: str) -> None:
    assert find_target(said, JOBS) == Target(Scope.JOB, "urn:1", "SQL Replica")


def test_of_equal_names_the_backup_server_tells_which() -> None:
    assert find_target("dc replica @ VBR02", JOBS) == Target(
        Scope.JOB, "urn:3", "DC Replica @ vbr02"
    )


def test_equal_names_are_all_proposed() -> None:
    found = find_target("DC Replica", JOBS)
    assert found == NoTarget(
        "DC Replica", ("DC Replica @ vbr01", "DC Replica @ vbr02"), is_ambiguous=True
    )


@pytest.mark.parametrize("said", ["server:VBR01", "Server: vbr01", 'server:"vbr01"'])
def test_a_backup_server_is_called_as_em_calls_it(said: str) -> None:
    assert find_target(said, JOBS) == Target(Scope.SERVER, "vbr01", "backup server vbr01")


@pytest.mark.parametrize("said", ["all", "Everything"])
def test_everything_is_everything(said: str) -> None:
    assert find_target(said, JOBS) == Target(Scope.ALL, "", "everything")


def test_an_unknown_job_comes_with_the_nearest() -> None:
    found = find_target("SQL Replika", JOBS)
    assert isinstance(found, NoTarget)
    assert "SQL Replica" in found.candidates
    assert not found.is_ambiguous


def test_an_unknown_server_comes_with_those_there_are() -> None:
    assert find_target("server:zzz", JOBS) == NoTarget(
        "server:zzz", ("server:vbr01", "server:vbr02")
    )


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("SQL Replica 4h", ("SQL Replica", "4h")),
        ("SQL Replica for 4h", ("SQL Replica", "for 4h")),
        ("SQL Replica until success", ("SQL Replica", "until success")),
        ("SQL Replica", ("SQL Replica", "")),
        ("Nightly 4h", ("Nightly 4h", "")),
        ("nightly 4h 4h", ("nightly 4h", "4h")),
        ("DC Replica 4h", ("DC Replica", "4h")),
        ("all 4h", ("all", "4h")),
        ("server:vbr01 4h", ("server:vbr01", "4h")),
        ('server:"vbr 01" 4h', ("server:vbr 01", "4h")),
        ('"SQL Replica" banana', ("SQL Replica", "banana")),
        ("`SQL Replica` 4h", ("SQL Replica", "4h")),
        ("Unknown Job 4h", ("Unknown Job", "4h")),
        ("SQL Replika 4h", ("SQL Replika", "4h")),
        ("SQL Replica 0h", ("SQL Replica", "0h")),
        ("SQL Replica for ever", ("SQL Replica", "for ever")),
        ("Unknown Job", ("Unknown Job", "")),
        ("", ("", "")),
        ('"SQL Replica', ('"SQL Replica', "")),
    ],
)
def test_the_end_is_parted_from_what_is_meant(text: str, parted: tuple[str, str]) -> None:
    assert split_end(text, JOBS, is_end) == parted


@pytest.mark.parametrize(
    ("scope", "subject", "name"),
    [
        (Scope.JOB, "urn:3", "DC Replica @ vbr02"),
        (Scope.JOB, "urn:9", "a job that is gone"),
        (Scope.SERVER, "vbr01", "backup server vbr01"),
        (Scope.ALL, "", "everything"),
    ],
)
def test_a_mute_is_named_by_what_it_hides(scope: Scope, subject: str, name: str) -> None:
    assert describe(Mute(1, scope, subject, "UANA", NOW, NOW + HOUR), JOBS) == name
