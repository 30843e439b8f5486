"""Lists as files that a spreadsheet opens and does not run."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.exports import FORMULA_STARTS, Export, write_csv


def read_back(*cells: object) -> list[str]:
    content = write_csv(Export("x.csv", ("A",), (cells,)))  # type: ignore[arg-type]  # any cells
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))[1]


@pytest.mark.parametrize(
    "reason", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\ufeff=1", "|cmd", "%x"]
)
def test_what_looks_like_a_formula_is_made_text(reason: str) -> None:
    assert read_back(reason) == [f"'{reason}"]


@given(st.text())
def test_no_cell_begins_like_a_formula(reason: str) -> None:
    [cell] = read_back(reason)
    assert not cell.lstrip(" ").startswith(FORMULA_STARTS)


def test_quotes_commas_and_line_breaks_stay_in_their_cell() -> None:
    assert read_back('a "b", c\nd', "e") == ['a "b", c\nd', "e"]


def test_moments_figures_and_nothing_are_written_plainly() -> None:
    at = datetime(2025, 11, 20, 2, 14, tzinfo=UTC)
    assert read_back(at, 7, -3, None) == ["2025-11-20 02:14:00", "7", "-3", ""]


def test_names_that_are_no_text_are_written_all_the_same() -> None:
    assert read_back("sql\x00\ud800") == ["sql?"]


def test_it_begins_with_the_mark_by_which_excel_knows_utf_8() -> None:
    assert write_csv(Export("x.csv", ("Größe",), ())) == b"\xef\xbb\xbfGr\xc3\xb6\xc3\x9fe\r\n"
