"""The side that knows the answers: runs Otter's own test cases against variables and functions that live in another process."""

import builtins
import contextlib
import inspect
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from otter.test_files.abstract_test import TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile

from coursework import walls, wire

_ROOT = Path(__file__).resolve().parent.parent
_GRACE_SECONDS = 3.0


class OutOfTime(Exception):
    """A call of the student's code was cut off."""


class Gone(Exception):
    """The process with the student's code has ended."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    submission_seconds: float = 60.0
    cell_seconds: float = 10.0
    memory_mb: int = 2048
    scratch_mb: int = 64


@dataclass
class Examination:
    """What running and checking one submission gave."""

    tests: dict = field(default_factory=dict)
    cell_errors: dict = field(default_factory=dict)
    ending: dict = field(default_factory=dict)
    finished: bool = False
    seconds: dict = field(default_factory=dict)


class Nursery:
    """The process that has imported the expensive libraries and forks one pupil per submission."""

    def __init__(self, modules, *, walled, hidden):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        self.home = tempfile.TemporaryDirectory(prefix="nursery-")
        homes = dict.fromkeys(("HOME", "IPYTHONDIR", "MPLCONFIGDIR"), self.home.name)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = keep | homes | threads | {"MPLBACKEND": "Agg"}
        command = [sys.executable, "-B", "-m", "coursework.sandbox", str(theirs.fileno())]
        self.process = subprocess.Popen(command, cwd=_ROOT, env=environment, pass_fds=[theirs.fileno()], start_new_session=True)
        theirs.close()
        self.requests = ours
        self.request = {"walls": walled, "hidden": [str(path) for path in hidden]}
        socket.send_fds(ours, [json.dumps({"modules": list(modules)}).encode()], [])
        if not ours.recv(64):
            raise RuntimeError("the process that runs the submissions did not start")

    def open_session(self, limits):
        """Have a pupil forked; returns its session socket and the leash: closing the leash kills the pupil."""
        session, pupil_session = socket.socketpair()
        leash, guard_leash = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps(self.request | {"limits": vars(limits)}).encode()
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


def examine(nursery, cells, tests, limits):
    """Run the cells of a notebook in a pupil and every test of `tests` {question: source of an Otter test file} on what they define.

    A question is checked where the notebook calls `grader.check` (the last call counts), otherwise at the end: as `otter run` does.
    """
    outcome = Examination()
    start = time.perf_counter()
    session, leash = nursery.open_session(limits)
    session.settimeout(limits.submission_seconds + _GRACE_SECONDS)
    remote = Remote(session, deadline=time.monotonic() + limits.submission_seconds + _GRACE_SECONDS)
    try:
        ready = remote.receive()[0]
        if ready.get("event") != "ready":
            raise walls.WallsError(str(ready.get("reason", "no reason given")))
        outcome.seconds["start"] = time.perf_counter() - start
        remote.send({"cells": cells})
        _attend(remote, cells, tests, outcome)
        outcome.finished = True
        outcome.ending = _last_words(leash)
    except Gone:
        outcome.ending = _last_words(leash)
    finally:
        session.close()
        leash.close()
    outcome.seconds["total"] = time.perf_counter() - start
    return outcome


def _attend(remote, cells, tests, outcome):
    outcome.seconds |= {"cells": 0.0, "checks": 0.0}
    while True:
        message = remote.receive()[0]
        event = message.get("event")
        if event == "cell":
            outcome.seconds["cells"] += float(message["seconds"])
            if message["error"]:
                outcome.cell_errors[int(message["index"])] = message["error"]
        elif event == "check":
            if message["question"] in tests:
                _check(remote, message["question"], tests, outcome)
            remote.send({"do": "go on"})
        elif event == "finished":
            for question in tests:
                if question not in outcome.tests:
                    _check(remote, question, tests, outcome)
            remote.send({"do": "go on"})
            return
        else:
            raise Gone


def _check(remote, question, tests, outcome):
    start = time.perf_counter()
    outcome.tests[question] = run_test_file(load_test_file(tests[question]), RemoteEnvironment(remote))
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


def run_test_file(test_file, environment):
    """Run every case of an Otter test file on an environment; like Otter's own `run`, but keeps the bare message. Returns it.

    After a case that ran out of time the other cases of the question fail with the same message, without being run.
    """
    test_file.test_case_results = []
    out_of_time = ""
    for case in test_file.test_cases:
        message = out_of_time
        if not out_of_time:
            try:
                case.body.call_func(environment)
            except OutOfTime as error:
                message = out_of_time = str(error)
            except Gone:
                raise
            except AssertionError as error:
                message = str(error) or "a test failed without a message"
            except Exception as error:
                message = f"{type(error).__name__}: {error}"
        test_file.test_case_results.append(TestCaseResult(test_case=case, message=message, passed=not message))
    return test_file


# --- stand-ins for what lives in the other process ---------------------------------------------------------------------------


class Remote:
    """The checking end of the conversation with a pupil."""

    def __init__(self, session, deadline):
        self.session = session
        self.deadline = deadline

    def send(self, message, blobs=()):
        try:
            wire.send(self.session, message, blobs)
        except OSError as error:
            raise Gone from error

    def receive(self):
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise Gone
        self.session.settimeout(remaining)
        try:
            return wire.receive(self.session)
        except (EOFError, OSError, wire.WireError) as error:
            raise Gone from error

    def ask(self, message, blobs=()):
        """Send a request; returns (reply, decoder of its values). Raises what the student's code raised."""
        self.send(message, blobs)
        reply, body = self.receive()
        if "error" in reply:
            raise _as_exception(reply["error"])
        return reply, wire.Decoder(body, self._from_handle)

    def _from_handle(self, form):
        kind = RemoteFunction if form["callable"] else RemoteObject
        return kind(self, int(form["id"]), str(form["type"]), form["names"])


class RemoteEnvironment:
    """The variables of the notebook, looked up by name (what Otter's test cases get as their environment)."""

    def __init__(self, remote):
        self._remote = remote

    def get(self, name, default=None):
        reply, decoder = self._remote.ask({"do": "look up", "name": name})
        return decoder.decode(reply["value"]) if reply["known"] else default

    def __getitem__(self, name):
        reply, decoder = self._remote.ask({"do": "look up", "name": name})
        if not reply["known"]:
            raise KeyError(name)
        return decoder.decode(reply["value"])

    def __contains__(self, name):
        return self._remote.ask({"do": "look up", "name": name})[0]["known"]


class RemoteObject:
    """Stands for an object of the student's process: attributes are fetched when asked for."""

    def __init__(self, remote, handle, type_name, names):
        self._remote, self._handle, self._type_name = remote, handle, type_name
        self._names = names

    def __repr__(self):
        return f"<a {self._type_name} in the student's notebook>"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        reply, decoder = self._remote.ask({"do": "get", "target": self._handle, "name": name})
        return decoder.decode(reply["value"])


class RemoteFunction(RemoteObject):
    """Stands for a function or class of the student's process; arrays it changes in place are changed here too."""

    @property
    def __code__(self):
        return SimpleNamespace(co_names=tuple(str(name) for name in self._names))

    def __call__(self, *args, **kwargs):
        encoder = wire.Encoder(_handle_of)
        forms = {"args": encoder.encode(args), "kwargs": encoder.encode(kwargs)}
        places, start = [], 0
        for blob in encoder.blobs:
            places.append([start, len(blob)])
            start += len(blob)
        message = {"do": "call", "target": self._handle, "places": places} | forms
        reply, decoder = self._remote.ask(message, encoder.blobs)
        for index, start, size in reply["changed"]:
            wire.overwrite(encoder.arrays[index], decoder.body[start : start + size])
        return decoder.decode(reply["value"])


def _handle_of(value):
    if isinstance(value, RemoteObject):
        return {"kind": "handle", "id": value._handle}
    raise TypeError(f"a test may pass data or objects of the notebook to the student's code, not a {type(value).__name__}")


def _as_exception(error):
    kind, message = str(error.get("type")), str(error.get("message"))
    if kind == "TimeLimit":
        return OutOfTime(f"your code was {message}: look for a loop that never ends, or for work that grows too fast with the input")
    builtin = getattr(builtins, kind, None)
    if inspect.isclass(builtin) and issubclass(builtin, Exception) and builtin not in (UnicodeDecodeError, UnicodeEncodeError):
        with contextlib.suppress(TypeError):
            return builtin(message)
    return RuntimeError(f"{kind}: {message}")
