"""The fault table: each test declares the fault it makes and what people see of it.

The rows stand beside the tests that prove them; `docs/reliability.md` holds the table of them all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

FOLDER = Path(__file__).parent
PAPER = FOLDER.parents[1] / "docs" / "reliability.md"
SECTION = "faults"
"""What is generated stands between `<!-- faults:begin -->` and `<!-- faults:end -->`."""

AREAS = {
    "em": "Enterprise Manager",
    "slack": "Slack",
    "database": "The database",
    "process": "The bot's own process",
}
"""The word after `test_` in a file's name, and its heading; in the order of the table."""

HEAD = "| What happens | What you see |\n|---|---|"

Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Row:
    """One fault, what people see of it, and the file that proves it (from the project's root)."""

    area: str
    fault: str
    sees: str
    proof: str


_declared: list[Row] = []


def fault(words: str, *, sees: str, proof: str = "") -> Callable[[Test], Test]:
    """Declare which fault a test makes, and what people see of it.

    The area comes from the name of the test's file. `proof` names another file, where the test
    only makes sure that it is there.
    """

    def declare(test: Test) -> Test:
        path = f"{test.__module__.replace('.', '/')}.py"
        area = path.rpartition("/test_")[2].removesuffix(".py").partition("_")[0]
        _declared.append(Row(area, words, sees, proof or path))
        return test

    return declare


def faults(rows: Mapping[str, str], *, proof: str = "") -> Callable[[Test], Test]:
    """Declare several at once, for a test that runs with each of them: fault → what people see."""

    def declare(test: Test) -> Test:
        for words, sees in rows.items():
            fault(words, sees=sees, proof=proof)(test)
        return test

    return declare


def collect_rows() -> list[Row]:
    """List the rows of all files of this folder: by area and file, then as they are written."""
    for file in FOLDER.glob("test_*.py"):
        import_module(f"{__package__}.{file.stem}")
    areas = list(AREAS)
    return sorted(_declared, key=lambda row: (areas.index(row.area), row.proof))


def render_rows(rows: list[Row]) -> str:
    """Write the tables in Markdown, one for each area."""
    parts = []
    for area, of_area in groupby(rows, key=lambda row: row.area):
        several = list(of_area)
        proofs = ", ".join(
            f"[{Path(proof).name}](../{proof})"
            for proof in dict.fromkeys(row.proof for row in several)
        )
        lines = [f"| {_cell(row.fault)} | {_cell(row.sees)} |" for row in several]
        parts.append(
            "\n".join([f"### {AREAS[area]}", "", HEAD, *lines, "", f"Proven by {proofs}."])
        )
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def replace_section(paper: str, name: str, content: str) -> str:
    """Put new content between a section's two markers; raises `ValueError` where they are not."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = paper.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise ValueError(f"the paper has no section {begin} … {end}")
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


def write_paper(paper: Path = PAPER) -> None:
    """Bring the table in `docs/reliability.md` up to the rows."""
    text = paper.read_text(encoding="utf-8")
    written = replace_section(text, SECTION, render_rows(collect_rows()))
    paper.write_text(written, encoding="utf-8")
