"""What a whole submission uses, all its processes together: a control group where there is one, else the sum over its processes."""

import contextlib
import os
from pathlib import Path

_MB = 2**20
_CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")


class ControlGroup:
    """One control group (version 1 or 2) for one submission: the kernel limits its memory and its number of processes."""

    kind = "control group"

    def __init__(self, folders, memory_mb, processes):
        self.folders = folders
        unified = "unified" in folders
        memory, pids = (folders["unified"],) * 2 if unified else (folders["memory"], folders["pids"])
        self._memory, self._cpu = memory, folders["unified"] if unified else folders.get("cpuacct", folders.get("cpu"))
        (memory / ("memory.max" if unified else "memory.limit_in_bytes")).write_text(str(memory_mb * _MB))
        with contextlib.suppress(OSError):
            swap, most = ("memory.swap.max", "0") if unified else ("memory.memsw.limit_in_bytes", str(memory_mb * _MB))
            (memory / swap).write_text(most)
        (pids / "pids.max").write_text(str(processes))

    def enter(self):
        """Put the calling process into the group."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text("0")

    def processor_seconds(self, first):
        """Processor time of all processes that are or were in the group."""
        if self._cpu is None:
            return sum(int(part) for process in family(first) for part in process[1][11:15]) / os.sysconf("SC_CLK_TCK")
        if (self._cpu / "cpuacct.usage").is_file():
            return int((self._cpu / "cpuacct.usage").read_text()) / 1e9
        return int((self._cpu / "cpu.stat").read_text().split()[1]) / 1e6

    def too_much_memory(self, _first):
        """Whether the kernel had to end a process because the group was full."""
        for name in ("memory.events", "memory.oom_control"):
            if (self._memory / name).is_file():
                lines = dict(line.split() for line in (self._memory / name).read_text().splitlines())
                return int(lines.get("oom_kill", 0)) > 0
        return False

    def peak_mb(self):
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            with contextlib.suppress(OSError):
                return int((self._memory / name).read_text()) // _MB
        return 0

    def close(self):
        """Remove the group; its processes have been killed, and the last of them is gone in a moment."""
        for folder in set(self.folders.values()):
            for _ in range(10_000):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    os.sched_yield()


class Watch:
    """Where no control group can be made: adds up the memory of a process and its descendants each time it is asked."""

    kind = "watched sum"

    def __init__(self, memory_mb):
        self.memory_mb = memory_mb
        self.largest = 0

    def enter(self):
        pass

    def processor_seconds(self, first):
        """Processor time of a process and its living descendants, and of those they waited for."""
        ticks = os.sysconf("SC_CLK_TCK")
        return sum(int(part) for process in family(first) for part in process[1][11:15]) / ticks

    def too_much_memory(self, first):
        kilobytes = 0
        for pid, _ in family(first):
            with contextlib.suppress(OSError, ValueError, StopIteration):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                kilobytes += int(next(line.split()[1] for line in lines if line.startswith("Pss:")))
        self.largest = max(self.largest, kilobytes // 1024)
        return self.largest > self.memory_mb

    def peak_mb(self):
        return self.largest

    def close(self):
        pass


class Meters:
    """Makes one meter a submission, below a group of this grader's own where the kernel allows it."""

    def __init__(self):
        self.homes = _own_groups() if os.geteuid() == 0 else {}

    def open(self, count, memory_mb, processes):
        folders = {}
        try:
            for name, home in self.homes.items():
                folders[name] = home / str(count)
                folders[name].mkdir()
            if folders:
                return ControlGroup(folders, memory_mb, processes)
        except OSError:
            for folder in folders.values():
                with contextlib.suppress(OSError):
                    folder.rmdir()
        return Watch(memory_mb)

    def close(self):
        for home in self.homes.values():
            with contextlib.suppress(OSError):
                home.rmdir()


def _own_groups():
    """An empty group of our own in each hierarchy: {"unified": path}, or {"memory": path, "pids": path, …}, or {}."""
    name = f"coursework-{os.getpid()}"
    places = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(",") if controllers else ("unified",):
            places[controller] = path.strip("/")
    for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        for place in (places.get("unified", ""), ""):
            home = Path(top) / place / name
            if (Path(top) / "cgroup.controllers").is_file() and _made(home):
                if (home / "memory.max").is_file() and (home / "pids.max").is_file() and _passes_on(home):
                    return {"unified": home}
                home.rmdir()
    homes = {}
    for controller in _CONTROLLERS:
        home = Path("/sys/fs/cgroup") / controller / places.get(controller, "") / name
        known = any(other.parent.samefile(home.parent) for other in homes.values()) if home.parent.is_dir() else True
        if not known and _made(home):
            homes[controller] = home
    if "memory" in homes and "pids" in homes:
        return homes
    for home in homes.values():
        home.rmdir()
    return {}


def _made(folder):
    """Make a group; those of graders that were killed, and so could not remove them, go first."""
    with contextlib.suppress(OSError):
        for left in folder.parent.glob("coursework-*"):
            if not Path("/proc", left.name.split("-")[1]).exists():
                for inner in (*left.glob("*/"), left):
                    with contextlib.suppress(OSError):
                        inner.rmdir()
        folder.mkdir()
        return True
    return False


def _passes_on(home):
    with contextlib.suppress(OSError):
        (home / "cgroup.subtree_control").write_text("+memory +pids")
        return True
    return False


def family(first):
    """(pid, fields of /proc/pid/stat after the name) of a process and all its descendants."""
    fields = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                fields[int(name)] = Path(f"/proc/{name}/stat").read_text().rpartition(") ")[2].split()
    found = {first}
    while True:
        more = {pid for pid, values in fields.items() if int(values[1]) in found} - found
        if not more:
            return [(pid, fields[pid]) for pid in found if pid in fields]
        found |= more
