// The view of a panel. Panels join this file with their own.

const percent = (share) => `${Math.round(100 * share)}%`;

// Create an element with an emotion's emoji, name and color.
function emotionElement(tag, html, { name, emoji, color }) {
  const element = Object.assign(document.createElement(tag), { innerHTML: html });
  element.classList.add(`fer-${name}`);
  element.style.setProperty("--color", color);
  element.querySelector(".fer-emoji").textContent = emoji;
  element.querySelector(".fer-name").append(name);
  return element;
}

// A subclass adds its elements in `build` and draws the state that the kernel sends in `show`.
class Panel {
  name = `view ${Math.random()}`;
  #listening = new AbortController();

  constructor({ model, el }, { className, label, page }) {
    this.model = model;
    this.emotions = model.get("_emotions");
    this.named = this.emotions.filter(({ name }) => name !== "uncertain");
    this.root = Object.assign(document.createElement("section"), {
      className: `fer-panel ${className}`,
      innerHTML: page,
    });
    this.root.setAttribute("aria-label", label);
    el.append(this.root);
    this.error = this.root.appendChild(
      Object.assign(document.createElement("p"), { className: "fer-error", role: "alert" }),
    );
  }

  begin() {
    this.build();
    this.on(this.root, "click", ({ target }) => {
      const button = target.closest("[data-press]");
      if (button) this.#press(button);
    });
    this.faces = this.find(".fer-face");
    if (this.faces) {
      this.on(this.faces, "change", () => this.keep("face", Number(this.faces.value)));
    }
    this.#follow("change:_shown change:face change:threshold", () => this.refresh());
    this.#follow("msg:custom", (content, buffers) => this.receive(content, buffers));
    this.refresh();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  on(target, event, act) {
    target.addEventListener(event, act, { signal: this.#listening.signal });
  }

  keep(trait, value) {
    this.model.set(trait, value);
    this.model.save_changes();
  }

  // A disabled button would lose the keyboard focus; this one is only announced as disabled.
  allow(button, allowed) {
    button.setAttribute("aria-disabled", String(!allowed));
  }

  refresh() {
    const shown = this.model.get("_shown");
    if (this.faces) this.#showFaces(shown.faces);
    this.show(shown);
  }

  remove() {
    this.#listening.abort();
    this.root.remove();
  }

  #follow(events, act) {
    this.model.on(events, act);
    this.#listening.signal.addEventListener("abort", () => this.model.off(events, act));
  }

  #press(button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    fill(this.error, "");
    this.model.send({ press: button.dataset.press, view: this.name });
  }

  #showFaces(seen) {
    const chosen = this.model.get("face");
    const numbers = [0, ...new Set([...seen, chosen])].filter((number, at) => number || !at);
    const wanted = numbers.join();
    if (this.faces.dataset.numbers !== wanted) {
      this.faces.dataset.numbers = wanted;
      const name = (number) => (number ? `Face ${number}` : "Largest");
      this.faces.replaceChildren(...numbers.map((number) => new Option(name(number), number)));
    }
    this.faces.value = chosen;
  }

  receive(content, buffers) {
    if (content.kind === "error") fill(this.error, content.detail);
    if (content.kind === "csv" && content.view === this.name) {
      save(`${content.stem}_${timestamp()}.csv`, new Blob(buffers, { type: "text/csv" }));
    }
  }
}

function renderer(View) {
  return {
    render(context) {
      const view = new View(context);
      view.begin();
      return () => view.remove();
    },
  };
}
