/* The book in JupyterLab and Notebook 7: links in the prose move live figures, what the page folds is folded, and
   citations and references to other chapters have words. A federated extension is an object with init and get
   under its own name; this one is small enough to be written by hand. What it needs of JupyterLab comes from the
   shared scope; what it needs of the book, from the server. */
(() => {
  "use strict";
  let scope;

  async function shared(name) {
    const [module] = Object.values(scope[name]);
    return (await module.get())();
  }

  const CHAPTERS = "@jupyterlab-sidepanel/jupyterbook-toc"; // the panel of jupyterlab-jupyterbook-navigation

  const behavior = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

  /* ---- links into figures ---- */

  const STATE = /^#([\w-]+)\?(.*)$/;

  /* Ask the kernel to move a figure; return what hinders it, the empty text if nothing does. */
  function move(panel, figure, state) {
    const kernel = panel.sessionContext.session?.kernel;
    if (!kernel) return "no kernel is running; run the notebook";
    return new Promise((resolve) => {
      let tries = 0;
      const done = (problem) => { clearInterval(waiting); resolve(problem); };
      const send = () => {
        if (++tries > 5) return done("the kernel does not answer");
        const comm = kernel.createComm("livenotes.live");
        comm.onMsg = (message) => done(message.content.data.problem);
        comm.onClose = () => done(`the figure '${figure}' is not shown yet; run its cell`);
        comm.open({ figure, state });
      };
      /* What is sent while the connection to a new kernel settles is lost; a busy kernel answers later. */
      const waiting = setInterval(() => kernel.status === "idle" && send(), 2000);
      send();
    });
  }

  /* A figure may be away from the document while it is scrolled out of view: its cell is not. */
  async function show(notebook, figure) {
    for (const cell of notebook.widgets) {
      const place = cell.node.querySelector(`.live-figure-${CSS.escape(figure)}`);
      if (!place) continue;
      if (!place.isConnected) await notebook.scrollToCell(cell);
      place.scrollIntoView({ behavior: behavior(), block: "center" });
      place.querySelector(".noUi-handle, select")?.focus({ preventScroll: true });
      return;
    }
  }

  /* ---- words for what the renderer of the prose does not know ---- */

  const textOf = (element) => [...element.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);

  /* A work is cited by its key: put authors and year there. A group of several has brackets of its own. */
  function nameWork(cite, works) {
    const words = textOf(cite);
    const work = words && works[words.data.trim()];
    if (!work) return;
    const group = cite.closest(".cite-group");
    if (group?.matches(".narrative") && group.children.length === 1) words.data = `${work.who} [${work.year}]`;
    else if (group?.matches(".parenthetical")) words.data = `${work.who}, ${work.year}`;
    else {
      const first = !group || cite === group.firstElementChild;
      const last = !group || cite === group.lastElementChild;
      words.data = `${first ? "[" : ""}${work.who}, ${work.year}${last ? "]" : "; "}`;
    }
    cite.title = work.title;
    cite.className = "livenotes-known";
  }

  /* A label of another chapter: put its heading there, and let a click lead to it. */
  function nameLabel(reference, labels) {
    const words = textOf(reference);
    const label = words?.data.trim();
    if (!labels[label]) return;
    words.data = labels[label].title;
    reference.title = "";
    reference.className = "livenotes-known";
    makeLink(reference, { label });
  }

  /* An address written as a link without words of its own. */
  function nameAddress(link, labels) {
    const words = textOf(link);
    const label = link.getAttribute("href").slice(1);
    if (words?.data === `#${label}` && labels[label]) words.data = labels[label].title;
  }

  function makeLink(span, target) {
    span.classList.add("livenotes-link");
    Object.assign(span.dataset, target);
    span.setAttribute("role", "link");
    span.tabIndex = 0;
  }

  /* The role that names a chapter is the book's own: `name`, or `words <name>`. */
  function nameChapter(span, chapters) {
    const words = span.childNodes.length === 1 && textOf(span);
    const [, own, name] = /^(?:(.*) <)?([a-z-]+?)>?$/.exec(words?.data ?? "") ?? [];
    if (!chapters[name]) return;
    words.data = own ?? chapters[name].title;
    if (!chapters[name].file) {
      words.data += " (planned)";
      return;
    }
    makeLink(span, { file: chapters[name].file });
  }

  function repair(root, book) {
    for (const cite of root.querySelectorAll('[title="Citation Not Found"]')) nameWork(cite, book.works);
    for (const each of root.querySelectorAll('[title="Cross Reference Not Found"]')) nameLabel(each, book.labels);
    for (const link of root.querySelectorAll('.myst a.link[href^="#"]')) nameAddress(link, book.labels);
    for (const span of root.querySelectorAll(".myst :is(p, li, td, h1, h2, h3) > span:not([class], [style], [data-state])")) {
      nameChapter(span, book.chapters);
    }
  }

  function watch(root, update) {
    let waits = false;
    new MutationObserver(() => {
      if (waits) return;
      waits = true;
      requestAnimationFrame(() => {
        waits = false;
        update();
      });
    }).observe(root, { childList: true, subtree: true });
    update();
  }

  /* ---- what the page folds ---- */

  const INPUT = ["hide-input", "remove-input", "hide-cell", "remove-cell"];
  const OUTPUT = ["hide-output", "remove-output", "hide-cell", "remove-cell"];
  const GATE = /^[`:]{3,}\{solution-(start|end)\}/gm;

  /* Fold what the tags say, and the cells between the ends of a solution. The notebook itself stays as it is. */
  function fold(notebook) {
    let solution = false;
    for (const cell of notebook.widgets) {
      if (cell.model.type !== "code") {
        for (const [, end] of cell.model.sharedModel.source.matchAll(GATE)) solution = end === "start";
        continue;
      }
      const tags = cell.model.getMetadata("tags") ?? [];
      const is = (folded) => solution || tags.some((tag) => folded.includes(tag));
      const [input, output] = [is(INPUT), is(OUTPUT)];
      cell.ready.then(() => {
        if (!input && !output) return;
        cell.syncCollapse = false; // or it would be written into the notebook
        cell.inputHidden = input;
        cell.outputHidden = output;
      });
    }
  }

  /* ---- the plugin ---- */

  class Book {
    constructor(app, tracker, notify, book) {
      Object.assign(this, { app, tracker, notify, book });
      app.shell.node.addEventListener("click", (event) => this.click(event), true);
      app.shell.node.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.matches?.(".livenotes-link")) this.click(event);
      }, true);
      watch(app.shell.node, () => repair(app.shell.node, book));
    }

    click(event) {
      const link = event.target.closest?.("a[href], .livenotes-link");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const action = this.actionOf(link);
      if (!action) return;
      event.preventDefault();
      event.stopPropagation(); // or JupyterLab would look for a file or a heading of that name
      action();
    }

    /* What a click on a link does, undefined where JupyterLab knows it. */
    actionOf(link) {
      const { label, file } = link.dataset;
      if (label) return () => this.goTo(link, label);
      if (file) return () => this.open(link, file);
      const state = STATE.exec(link.getAttribute("href"));
      const panel = this.tracker.find((each) => each.node.contains(link));
      if (state) return panel && (() => this.follow(panel, state[1], state[2]));
      const url = new URL(link.href);
      if (url.origin !== location.origin) return undefined;
      const inside = link.getAttribute("href").startsWith("#");
      const target = decodeURIComponent(inside ? url.hash.slice(1) : url.pathname.split("/").pop());
      if (Object.hasOwn(this.book.labels, target)) return () => this.goTo(link, target);
      const chapter = !inside && this.book.chapters[target]?.file;
      return chapter ? () => this.open(link, chapter) : undefined;
    }

    async follow(panel, figure, state) {
      const problem = await move(panel, figure, state);
      if (problem) this.notify(`${problem[0].toUpperCase()}${problem.slice(1)}.`);
      else await show(panel.content, figure);
    }

    /* Open a page that lies beside the one with the link. */
    open(link, file) {
      const here = [...this.app.shell.widgets("main")].find((widget) => widget.node.contains(link));
      const folder = here.context.path.replace(/[^/]*$/, "");
      return this.app.commands.execute("docmanager:open", { path: folder + file });
    }

    /* Go to the place of a label, in this page or in another. */
    async goTo(link, label) {
      const find = (root) => root.querySelector(`[id="${CSS.escape(label)}"], a[aria-label^="Link to"][href="#${CSS.escape(label)}"]`);
      const here = [...this.app.shell.widgets("main")].find((widget) => widget.node.contains(link));
      let root = here.node;
      if (!find(root)) root = (await this.open(link, this.book.labels[label].file)).node;
      for (let patience = 50; patience && !find(root); patience -= 1) await new Promise((done) => setTimeout(done, 100));
      find(root)?.scrollIntoView({ behavior: behavior(), block: "start" });
    }
  }

  async function plugin() {
    const { INotebookTracker } = await shared("@jupyterlab/notebook");
    const { Notification } = await shared("@jupyterlab/apputils");
    const { ServerConnection } = await shared("@jupyterlab/services");

    async function ask() {
      const settings = ServerConnection.makeSettings();
      const nothing = { works: {}, labels: {}, chapters: {} };
      try {
        const answer = await ServerConnection.makeRequest(`${settings.baseUrl}livenotes/book`, {}, settings);
        return answer.ok ? await answer.json() : nothing;
      } catch {
        return nothing; // the package is installed beside the kernel, not beside the server
      }
    }

    return {
      id: "livenotes:book",
      description: "Links into live figures, inputs folded as on the page, words for citations and references.",
      autoStart: true,
      requires: [INotebookTracker],
      activate(app, tracker) {
        tracker.widgetAdded.connect((_, panel) => { panel.context.ready.then(() => fold(panel.content)); });
        const notify = (problem) => Notification.warning(problem, { autoClose: 6000 });
        ask().then(async (book) => {
          new Book(app, tracker, notify, book);
          await app.restored;
          const left = [...app.shell.widgets("left")];
          const isFirst = !left.some((widget) => widget.isVisible) || left.find((widget) => widget.isVisible).id === "filebrowser";
          if (book.here && isFirst && left.some((widget) => widget.id === CHAPTERS)) app.shell.activateById(CHAPTERS);
        });
      },
    };
  }

  /* ---- what JupyterLab loads ---- */

  const STYLE = document.currentScript.src.replace("livenotes.js", "livenotes.css");

  function style() {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = STYLE;
    document.head.append(link);
    return {};
  }

  const modules = {
    "./extension": async () => {
      const book = await plugin();
      return () => ({ __esModule: true, default: book });
    },
    "./style": async () => style,
  };
  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB.livenotes = {
    init(shareScope) { scope = shareScope; },
    get: (name) => modules[name](),
  };
})();
