/* Questions on a page: choose, see whether you were right and why, and the figure that shows it moves.
   What a reader answered stays in this browser. */
(() => {
  "use strict";
  const KEY = "livenotes-answers";
  let kept = {}; // where the browser keeps nothing, this page still does

  function answered() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return kept;
    }
  }

  /* Keep what was answered, and whether it was right; undefined forgets it. */
  function keep(names, value) {
    kept = answered();
    for (const name of names) {
      if (value) kept[name] = value;
      else delete kept[name];
    }
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch { /* the page remembers */ }
  }

  function made(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  class Question {
    constructor(root, changed) {
      this.root = root;
      this.name = root.id.slice(4);
      this.changed = changed;
      this.right = Number(root.dataset.right);
      this.why = root.querySelector(".ask-why");
      this.verdict = made("p", { className: "ask-verdict", role: "status" });
      this.why.before(this.verdict);
      this.items = [...root.querySelectorAll(".ask-answers > li")];
      this.texts = this.items.map((item) => item.textContent);
      this.buttons = this.items.map((item, place) => {
        const button = made("button", { type: "button", className: "ask-choice" }, ...item.firstChild.childNodes);
        if (button.querySelector("math")) button.ariaLabel = button.textContent; // not every reader speaks formulas
        button.addEventListener("click", () => { if (this.chosen < 0) this.choose(place); });
        item.firstChild.replaceWith(button);
        return button;
      });
      const again = made("button", { type: "button", className: "ask-again", textContent: "Ask again" });
      again.addEventListener("click", () => {
        keep([this.name]);
        this.reset();
        this.buttons[0].focus();
        this.changed();
      });
      const more = root.querySelector(".ask-more");
      if (more) more.append(" · ", again);
      else this.why.append(made("p", { className: "ask-more" }, again));
      this.reset();
    }

    /* Show what this browser remembers, and nothing that would move the page. */
    restore() {
      this.reset();
      const [text] = answered()[this.name] ?? [];
      if (this.texts.includes(text)) this.mark(this.texts.indexOf(text));
    }

    reset() {
      this.chosen = -1;
      this.verdict.textContent = "";
      this.root.classList.remove("ask-chosen");
      this.why.open = false;
      this.items.forEach((item, place) => {
        item.className = "";
        item.querySelector(".ask-hidden")?.remove();
        this.buttons[place].removeAttribute("aria-disabled");
      });
    }

    mark(chosen) {
      this.chosen = chosen;
      this.say(this.right, "ask-right", chosen === this.right ? "your answer, right" : "the right answer");
      if (chosen !== this.right) this.say(chosen, "ask-wrong", "your answer, wrong");
      for (const button of this.buttons) button.setAttribute("aria-disabled", "true");
    }

    say(place, name, words) {
      this.items[place].className = name;
      this.buttons[place].append(made("span", { className: "ask-hidden", textContent: ` (${words})` }));
    }

    choose(chosen) {
      this.mark(chosen);
      const right = chosen === this.right;
      this.verdict.textContent = right ? "Right." : "Not quite.";
      if (!right) this.verdict.append(made("span", { className: "ask-hidden", textContent: ` The answer is: ${this.texts[this.right]}` }));
      this.root.classList.add("ask-chosen"); // the reason goes on where the verdict ends
      this.why.open = true;
      keep([this.name], [this.texts[chosen], right]);
      this.changed();
      const [figure, query] = (this.root.dataset.shows ?? "").split("?");
      window.liveNotes?.figures.get(figure)?.go(query);
    }
  }

  /* At a chapter's end, quietly: how many are answered, and links to those that are not. */
  function countOn(questions) {
    const line = made("p");
    const forget = made("button", { type: "button", className: "ask-again", textContent: "Forget my answers" });
    forget.addEventListener("click", () => {
      keep(questions.map((each) => each.name));
      questions.forEach((each) => each.reset());
      count();
    });
    function count() {
      const open = questions.filter((each) => each.chosen < 0);
      const links = open.flatMap((each) => {
        const number = questions.indexOf(each) + 1;
        const title = each.root.querySelector(".ask-question").textContent;
        return [" ", made("a", { href: `#${each.root.id}`, textContent: number, title, ariaLabel: `${number}: ${title}` })];
      });
      line.replaceChildren(
        `Questions on this page: ${questions.length - open.length} of ${questions.length} answered. `,
        ...(open.length ? ["Still open:", ...links, ". "] : []),
        ...(open.length < questions.length ? [forget] : []),
      );
    }
    const box = made("div", { className: "live ask-open", role: "group", ariaLabel: "Questions on this page" }, line);
    (document.querySelector("article") ?? document.body).append(box);
    return count;
  }

  /* On the page of all questions: what this browser remembers of each. */
  function list(items, forget) {
    const remembered = answered();
    for (const item of items) {
      const [, right] = remembered[item.dataset.ask] ?? [];
      item.dataset.state = right === undefined ? "open" : right ? "right" : "wrong";
      item.querySelector(".ask-state").textContent = { open: "still open", right: "right", wrong: "not right" }[item.dataset.state];
    }
    const open = items.filter((item) => item.dataset.state === "open").length;
    forget.previousSibling.textContent = `You have answered ${items.length - open} of ${items.length}. `;
    forget.hidden = open === items.length;
  }

  function start() {
    let count = () => {};
    const questions = [...document.querySelectorAll(".ask[data-right]")].map((root) => new Question(root, () => count()));
    if (questions.length) count = countOn(questions);
    const items = [...document.querySelectorAll("[data-ask]")];
    const summary = document.querySelector(".ask-summary");
    const forget = made("button", { type: "button", className: "ask-again", textContent: "Forget all my answers" });
    summary?.append("", forget);
    forget.addEventListener("click", () => {
      keep(Object.keys(answered()));
      show();
    });
    function show() {
      questions.forEach((each) => each.restore());
      count();
      if (summary) list(items, forget);
    }
    show();
    window.addEventListener("pageshow", (event) => { if (event.persisted) show(); });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
