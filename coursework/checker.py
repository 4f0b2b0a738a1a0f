"""The side that knows the answers: runs Otter's own test cases against variables and functions that live in another process."""

import builtins
import contextlib
import inspect
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from otter.test_files.abstract_test import TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile

from coursework import walls, wire

_HERE = Path(__file__).resolve().parent
_FOR_THE_NURSERY = ("__init__", "sandbox", "walls", "calls", "in_tests", "meters", "wire")
_GRACE_SECONDS = 3.0
_MOST_RECEIVED_BYTES, _MOST_MESSAGES = 128 * 2**20, 20_000
_MOST_CHARACTERS = 500
WALLS = {
    "namespaces": "a file tree, a process tree and a network of its own",
    "calls": "a filter for system calls",
    "user": "a user of its own for every submission (needs root)",
}


class OutOfTime(Exception):
    """A call of the student's code was cut off."""


class Gone(Exception):
    """The process with the student's code has ended, or what it sends is no answer."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are processor time; a submission that only waits is ended after `patience` times as long."""

    submission_seconds: float = 60.0
    cell_seconds: float = 10.0
    memory_mb: int = 2048
    scratch_mb: int = 64
    patience: float = 6.0


@dataclass
class Examination:
    """What running and checking one submission gave."""

    tests: dict = field(default_factory=dict)
    cell_errors: dict = field(default_factory=dict)
    ending: dict = field(default_factory=dict)
    finished: bool = False
    broke_protocol: bool = False
    student_number: str = ""
    seconds: dict = field(default_factory=dict)


class Nursery:
    """The process that has imported the expensive libraries and forks one pupil per submission.

    `walls` names the walls to build (see WALLS). It runs from a copy of the few modules it needs, so that it knows no path of ours.
    """

    def __init__(self, modules, *, walls):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        self.home = tempfile.TemporaryDirectory(prefix="nursery-")
        package = Path(self.home.name) / _HERE.name
        package.mkdir()
        for name in _FOR_THE_NURSERY:
            shutil.copy(_HERE / f"{name}.py", package)
        homes = dict.fromkeys(("HOME", "IPYTHONDIR", "MPLCONFIGDIR"), self.home.name)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = keep | homes | threads | {"MPLBACKEND": "Agg"}
        command = [sys.executable, "-B", "-m", "coursework.sandbox", str(theirs.fileno())]
        fds = [theirs.fileno()]
        self.process = subprocess.Popen(command, cwd=self.home.name, env=environment, pass_fds=fds, start_new_session=True)
        theirs.close()
        self.requests = ours
        self.walls = list(walls)
        socket.send_fds(ours, [json.dumps({"modules": list(modules)}).encode()], [])
        if not ours.recv(64):
            raise RuntimeError("the process that runs the submissions did not start")

    def open_session(self, limits):
        """Have a pupil forked; returns its session socket and the leash: closing the leash kills the pupil."""
        session, pupil_session = socket.socketpair()
        leash, guard_leash = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps({"walls": self.walls, "limits": vars(limits)}).encode()
        socket.send_fds(self.requests, [request], [pupil_session.fileno(), guard_leash.fileno()])
        pupil_session.close()
        guard_leash.close()
        return session, leash

    def close(self):
        self.requests.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.process.kill()
        self.process.wait()
        self.home.cleanup()


def find_walls(modules, limits, hidden=()):
    """Start a nursery with all the walls this machine allows: (nursery, {wall: why it cannot be built}, whether there is a control group).

    hidden: paths that may not be there behind the walls; raises WallsError where one is. Only a pupil of its own is told of them.
    """
    wanted, missing = dict(WALLS), {}
    if os.geteuid() != 0:
        missing["user"] = "the grader does not run as root"
        wanted.pop("user")
    while True:
        nursery = Nursery(modules, walls=wanted)
        try:
            return nursery, missing, _look_for(hidden if "namespaces" in wanted else (), nursery, limits)
        except walls.WallsError as error:
            nursery.close()
            if not wanted or "behind the walls" in str(error):
                raise
            lost = "namespaces" if "namespaces" in wanted else next(iter(wanted))
            missing[lost] = str(error)
            wanted.pop(lost)
            if lost == "namespaces" and wanted.pop("user", None):
                missing["user"] = "it would own files that are not its own"


def _look_for(paths, nursery, limits):
    cell = f"import os\nthere = [place for place, path in enumerate({[str(path) for path in paths]!r}) if os.path.lexists(path)]"
    outcome, there = Examination(), None
    with _session(nursery, limits, outcome) as remote:
        group = remote.group
        remote.send_cells([cell])
        while remote.receive()[0].get("event") != "finished":
            pass
        there = RemoteEnvironment(remote).get("there")
    if not outcome.finished:
        raise walls.WallsError(f"a submission that does nothing ends at once: {outcome.ending}")
    if there:
        raise walls.WallsError(f"{paths[there[0]]} would be readable behind the walls")
    return group


@contextlib.contextmanager
def _session(nursery, limits, outcome):
    """A conversation with a new pupil. What ends it early is written into the outcome."""
    start = time.perf_counter()
    session, leash = nursery.open_session(limits)
    remote = Remote(session, deadline=time.monotonic() + limits.submission_seconds * limits.patience + _GRACE_SECONDS)
    try:
        try:
            ready = remote.receive()[0]
        except Gone as error:
            raise walls.WallsError("the process for the submission did not start") from error
        if ready.get("event") != "ready":
            raise walls.WallsError(str(ready.get("reason", "no reason given"))[:_MOST_CHARACTERS])
        remote.group = ready.get("group") is True
        outcome.seconds["start"] = time.perf_counter() - start
        yield remote
        outcome.finished = True
        remote.send({"do": "go on"})
        outcome.ending = _last_words(leash)
    except Gone:
        outcome.broke_protocol = remote.broken
        session.close()
        outcome.ending = _last_words(leash)
    finally:
        session.close()
        leash.close()
        outcome.seconds["total"] = time.perf_counter() - start


def examine(nursery, cells, tests, limits, *, with_hidden=True):
    """Run the cells of a notebook in a pupil and the tests {question: source of an Otter test file} on what they define.

    A question is checked where the notebook calls `grader.check` (the last call counts), otherwise at the end: as `otter run` does.
    Without hidden tests these count as not passed, and no input of theirs has entered the pupil.
    """
    outcome = Examination()
    with _session(nursery, limits, outcome) as remote:
        remote.send_cells(cells)
        _attend(remote, cells, tests, outcome, with_hidden)
        outcome.student_number = _student_number(remote)
    return outcome


def _student_number(remote):
    """The variable of that name, where it is a text or a whole number; whatever else it is, or does, is nobody's number."""
    try:
        number = RemoteEnvironment(remote).get("student_number")
    except Gone:
        raise
    except Exception:
        return ""
    return str(number)[:64] if isinstance(number, str | int) else ""


def _attend(remote, cells, tests, outcome, with_hidden):
    outcome.seconds |= {"cells": 0.0, "checks": 0.0}
    done = 0
    while True:
        message = remote.receive()[0]
        event = message.get("event")
        if event == "cell" and message.get("index") == done < len(cells):
            done += 1
            seconds, error = message.get("seconds"), message.get("error")
            outcome.seconds["cells"] += seconds if isinstance(seconds, int | float) and 0 <= seconds < 1e6 else 0.0
            if error:
                outcome.cell_errors[done - 1] = _checked_error(remote, error)
        elif event == "check" and isinstance(message.get("question"), str):
            if message["question"] in tests:
                _check(remote, message["question"], tests, outcome, with_hidden)
            remote.send({"do": "go on"})
        elif event == "finished" and done == len(cells):
            for question in tests:
                if question not in outcome.tests:
                    _check(remote, question, tests, outcome, with_hidden)
            return
        else:
            remote.break_off()


def _check(remote, question, tests, outcome, with_hidden):
    start = time.perf_counter()
    outcome.tests[question] = run_test_file(load_test_file(tests[question]), RemoteEnvironment(remote), with_hidden)
    outcome.seconds["checks"] += time.perf_counter() - start


def _last_words(leash):
    ready, _, _ = select.select([leash], [], [], _GRACE_SECONDS)
    try:
        return json.loads(leash.recv(4096)) if ready else {}
    except (OSError, ValueError):
        return {}


def load_test_file(source):
    """An Otter test file (exception format) from its source."""
    return ExceptionTestFile.from_string(source)


NOT_RUN = "hidden tests were not run"


def run_test_file(test_file, environment, with_hidden=True):
    """Run every case of an Otter test file on an environment; like Otter's own `run`, but keeps the bare message. Returns it.

    After a case that ran out of time the other cases of the question fail with the same message, without being run. What the
    student's code says itself (the text of its exceptions) enters the message of a visible case only: a hidden case keeps its inputs.
    """
    test_file.test_case_results = []
    out_of_time = ""
    for case in test_file.test_cases:
        message = out_of_time
        if not with_hidden and case.hidden:
            message = NOT_RUN
        elif not out_of_time:
            try:
                case.body.call_func(environment)
            except OutOfTime as error:
                message = out_of_time = str(error)
            except Gone:
                raise
            except AssertionError as error:
                message = _said_by(error, case.hidden) if _is_the_students(error) else str(error) or "a test failed without a message"
            except Exception as error:
                message = _said_by(error, case.hidden)
        test_file.test_case_results.append(TestCaseResult(test_case=case, message=message, passed=not message))
    return test_file


def _said_by(error, hidden):
    kind = type(error).__name__
    if hidden:
        return f"your code fails with a {kind} on hidden inputs" if _is_the_students(error) else f"the check fails with a {kind}"
    hint = ": is an import missing, or does a name stand in a cell that did not run?" if isinstance(error, NameError) else ""
    return f"{kind}: {error}"[:_MOST_CHARACTERS] + hint


def _is_the_students(error):
    return getattr(error, "of_the_student", False)


# --- stand-ins for what lives in the other process ---------------------------------------------------------------------------


class Remote:
    """The checking end of the conversation with a pupil."""

    def __init__(self, session, deadline):
        self.session = session
        self.deadline = deadline
        self.broken = False
        self.group = False
        self.left_bytes, self.left_messages = _MOST_RECEIVED_BYTES, _MOST_MESSAGES

    def send(self, message, blobs=()):
        self.session.settimeout(max(0.001, self.deadline - time.monotonic()))
        try:
            wire.send(self.session, message, blobs)
        except OSError as error:
            raise Gone from error

    def send_cells(self, cells):
        self.session.settimeout(max(0.001, self.deadline - time.monotonic()))
        try:
            wire.send_cells(self.session, cells)
        except OSError as error:
            raise Gone from error

    def receive(self):
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise Gone
        self.session.settimeout(remaining)
        try:
            message, body = wire.receive(self.session)
        except wire.WireError:
            self.break_off()
        except (EOFError, OSError) as error:
            raise Gone from error
        self.left_messages -= 1
        self.left_bytes -= len(body) + 1000
        if self.left_messages < 0 or self.left_bytes < 0:
            self.break_off()
        return message, body

    def break_off(self):
        """End the conversation: what came is nothing that a pupil sends."""
        self.broken = True
        raise Gone

    def ask(self, message, blobs=()):
        """Send a request; returns (reply, decoder of its values). Raises what the student's code raised."""
        self.send(message, blobs)
        reply, body = self.receive()
        if "error" in reply:
            raise _as_exception(_checked_error(self, reply["error"]))
        return reply, wire.Decoder(body, self._from_handle)

    def decoded(self, decoder, reply):
        """The value in a reply; one that is no value ends the conversation."""
        try:
            return decoder.decode(reply.get("value"))
        except wire.WireError:
            self.break_off()

    def _from_handle(self, form):
        kind = RemoteFunction if form["callable"] is True else RemoteObject
        return kind(self, int(form["id"]), str(form["type"])[:80])


def _checked_error(remote, error):
    """{"type", "message"} as two short texts, whatever came."""
    if not isinstance(error, dict) or not all(isinstance(error.get(key), str) for key in ("type", "message")):
        remote.break_off()
    return {"type": error["type"][:80], "message": error["message"][:_MOST_CHARACTERS]}


class RemoteEnvironment:
    """The variables of the notebook, looked up by name (what Otter's test cases get as their environment)."""

    def __init__(self, remote):
        self._remote = remote

    def get(self, name, default=None):
        reply, decoder = self._remote.ask({"do": "look up", "name": name})
        return self._remote.decoded(decoder, reply) if reply.get("known") is True else default

    def __getitem__(self, name):
        reply, decoder = self._remote.ask({"do": "look up", "name": name})
        if reply.get("known") is not True:
            raise KeyError(name)
        return self._remote.decoded(decoder, reply)

    def __contains__(self, name):
        return self._remote.ask({"do": "look up", "name": name})[0].get("known") is True


class RemoteObject:
    """Stands for an object of the student's process: attributes are fetched when asked for."""

    def __init__(self, remote, handle, type_name):
        self._remote, self._handle, self._type_name = remote, handle, type_name

    def __repr__(self):
        return f"<a {self._type_name} in the student's notebook>"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        reply, decoder = self._remote.ask({"do": "get", "target": self._handle, "name": name})
        return self._remote.decoded(decoder, reply)


class RemoteFunction(RemoteObject):
    """Stands for a function or class of the student's process; arrays it changes in place are changed here too."""

    def __call__(self, *args, **kwargs):
        encoder, reply, decoder = self._ask("call", args, kwargs)
        changed = reply.get("changed")
        try:
            for index, start, size in changed:
                wire.overwrite(encoder.arrays[index], decoder.body[start : start + size])
        except (TypeError, ValueError, IndexError, RuntimeError):
            self._remote.break_off()
        return self._remote.decoded(decoder, reply)

    def operations_of_call(self, *args, **kwargs):
        """The names of torch's operations that a call comes down to (in_tests.operations)."""
        _, reply, decoder = self._ask("list operations", args, kwargs)
        names = self._remote.decoded(decoder, reply)
        return [str(name)[:80] for name in names] if isinstance(names, list) else []

    def _ask(self, what, args, kwargs):
        encoder = wire.Encoder(_handle_of)
        forms = {"args": encoder.encode(args), "kwargs": encoder.encode(kwargs)}
        places, start = [], 0
        for blob in encoder.blobs:
            places.append([start, len(blob)])
            start += len(blob)
        message = {"do": what, "target": self._handle, "places": places} | forms
        reply, decoder = self._remote.ask(message, encoder.blobs)
        return encoder, reply, decoder


def _handle_of(value):
    if isinstance(value, RemoteObject):
        return {"kind": "handle", "id": value._handle}
    raise TypeError(f"a test may pass data or objects of the notebook to the student's code, not a {type(value).__name__}")


def _as_exception(error):
    kind, message = error["type"], error["message"]
    if kind == "TimeLimit":
        return OutOfTime(f"your code was {message}: look for a loop that never ends, or for work that grows too fast with the input")
    builtin = getattr(builtins, kind, None)
    found = RuntimeError(f"{kind}: {message}")
    if inspect.isclass(builtin) and issubclass(builtin, Exception) and builtin not in (UnicodeDecodeError, UnicodeEncodeError):
        with contextlib.suppress(TypeError):
            found = builtin(message)
    found.of_the_student = True
    return found
