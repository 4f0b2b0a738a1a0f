/* A model of the book in this page. The engine and the model's file are scripts beside mount.js, loaded when they are first asked for (a page
   opened from a memory stick may load scripts, but nothing else). The model runs in a worker, so that the page stays free; where a browser has
   none, it runs in the page. `words` are the sentences for what may go wrong: noPage, noFile, noWorker. */
const MOST_OPEN = 2;
const NEAR = 200; // px
// What is open in the page, for all of its figures (each is a script of its own, with a copy of this module): models by name, as promises, the
// one asked for longest ago first; and the scripts that were loaded.
const inPage = () => (globalThis.bookOpened ||= { models: new Map(), scripts: {} });
const me = Symbol("figure"); // who asks

/* The open model of this name: {header, ask}. ask(input, watch, bug, squeeze) gives [result, seen], or null where a newer question of this figure has
   taken its place: one question is being answered and one of each figure waits, no more. Throws one sentence where the model cannot be
   opened, ask where an input is refused. Two models are open in a page at most: a third takes the place of the one that was asked for longest
   ago, and that one is opened anew when it is asked again. */
export async function openModel(name, words) {
  const { header, ask } = await sharedModel(name, words);
  return { header, ask: (...question) => ask(me, ...question) };
}

function sharedModel(name, words) {
  const { models } = inPage();
  const model = models.get(name) ?? open(name, words);
  models.delete(name);
  models.set(name, model);
  if (models.size > MOST_OPEN) {
    const [[oldest, unused]] = models;
    models.delete(oldest);
    unused.then(({ close }) => close()).catch(() => {});
  }
  return model.catch(error => {
    models.delete(name);
    throw error;
  });
}

/* Call `open` once, before a figure asks its model: when the figure comes near the screen, or, where it stands on the first screen or the
   reader saves data, when it is first touched. */
export function openWhenNear(node, open) {
  const wake = () => open().catch(() => {}); // the figure's own question tells what went wrong
  const touched = () => ["pointerdown", "focusin"].forEach(event => node.addEventListener(event, wake, { once: true }));
  if (!("IntersectionObserver" in globalThis)) return touched();
  if (navigator.connection?.saveData || node.getBoundingClientRect().top + scrollY < innerHeight + NEAR) return touched();
  const near = new IntersectionObserver(
    entries => {
      if (!entries.some(entry => entry.isIntersecting)) return;
      near.disconnect();
      wake();
    },
    { rootMargin: `${NEAR}px` },
  );
  near.observe(node);
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
  const waiting = new Map(); // a figure -> its newest question
  let busy = false;
  let closed = false;
  async function next() {
    if (busy) return;
    if (!waiting.size) return closed && worker.terminate();
    const [[asker, { question, done, failed }]] = waiting;
    const answered = reply();
    busy = true;
    waiting.delete(asker);
    worker.postMessage(question);
    await answered.then(({ result, seen }) => done([result, seen]), failed);
    busy = false;
    next();
  }
  const ask = (asker, input, watch = [], bug = "", squeeze = null) => {
    if (closed) return sharedModel(name, words).then(again => again.ask(asker, input, watch, bug, squeeze));
    return new Promise((done, failed) => {
      waiting.get(asker)?.done(null);
      waiting.set(asker, { question: { input, watch, bug, squeeze }, done, failed });
      next();
    });
  };
  const close = () => {
    closed = true;
    next();
  };
  return { header, ask, close };
}

function loadScript(name, words) {
  const { scripts } = inPage();
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
  const outside = { postMessage: data => setTimeout(() => inside.onmessage({ data })), terminate() {} };
  const inside = { postMessage: data => outside.onmessage({ data }) };
  new Function("scope", `${source}answerRequests(scope);`)(inside);
  return outside;
}

/* Whether this browser has WebAssembly with SIMD: it knows a module of one function that makes 128 bits and drops them. */
const hasSimd = () =>
  typeof WebAssembly === "object" &&
  WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11));
