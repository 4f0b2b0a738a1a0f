/* Start the book's interactive figures in a static page: no kernel, no loader, works from file://.
   Each <figure class="bk-fig" data-figure data-state> holds its first state, drawn while the book was built, until its module has drawn
   the same; if that fails, for good. data-mounted="1" says that it runs. The state a reader has reached stands in the address,
   #interactive-2-1=…, so that it can be shared. */
(function () {
  "use strict";
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const figures = (window.bookFigures = window.bookFigures || {});
  const modules = {};

  function load(name) {
    return (modules[name] ||= new Promise((done, failed) => {
      if (figures[name]) return done();
      const script = document.createElement("script"); // not fetch: a page on a memory stick may load scripts only
      script.src = `${here}${name}.js`;
      script.onload = done;
      script.onerror = () => failed(new Error(`cannot load ${script.src}`));
      document.head.append(script);
    })
      .then(() => import(URL.createObjectURL(new Blob([figures[name].source], { type: "text/javascript" }))))
      .then(module => module.default));
  }

  // the part of anywidget's model that a figure uses; `shared` is told what differs from the first state
  function makeModel(about, first, changes, shared) {
    const state = { ...structuredClone(first), ...changes };
    const all = { words: about.words, traits_declared: about.traits_declared, first };
    const listeners = {};
    const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    return {
      get: name => (name in state ? state[name] : all[name]),
      set(name, value) {
        if (same(state[name], value)) return;
        state[name] = value;
        (listeners[`change:${name}`] || []).slice().forEach(listener => listener());
      },
      save_changes: () => shared(Object.fromEntries(Object.entries(state).filter(([name, value]) => !same(value, first[name])))),
      on: (event, listener) => (listeners[event] ||= []).push(listener),
      off: (event, listener) => {
        listeners[event] = (listeners[event] || []).filter(other => other !== listener);
      },
    };
  }

  // whether a value from an address is what traits.json declares: nobody has checked it yet
  function fits(about, value) {
    if (about.enum) return about.enum.includes(value);
    const low = about.minimum ?? -Infinity;
    const high = about.maximum ?? Infinity;
    switch (about.type) {
      case "integer":
        return Number.isInteger(value) && value >= low && value <= high;
      case "number":
        return Number.isFinite(value) && value >= low && value <= high;
      case "array":
        return (
          Array.isArray(value) &&
          value.length >= about.minItems &&
          value.length <= about.maxItems &&
          value.every(item => fits(about.items, item))
        );
      case "object":
        return typeof value === "object" && (value !== null || about.nullable === true);
      default:
        return about.type === undefined || typeof value === about.type;
    }
  }

  const fragment = () => {
    const found = /^#([\w-]+)=(.*)$/s.exec(location.hash);
    try {
      return found && { id: found[1], changes: JSON.parse(decodeURIComponent(found[2])) };
    } catch {
      return null;
    }
  };
  function sharing(id) {
    let timer = 0;
    return changes => {
      if (!id) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const text = Object.keys(changes).length ? `#${id}=${encodeURIComponent(JSON.stringify(changes))}` : `#${id}`;
        if (text.length < 2000) history.replaceState(history.state, "", text);
      }, 400);
    };
  }

  async function mount(host) {
    if (host.dataset.mounted) return;
    host.dataset.mounted = "wait";
    try {
      const name = host.dataset.figure;
      const given = JSON.parse(host.dataset.state);
      const figure = await load(name);
      const about = figures[name];
      const declared = about.traits_declared;
      const defaults = Object.fromEntries(Object.entries(declared).map(([trait, { default: value }]) => [trait, value]));
      const data = host.dataset.data ? JSON.parse(host.dataset.data) : about.data;
      const first = { number: "", wording: "", ...structuredClone(defaults), data, ...given };
      const wanted = fragment();
      const changes = wanted?.id === host.id && typeof wanted.changes === "object" ? Object.entries(wanted.changes ?? {}) : [];
      const kept = changes.filter(([trait, value]) => declared[trait] && fits(declared[trait], value));
      const start = changed => figure.render({ model: makeModel(about, first, changed, sharing(host.id)), el: host });
      try {
        start(Object.fromEntries(kept));
      } catch (error) {
        if (!kept.length) throw error;
        start({});
      }
      host.dataset.mounted = "1";
    } catch (error) {
      host.dataset.mounted = "error";
      console.error(`interactive figure ${host.dataset.figure}: ${error.message}`);
    }
  }

  function start() {
    const hosts = [...document.querySelectorAll("figure.bk-fig[data-figure]")];
    const target = fragment() && document.getElementById(fragment().id);
    if (target && hosts.includes(target)) mount(target).then(() => target.scrollIntoView());
    addEventListener("beforeprint", () => hosts.forEach(mount));
    if (!("IntersectionObserver" in window)) return hosts.forEach(mount);
    const near = new IntersectionObserver(
      entries =>
        entries
          .filter(entry => entry.isIntersecting)
          .forEach(entry => {
            near.unobserve(entry.target);
            mount(entry.target);
          }),
      { rootMargin: "600px" },
    );
    hosts.forEach(host => near.observe(host));
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
