/* A formula wider than a narrow page is set smaller, down to legibility; beyond that its box scrolls. */
(function () {
  "use strict";
  const SMALLEST = 0.62;
  function fit() {
    const boxes = [...document.querySelectorAll(".bk-equation")];
    boxes.forEach(box => {
      box.style.fontSize = "";
    });
    const scales = boxes.map(box => (box.clientWidth - 4) / box.scrollWidth); // read all, then write all
    boxes.forEach((box, i) => {
      if (scales[i] < 0.99) box.style.fontSize = Math.max(SMALLEST, scales[i]) + "em";
    });
  }
  let width = 0;
  function again() {
    if (innerWidth !== width) {
      width = innerWidth;
      fit();
    }
  }
  again();
  addEventListener("resize", again);
  if (document.fonts) document.fonts.ready.then(fit);
})();
