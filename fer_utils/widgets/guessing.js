// The view of the guessing game. guessing.py joins it with shared.js and panel.js.

const GUESSING = `
  <header>
    <h3>You against the network</h3>
    <div class="fer-track" aria-hidden="true"><div class="fer-bar"></div></div>
  </header>
  <div class="fer-stage">
    <img class="fer-picture-to-name" alt="">
    <div class="fer-task">
      <div role="status"><strong class="fer-title"></strong><p class="fer-text"></p></div>
      <div class="fer-answers"></div>
      <p class="fer-muted fer-note"></p>
    </div>
  </div>
  <table class="fer-scores">
    <thead><tr><th scope="col">Who</th><th scope="col" class="fer-number">Right</th><th></th>
      <th scope="col" class="fer-number">95% interval</th></tr></thead>
    <tbody></tbody>
  </table>
  <div class="fer-controls">
    <button type="button" data-press="start"></button>
    <button type="button" data-press="back" title="Name the previous face again (Backspace)">Back</button>
    <button type="button" data-press="save" title="All faces of this game, with all answers">Save CSV</button>
  </div>
  <div class="fer-groups"></div>`;

const NAME = `<span class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></span>`;

const ANSWER = `<kbd aria-hidden="true"></kbd>${NAME}`;

const SCORE = `
  <th scope="row" class="fer-name"></th><td class="fer-number fer-right"></td>
  <td><div class="fer-track"><div class="fer-interval"></div><div class="fer-point"></div></div></td>
  <td class="fer-number fer-range"></td>`;

const CARD = `
  <img alt="">
  <dl></dl>
  <div class="fer-votes">
    <span class="fer-muted">Votes</span>
    <div class="fer-bars" aria-hidden="true"></div>
    <span class="fer-muted fer-counts"></span>
  </div>`;

const NAMED = `
  ${NAME}<span class="fer-more"></span><span class="fer-mark" role="img"></span>`;

class Guesses extends Panel {
  constructor(view) {
    super(view, { className: "fer-guessing", label: "You against the network", page: GUESSING });
  }

  build() {
    this.root.tabIndex = -1; // takes the focus, so that keys work wherever a click was
    this.find(".fer-answers").append(...this.named.map((_, index) => this.#button(index)));
    this.on(this.root, "keydown", (event) => this.#key(event));
  }

  show(shown) {
    const { phase, title, text, note, start } = shown;
    const hadFocus = this.root.contains(document.activeElement);
    const moved = this.root.dataset.phase !== phase;
    const playing = phase === "playing";
    this.shown = shown;
    this.root.dataset.phase = phase;
    // JupyterLab's own keys, such as B for a new cell, rest while a game is played.
    this.root.toggleAttribute("data-lm-suppress-shortcuts", playing);
    fill(this.find(".fer-title"), title);
    fill(this.find(".fer-text"), text);
    fill(this.find(".fer-note"), note);
    fill(this.find("[data-press=start]"), start);
    this.find("[data-press=start]").classList.toggle("fer-go", !playing);
    this.find("header .fer-bar").style.setProperty("--share", shown.progress ?? 0);
    this.#showPicture(playing ? shown.picture : "", title);
    this.find(".fer-answers").hidden = !playing;
    this.find(".fer-scores").hidden = phase !== "done";
    this.find("header .fer-track").hidden = !playing;
    this.allow(this.find("[data-press=back]"), playing && shown.face > 0);
    this.allow(this.find("[data-press=save]"), phase === "done");
    this.find("tbody").replaceChildren(...(shown.scores ?? []).map((score) => this.#score(score)));
    this.find(".fer-groups").replaceChildren(
      ...(shown.groups ?? []).map((group) => this.#group(group)),
    );
    if (hadFocus && moved) this.root.focus({ preventScroll: true });
  }

  #showPicture(picture, title) {
    const image = this.find(".fer-picture-to-name");
    image.hidden = !picture;
    if (picture) Object.assign(image, { src: picture, alt: title });
  }

  #button(index) {
    const button = emotionElement("button", ANSWER, this.named[index]);
    button.type = "button";
    button.querySelector("kbd").textContent = index + 1;
    button.setAttribute("aria-keyshortcuts", index + 1);
    this.on(button, "click", () => this.#answer(index));
    return button;
  }

  #key(event) {
    const { key, repeat, altKey, ctrlKey, metaKey } = event;
    if (this.shown.phase !== "playing" || altKey || ctrlKey || metaKey) return;
    const index = Number(key) - 1;
    if (index in this.named) {
      if (!repeat) this.#answer(index);
    } else if (key === "Backspace") {
      if (!repeat) this.find("[data-press=back]").click();
    } else return;
    event.preventDefault();
  }

  // The kernel ignores an answer to a face that is already named.
  #answer(emotion) {
    fill(this.error, "");
    this.model.send({ kind: "answer", face: this.shown.face, emotion });
  }

  #score({ who, value, low, high, interval }) {
    const row = Object.assign(document.createElement("tr"), { innerHTML: SCORE });
    row.querySelector(".fer-name").textContent = who;
    row.querySelector(".fer-right").textContent = percent(value);
    row.querySelector(".fer-range").textContent = interval;
    row.style.setProperty("--value", value);
    row.style.setProperty("--low", low);
    row.style.setProperty("--high", high);
    return row;
  }

  #group({ title, cards }) {
    const group = document.createElement("section");
    group.append(Object.assign(document.createElement("h3"), { textContent: title }));
    const list = Object.assign(document.createElement("div"), { className: "fer-cards" });
    list.append(...cards.map((card) => this.#card(card)));
    group.append(list);
    return group;
  }

  #card({ picture, named, votes }) {
    const card = Object.assign(document.createElement("article"), { innerHTML: CARD });
    card.querySelector("img").src = picture;
    for (const answer of named) card.querySelector("dl").append(...this.#named(answer));
    card.querySelector(".fer-votes").hidden = !votes.length;
    card.querySelector(".fer-bars").append(
      ...votes.map(({ emotion, count }) => {
        const bar = Object.assign(document.createElement("div"), { className: "fer-bar" });
        bar.style.setProperty("--color", this.emotions[emotion]?.color ?? "var(--fer-track)");
        bar.style.flexGrow = count;
        return bar;
      }),
    );
    card.querySelector(".fer-counts").textContent = votes.map(({ text }) => text).join(" · ");
    return card;
  }

  #named({ who, emotion, more, right }) {
    const term = Object.assign(document.createElement("dt"), { textContent: who });
    const answer = emotionElement("dd", NAMED, this.emotions[emotion]);
    answer.querySelector(".fer-more").textContent = more;
    answer.querySelector(".fer-mark").textContent = right ? "✓" : "✗";
    answer.querySelector(".fer-mark").setAttribute("aria-label", right ? "right" : "wrong");
    return [term, answer];
  }
}

export default renderer(Guesses);
