"""What EM sends, as models: the one place that knows Veeam's spellings, and lenient with them.

The models read the plain lower-cased data that `decoding` makes of JSON and XML alike: unknown keys
are ignored, everything but a UID may be null or absent, and one odd field or row costs only itself.
"""

from typing import Any, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator

from bot.veeam.fields import Links, Maybe, Model, Moment, Rows, Text, Texts, problems_of, warn_once

UNNAMED = "?"
"""What a thing is called whose name EM did not send."""


class Reference(Model):
    """The short form of any resource, `EntityRef` or `Ref` (reference §4)."""

    uid: str
    name: Text = None
    type: Text = None
    href: Text = None
    links: Links = ()

    @model_validator(mode="wrap")
    @classmethod
    def _read_without_odd_fields(cls, data: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """Read what can be read: a field that EM may fill otherwise costs only itself."""
        try:
            return validate(data)
        except ValidationError as error:
            odd = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
            if not isinstance(data, dict) or not odd or "uid" in odd:
                raise
            warn_once("em_fields_unreadable", problems_of(error))
        return validate({key: value for key, value in data.items() if key not in odd})


class ReplicaSession(Reference):
    """A `ReplicaJobSession` (reference §6); State and Result stay as EM spells them."""

    job_uid: Text = None
    job_name: Text = None
    job_type: Text = None
    created_at: Moment = Field(None, alias="creationtimeutc")
    ended_at: Moment = Field(None, alias="endtimeutc")
    state: Text = None
    result: Text = None
    progress: int | None = None
    is_retry: bool | None = None
    failure_message: Text = None


class ReplicaTaskSession(Reference):
    """One VM's part of a session (reference §6)."""

    job_session_uid: Text = None
    vm: Text = Field(None, alias="vmdisplayname")
    created_at: Moment = Field(None, alias="creationtimeutc")
    ended_at: Moment = Field(None, alias="endtimeutc")
    state: Text = None
    result: Text = None
    reason: Text = None
    total_size: int | None = None


class RetryOptions(Model):
    """How often and how soon (minutes) a job retries its failed VMs (reference §7)."""

    times: Maybe[int] = Field(None, alias="retrytimes")
    wait_minutes: Maybe[int] = Field(None, alias="retrytimeout")
    specified: Maybe[bool] = Field(None, alias="retryspecified")


class DailyOptions(Model):
    """At which time of which days a job runs; `time` carries the server's offset."""

    enabled: Maybe[bool] = None
    kind: Text = None
    days: Texts = Field([])
    time: Text = None


class MonthlyOptions(Model):
    """On which day of which months a job runs."""

    enabled: Maybe[bool] = None
    time: Text = None
    day_number_in_month: Text = None
    day_of_week: Text = None
    day_of_month: Text = None
    months: Texts = Field([])


class PeriodicOptions(Model):
    """Every how many hours or minutes a job runs."""

    enabled: Maybe[bool] = None
    kind: Text = None
    full_period: Maybe[int] = None


class ContinuousOptions(Model):
    """Whether a job runs without a pause."""

    enabled: Maybe[bool] = None


class Schedule(Model):
    """When a job runs by itself, and how it retries (reference §7)."""

    retry_options: Maybe[RetryOptions] = None
    daily: Maybe[DailyOptions] = Field(None, alias="optionsdaily")
    monthly: Maybe[MonthlyOptions] = Field(None, alias="optionsmonthly")
    periodic: Maybe[PeriodicOptions] = Field(None, alias="optionsperiodically")
    continuous: Maybe[ContinuousOptions] = Field(None, alias="optionscontinuous")


class ScheduleOptions(Schedule):
    """The same, either directly or, on newer servers, one level down (reference §7)."""

    nested: Maybe[Schedule] = Field(None, alias="standart")


class ObjectInJob(Model):
    """A VM or a container of VMs that a job replicates."""

    name: Text = None
    display_name: Text = None


class ReplicaJobInfo(Model):
    """What a replication job works on; no list at all is not an empty one."""

    includes: Rows[ObjectInJob] | None = None


class JobInfo(Model):
    """The part of a job that depends on its kind; the bot reads replication jobs only."""

    replica_job_info: Maybe[ReplicaJobInfo] = None


class Job(Reference):
    """A job, readable by Portal Administrators only (reference §7, §13)."""

    job_type: Text = None
    platform: Text = None
    description: Text = None
    schedule_configured: Maybe[bool] = None
    schedule_enabled: Maybe[bool] = None
    next_run_at: Moment = Field(None, alias="nextrun")
    schedule_options: Maybe[ScheduleOptions] = Field(None, alias="jobscheduleoptions")
    job_info: Maybe[JobInfo] = None

    @property
    def schedule(self) -> Schedule | None:
        """The schedule, in whichever of the two layouts EM sent it (reference §7)."""
        options = self.schedule_options
        return options.nested or options if options else None

    @property
    def vms(self) -> tuple[str, ...] | None:
        """The names of the VMs and containers in the job; None where EM sent no list of them."""
        info = self.job_info and self.job_info.replica_job_info
        if not info or info.includes is None:
            return None
        return tuple(vm.display_name or vm.name or UNNAMED for vm in info.includes)


class BackupServer(Reference):
    """A backup server that EM collects from (reference §7)."""

    description: Text = None
    port: Maybe[int] = None
    version: Text = None


class LogonSession(Model):
    """What the body of a logon says; both fields are as sensitive as the token (reference §3)."""

    user_name: Text = Field(None, repr=False)
    session_id: Text = Field(None, repr=False)


class TaskResult(Model):
    """How a REST task ended; HTTP stays 200 when it failed (reference §8)."""

    success: Maybe[bool] = None
    message: Text = None
    credentials_needed: Maybe[bool] = None
    confirmation_needed: Maybe[bool] = None


class RestTask(Model):
    """An action that EM carries out, such as `StartJob` (reference §8)."""

    task_id: str
    state: Text = None
    operation: Text = None
    result: Maybe[TaskResult] = None
    links: Links = ()


class PagingInfo(Model):
    """Which page of how many this is (reference §9)."""

    number: int | None = Field(None, alias="pagenum")
    size: int | None = Field(None, alias="pagesize")
    count: int | None = Field(None, alias="pagescount")
    links: Links = ()


class Entities(Model):
    """The rows of a query; of about 50 members all but the asked one are null (reference §4)."""

    replica_sessions: Rows[ReplicaSession] = Field([], alias="replicajobsessions")
    replica_task_sessions: Rows[ReplicaTaskSession] = Field([])
    jobs: Rows[Job] = Field([])
    backup_servers: Rows[BackupServer] = Field([])


class Listing(Model):
    """Any list of things; it must hold something known, lest any answer pass for an empty list."""

    @model_validator(mode="before")
    @classmethod
    def _check_known(cls, data: object) -> object:
        known = {field.alias for field in cls.model_fields.values()}
        if isinstance(data, dict) and known.isdisjoint(data):
            raise ValueError("it holds nothing that is known")
        return data


class QueryResult(Listing):
    """One page of a query, as references or as entities (reference §4, §9)."""

    refs: Rows[Reference] = Field([])
    entities: Maybe[Entities] = None
    paging: Maybe[PagingInfo] = Field(None, alias="paginginfo")


class Collection(Listing, Entities):
    """A resource collection: the rows without the wrapping of a query (reference §4)."""

    refs: Rows[Reference] = Field([])
    paging: Maybe[PagingInfo] = Field(None, alias="paginginfo")


class SupportedVersion(Model):
    """A version of the API that one can log on to."""

    name: str


class ApiRoot(Model):
    """What EM tells without a logon (reference §2)."""

    supported_versions: Rows[SupportedVersion]

    @property
    def newest_version(self) -> str:
        """The version that `latest` means, such as `v1_7`; EM lists the oldest first."""
        return self.supported_versions[-1].name if self.supported_versions else ""


class ErrorBody(Model):
    """EM's own words on what went wrong; the StackTrace is not read on purpose (reference §11)."""

    message: Text = None
    status_code: Maybe[int] = None
    first_chance_message: Text = Field(None, alias="firstchanceexceptionmessage")
