"""Do the notebooks print the same on other machines? `make portability` runs each of them as other processors would.

    python tools/portability.py [--settings NAME ..] [--jobs N] [NOTEBOOK ..]

A setting is what a notebook's kernel finds around it: the instructions that MKL, oneDNN and PyTorch's own kernels may use, the number of
threads, other work on all cores, or last bits that come out otherwise. Under each of them all notebooks of the book and all masters of the
coursework run in nbval, which compares their text outputs with the stored ones. Exit codes: 0 all the same, 1 something differs, 2 no such
notebook.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from contextlib import contextmanager
from pathlib import Path

from book_files import ROOT, chapters_in_book, masters, other_notebooks

NBVAL = ["--color=no", "--nbval", "--nbval-current-env", "--nbval-sanitize-with=tests/nbval_sanitize.cfg", "--nbval-cell-timeout=600"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TWO_THREADS = {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
AVX2 = {"MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
SSE = {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default"}
SETTINGS = {
    "own": ONE_THREAD,
    "own-2": TWO_THREADS,
    "busy": ONE_THREAD,
    "avx2": ONE_THREAD | AVX2,
    "avx2-2": TWO_THREADS | AVX2,
    "sse": ONE_THREAD | SSE,
    "mkl-avx2": ONE_THREAD | {"MKL_CBWR": "AVX2"},
    "mkl-compatible": ONE_THREAD | SSE | {"MKL_CBWR": "COMPATIBLE"},
    "last-bits": ONE_THREAD,
}


def setting_of(notebook):
    """The setting under which `make test` runs a notebook: `avx2` for a lab, and where there is no lab for every second number."""
    notebook, number = Path(notebook), re.match(r"\d+", Path(notebook).stem)
    has_a_lab = notebook.with_name(f"{notebook.stem}_lab.ipynb").exists()
    even = number and int(number[0]) % 2 == 0
    return "avx2" if notebook.stem.endswith("_lab") or even and not has_a_lab else "own"


# In force in a kernel before the first cell: what sums many products comes out with its last bits changed, equal numbers alike.
LAST_BITS = """
import torch
from torch.utils._python_dispatch import TorchDispatchMode

_SUMS = {"mm", "bmm", "addmm", "baddbmm", "convolution", "sum", "mean", "_softmax", "_log_softmax", "native_layer_norm", "exp", "logsumexp",
         "var", "std", "linalg_vector_norm", "dot", "mv", "_scaled_dot_product_flash_attention_for_cpu", "convolution_backward",
         "_softmax_backward_data", "native_layer_norm_backward", "prod", "cumsum", "einsum", "cos", "sin", "log", "tanh", "sigmoid"}
_BITS = {torch.float64: torch.int64, torch.float32: torch.int32}

def _other_bits(result):
    if isinstance(result, (tuple, list)):
        return type(result)(map(_other_bits, result))
    if not isinstance(result, torch.Tensor) or result.dtype not in _BITS:
        return result
    flipped = (result.contiguous().view(_BITS[result.dtype]) ^ 1).view(result.dtype)
    whole = (64 * result == (64 * result).round()) | ~result.isfinite()          # such as 1 or 0.5: right to the last bit anywhere
    return torch.where(whole, result, flipped)

class _LastBits(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result, name = function(*args, **(kwargs or {})), function.overloadpacket.__name__
        alone = name in ("sum", "mean", "prod") and result.numel() == args[0].numel()                    # of one number each: exact
        return _other_bits(result) if name in _SUMS and not alone else result

_LastBits().__enter__()
"""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all chapters and all masters of the coursework")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS), metavar="NAME", help=", ".join(SETTINGS))
    parser.add_argument("--jobs", type=int, default=2, help="notebooks that run at once (%(default)s)")
    options = parser.parse_args(arguments)
    notebooks = [path.resolve() for path in options.notebooks] or [*chapters_in_book(), *other_notebooks(), *masters()]
    missing = [path for path in notebooks if not path.is_file()]
    if missing:
        print(f"there is no notebook {missing[0]}", file=sys.stderr)
        return 2
    differing = 0
    for setting in options.settings:
        print(f"{setting}: {len(notebooks)} notebooks", flush=True)
        cells, faults = compare(notebooks, setting, options.jobs)
        for place, fault in faults.items():
            print(f"  {place}\n    " + "\n    ".join(fault.splitlines()), flush=True)
        print(f"  {cells} cells, {len(faults)} differ", flush=True)
        differing += len(faults)
    print(f"make portability: {f'{differing} differences' if differing else 'the same everywhere'}")
    return 1 if differing else 0


def compare(notebooks, setting, jobs=1):
    """Run the notebooks under a setting. Returns (number of cells compared, {notebook and cell: what differs})."""
    with tempfile.TemporaryDirectory() as scratch, other_work(os.cpu_count() if setting == "busy" else 0):
        report = Path(scratch, "report.xml")
        environment = os.environ | SETTINGS[setting] | {"BOOK_KERNELS": setting}
        if setting == "last-bits":
            startup = Path(scratch, "ipython", "profile_default", "startup", "last_bits.py")
            startup.parent.mkdir(parents=True)
            startup.write_text(LAST_BITS, encoding="utf-8")
            environment["IPYTHONDIR"] = str(startup.parents[2])
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *NBVAL, "-q", f"--junitxml={report}"]
        command += ["-n", str(jobs), "--dist", "loadfile"] if min(jobs, len(notebooks)) > 1 else []
        command += [] if setting in ("own", "busy") else ["-k", "not Budget"]
        done = subprocess.run([*command, *map(str, notebooks)], cwd=ROOT, env=environment, capture_output=True, text=True)
        if not report.exists():
            raise SystemExit(done.stdout + done.stderr)
        return read_report(report)


def read_report(report):
    """(number of cells, {notebook and cell: its fault}) of a JUnit report."""
    cases, faults = 0, {}
    for case in ElementTree.parse(report).iter("testcase"):
        cases += 1
        for child in case:
            if child.tag in ("failure", "error"):
                faults[f"{case.get('classname')} {case.get('name')}"] = "\n".join((child.text or child.get("message")).splitlines()[-40:])
    return cases, faults


@contextmanager
def other_work(processes):
    """So many processes that never rest, while the block runs."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
