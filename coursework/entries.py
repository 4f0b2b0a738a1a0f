"""What lies in a folder of submissions: every entry of it, those inside zip archives too, with a word on what cannot be graded."""

import hashlib
import io
import os
import stat
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

from coursework.confined import run_confined

MOST_MB = 200
_MOST_MEMBERS = 5000
_CHUNK = 2**20


class NotASubmission(Exception):
    """The file cannot be graded; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One file that somebody handed in: its label (a path as people read it), where it is, or the problem with it."""

    label: str
    path: str
    members: tuple = ()
    digest: str = ""
    modified: float = 0.0
    problem: str = ""


def readable(name):
    """A file's name as text: UTF-8 where it is that, otherwise GB 18030 (the usual other one); unprintable characters become '?'."""
    raw = os.fsencode(name) if isinstance(name, str) else name
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            text = raw.decode("utf-8", errors="replace")
    return "".join(character if character.isprintable() else "?" for character in text)


def find_entries(folder):
    """(entries of a folder and its subfolders and archives, sorted by label; how many hidden files were passed over).

    Links are never followed, what is no file is never opened.
    """
    found, hidden = [], 0
    for path, kind in _walk(str(folder)):
        relative = os.path.relpath(path, folder)
        if any(part.startswith((".", "__MACOSX")) for part in relative.split(os.sep)):
            hidden += kind != "folder"
            continue
        label = readable(relative)
        if kind == "file":
            found += _expanded(label, path)
        elif kind != "folder":
            found.append(Entry(label, path, problem=kind))
    return _with_own_labels(sorted(found, key=lambda entry: (entry.label, entry.path, entry.members))), hidden


def _walk(folder):
    try:
        with os.scandir(folder) as listed:
            inside = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        yield folder, f"the folder cannot be read ({error.strerror})"
        return
    for entry in inside:
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            yield entry.path, "folder"
            yield from _walk(entry.path)
        elif stat.S_ISLNK(mode):
            yield entry.path, "a link, not a file: put the file itself into the folder"
        else:
            yield entry.path, "file" if stat.S_ISREG(mode) else "not a file: a pipe, a socket or a device"


def _expanded(label, path):
    """The entry of one file, or those of the files in an archive."""
    try:
        with _open(path) as file:
            facts = os.fstat(file.fileno())
            if facts.st_size > MOST_MB * 2**20:
                return [Entry(label, path, problem=f"the file is larger than {MOST_MB} MB", modified=facts.st_mtime)]
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            is_zip = file.read(4) == b"PK\3\4" and label.lower().endswith(".zip")
    except OSError as error:
        return [Entry(label, path, problem=f"the file cannot be read ({error.strerror})")]
    whole = Entry(label, path, digest=digest, modified=facts.st_mtime)
    if not is_zip:
        return [whole]
    members, problem = run_confined(lambda: [asdict(entry) for entry in _members(label, path)])
    if problem:
        return [Entry(label, path, digest=digest, modified=facts.st_mtime, problem=f"the archive cannot be read ({problem})")]
    return [Entry(**member | {"members": tuple(member["members"])}) for member in members]


def _members(label, path):
    with _open(path) as file:
        found = list(_listed(file, label, path, ()))
    return found or [Entry(label, path, problem="the archive is empty")]


def _listed(file, label, path, members):
    with zipfile.ZipFile(file) as archive:
        listed = archive.infolist()
        if len(listed) > _MOST_MEMBERS:
            raise NotASubmission(f"it has more than {_MOST_MEMBERS} files")
        for index, member in enumerate(listed):
            name = _member_name(member)
            if member.is_dir() or any(part.startswith((".", "__MACOSX")) and part != ".." for part in name.split("/")):
                continue
            entry = {"label": f"{label}/{name}", "path": path, "members": (*members, index), "modified": _time_of(member)}
            mode = member.external_attr >> 16
            if stat.S_ISLNK(mode):
                yield Entry(**entry, problem="a link, not a file: put the file itself into the archive")
            elif member.flag_bits & 1:
                yield Entry(**entry, problem="the archive is encrypted")
            else:
                try:
                    content = _content(archive, member)
                except NotASubmission as problem:
                    yield Entry(**entry, problem=str(problem))
                    continue
                if content[:4] == b"PK\3\4" and name.lower().endswith(".zip") and not members:
                    yield from _listed(io.BytesIO(content), entry["label"], path, entry["members"])
                else:
                    yield Entry(**entry, digest=hashlib.sha256(content).hexdigest())


def _member_name(member):
    """A member's name: UTF-8 where the archive says so, otherwise what its bytes are most likely to mean."""
    if member.flag_bits & 0x800:
        return readable(member.filename)
    return readable(member.filename.encode("cp437", errors="replace"))


def _time_of(member):
    import calendar

    try:
        return float(calendar.timegm((*member.date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return 0.0


def _content(archive, member):
    pieces, size = [], 0
    try:
        with archive.open(member) as file:
            while piece := file.read(_CHUNK):
                size += len(piece)
                if size > MOST_MB * 2**20:
                    raise NotASubmission(f"the file is larger than {MOST_MB} MB")
                pieces.append(piece)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise NotASubmission(f"the archive cannot be read ({error})") from error
    return b"".join(pieces)


def read_entry(entry):
    """The bytes of an entry. Raises NotASubmission."""
    if entry.problem:
        raise NotASubmission(entry.problem)
    try:
        with _open(entry.path) as file:
            if not entry.members:
                return file.read(MOST_MB * 2**20 + 1)
            for place, index in enumerate(entry.members):
                with zipfile.ZipFile(file) as archive:
                    content = _content(archive, archive.infolist()[index])
                file = io.BytesIO(content) if place + 1 < len(entry.members) else file
            return content
    except OSError as error:
        raise NotASubmission(f"the file cannot be read ({error.strerror})") from error


def _open(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a file")
    return os.fdopen(descriptor, "rb")


def _with_own_labels(entries):
    """The entries, no two with the same label: names that differ only in what cannot be printed get a number."""
    seen, result = {}, []
    for entry in entries:
        seen[entry.label] = count = seen.get(entry.label, 0) + 1
        result.append(entry if count == 1 else Entry(**vars(entry) | {"label": f"{entry.label} ({count})"}))
    return result


def suffix_of(label):
    """The ending of a label's file name, as written: '.ipynb', '.PDF' or ''."""
    return Path(label).suffix
