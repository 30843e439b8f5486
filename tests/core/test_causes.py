"""Reasons that mean the same are one cause."""

import pytest

from bot.core.causes import normalize, shorten

ALIKE = [
    (
        "Proxy VPRX02 is unreachable since 11/19/2026 1:12:03 AM",
        "Proxy VPRX02 is unreachable since 11/20/2026 11:02:44 PM.",
    ),
    (
        "Failed to open disk [ds7] sql01/sql01.vmdk",
        "Failed to open disk [ds7] sql02/sql02_1.vmdk",
    ),
    (
        "Cannot reach {04f694ad-664c-4603-a747-00edecae4f17}, error 0x80070005",
        "Cannot reach {b04c217b-0538-4650-bec4-19deff4ea1ac}, error 0x80070006",
    ),
    (
        r"Cannot read \\nas01\backup\a.vbm: 12 of 40 GB",
        r"Cannot read \\nas01\other\b.vbm: 7 of 64 GB",
    ),
    ("Object vm-4711 not found on host-12", "Object vm-12 not found on host-4711"),
    ("Timed out after 300 s", "timed out  after 301 s."),
    ("Snapshot of 2026-11-19T01:12:03Z failed", "Snapshot of 2026-11-20T01:12:03.5Z failed"),
    ("Cannot write /var/lib/a/b.tmp", "Cannot write /var/lib/c/d.tmp"),
]

DIFFERENT = [
    ("proxy VPRX02 is unreachable", "proxy VPRX03 is unreachable"),
    ("no space on datastore ds7", "no space on datastore ds8"),
    ("no space on datastore ds7", "datastore ds7 is read-only"),
    ("Failed to open disk [ds7] sql01/a.vmdk", "Failed to open disk [ds8] sql01/a.vmdk"),
    ("host esx1.example.com is down", "host esx2.example.com is down"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_reasons_that_differ_in_ids_times_paths_and_numbers_are_one_cause(
    one: str, other: str
) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_names_of_things_tell_causes_apart(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


def test_the_name_of_the_vm_itself_is_no_cause() -> None:
    one = normalize("Processing exch01 Error: failed to quiesce exch01.", "exch01")
    assert one == normalize("Processing EXCH02 Error: Failed to quiesce exch02", "exch02")


@pytest.mark.parametrize(
    ("reason", "vm", "said"),
    [
        ("Processing sql01 Error: no space on ds7.", "sql01", "no space on ds7"),
        ("Processing sql01: no space on ds7.", "SQL01", "no space on ds7"),
        ("Error: no space on ds7", "", "no space on ds7"),
        ("Processing another VM takes long", "sql01", "Processing another VM takes long"),
        ("...", "sql01", "..."),
    ],
)
def test_what_stands_before_each_reason_is_left_out(reason: str, vm: str, said: str) -> None:
    assert shorten(reason, vm) == said
