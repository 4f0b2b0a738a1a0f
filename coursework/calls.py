"""System calls that a student's process is refused (a seccomp filter). Linux on x86_64 and aarch64; needs no root."""

import ctypes
import errno
import platform
import struct

_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_CALLS = 0x40000000
_NEW_NAMESPACES = 0x7E020080                # CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_PLAIN_SOCKETS = (1, 2, 10)                 # AF_UNIX, AF_INET, AF_INET6: the network they reach is empty
_LOCKS_AND_LEASES = (5, 6, 7, 36, 37, 38, 1024, 1025, 1026)

# name: (number on x86_64, number on aarch64)
REFUSED = {
    # what outlives a process or is shared beyond namespaces: keyrings, locks on files that all may read, message queues, shared memory
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "flock": (73, 32), "mq_open": (240, 180),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "msgget": (68, 186),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "sysinfo": (99, 179), "mincore": (27, 232), "cachestat": (451, 451),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "move_pages": (279, 239), "migrate_pages": (256, 238),
    # large or young parts of the kernel
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "bpf": (321, 280),
    "userfaultfd": (323, 282), "perf_event_open": (298, 241), "mbind": (237, 235), "set_mempolicy": (238, 237),
    "fanotify_init": (300, 262), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "lookup_dcookie": (212, 18),
    # namespaces and file trees
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    # the machine
    "syslog": (103, 116), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "sethostname": (170, 161),
    "setdomainname": (171, 162), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "acct": (163, 89), "personality": (135, 92), "vhangup": (153, 58),
    "clock_settime": (227, 112), "settimeofday": (164, 170), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "modify_ldt": (154, None), "iopl": (172, None), "ioperm": (173, None),
}
_CLONE, _CLONE3, _SOCKET, _SOCKETPAIR, _FCNTL = (56, 220), (435, 435), (41, 198), (53, 199), (72, 25)


def refuse_calls():
    """Refuse the calls above to this process and all its children, for good. Raises OSError where the kernel has no seccomp."""
    program = _program(platform.machine())
    code = ctypes.create_string_buffer(program)
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filter_), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no filter for system calls can be set")


def _program(machine):
    """The filter as the kernel's byte code: one (operation, jump if true, jump if false, operand) of eight bytes after the other."""
    which = list(_ARCHITECTURES).index(machine)
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    if machine == "x86_64":
        steps += [(_IF_AT_LEAST, 0, 1, _X32_CALLS), _refusal(errno.ENOSYS)]
    for numbers in REFUSED.values():
        if numbers[which] is not None:
            steps += [(_IF_EQUAL, 0, 1, numbers[which]), _refusal(errno.EPERM)]
    steps += [(_IF_EQUAL, 0, 1, _CLONE3[which]), _refusal(errno.ENOSYS)]            # its flags lie in memory; libraries fall back on clone
    steps += [(_IF_EQUAL, 0, 3, _CLONE[which]), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_IF_ANY_BIT, 0, 1, _NEW_NAMESPACES), _refusal(errno.EPERM)]
    steps += [(_LOAD, 0, 0, _NUMBER)]
    for call in (_SOCKET, _SOCKETPAIR):
        allowed = [(_IF_EQUAL, len(_PLAIN_SOCKETS) - place, 0, family) for place, family in enumerate(_PLAIN_SOCKETS)]
        steps += [(_IF_EQUAL, 0, 2 + len(allowed), call[which]), (_LOAD, 0, 0, _FIRST_ARGUMENT), *allowed, _refusal(errno.EAFNOSUPPORT)]
        steps += [(_LOAD, 0, 0, _NUMBER)]
    commands = [part for command in _LOCKS_AND_LEASES for part in ((_IF_EQUAL, 0, 1, command), _refusal(errno.EPERM))]
    steps += [(_IF_EQUAL, 0, 1 + len(commands), _FCNTL[which]), (_LOAD, 0, 0, _SECOND_ARGUMENT), *commands]
    steps += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _refusal(number):
    return _RETURN, 0, 0, _ERRNO | number
