"""Why VMs fail or warn: texts of the kind that backup servers write, with VM names filled in."""

from collections.abc import Mapping
from random import Random

from bot.demo.em.things import Job

FAILED = (
    "Processing {vm} Error: There is not enough space on the datastore ds7. "
    "Failed to create snapshot for replica.",
    "Processing {vm} Error: An error occurred while quiescing the virtual machine. "
    "See the virtual machine's event log for details. (An error occurred while saving the "
    "snapshot: Failed to quiesce the virtual machine.)",
    "Error: Failed to connect to the proxy VPRX02.demo.local. "
    "Connection timed out. (10.20.4.18:2500)",
    "Processing {vm} Error: Target host esx14.demo.local is in maintenance mode.",
    "Processing {vm} Error: Cannot lock disk [ds7] {vm}_replica/{vm}.vmdk: it is used by "
    "another process.\n--tr:Failed to open VDDK disk.\n--tr:Unable to open source disk.",
    "Error: Reconnectable protocol device was closed. Failed to upload disk. "
    "Agent failed to process method {{DataTransfer.SyncDisk}}.",
)
WARNING = (
    "Changed block tracking was reset; the full disk of {vm} had to be read.",
    "VMware Tools in {vm} are out of date, quiescence was skipped.",
    "Target datastore ds7 is getting low on free space (4% left).",
    "{vm}: guest processing skipped, unable to connect to guest OS. "
    "Error: Logon failure: unknown user name or bad password.",
)


def pick_reasons(random: Random, job: Job, result: str) -> Mapping[str, str] | None:
    """Words for one to three VMs of a job that failed or warned; None for other results."""
    texts = {"Failed": FAILED, "Warning": WARNING}.get(result)
    if texts is None:
        return None
    count = min(len(job.vms), random.choice((1, 1, 2, 3)))
    hit = random.sample(job.vms, count)
    text = random.choice(texts)
    return {
        vm.name: text.replace("{vm}", vm.name).replace("{{", "{").replace("}}", "}") for vm in hit
    }
