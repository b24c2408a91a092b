// The view of the tab Picture. pictures.py joins it with shared.js, panel.js, figures.js and
// file_panel.js.

const PICTURES = `
  <div class="fer-drop">
    <div class="fer-controls">
      <label class="fer-choose fer-go">Choose pictures
        <input type="file" multiple accept="image/jpeg,image/png,image/webp"></label>
      <span class="fer-or">or drop them here</span>
    </div>
    <form class="fer-controls">
      <label class="fer-wide">Address
        <input type="url" required placeholder="https://example.org/portrait.jpg"
          autocomplete="off" spellcheck="false"></label>
      <button type="submit">Fetch</button>
    </form>
    <p class="fer-muted fer-hint"></p>
  </div>
  <div class="fer-bar-of-results">
    <p class="fer-status" role="status"></p>
    <div class="fer-controls">
      <button type="button" data-press="save"
        title="Every face of every picture">Save CSV</button>
      <button type="button" data-press="clear" title="Remove all pictures">Clear</button>
    </div>
  </div>
  <div class="fer-pictures"></div>`;

const PICTURE = `
  <header>
    <h3></h3>
    <span class="fer-muted fer-text"></span>
    <button type="button" class="fer-keep">Save picture</button>
  </header>
  <p class="fer-problem"></p>
  <div class="fer-found">
    <img decoding="async">
    <div class="fer-faces">
      <table>
        <thead><tr><th scope="col">Face</th><th scope="col">Emotion</th>
          <th scope="col" class="fer-number">Probability</th>
          <th scope="col" class="fer-number" title="Left, top · width x height in pixels">Box</th>
        </tr></thead>
        <tbody></tbody>
      </table>
      <div class="fer-cards"></div>
    </div>
  </div>`;

const FOUND = `
  <th scope="row"></th>
  <td><span class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></span></td>
  <td class="fer-number fer-percent"></td><td class="fer-number fer-box"></td>`;

const BAR = `
  <span class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></span>
  <div class="fer-track"><div class="fer-bar"></div></div>
  <span class="fer-value"></span>`;

class Pictures extends FilesPanel {
  #drawn = new Map(); // by number

  constructor(view) {
    super(view, { className: "fer-files fer-picture", label: "Pictures", page: PICTURES });
  }

  build() {
    super.build();
    const address = this.find("[type=url]");
    this.on(this.find("form"), "submit", (event) => {
      event.preventDefault();
      fill(this.error, "");
      this.ask({ kind: "url", url: address.value });
      address.value = "";
    });
  }

  show({ hint, can_fetch, status, pictures, can_clear, can_save }) {
    this.heard();
    this.find("form").hidden = !can_fetch;
    fill(this.find(".fer-hint"), hint);
    fill(this.find(".fer-status"), status);
    this.allow(this.find("[data-press=save]"), can_save);
    this.allow(this.find("[data-press=clear]"), can_clear);
    this.find(".fer-bar-of-results").hidden = !pictures.length;
    const numbers = new Set(pictures.map(({ number }) => number));
    for (const [number, element] of this.#drawn) {
      if (numbers.has(number)) continue;
      element.remove();
      this.#drawn.delete(number);
    }
    // Newest first; pictures never change their order.
    for (const picture of [...pictures].reverse()) this.#show(picture);
    this.keepUrls(pictures.map(({ preview }) => preview));
  }

  #show(picture) {
    const { number, name, text, error } = picture;
    if (!this.#drawn.has(number)) {
      const made = Object.assign(document.createElement("article"), { innerHTML: PICTURE });
      made.querySelector("h3").textContent = name;
      made.setAttribute("aria-label", name);
      this.find(".fer-pictures").prepend(made);
      this.#drawn.set(number, made);
    }
    const element = this.#drawn.get(number);
    fill(element.querySelector(".fer-text"), text);
    fill(element.querySelector(".fer-problem"), error);
    element.querySelector(".fer-found").hidden = !picture.preview;
    element.querySelector(".fer-keep").hidden = !picture.preview;
    if (picture.preview && !element.dataset.found) this.#fill(element, picture);
  }

  #fill(element, picture) {
    element.dataset.found = "true";
    const image = element.querySelector("img");
    Object.assign(image, { alt: picture.described, width: picture.width, height: picture.height });
    this.showFile(image, picture.preview, "image/jpeg");
    const keep = element.querySelector(".fer-keep");
    keep.setAttribute("aria-label", `Save picture ${picture.name}`);
    this.on(keep, "click", async () => {
      const blob = await this.load(picture.annotated, "image/jpeg");
      if (blob) save(picture.save_as, blob);
    });
    element.querySelector(".fer-faces").hidden = !picture.faces.length;
    element.querySelector("tbody").append(...picture.faces.map((face) => this.#row(face)));
    element.querySelector(".fer-cards").append(...picture.faces.map((face) => this.#card(face)));
  }

  #row({ number, emotion, probability, box }) {
    const row = emotionElement("tr", FOUND, this.emotions[emotion]);
    row.querySelector("th").textContent = number;
    row.querySelector(".fer-percent").textContent = percent(probability);
    row.querySelector(".fer-box").textContent = box;
    return row;
  }

  #card({ number, probabilities }) {
    const card = Object.assign(document.createElement("figure"), { className: "fer-card" });
    card.append(Object.assign(document.createElement("figcaption"), { textContent: `Face ${number}` }));
    probabilities.forEach((probability, index) => {
      const bar = emotionElement("div", BAR, this.emotions[index]);
      bar.querySelector(".fer-bar").style.setProperty("--share", probability);
      bar.querySelector(".fer-value").textContent = percent(probability);
      card.append(bar);
    });
    return card;
  }
}

export default renderer(Pictures);
