import { detr } from "./detr.js";
import { makeEngine } from "./engine.js";
import { fromBase64 } from "./model_file.js";
import { translator } from "./translator.js";

/* The engine in a worker: {name, file, kernel} opens a model, {id, input, watch} asks it; answers are {ready}, {id, result, seen} or {problem}. */
export function answerRequests(scope) {
  const models = { detr, translator };
  let engine;
  let model;
  scope.onmessage = ({ data: { name, file, kernel, id, input, watch } }) => {
    try {
      if (name) {
        [engine, model] = [makeEngine(fromBase64(file), name, kernel && fromBase64(kernel)), models[name]];
        return scope.postMessage({ ready: engine.header });
      }
      const [result, seen] = engine.answer(() => model(engine, input), watch);
      scope.postMessage({ id, result, seen });
    } catch (error) {
      scope.postMessage({ id, problem: error.message });
    }
  };
}
