import { BUGS } from "./bugs.js";
import { deformableDetr } from "./deformable_detr.js";
import { detr } from "./detr.js";
import { makeEngine } from "./engine.js";
import { igpt } from "./igpt.js";
import { lanes } from "./lanes.js";
import { fromBase64 } from "./model_file.js";
import { translator } from "./translator.js";
import { vit } from "./vit.js";

/* What answers for each model of the page: a function of the engine and an input. */
export const MODELS = { detr, deformable_detr: deformableDetr, igpt, lanes, translator, translator_no_mask: translator, vit_digits: vit };

/* The engine in a worker: {name, file, kernel} opens a model and {input, watch, bug, squeeze} asks it, bug being one of BUGS or nothing,
   squeeze a setting of squeeze.js or null; the answers are {ready}, {result, seen} or {problem}. */
export function answerRequests(scope) {
  let engine;
  let model;
  scope.onmessage = ({ data: { name, file, kernel, input, watch, bug, squeeze } }) => {
    try {
      if (name) {
        engine = makeEngine(fromBase64(file, name), name, kernel && fromBase64(kernel, name));
        model = MODELS[name];
        return scope.postMessage({ ready: engine.header });
      }
      const [result, seen] = engine.answer(() => model(engine, input), watch, BUGS[bug], squeeze);
      scope.postMessage({ result, seen });
    } catch (error) {
      scope.postMessage({ problem: error.message });
    }
  };
}
