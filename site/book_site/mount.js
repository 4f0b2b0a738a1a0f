/* Start the book's interactive figures in a static page: no kernel, no loader, works from file://.
   Each <div class="bk-widget" data-esm data-model> keeps its picture until its figure has drawn; if that fails, for good.
   The state a reader has reached stands in the address, #interactive-2-1=…, so that it can be shared. */
(function () {
  "use strict";
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const sources = (window.__bookEsm = window.__bookEsm || {}), modules = {};

  function load(name) {
    return (modules[name] ||= new Promise((done, failed) => {
      if (sources[name]) return done();
      const script = document.createElement("script");            // not fetch: a page on a memory stick may load scripts only
      script.src = here + name + ".src.js";
      script.onload = done;
      script.onerror = () => failed(new Error("cannot load " + script.src));
      document.head.append(script);
    }).then(() => import(URL.createObjectURL(new Blob([sources[name]], { type: "text/javascript" })))).then(module => module.default));
  }

  // the part of anywidget's model that a figure uses; `shared` is told what differs from the first state
  function makeModel(state, shared) {
    const first = structuredClone(state), listeners = {};
    const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    return {
      get: name => state[name],
      set(name, value) {
        if (same(state[name], value)) return;
        state[name] = value;
        (listeners["change:" + name] || []).slice().forEach(listener => listener());
      },
      save_changes: () => shared(Object.fromEntries(Object.entries(state).filter(([name, value]) => !same(value, first[name])))),
      on: (event, listener) => (listeners[event] ||= []).push(listener),
      off: (event, listener) => { listeners[event] = (listeners[event] || []).filter(other => other !== listener); },
    };
  }

  const fragment = () => {
    const found = /^#([\w-]+)=(.*)$/s.exec(location.hash);
    try { return found && { id: found[1], changes: JSON.parse(decodeURIComponent(found[2])) }; } catch { return null; }
  };
  function sharing(id) {
    let timer = 0;
    return changes => {
      if (!id) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const text = Object.keys(changes).length ? `#${id}=${encodeURIComponent(JSON.stringify(changes))}` : "#" + id;
        if (text.length < 2000) history.replaceState(history.state, "", text);
      }, 400);
    };
  }

  async function mount(host) {
    if (host.dataset.mounted) return;
    host.dataset.mounted = "wait";
    try {
      const state = JSON.parse(host.dataset.model), figure = await load(host.dataset.esm), element = document.createElement("div");
      const model = makeModel(state, sharing(host.id)), wanted = fragment();
      await figure.render({ model, el: element });
      if (wanted && wanted.id === host.id && !figure.check({ ...state, ...wanted.changes })) {
        for (const name in wanted.changes) if (name in state) model.set(name, wanted.changes[name]);
      }
      host.replaceChildren(element);
      host.dataset.mounted = element.querySelector(".bk-problem") ? "error" : "1";
    } catch (error) {
      host.dataset.mounted = "error";
      console.error("interactive figure " + host.dataset.esm + ": " + error.message);
    } finally {
      host.style.minHeight = "";
    }
  }

  function start() {
    const hosts = [...document.querySelectorAll(".bk-widget[data-esm]")];
    for (const host of hosts) {                                      // keep the room a figure will need, so that nothing jumps
      const [wide, narrow] = (host.dataset.height || "0 0").split(" ");
      host.style.minHeight = (host.clientWidth > 620 ? wide : narrow) + "px";
    }
    const target = fragment() && document.getElementById(fragment().id);
    if (target && hosts.includes(target)) mount(target).then(() => target.scrollIntoView());
    addEventListener("beforeprint", () => hosts.forEach(mount));
    if (!("IntersectionObserver" in window)) return hosts.forEach(mount);
    const near = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(entry => {
      near.unobserve(entry.target);
      mount(entry.target);
    }), { rootMargin: "600px" });
    hosts.forEach(host => near.observe(host));
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
