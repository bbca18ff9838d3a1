/* Live figures without a kernel: every state was drawn when the book was built; this puts a figure into one. */
(() => {
  "use strict";
  const figures = new Map();
  const minus = (text) => text.replaceAll("-", "\u2212");

  /* A slot is [..., axes, values, index]; without index, the values stand in the order of the states. */
  function lookUp(axes, values, index, sizes, state) {
    let flat = 0;
    for (const axis of axes) flat = flat * sizes[axis] + state[axis];
    return values[index ? index[flat] : flat];
  }

  /* How each kind of control is read and moved: its place among its values, and what the reader sees of it.
     A new kind is one more entry, named as data-kind of its element names it. */
  const kinds = {
    range: {
      index: (control) => Number(control.value),
      setIndex: (control, index) => { control.value = index; },
      show(control, text) {
        const shown = minus(text) + control.dataset.unit;
        control.setAttribute("aria-valuetext", shown);
        control.nextElementSibling.textContent = shown;
        return shown;
      },
    },
    select: {
      index: (control) => control.selectedIndex,
      setIndex: (control, index) => { control.selectedIndex = index; },
      show: (control) => control.selectedOptions[0].text,
    },
    ...window.liveNotes?.kinds, // what a page has brought before this script
  };
  const placeOf = (control) => kinds[control.dataset.kind].index(control);

  class LiveFigure {
    constructor(root) {
      this.root = root;
      this.texts = JSON.parse(root.dataset.controls);
      this.controls = [...root.querySelectorAll("[data-name]")];
      this.choices = this.controls.filter((c) => c.closest("[data-plates]"));
      this.sliders = this.controls.filter((c) => !this.choices.includes(c));
      this.picture = root.querySelector(".live-picture");
      this.readouts = root.querySelector(".live-readouts");
      this.plates = new Map();
      for (const script of root.querySelectorAll("script.live-plate")) {
        const number = Number(script.dataset.plate);
        this.plates.set(number, script.dataset.src ? { src: script.dataset.src } : { script });
        if (script.dataset.start) this.shown = number;
      }
      this.mount(this.shown);
      for (const control of this.controls) {
        control.addEventListener("input", () => this.update());
        control.addEventListener("change", () => this.remember());
      }
      this.start = this.controls.map(placeOf);
      root.querySelector(".live-reset").addEventListener("click", () => {
        this.controls.forEach((c, i) => this.move(c, this.start[i]));
        this.update();
        this.remember();
      });
      root.querySelector(".live-share").addEventListener("click", (event) => {
        event.preventDefault();
        this.remember(true);
      });
      for (const part of root.querySelectorAll(".live-controls, .live-actions")) part.hidden = false;
      this.update();
    }

    move(control, place) {
      kinds[control.dataset.kind].setIndex(control, place);
    }

    /* What the address has for the control's value. */
    text(control) {
      return this.texts[control.dataset.name][placeOf(control)];
    }

    /* Take over the plate's picture: its elements in document order, and what they hold now. */
    mount(number) {
      const entry = this.plates.get(number);
      if (entry.script) {
        this.plate = entry.data ??= JSON.parse(entry.script.textContent);
      } else this.plate = entry.data;
      if (number !== this.shown) {
        this.plates.get(this.shown).picture = this.picture.firstChild;
        entry.picture ??= new DOMParser().parseFromString(this.plate.svg, "image/svg+xml").documentElement;
        this.picture.replaceChildren(entry.picture);
        this.shown = number;
      }
      this.elements = this.picture.querySelectorAll("svg *");
      this.now = entry.now ??= new Array(this.plate.slots.length);
      this.mountReadouts();
    }

    mountReadouts() {
      this.readouts.replaceChildren(...this.plate.labels.map((label) => {
        const row = document.createElement("div");
        row.append(document.createElement("dt"), document.createElement("dd"));
        row.firstChild.textContent = label;
        return row;
      }));
      this.numbers = this.readouts.querySelectorAll("dd");
    }

    update() {
      const wanted = this.choices.reduce((k, c) => k * this.texts[c.dataset.name].length + placeOf(c), 0);
      const entry = this.plates.get(wanted);
      this.wanted = wanted;
      if (!entry.script && !entry.data) return this.fetch(entry);
      this.root.removeAttribute("aria-busy");
      this.picture.removeAttribute("data-error");
      if (wanted !== this.shown) this.mount(wanted);
      this.apply(this.sliders.map(placeOf));
      return undefined;
    }

    apply(state) {
      const { sizes, slots, labels, readouts } = this.plate;
      for (let i = 0; i < slots.length; i += 1) {
        const [element, name, axes, values, index] = slots[i];
        const value = lookUp(axes, values, index, sizes, state);
        if (this.now[i] !== value) {
          this.now[i] = value;
          if (name) this.elements[element].setAttribute(name, value);
          else this.elements[element].textContent = value;
        }
      }
      const numbers = readouts.map(([i, axes, values, index]) => {
        const text = lookUp(axes, values, index, sizes, state);
        if (this.numbers[i].textContent !== text) this.numbers[i].textContent = text;
        return `${labels[i]} ${text}`;
      });
      this.describe(numbers.join(", "));
    }

    /* The words of the state: beside each slider, for a screen reader, and in the link to it. */
    describe(numbers) {
      const state = [];
      for (const control of this.controls) {
        const shown = kinds[control.dataset.kind].show(control, this.text(control));
        state.push(`${control.labels[0].textContent} ${shown}`);
      }
      const alternative = `${this.root.dataset.title} With ${state.join(", ")}${numbers ? ": " : "."}${numbers}`;
      this.picture.setAttribute("aria-label", alternative);
      this.share();
    }

    /* The link to the state that the controls are in, even while its plate is still on its way. */
    share() {
      const query = new URLSearchParams();
      for (const control of this.controls) {
        query.set(control.dataset.name, this.text(control));
      }
      const link = this.root.querySelector(".live-share");
      link.href = `?${query}#${this.root.id}`;
      return link;
    }

    /* Put the state into the page's address, so that it can be shared; a page from a file may refuse. */
    remember(copy = false) {
      const link = this.share();
      try {
        history.replaceState(null, "", link.href);
      } catch {
        if (copy) location.assign(link.href);
      }
      if (copy && navigator.clipboard) {
        const said = () => {
          link.textContent = "Copied";
          setTimeout(() => { link.textContent = "Link"; }, 1500);
        };
        navigator.clipboard.writeText(link.href).then(said, () => {});
      }
    }

    /* A choice's states may live in a file of their own: a script, because file:// cannot fetch data. */
    fetch(entry) {
      this.root.setAttribute("aria-busy", "true");
      if (entry.loading) return;
      entry.loading = true;
      const script = document.createElement("script");
      script.src = entry.src;
      script.onerror = () => {
        entry.loading = false;
        if (this.plates.get(this.wanted) !== entry) return;
        this.root.removeAttribute("aria-busy");
        this.picture.setAttribute("data-error", "This choice could not be loaded.");
      };
      document.head.append(script);
    }

    receive(number, data) {
      this.plates.get(number).data = data;
      if (this.wanted === number) this.update();
    }

    /* Go to the state that an address names: ?p=0.9 leaves the other controls at their start. */
    go(search) {
      const query = new URLSearchParams(search);
      this.controls.forEach((control, i) => {
        const wanted = query.get(control.dataset.name);
        const texts = this.texts[control.dataset.name];
        const found = texts.findIndex((t) => t === wanted || (wanted && Number(t) === Number(wanted)));
        this.move(control, found < 0 ? this.start[i] : found);
      });
      this.update();
    }
  }

  /* The figure that an address names, if its part after the # can be read at all. */
  function named(hash) {
    try {
      return figures.get(decodeURIComponent(hash.slice(1)));
    } catch {
      return undefined;
    }
  }

  function start() {
    for (const root of document.querySelectorAll("figure.live")) figures.set(root.id, new LiveFigure(root));
    const addressed = named(location.hash);
    if (addressed && location.search) addressed.go(location.search);
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.live-link");
      const target = link && named(link.hash);
      if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      target.go(link.search);
      target.remember();
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      target.root.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center" });
      target.controls[0].focus({ preventScroll: true });
    });
  }

  window.liveNotes = { plate: (figure, number, data) => figures.get(figure).receive(number, data), figures };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
