"""Walls around a process that runs a student's code: its own file tree, process tree, user and (empty) network. Linux only.

Inside there are the Python installation, read-only, and one small empty folder; no other file of this machine, no other
process, no network, no name of the machine. File tree, process tree and network work as root and as an ordinary user where the
kernel allows user namespaces; a user of its own for every submission needs root.
"""

import contextlib
import ctypes
import os
import platform
import struct
import sys

_NEW_MOUNTS, _NEW_NAME, _NEW_IPC, _NEW_USER, _NEW_PIDS, _NEW_NETWORK = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_NO_SUID, _NO_DEVICES, _BIND, _MOVE, _RECURSIVE, _PRIVATE = 2, 4, 4096, 8192, 16384, 1 << 18
_SYS_MOUNT_SETATTR, _SYS_CAPSET = 442, {"x86_64": 126, "aarch64": 91}
_SET_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES, _DROP_BOUNDING_CAPABILITY = 1, 38, 24
_FIRST_USER, _USERS_OF_A_GRADER, _GRADERS = 1_000_000_000, 100_000, 8192
_SCRATCH = "/submission"
_HOST_NAME = b"submission"


class WallsError(Exception):
    """The walls cannot be built on this machine."""


def leave_namespaces():
    """First half, before the fork that starts the walled process: new namespaces for everything it may not share."""
    flags = _NEW_MOUNTS | _NEW_PIDS | _NEW_NETWORK | _NEW_IPC | _NEW_NAME
    if not sys.platform.startswith("linux") or platform.machine() not in _SYS_CAPSET:
        raise WallsError("they need Linux on x86_64 or aarch64")
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _call("unshare", flags)
        return
    _call("unshare", flags | _NEW_USER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def close_walls(new_root, scratch_mb, user):
    """Second half, inside the fork: put up the file tree, give up every privilege, stand in the empty folder.

    new_root: an existing empty folder. user: a number that no other submission has (None keeps the present user).
    """
    _call("sethostname", _HOST_NAME, len(_HOST_NAME))
    _build_tree(new_root, scratch_mb)
    _give_up_privileges(user)
    os.chdir(_SCRATCH)


def user_number(count):
    """A user that this machine does not know, and that no other submission of this or of a neighbouring grader has."""
    return _FIRST_USER + os.getpid() % _GRADERS * _USERS_OF_A_GRADER + count % _USERS_OF_A_GRADER


def limit(memory_mb, *, processes=None, files=256, processor_seconds=None, written_bytes=None):
    """Limit the address space to what is in use now plus `memory_mb`, and what else is given; no core dumps."""
    import resource

    with open("/proc/self/statm") as file:
        in_use = int(file.read().split()[0]) * resource.getpagesize()
    limits = {
        "AS": in_use + memory_mb * 2**20, "CORE": 0, "NPROC": processes, "NOFILE": files, "CPU": processor_seconds, "FSIZE": written_bytes
    }
    for name, most in limits.items():
        if most is not None:
            with contextlib.suppress(ValueError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def gain_no_privileges():
    """From now on no program that is run gains a privilege (and a filter for system calls may be set without one)."""
    _call("prctl", _SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def die_with_parent():
    """Be killed when the parent process ends, however it ends."""
    _libc().prctl(_SET_DEATH_SIGNAL, 9, 0, 0, 0)


def _build_tree(new_root, scratch_mb):
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("none", new_root, "tmpfs", _NO_SUID | _NO_DEVICES, "size=1m,mode=755")
    for path in _python_folders():
        _bind(path, new_root)
    for path in ("/bin", "/lib", "/lib64"):
        if os.path.islink(path):
            os.symlink(os.readlink(path), new_root + path)
    for device in ("/dev/null", "/dev/zero", "/dev/urandom"):
        _bind(device, new_root)
    os.makedirs(new_root + _SCRATCH)
    _set_read_only(new_root)
    _mount("none", new_root + _SCRATCH, "tmpfs", _NO_SUID | _NO_DEVICES, f"size={scratch_mb}m,nr_inodes=4096,mode=777")
    os.chdir(new_root)
    _mount(".", "/", None, _MOVE)
    os.chroot(".")
    os.chdir("/")


def _python_folders():
    wanted = {os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64", "/etc/ld.so.cache")}
    wanted = {path for path in wanted if os.path.exists(path)}
    inside = {path for path in wanted for other in wanted if path != other and path.startswith(other + "/")}
    return sorted(wanted - inside)


def _bind(path, new_root):
    target = new_root + path
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
    _mount(path, target, None, _BIND | _RECURSIVE)


def _set_read_only(path):
    read_only, no_suid, recursive, here = 1, 2, 0x8000, -100
    attributes = struct.pack("QQQQ", read_only | no_suid, 0, 0, 0)
    _call("syscall", _SYS_MOUNT_SETATTR, here, path.encode(), recursive, attributes, len(attributes))


def _give_up_privileges(user):
    libc = _libc()
    for capability in range(64):
        libc.prctl(_DROP_BOUNDING_CAPABILITY, capability, 0, 0, 0)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    nothing = struct.pack("6I", *[0] * 6)
    _call("syscall", _SYS_CAPSET[platform.machine()], struct.pack("Ii", 0x20080522, 0), nothing)
    gain_no_privileges()


def _mount(source, target, kind, flags, options=None):
    as_bytes = [text.encode() if text is not None else None for text in (source, target, kind)]
    _call("mount", *as_bytes, ctypes.c_ulong(flags), options.encode() if options else None)


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _call(name, *arguments):
    if getattr(_libc(), name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise WallsError(f"{name}: {os.strerror(code)}")
