"""Uploaded files: an address to send to, the bytes, and whether the upload was completed.

Reference §1.9: three steps, of which the second goes to another address without a token.
"""

import mimetypes
import secrets
from dataclasses import dataclass

from bot.demo.slack.options import Json


@dataclass(slots=True)
class StoredFile:
    """A file on its way into the workspace."""

    id: str
    filename: str
    length: int
    alt_text: str = ""
    title: str = ""
    content: bytes | None = None
    is_complete: bool = False

    def as_json(self) -> Json:
        """The file object of the Web API: without `shares`, which come later (reference §1.9)."""
        return {"id": self.id, "name": self.filename, "title": self.title, "size": self.length}

    @property
    def mimetype(self) -> str:
        """What kind of file it is, by its first bytes or its name."""
        if (self.content or b"").startswith(b"\x89PNG"):
            return "image/png"
        return mimetypes.guess_type(self.filename)[0] or "application/octet-stream"

    def as_shared(self) -> Json:
        """The file as the messages carry it in which it was shared."""
        return self.as_json() | {"mimetype": self.mimetype}


class Files:
    """The files of a workspace, by their id."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def reserve(self, filename: str, length: int, alt_text: str) -> StoredFile:
        """Announce a file of this many bytes."""
        file = StoredFile(f"F{secrets.token_hex(5).upper()}", filename, length, alt_text, filename)
        self._files[file.id] = file
        return file

    def find(self, file_id: str) -> StoredFile | None:
        """The file of this id in whatever step it is."""
        return self._files.get(file_id)

    def is_usable(self, file_id: object) -> bool:
        """Whether an image block may name this file: only once it is completed (reference §1.9)."""
        file = self._files.get(str(file_id))
        return file is not None and file.is_complete
