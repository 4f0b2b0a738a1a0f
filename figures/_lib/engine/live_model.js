/* A model of the book in this page. The engine and the model's file are scripts beside mount.js, loaded when they are first asked for (a page
   opened from a memory stick may load scripts, but nothing else). The model runs in a worker, so that the page stays free; where a browser has
   none, it runs in the page. */
const LIVE = (() => {
  const loading = {};
  const home = () => document.querySelector('script[src*="/_esm/mount.js"]')?.src.replace(/mount\.js.*$/, "");
  /* Whether this browser has WebAssembly with SIMD: the smallest module with one 128-bit number, put there and dropped. */
  const hasSimd = () =>
    typeof WebAssembly === "object" &&
    WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11));

  function script(name) {
    return (loading[name] ||= new Promise((done, failed) => {
      if (!home()) return failed(new Error(LIVE_WORDS.noPage));
      const node = document.createElement("script");
      node.src = `${home()}${name}.js`;
      node.onload = done;
      node.onerror = () => {
        delete loading[name];
        node.remove();
        failed(new Error(LIVE_WORDS.noFile));
      };
      document.head.append(node);
    }));
  }
  /* Something that takes messages as a worker does and runs them here, after the page has had its turn. */
  function workerInPage(source) {
    const scope = { postMessage: data => outside.onmessage({ data }) };
    const outside = { postMessage: data => setTimeout(() => scope.onmessage({ data })), terminate: () => {} };
    new Function("scope", `${source}; answerRequests(scope);`)(scope);
    return outside;
  }
  function startWorker(source) {
    try {
      return new Worker(URL.createObjectURL(new Blob([source, "answerRequests(self);"], { type: "text/javascript" })));
    } catch {
      return workerInPage(source);
    }
  }

  /* Open a model. Returns {header, ask, close}: ask(input, watch) gives [result, seen], or null where a newer question took its place;
     at most one question is being answered and one waits. Throws one sentence where the model cannot be opened or an input is refused. */
  async function open(name) {
    await Promise.all([script("engine"), script(`${name}.model`)]);
    const { engine, kernel, files } = window.__bookModels;
    const worker = startWorker(engine);
    const reply = () =>
      new Promise((done, failed) => {
        worker.onmessage = ({ data }) => (data.problem ? failed(new Error(data.problem)) : done(data));
        worker.onerror = () => failed(new Error(LIVE_WORDS.noWorker));
      });
    const opened = reply();
    worker.postMessage({ name, file: files[name], kernel: hasSimd() ? kernel : null });
    const { ready: header } = await opened;
    let busy = false;
    let waiting = null;
    let count = 0;
    async function next() {
      if (busy || !waiting) return;
      const { input, watch, done, failed } = waiting;
      const answered = reply();
      busy = true;
      waiting = null;
      worker.postMessage({ id: ++count, input, watch });
      try {
        const { result, seen } = await answered;
        done([result, seen]);
      } catch (error) {
        failed(error);
      }
      busy = false;
      next();
    }
    const ask = (input, watch = []) =>
      new Promise((done, failed) => {
        waiting?.done(null);
        waiting = { input, watch, done, failed };
        next();
      });
    return { header, ask, close: () => worker.terminate() };
  }
  const opened = {};
  return {
    open: name =>
      (opened[name] ||= open(name).catch(error => {
        delete opened[name];
        throw error;
      })),
    hasSimd,
  };
})();
