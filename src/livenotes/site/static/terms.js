/* An explanation that is in the way is closed with Escape, until the pointer or the focus comes to it again. */
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const term of document.querySelectorAll(".term:is(:hover, :focus-within)")) term.classList.add("closed");
  });
  for (const term of document.querySelectorAll(".term")) {
    for (const name of ["pointerleave", "focusout"]) term.addEventListener(name, () => term.classList.remove("closed"));
  }
})();
