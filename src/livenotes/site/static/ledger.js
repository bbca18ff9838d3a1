/* The ledger, narrowed down: what a reader chooses hides the entries that it does not name. */
(() => {
  "use strict";
  const form = document.querySelector(".ledger-filter");
  const sections = [...document.querySelectorAll("section[id^=ledger-]")];
  const entries = sections.flatMap((section) => [...section.querySelectorAll(".claim")].map((element) => (
    { element, chapter: section.id, words: `${section.firstElementChild.textContent} ${element.textContent}`.toLowerCase() })));
  const { chapter, verdict, words } = form.elements;

  function narrow() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const fits = (!chapter.value || entry.chapter === chapter.value)
        && (!verdict.value || entry.element.classList.contains(verdict.value))
        && wanted.every((word) => entry.words.includes(word));
      entry.element.hidden = !fits;
      shown += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector(".claim:not([hidden])");
    form.querySelector(".ledger-shown").textContent = `${shown} of ${entries.length} entries`;
  }

  /* The choice stands in the address, so that it can be shared. */
  function remember() {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    try {
      history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    } catch { /* a page from a file may refuse */ }
  }

  for (const [name, value] of new URLSearchParams(location.search)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  form.addEventListener("input", () => { narrow(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  narrow();
})();
