/* A model of the book in this page. The engine and the model's file are scripts beside mount.js, loaded when they are first asked for (a page
   opened from a memory stick may load scripts, but nothing else). The model runs in a worker, so that the page stays free; where a browser has
   none, it runs in the page. `words` are the sentences for what may go wrong: noPage, noFile, noWorker. */
const opened = {};
const scripts = {};

/* The open model of this name: {header, ask}. ask(input, watch) gives [result, seen], or null where a newer question has taken its place: one
   question is being answered and one waits, no more. Throws one sentence where the model cannot be opened, ask where an input is refused. */
export function openModel(name, words) {
  const failed = error => {
    delete opened[name];
    throw error;
  };
  return (opened[name] ||= open(name, words).catch(failed));
}

async function open(name, words) {
  await Promise.all([loadScript("engine", words), loadScript(`${name}.model`, words)]);
  const { engine, kernel, [`${name}_file`]: file } = window.bookModels;
  if (!file) throw new Error(words.noFile);
  const worker = startWorker(engine);
  const reply = () =>
    new Promise((done, failed) => {
      worker.onmessage = ({ data }) => (data.problem ? failed(new Error(data.problem)) : done(data));
      worker.onerror = () => failed(new Error(words.noWorker));
    });
  const opening = reply();
  worker.postMessage({ name, file, kernel: hasSimd() ? kernel : null });
  const { ready: header } = await opening;
  let busy = false;
  let waiting = null;
  async function next() {
    if (busy || !waiting) return;
    const { input, watch, done, failed } = waiting;
    const answered = reply();
    busy = true;
    waiting = null;
    worker.postMessage({ input, watch });
    await answered.then(({ result, seen }) => done([result, seen]), failed);
    busy = false;
    next();
  }
  const ask = (input, watch = []) =>
    new Promise((done, failed) => {
      waiting?.done(null);
      waiting = { input, watch, done, failed };
      next();
    });
  return { header, ask };
}

function loadScript(name, words) {
  return (scripts[name] ||= new Promise((done, failed) => {
    const home = document.querySelector('script[src*="_figures/mount.js"]')?.src.replace(/mount\.js.*$/, "");
    if (!home) return failed(new Error(words.noPage));
    const node = document.createElement("script");
    node.src = `${home}${name}.js`;
    node.onload = done;
    node.onerror = () => {
      delete scripts[name];
      node.remove();
      failed(new Error(words.noFile));
    };
    document.head.append(node);
  }));
}

function startWorker(source) {
  try {
    return new Worker(URL.createObjectURL(new Blob([source, "answerRequests(self);"], { type: "text/javascript" })));
  } catch {
    return workerInPage(source);
  }
}

/* What takes messages as a worker does, and runs them here after the page has had its turn. */
function workerInPage(source) {
  const outside = { postMessage: data => setTimeout(() => inside.onmessage({ data })) };
  const inside = { postMessage: data => outside.onmessage({ data }) };
  new Function("scope", `${source}answerRequests(scope);`)(inside);
  return outside;
}

/* Whether this browser has WebAssembly with SIMD: it knows a module of one function that makes 128 bits and drops them. */
const hasSimd = () =>
  typeof WebAssembly === "object" &&
  WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11));
