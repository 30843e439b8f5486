"""The references and entities of jobs, in both layouts of the schedule (reference §7)."""

from bot.demo.em.entities import alternate, down, entity, path_of, up
from bot.demo.em.sites import Site
from bot.demo.em.things import Job, Vm
from bot.demo.em.trees import Element, Repeated, Value, link, wrapped

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def job_links(site: Site, job: Job, *, full: bool) -> list[Element]:
    """Up to the server, self, down to sessions; only the entity offers actions (reference §4)."""
    sessions = down(site, job, job.kind.sessions_path, f"{job.kind.session_type}ReferenceList")
    links = [up(site, job.server), alternate(site, job, full=full), sessions]
    if not full:
        return links
    href = site.href(path_of(site, job))
    return [
        *links,
        down(site, job, "includes", "ObjectInJobList"),
        link("Edit", href, "JobReference", job.name),
        link("Create", f"{href}/includes", "ObjectInJob"),
        *(link(word, f"{href}?action={word.lower()}") for word in job.offered),
        link("Clone", f"{href}?action=clone"),
        link("ToggleScheduleEnabled", f"{href}?action=toggleScheduleEnabled"),
    ]


def job_entity(site: Site, job: Job) -> Element:
    """A job. It has no last result and no state: those are its sessions' (reference §7)."""
    fields: dict[str, Value] = {
        "JobType": job.kind.job_type,
        "Platform": job.platform,
        "Description": job.description,
        "ScheduleConfigured": job.schedule_configured,
        "ScheduleEnabled": job.schedule_enabled,
        "NextRun": job.scheduled_at,
        "JobScheduleOptions": _schedule_options(site, job),
        "JobInfo": _info(site, job),
    }
    return entity(site, job, job_links(site, job, full=True), fields)


def included(site: Site, job: Job) -> list[Element]:
    """The VMs of a job: what `/jobs/{ID}/includes` lists (reference §7)."""
    return [_object(site, job, vm) for vm in job.vms]


def _info(site: Site, job: Job) -> Element:
    includes = wrapped("Includes", included(site, job), "ObjectInJobs")
    name = f"{job.kind.job_type}JobInfo"
    return Element("JobInfo", fields={name: Element(name, fields={"Includes": includes})})


def _object(site: Site, job: Job, vm: Vm) -> Element:
    href = site.href(f"{path_of(site, job)}/includes/{vm.id}")
    fields: dict[str, Value] = {
        "ObjectInJobId": vm.id,
        "HierarchyObjRef": f"urn:{job.platform}:Vm:{job.server.id}.vm-{vm.id[:6]}",
        "Name": vm.name,
        "DisplayName": vm.name,
    }
    return Element("ObjectInJob", {"Href": href, "Type": "ObjectInJob"}, fields)


def _schedule_options(site: Site, job: Job) -> Element:
    """Newer servers nest the options in `Standart` [sic], older ones do not (reference §7)."""
    options = _schedule(job)
    if site.options.schedule_layout == "nested":
        options = {"Standart": Element("Standart", fields=options)}
    return Element("JobScheduleOptions", fields=options)


def _schedule(job: Job) -> dict[str, Value]:
    daily = job.every.days >= 1
    return {
        "RetryOptions": Element(
            "RetryOptions",
            fields={
                "RetryTimes": job.retry_times,
                "RetryTimeout": job.retry_minutes,
                "RetrySpecified": job.retry_specified,
            },
        ),
        "WaitForBackupCompletion": True,
        "BackupCompetitionWaitingPeriodMin": 180,
        "OptionsDaily": Element(
            "OptionsDaily",
            {"Enabled": daily},
            {
                "Kind": "Everyday",
                "Days": Repeated([Element("Days", text=day) for day in DAYS]),
                "Time": "22:00:00.0000000+00:00",
                "TimeOffsetUtc": 0,
            },
        ),
        "OptionsPeriodically": Element(
            "OptionsPeriodically",
            {"Enabled": not daily},
            {"Kind": "Hours", "FullPeriod": max(1, int(job.every.total_seconds() // 3600))},
        ),
        "OptionsContinuous": Element("OptionsContinuous", {"Enabled": False}),
        "OptionsBackupWindow": Element("OptionsBackupWindow", {"Enabled": False}),
        "OptionsDaisyChaining": Element(
            "OptionsDaisyChaining", {"Enabled": False}, {"PreviousJobUid": ""}
        ),
    }
