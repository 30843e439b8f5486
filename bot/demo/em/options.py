"""The switches of the emulated EM: what versions differ in and what nobody has documented."""

from dataclasses import dataclass
from typing import Literal, get_args

JsonCase = Literal["pascal", "camel"]
RowsWithoutEndTime = Literal["dropped", "returned"]
ScheduleLayout = Literal["nested", "direct"]
TaskLinkSpelling = Literal["replicaTaskSessions", "repicaTaskSessions"]

# .NET writes at most seven fractional digits of a second (reference §5).
MOST_FRACTION_DIGITS = 7


@dataclass(frozen=True, slots=True)
class EmOptions:
    """How this EM speaks; replaceable while it runs (`em.options = replace(em.options, …)`).

    - `json_case`: "pascal" up to EM 12 and in all documents, "camel" on EM 13.0 (reference §4).
    - `bom`: JSON bodies begin with a UTF-8 byte order mark (reference §4).
    - `nulls`: schema members without a value are sent as null, with about fifty null siblings of
      the asked entities (12 and 13), or left out (2019) (reference §4).
    - `rows_without_end_time`: what filters and sorts on EndTime do with a running row is unknown
      (reference §9): "dropped" hides it, "returned" lets it pass any comparison and comes first.
    - `fraction_digits`: digits of a second in times, 0 to 7; None writes what each time has,
      without trailing zeros, as seen (reference §5).
    - `task_link_spelling`: the Down link of a session, the self link of a task (reference §15).
    - `only_misspelt_task_path`: answer `/repicaTaskSessions`, not the right path (reference §15).
    - `schedule_layout`: a job's options "nested" in `Standart`, or, on older servers, "direct"
      under `JobScheduleOptions` (reference §7).
    - `logon_idle_seconds`: 15 minutes (reference §3).
    """

    json_case: JsonCase = "pascal"
    bom: bool = False
    nulls: bool = True
    rows_without_end_time: RowsWithoutEndTime = "dropped"
    fraction_digits: int | None = None
    task_link_spelling: TaskLinkSpelling = "replicaTaskSessions"
    only_misspelt_task_path: bool = False
    schedule_layout: ScheduleLayout = "nested"
    logon_idle_seconds: float = 900

    def __post_init__(self) -> None:
        _check("json_case", self.json_case, get_args(JsonCase))
        _check("rows_without_end_time", self.rows_without_end_time, get_args(RowsWithoutEndTime))
        _check("task_link_spelling", self.task_link_spelling, get_args(TaskLinkSpelling))
        _check("schedule_layout", self.schedule_layout, get_args(ScheduleLayout))
        _check("fraction_digits", self.fraction_digits, (None, *range(MOST_FRACTION_DIGITS + 1)))
        for flag in ("bom", "nulls", "only_misspelt_task_path"):
            _check(flag, getattr(self, flag), (False, True))

    @property
    def tasks_word(self) -> str:
        """The last part of every path to replica task sessions that links carry."""
        return "repicaTaskSessions" if self.only_misspelt_task_path else self.task_link_spelling


def _check(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(map(str, allowed))}, not {value!r}")
