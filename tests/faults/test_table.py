"""The paper that people read says what the tests prove."""

from tests.faults.table import AREAS, PAPER, SECTION, collect_rows, render_rows, replace_section


def test_the_paper_holds_the_table_as_the_tests_declare_it() -> None:
    paper = PAPER.read_text(encoding="utf-8")
    fresh = replace_section(paper, SECTION, render_rows(collect_rows()))
    assert paper == fresh, "docs/reliability.md is stale: run `make reliability`"


def test_every_area_has_rows_and_no_fault_has_two() -> None:
    rows = collect_rows()
    faults = [(row.area, row.fault) for row in rows]
    assert len(faults) == len(set(faults))
    assert {row.area for row in rows} <= set(AREAS)


def test_a_section_is_replaced_and_nothing_else() -> None:
    paper = "above\n<!-- a:begin -->\nold\n<!-- a:end -->\nbelow\n"
    assert replace_section(paper, "a", "new") == paper.replace("old", "new")
