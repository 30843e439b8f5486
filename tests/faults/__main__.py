"""`make reliability`: writes the table of `docs/reliability.md` anew."""

from tests.faults.table import write_paper

if __name__ == "__main__":
    write_paper()
