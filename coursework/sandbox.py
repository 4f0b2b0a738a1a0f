"""Where students' code runs: one process imports the expensive libraries once and is then forked for every submission.

Three kinds of process. The *nursery* (`python -m coursework.sandbox FD`) imports and forks; it never sees a test. For each
submission it forks a *guard*, which holds the clock, and the guard forks the *pupil*, behind walls (walls.py), which runs the
cells of the notebook and answers questions about its variables and functions. What is asked and what is right stay with the
process that checks (checker.py), at the other end of a socket.
"""

import ast
import contextlib
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

from coursework import walls, wire

_FORK_REQUEST_BYTES = 65536


class TimeLimit(BaseException):
    """A cell or a call took too long; not an Exception, so that a student's `except Exception` lets it pass."""


# --- the nursery -----------------------------------------------------------------------------------------------------------


def nursery(requests):
    """Import what submissions import, then fork a guard for each request {"walls", "hidden", "limits"} with two sockets."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    first, _, _, _ = socket.recv_fds(requests, _FORK_REQUEST_BYTES, 0)
    _import_all(json.loads(first)["modules"])
    shell = _quiet_shell()
    requests.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, fds, _, _ = socket.recv_fds(requests, _FORK_REQUEST_BYTES, 2)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            _run_guard(json.loads(request), socket.socket(fileno=fds[0]), socket.socket(fileno=fds[1]), shell)
        for fd in fds:
            os.close(fd)


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


def _run_guard(request, session, leash, shell):
    """Fork the pupil, kill it when its time is up or when nobody waits for it any more, report how it ended. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    folder = tempfile.mkdtemp(prefix="submission-")
    start = time.monotonic()
    try:
        if request["walls"]:
            walls.leave_namespaces()
        pupil = os.fork()
    except (walls.WallsError, OSError) as error:
        wire.send(session, {"event": "no walls", "reason": str(error)})
        os._exit(1)
    if pupil == 0:
        leash.close()
        _run_pupil(request, session, folder, shell)
    session.close()
    reason = _watch(pupil, leash, start + request["limits"]["submission_seconds"])
    _kill(pupil, request["walls"])
    _, status, usage = os.wait4(pupil, 0)
    shutil.rmtree(folder, ignore_errors=True)
    ending = {"reason": reason, "exit": os.waitstatus_to_exitcode(status), "peak_mb": usage.ru_maxrss // 1024}
    with contextlib.suppress(OSError):
        leash.send(json.dumps(ending).encode())
    os._exit(0)


def _watch(pupil, leash, deadline):
    handle = os.pidfd_open(pupil)
    ready, _, _ = select.select([handle, leash], [], [], max(0.0, deadline - time.monotonic()))
    if handle in ready:
        return "ended"
    return "released" if ready else "out of time"


def _kill(pupil, walled):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pupil, signal.SIGKILL)
    if not walled:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pupil, signal.SIGKILL)


# --- the pupil -------------------------------------------------------------------------------------------------------------


def _run_pupil(request, session, folder, shell):
    """Everything below here runs in the process of the student's code. Never returns."""
    try:
        _move_in(request, session.fileno(), folder)
        wire.send(session, {"event": "ready"})
        _Pupil(session, shell, request["limits"]["cell_seconds"]).attend()
    except (walls.WallsError, OSError) as error:
        with contextlib.suppress(OSError):
            wire.send(session, {"event": "no walls", "reason": str(error)})
    except EOFError:
        pass
    finally:
        os._exit(0)


def _move_in(request, keep, folder):
    os.setsid()
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    limits = request["limits"]
    os.environ.update(HOME=".", IPYTHONDIR=".", MPLCONFIGDIR=".", TMPDIR=".")
    sys.path[:] = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
    memory = limits["memory_mb"]
    if request["walls"]:
        walls.limit(memory)
        walls.close_walls(folder, limits["scratch_mb"], request["hidden"])
    else:
        walls.limit(memory, processes=4096)
        os.chdir(folder)
    walls.die_with_parent()
    null = os.open("/dev/null", os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    signal.signal(signal.SIGALRM, _out_of_time)


def _out_of_time(_signal, _frame):
    raise TimeLimit


@contextlib.contextmanager
def _alarm(seconds):
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Pupil:
    """Runs the cells it is sent, then answers requests about what they defined."""

    def __init__(self, session, shell, cell_seconds):
        self.session = session
        self.shell = shell
        self.cell_seconds = cell_seconds
        self.handles = []
        self.serving = False

    def attend(self):
        message, _ = wire.receive(self.session)
        self._install_grader()
        for index, source in enumerate(message["cells"]):
            start = time.perf_counter()
            error = self._run_cell(source)
            seconds = round(time.perf_counter() - start, 4)
            wire.send(self.session, {"event": "cell", "index": index, "error": error, "seconds": seconds})
        wire.send(self.session, {"event": "finished"})
        self.serve()

    def _run_cell(self, source):
        try:
            with _alarm(self.cell_seconds):
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
            remaining, _ = signal.setitimer(signal.ITIMER_REAL, 0)
            wire.send(self.session, {"event": "check", "question": str(question)})
            self.serve()
            signal.setitimer(signal.ITIMER_REAL, max(remaining, 0.01), 1.0)

    def serve(self):
        """Answer requests until told to go on."""
        self.serving = True
        while True:
            message, body = wire.receive(self.session)
            if message["do"] == "go on":
                self.serving = False
                return
            try:
                with _alarm(self.cell_seconds):
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
        names = list(_names_used(value))
        return {"kind": "handle", "id": len(self.handles) - 1, "type": type(value).__name__, "callable": callable(value), "names": names}


def _names_used(function):
    """The global and attribute names in a function's byte code, inner functions included."""
    codes = [getattr(function, "__code__", None)]
    while codes:
        code = codes.pop()
        if isinstance(code, types.CodeType):
            yield from code.co_names
            codes.extend(code.co_consts)


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
