"""An emulated Veeam Backup Enterprise Manager: REST API over HTTPS, misbehaviour included."""

from bot.demo.em.options import EmOptions
from bot.demo.em.server import EnterpriseManager
from bot.demo.em.things import BackupServer, ReplicaJob, Session, TaskSession
from bot.demo.em.world import World

__all__ = [
    "BackupServer",
    "EmOptions",
    "EnterpriseManager",
    "ReplicaJob",
    "Session",
    "TaskSession",
    "World",
]
