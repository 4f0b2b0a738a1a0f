"""Where students' code runs: one process imports the expensive libraries once and is then forked for every submission.

Three kinds of process. The *nursery* (`python -m coursework.sandbox FD`) imports and forks; it never sees a test. For each
submission it forks a *guard*, which holds the clock, and the guard forks the *pupil*, behind walls (walls.py), which runs the
cells of the notebook and answers questions about its variables and functions. What is asked and what is right stay with the
process that checks (checker.py), at the other end of a socket. No path of a submission or of a test ever enters the nursery, so
that none can be found in a pupil's memory.
"""

import ast
import contextlib
import functools
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import types

from coursework import calls, in_tests, meters, walls, wire

_FORK_REQUEST_BYTES = 65536
_POLL_SECONDS = 0.05
_PROCESSES = 64
_MOST_OPERATIONS = 5000


class TimeLimit(BaseException):
    """A cell or a call took too long; not an Exception, so that a student's `except Exception` lets it pass."""


# --- the nursery -----------------------------------------------------------------------------------------------------------


def nursery(requests):
    """Import what submissions import, then fork a guard for each request {"walls", "limits"} with two sockets."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    first, _, _, _ = socket.recv_fds(requests, _FORK_REQUEST_BYTES, 0)
    _import_all(json.loads(first)["modules"])
    shell = _quiet_shell()
    requests.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    groups, count = meters.Meters(), 0
    while True:
        request, fds, _, _ = socket.recv_fds(requests, _FORK_REQUEST_BYTES, 2)
        if not request:
            break
        count += 1
        user = walls.user_number(count)
        if os.fork() == 0:
            requests.close()
            _run_guard(json.loads(request), socket.socket(fileno=fds[0]), socket.socket(fileno=fds[1]), shell, groups, count, user)
        for fd in fds:
            os.close(fd)
    groups.close()


def _import_all(modules):
    for name in modules:
        with contextlib.suppress(ImportError):
            __import__(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def _quiet_shell():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "NoColor", "xmode": "Minimal"}})
    shell = InteractiveShell.instance(config=quiet)
    shell.showtraceback = shell.showsyntaxerror = shell.enable_gui = lambda *args, **kwargs: None
    return shell


# --- the guard -------------------------------------------------------------------------------------------------------------


def _run_guard(request, session, leash, shell, groups, count, user):
    """Fork the pupil, kill it when it has used up its share or when nobody waits for it any more, report how it ended. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    folder = tempfile.mkdtemp(prefix="submission-")
    limits, built = request["limits"], request["walls"]
    meter = groups.open(count, limits["memory_mb"] + limits["scratch_mb"] + 64, _PROCESSES)
    try:
        if "namespaces" in built:
            walls.leave_namespaces()
        pupil = os.fork()
    except (walls.WallsError, OSError) as error:
        wire.send(session, {"event": "no walls", "reason": str(error)})
        meter.close()
        os._exit(1)
    if pupil == 0:
        leash.close()
        _run_pupil(request, session, folder, shell, meter, user if "user" in built else None)
    session.close()
    reason = _watch(pupil, leash, meter, limits)
    _kill(pupil, "namespaces" in built)
    _, status, usage = os.wait4(pupil, 0)
    if meter.too_much_memory(pupil):
        reason = "too much memory"
    ending = {"reason": reason, "exit": os.waitstatus_to_exitcode(status), "peak_mb": max(usage.ru_maxrss // 1024, meter.peak_mb())}
    ending["processor_seconds"] = max(usage.ru_utime + usage.ru_stime, meter.processor_seconds(pupil))
    meter.close()
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        leash.send(json.dumps(ending).encode())
    os._exit(0)


def _watch(pupil, leash, meter, limits):
    """Wait until the pupil ends, is let go, or has used up processor time, patience or memory; returns which, in words."""
    handle = os.pidfd_open(pupil)
    deadline = time.monotonic() + limits["submission_seconds"] * limits["patience"]
    while True:
        ready, _, _ = select.select([handle, leash], [], [], _POLL_SECONDS)
        if ready:
            return "ended" if handle in ready else "released"
        if meter.processor_seconds(pupil) > limits["submission_seconds"] or time.monotonic() > deadline:
            return "out of time"
        if meter.kind == meters.Watch.kind and meter.too_much_memory(pupil):
            return "too much memory"


def _kill(pupil, walled):
    """Kill the pupil; with a process tree of its own, all its children end with it, otherwise they are looked for."""
    family = [] if walled else [pid for pid, _ in meters.family(pupil) if pid != pupil]
    with contextlib.suppress(ProcessLookupError):
        os.kill(pupil, signal.SIGKILL)
    if not walled:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pupil, signal.SIGKILL)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


# --- the pupil -------------------------------------------------------------------------------------------------------------


def _run_pupil(request, session, folder, shell, meter, user):
    """Everything below here runs in the process of the student's code. Never returns."""
    try:
        meter.enter()
        _move_in(request, session.fileno(), folder, user)
        wire.send(session, {"event": "ready", "group": meter.kind == meters.ControlGroup.kind})
        _Pupil(session, shell, request["limits"]).attend()
    except (walls.WallsError, OSError) as error:
        with contextlib.suppress(OSError):
            wire.send(session, {"event": "no walls", "reason": str(error)})
    except EOFError:
        pass
    finally:
        os._exit(0)


def _move_in(request, keep, folder, user):
    os.setsid()
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    limits, built = request["limits"], request["walls"]
    os.environ.update(HOME=".", IPYTHONDIR=".", MPLCONFIGDIR=".", TMPDIR=".")
    sys.path[:] = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
    if "namespaces" in built:
        walls.limit(limits["memory_mb"], processes=_PROCESSES)
        walls.close_walls(folder, limits["scratch_mb"], user)
    else:
        walls.limit(limits["memory_mb"], processes=4096)
        os.chdir(folder)
    walls.die_with_parent()
    null = os.open("/dev/null", os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGPROF, _out_of_time)
    if "calls" in built:
        walls.gain_no_privileges()
        calls.refuse_calls()


def _out_of_time(_signal, _frame):
    raise TimeLimit


class _Alarm:
    """Raises TimeLimit when a cell or call has used its processor time; the clock counts only for code that waits, and much later."""

    def __init__(self, limits):
        self.seconds, self.patience = limits["cell_seconds"], limits["patience"]

    def __enter__(self):
        signal.setitimer(signal.ITIMER_PROF, self.seconds, 1.0)
        signal.setitimer(signal.ITIMER_REAL, self.seconds * self.patience, 1.0)

    def __exit__(self, *error):
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)

    @contextlib.contextmanager
    def paused(self):
        timers = (signal.ITIMER_PROF, signal.ITIMER_REAL)
        left = [signal.setitimer(timer, 0)[0] for timer in timers]
        yield
        for timer, seconds in zip(timers, left, strict=True):
            signal.setitimer(timer, max(seconds, 0.01), 1.0)


class _Pupil:
    """Runs the cells it is sent, then answers requests about what they defined."""

    def __init__(self, session, shell, limits):
        self.session = session
        self.shell = shell
        self.cell_seconds = limits["cell_seconds"]
        self.alarm = _Alarm(limits)
        self.handles = []
        self.serving = False

    def attend(self):
        cells = wire.receive_cells(self.session)
        self._install_grader()
        for index, source in enumerate(cells):
            start = time.perf_counter()
            error = self._run_cell(source)
            seconds = round(time.perf_counter() - start, 4)
            wire.send(self.session, {"event": "cell", "index": index, "error": error, "seconds": seconds})
        wire.send(self.session, {"event": "finished"})
        self.serve()

    def _run_cell(self, source):
        try:
            with self.alarm:
                result = self.shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as escaped:
            error = escaped
        return _describe(error, self.cell_seconds) if error is not None else None

    def _install_grader(self):
        """Stand in for the `otter` package: a check asks the checking process to look at the variables as they are now."""
        pupil = self

        class Notebook:
            def __init__(self, *args, **kwargs):
                pass

            def check(self, question, *args, **kwargs):
                pupil.ask_for_check(question)

            def __getattr__(self, name):
                return lambda *args, **kwargs: None

        module = types.ModuleType("otter")
        module.Notebook = Notebook
        sys.modules["otter"] = module

    def ask_for_check(self, question):
        if not self.serving:
            with self.alarm.paused():
                wire.send(self.session, {"event": "check", "question": str(question)})
                self.serve()

    def serve(self):
        """Answer requests until told to go on."""
        self.serving = True
        while True:
            message, body = wire.receive(self.session)
            if message["do"] == "go on":
                self.serving = False
                return
            try:
                with self.alarm:
                    reply, blobs = self._answer(message, body)
                wire.send(self.session, reply, blobs)
            except BaseException as error:
                wire.send(self.session, {"error": _describe(error, self.cell_seconds)})

    def _answer(self, message, body):
        decoder = wire.Decoder(body, lambda form: self.handles[form["id"]])
        encoder = wire.Encoder(self._to_handle)
        if message["do"] == "look up":
            known = message["name"] in self.shell.user_ns
            return {"known": known, "value": encoder.encode(self.shell.user_ns.get(message["name"]))}, encoder.blobs
        target = self.handles[message["target"]]
        if message["do"] == "get":
            return {"value": encoder.encode(getattr(target, message["name"]))}, encoder.blobs
        args, kwargs = decoder.decode(message["args"]), decoder.decode(message["kwargs"])
        if message["do"] == "list operations":
            names = in_tests.operations(functools.partial(target, *args, **kwargs))
            return {"value": encoder.encode(names[:_MOST_OPERATIONS])}, encoder.blobs
        value = encoder.encode(target(*args, **kwargs))
        return {"value": value, "changed": self._changed(encoder, decoder, message, body)}, encoder.blobs

    @staticmethod
    def _changed(encoder, decoder, message, body):
        changed = []
        for index, (array, (start, size)) in enumerate(zip(decoder.arrays, message["places"], strict=True)):
            raw = wire.array_bytes(array)
            if len(raw) == size and raw != body[start : start + size]:
                changed.append([index, encoder.offset, size])
                encoder.blobs.append(raw)
                encoder.offset += size
        return changed

    def _to_handle(self, value):
        self.handles.append(value)
        return {"kind": "handle", "id": len(self.handles) - 1, "type": type(value).__name__, "callable": callable(value)}


def _describe(error, cell_seconds):
    if isinstance(error, TimeLimit):
        return {"type": "TimeLimit", "message": f"still running after {cell_seconds:g} s"}
    with contextlib.suppress(BaseException):
        return {"type": type(error).__name__[:80], "message": str(error)[:500]}
    return {"type": "Exception", "message": "no message"}


def imports_of(sources):
    """The modules that the cells of a notebook import, in order (magics and broken cells are passed over)."""
    found = {}
    for source in sources:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found.update(dict.fromkeys(alias.name for alias in node.names))
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found[node.module] = None
    return [name for name in found if name.split(".")[0] != "otter"]


if __name__ == "__main__":
    nursery(socket.socket(fileno=int(sys.argv[1])))
