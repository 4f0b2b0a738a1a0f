const LABELS = {
  "title": "Can you answer these without looking back?",
  "prompts": [],
  "seen": "",
  "caption": "Nothing is sent anywhere; check as often as you like.",
  "legend": "Question {number} of {n}",
  "hint": { "single": "One answer is right.", "multiple": "Choose all that are right.", "number": "Type a number." },
  "check": "Check",
  "checkName": "Check question {number}",
  "field": "Your number",
  "right": "Right.",
  "wrong": "Not yet.",
  "nothing": { "single": "Choose an answer first.", "multiple": "Choose at least one answer first.", "number": "That is not a number: type digits, as in 0.25." },
  "missed": "Left out",
  "chosen": "Chosen",
  "true": "✓",
  "false": "✗",
  "answer": "Answer",
  "progress": "{done} of {n} answered, {right} right."
};

export function parse(text) {
  const plain = String(text ?? "").replace(/\s/g, "").replace("−", "-").replace(",", ".");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) && Number.isFinite(+plain) ? +plain : null;
}
const near = (a, b, tolerance) => Math.abs(a - b) <= tolerance + 1e-9;

export function isRight(question, choice) {
  if (question.kind === "number") { const value = parse(choice); return value !== null && near(value, question.answer, question.tolerance); }
  const rights = question.options.flatMap((option, place) => option.right ? [place] : []);
  return JSON.stringify(choice) === JSON.stringify(question.kind === "single" ? rights[0] : rights);
}

const empty = ({ kind }, choice) => choice == null || choice.length === 0 || kind === "number" && parse(choice) === null;

/* What is said about a choice: [mark, text] for each explanation. */
export function explain(question, choice) {
  const { kind, options } = question;
  if (kind === "number") {
    if (isRight(question, choice)) return [["", question.why_right]];
    const cases = Array.isArray(question.why_wrong) ? question.why_wrong : [{ why: question.why_wrong }];
    return [["", cases.find(item => !("near" in item) || near(parse(choice), item.near, question.tolerance)).why]];
  }
  if (kind === "single") return [["", options[choice].why]];
  const all = isRight(question, choice);
  return options.flatMap(({ text, right, why }, place) => {
    const chosen = choice.includes(place);
    return all || chosen !== right ? [[`${text}`, why, all ? "" : chosen ? LABELS.chosen : LABELS.missed]] : [];
  });
}

const choiceFits = ({ kind, options }, choice) => choice === null || (kind === "number" ? typeof choice === "string"
  : kind === "single" ? isWhole(choice, 0, options.length - 1)
  : Array.isArray(choice) && choice.every((place, i) => isWhole(place, 0, options.length - 1) && (i === 0 || place > choice[i - 1])));

export function check({ questions, choices, checked }) {
  const good = q => q && typeof q.question === "string" && (q.kind === "number" ? Number.isFinite(q.answer) && Number.isFinite(q.tolerance) && q.why_wrong && q.why_right
    : ["single", "multiple"].includes(q.kind) && Array.isArray(q.options) && q.options.length > 1 && q.options.every(o => o && typeof o.text === "string" && typeof o.why === "string"));
  if (!Array.isArray(questions) || !questions.length || !questions.every(good)) return wrong("questions", "a list of questions");
  if (!Array.isArray(choices) || choices.length && (choices.length !== questions.length || !choices.every((c, i) => choiceFits(questions[i], c)))) return wrong("choices", "one choice for each question");
  if (!Array.isArray(checked) || checked.length && (checked.length !== questions.length || !checked.every(on => typeof on === "boolean"))) return wrong("checked", "true or false for each question");
  return null;
}

const full = ({ questions, choices, checked }) => ({ choices: choices.length ? choices : questions.map(() => null), checked: checked.length ? checked : questions.map(() => false) });

export function sentence(state) {
  const { questions } = state, { choices, checked } = full(state);
  return fill(LABELS.progress, { n: questions.length, done: checked.filter(Boolean).length, right: questions.filter((q, i) => checked[i] && isRight(q, choices[i])).length });
}

function build({ state, set, stage }) {
  const { questions } = state(), n = questions.length;
  const change = (place, choice, on) => {
    const now = full(state());
    set({ choices: now.choices.with(place, choice), checked: now.checked.with(place, on) });
  };

  const blocks = questions.map((question, place) => {
    const { kind } = question, group = ids("choice"), result = h("div", { class: "bk-result", role: "status", "aria-live": "polite" });
    const say = text => result.replaceChildren(h("p", {}, text));
    const hand = () => {
      const choice = full(state()).choices[place];
      if (empty(question, choice)) say(LABELS.nothing[kind]); else change(place, choice, true);
    };
    const collect = () => {
      const chosen = inputs.flatMap((input, i) => input.checked ? [i] : []);
      result.replaceChildren();
      change(place, kind === "single" ? chosen[0] : chosen, false);
    };
    const inputs = kind === "number" ? [h("input", {
      type: "text", inputmode: "decimal", autocomplete: "off", class: "bk-typed",
      oninput: () => { result.replaceChildren(); change(place, inputs[0].value, false); },
      onkeydown: event => { if (event.key === "Enter") { event.preventDefault(); hand(); } },
    })] : question.options.map(() => h("input", { type: kind === "single" ? "radio" : "checkbox", name: group, onchange: collect }));
    const marks = inputs.map(() => h("span", { class: "bk-mark", "aria-hidden": "true" }));
    const rows = kind === "number"
      ? [h("label", { class: "bk-number-row" }, h("span", {}, LABELS.field), inputs[0], question.unit && h("span", {}, question.unit) || null)]
      : question.options.map((option, i) => h("label", { class: "bk-option" }, inputs[i], h("span", {}, option.text), marks[i]));
    const button = h("button", { type: "button", class: "bk-button", onclick: hand, "aria-label": fill(LABELS.checkName, { number: place + 1 }) }, LABELS.check);
    const hint = h("p", { class: "bk-hint", id: ids("hint") }, LABELS.hint[kind]);
    const node = h("fieldset", { class: "bk-question-box", "data-kind": kind, "aria-describedby": hint.id },
      h("legend", {}, h("span", { class: "bk-count" }, fill(LABELS.legend, { number: place + 1, n })), h("span", { class: "bk-question" }, question.question)),
      hint, h("div", { class: "bk-options" }, ...rows), button, result);
    stage.append(node);
    let shown;
    return (choice, on) => {
      inputs.forEach((input, i) => {
        if (kind !== "number") input.checked = kind === "single" ? choice === i : (choice || []).includes(i);
        else if (input.value !== (choice ?? "")) input.value = choice ?? "";
        marks[i].textContent = on && input.checked && kind === "single" ? LABELS[question.options[i].right] : "";
      });
      const right = on && isRight(question, choice), key = JSON.stringify([choice, on]);
      node.dataset.result = on ? (right ? "right" : "wrong") : "";
      if (key === shown) return;
      shown = key;
      result.replaceChildren(...(on ? [h("p", { class: "bk-verdict-word" }, `${LABELS[right]} ${right ? LABELS.right : LABELS.wrong}`),
        ...explain(question, choice).map(([text, why, how]) => h("p", {}, text ? h("b", {}, how ? `${how} – ${text}: ` : `${text}: `) : "", why))] : []));
    };
  });
  return now => {
    const { choices, checked } = full(now);
    blocks.forEach((show, i) => show(choices[i], checked[i]));
    return sentence(now);
  };
}

export default bookFigure({ labels: LABELS, keys: ["questions", "choices", "checked"], check, build });
