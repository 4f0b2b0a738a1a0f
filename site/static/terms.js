/* Cards for the terms of a page: what the glossary says, beside the link to it, on hover and on focus; Escape hides it. */
(function () {
  "use strict";
  const card = document.createElement("div");
  let link = null;
  let waiting = 0;
  card.className = "bk-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;

  function text(of) {
    return document.getElementById("card-" + of.hash.slice(1));
  }

  function show(of) {
    clearTimeout(waiting);
    link = of;
    card.replaceChildren(...[...text(of).childNodes].map(node => node.cloneNode(true)));
    card.hidden = false;
    const place = of.getClientRects()[0];
    const wide = document.documentElement.clientWidth;
    card.style.left = Math.max(8, Math.min(place.left, wide - card.offsetWidth - 8)) + scrollX + "px";
    const below = place.bottom + card.offsetHeight + 12 < innerHeight || place.top < card.offsetHeight + 12;
    card.style.top = (below ? place.bottom + 6 : place.top - card.offsetHeight - 6) + scrollY + "px";
  }

  function hide() {
    clearTimeout(waiting);
    link = null;
    card.hidden = true;
  }
  function leave() {
    clearTimeout(waiting);
    waiting = setTimeout(hide, 200);
  } // time to move the pointer onto the card

  document.body.append(card);
  for (const each of document.querySelectorAll("a.bk-term")) {
    if (!text(each)) continue;
    each.setAttribute("aria-describedby", text(each).id);
    each.addEventListener("pointerenter", event => {
      if (event.pointerType !== "touch") show(each);
    });
    each.addEventListener("pointerleave", leave);
    each.addEventListener("focus", () => show(each));
    each.addEventListener("blur", hide);
  }
  card.addEventListener("pointerenter", () => clearTimeout(waiting));
  card.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && link) hide();
  });
})();
