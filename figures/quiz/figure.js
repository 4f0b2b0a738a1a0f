import { bookFigure, fill, h, ids } from "../_lib/chrome.js";

export default bookFigure(labels => {
  function parse(text) {
    const plain = String(text ?? "")
      .replace(/\s/g, "")
      .replace("−", "-")
      .replace(",", ".");
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) && Number.isFinite(+plain) ? +plain : null;
  }
  const near = (a, b, tolerance) => Math.abs(a - b) <= tolerance + 1e-9;

  function isRight(question, choice) {
    if (question.kind === "number") {
      const value = parse(choice);
      return value !== null && near(value, question.answer, question.tolerance);
    }
    const rights = question.options.flatMap((option, place) => (option.right ? [place] : []));
    return JSON.stringify(choice) === JSON.stringify(question.kind === "single" ? rights[0] : rights);
  }

  const empty = ({ kind }, choice) => choice == null || choice.length === 0 || (kind === "number" && parse(choice) === null);

  /* All that can be said of a question, for readers without script. */
  function answers({ kind, options, answer, unit, why_right, why_wrong }) {
    if (kind !== "number") return options.map(({ text, right, why }) => `${labels[right]} ${text}: ${why}`);
    const cases = Array.isArray(why_wrong) ? why_wrong.filter(item => "near" in item) : [];
    return [
      `${[answer, unit].filter(part => part !== undefined).join(" ")}: ${why_right}`,
      ...cases.map(({ near, why }) => `${near}: ${why}`),
    ];
  }

  /* What is said about a choice: [mark, text] for each explanation. */
  function explain(question, choice) {
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
      return all || chosen !== right ? [[`${text}`, why, all ? "" : chosen ? labels.chosen : labels.missed]] : [];
    });
  }

  const full = ({ data: questions, choices, checked }) => ({
    choices: choices.length ? choices : questions.map(() => null),
    checked: checked.length ? checked : questions.map(() => false),
  });

  function sentence(state) {
    const { data: questions } = state;
    const { choices, checked } = full(state);
    return fill(labels.progress, {
      n: questions.length,
      done: checked.filter(Boolean).length,
      right: questions.filter((q, i) => checked[i] && isRight(q, choices[i])).length,
    });
  }

  function build({ state, set, stage }) {
    const { data: questions } = state();
    const n = questions.length;
    const change = (place, choice, on) => {
      const now = full(state());
      set({ choices: now.choices.with(place, choice), checked: now.checked.with(place, on) });
    };

    const blocks = questions.map((question, place) => {
      const { kind } = question;
      const group = ids("choice");
      const result = h("div", { class: "bk-result", role: "status", "aria-live": "polite" });
      const say = text => result.replaceChildren(h("p", {}, text));
      const hand = () => {
        const choice = full(state()).choices[place];
        if (empty(question, choice)) say(labels.nothing[kind]);
        else change(place, choice, true);
      };
      const collect = () => {
        const chosen = inputs.flatMap((input, i) => (input.checked ? [i] : []));
        result.replaceChildren();
        change(place, kind === "single" ? chosen[0] : chosen, false);
      };
      const inputs =
        kind === "number"
          ? [
              h("input", {
                type: "text",
                inputmode: "decimal",
                autocomplete: "off",
                class: "bk-typed",
                oninput: () => {
                  result.replaceChildren();
                  change(place, inputs[0].value, false);
                },
                onkeydown: event => {
                  if (event.key === "Enter") {
                    event.preventDefault();
                    hand();
                  }
                },
              }),
            ]
          : question.options.map(() => h("input", { type: kind === "single" ? "radio" : "checkbox", name: group, onchange: collect }));
      const marks = inputs.map(() => h("span", { class: "bk-tick", "aria-hidden": "true" }));
      const rows =
        kind === "number"
          ? [
              h(
                "label",
                { class: "bk-number-row" },
                h("span", {}, labels.field),
                inputs[0],
                (question.unit && h("span", {}, question.unit)) || null,
              ),
            ]
          : question.options.map((option, i) => h("label", { class: "bk-option" }, inputs[i], h("span", {}, option.text), marks[i]));
      const button = h(
        "button",
        { type: "button", class: "bk-button", onclick: hand, "aria-label": fill(labels.checkName, { number: place + 1 }) },
        labels.check,
      );
      const hint = h("p", { class: "bk-hint", id: ids("hint") }, labels.hint[kind]);
      const node = h(
        "fieldset",
        { class: "bk-question-box", "data-kind": kind, "aria-describedby": hint.id },
        h(
          "legend",
          {},
          h("span", { class: "bk-count" }, fill(labels.legend, { number: place + 1, n })),
          h("span", { class: "bk-question" }, question.question),
        ),
        hint,
        h("div", { class: "bk-options" }, ...rows),
        button,
        result,
        h(
          "details",
          { class: "bk-quiz-answer" },
          h("summary", {}, labels.answer),
          answers(question).map(line => h("p", {}, line)),
        ),
      );
      stage.append(node);
      let shown;
      return (choice, on) => {
        inputs.forEach((input, i) => {
          if (kind !== "number") input.checked = kind === "single" ? choice === i : (choice || []).includes(i);
          else if (input.value !== (choice ?? "")) input.value = choice ?? "";
          marks[i].textContent = on && input.checked && kind === "single" ? labels[question.options[i].right] : "";
        });
        const right = on && isRight(question, choice);
        const key = JSON.stringify([choice, on]);
        node.dataset.result = on ? (right ? "right" : "wrong") : "";
        if (key === shown) return;
        shown = key;
        result.replaceChildren(
          ...(on
            ? [
                h("p", { class: "bk-verdict-word" }, `${labels[right]} ${right ? labels.right : labels.wrong}`),
                ...explain(question, choice).map(([text, why, how]) =>
                  h("p", {}, text ? h("b", {}, how ? `${how} – ${text}: ` : `${text}: `) : "", why),
                ),
              ]
            : []),
        );
      };
    });
    return now => {
      const { choices, checked } = full(now);
      blocks.forEach((show, i) => show(choices[i], checked[i]));
      return sentence(now);
    };
  }

  return { build, sentence, parse, isRight, explain };
});
