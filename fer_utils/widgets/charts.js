// What a person sees of the live charts. panel.py joins panel.js and this file.

const CHARTS = `
  <div class="fer-timeline">
    <header>
      <h3>Last 60 seconds</h3>
      <label>Face <select class="fer-face"></select></label>
    </header>
    <div class="fer-lanes" role="img"></div>
    <div class="fer-axis" aria-hidden="true">
      <div><span>60 s</span><span>45</span><span>30</span><span>15</span><span>now</span></div>
    </div>
  </div>
  <div class="fer-times">
    <header>
      <h3>Time of each emotion</h3>
      <span class="fer-muted">all faces, since the start or the last reset</span>
    </header>
    <div class="fer-shares">
      <svg class="fer-ring" viewBox="0 0 120 120" aria-hidden="true"></svg>
      <table>
        <thead><tr><th scope="col">Emotion</th><th></th>
          <th scope="col" class="fer-number">Share</th>
          <th scope="col" class="fer-number">Time</th></tr></thead>
        <tbody></tbody>
      </table>
    </div>
  </div>
  <div class="fer-controls">
    <button type="button" data-press="reset"
      title="Start timeline, times and CSV again">Reset</button>
    <button type="button" data-press="save"
      title="Every face of every frame since the start or the last reset">Save CSV</button>
  </div>`;

const LANE = `
  <span class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></span>
  <svg viewBox="0 0 120 1" preserveAspectRatio="none" aria-hidden="true">
    <path class="fer-grid" d="M30 0V1M60 0V1M90 0V1"></path>
    <path class="fer-area"></path><path class="fer-curve"></path>
  </svg>
  <span class="fer-value"></span>`;

const TIME = `
  <th scope="row" class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></th>
  <td><div class="fer-track"><div class="fer-bar"></div></div></td>
  <td class="fer-number fer-share"></td><td class="fer-number fer-time"></td>`;

let rings = 0; // names in SVG count for the whole page

class Charts extends Panel {
  constructor(view) {
    super(view, { className: "fer-charts", label: "Live charts", page: CHARTS });
  }

  build() {
    const named = this.emotions.filter(({ name }) => name !== "uncertain");
    this.lanes = named.map((emotion) => this.#add(".fer-lanes", "div", LANE, emotion));
    this.times = this.emotions.map((emotion) => this.#add("tbody", "tr", TIME, emotion));
    this.#buildRing();
  }

  show({ timeline, latest, spoken, times, most, can_save }) {
    this.lanes.forEach((lane, index) => {
      const { area, curve } = paths(timeline[index]);
      lane.querySelector(".fer-area").setAttribute("d", area);
      lane.querySelector(".fer-curve").setAttribute("d", curve);
      fill(lane.querySelector(".fer-value"), latest ? percent(latest[index]) : "–");
    });
    this.find(".fer-lanes").setAttribute("aria-label", spoken);
    this.times.forEach((row, index) => {
      const { share, time } = times[index];
      row.querySelector(".fer-bar").style.setProperty("--share", share);
      fill(row.querySelector(".fer-share"), percent(share));
      fill(row.querySelector(".fer-time"), time);
    });
    this.#showRing(times, most);
    this.allow(this.find("[data-press=save]"), can_save);
  }

  #add(parent, tag, html, { name, emoji, color }) {
    const element = Object.assign(document.createElement(tag), { innerHTML: html });
    element.classList.add(`fer-${name}`);
    element.style.setProperty("--color", color);
    element.querySelector(".fer-emoji").textContent = emoji;
    element.querySelector(".fer-name").append(name);
    this.find(parent).append(element);
    return element;
  }

  #buildRing() {
    const stripes = `fer-stripes-${++rings}`;
    const parts = this.emotions.map(({ name, color }) => {
      const stroke = name === "uncertain" ? `url(#${stripes})` : color;
      return `<circle cx="60" cy="60" r="46" pathLength="100" stroke="${stroke}"></circle>`;
    });
    const { color } = this.emotions.at(-1);
    this.find(".fer-ring").innerHTML = `
      <pattern id="${stripes}" width="5" height="5" patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)">
        <rect width="5" height="5" fill="${color}"></rect>
        <rect class="fer-stripe" width="2" height="5"></rect>
      </pattern>
      <circle class="fer-hole" cx="60" cy="60" r="46"></circle>${parts.join("")}
      <text class="fer-emoji" x="60" y="54"></text><text class="fer-most" x="60" y="80"></text>`;
    this.parts = this.root.querySelectorAll(".fer-ring [pathLength]");
  }

  #showRing(times, most) {
    let start = 0;
    times.forEach(({ share }, index) => {
      const length = 100 * share;
      // A little less than its share, so that neighbours stay apart.
      const drawn = share < 1 ? Math.max(0, length - 0.6) : 100;
      this.parts[index].setAttribute("stroke-dasharray", `${drawn} ${100 - drawn}`);
      this.parts[index].setAttribute("stroke-dashoffset", -start);
      this.parts[index].style.display = drawn ? "" : "none";
      start += length;
    });
    const index = this.emotions.findIndex(({ name }) => name === most);
    fill(this.find(".fer-ring .fer-emoji"), index < 0 ? "" : this.emotions[index].emoji);
    fill(this.find(".fer-most"), index < 0 ? "no data" : percent(times[index].share));
    this.find(".fer-most").setAttribute("y", index < 0 ? 60 : 80);
  }
}

// A curve through the middles of the steps, broken where the face was not seen.
function paths(values) {
  const curves = [];
  const areas = [];
  let points = [];
  const finish = (end) => {
    if (!points.length) return;
    const [, last] = points.at(-1);
    const line = [[points[0][0] - 0.5, points[0][1]], ...points, [end, last]].join("L");
    curves.push(`M${line}`);
    areas.push(`M${points[0][0] - 0.5},1L${line}L${end},1Z`);
    points = [];
  };
  values.forEach((value, index) => {
    if (value === null) finish(index);
    else points.push([index + 0.5, 1 - value]);
  });
  finish(values.length);
  return { curve: curves.join(""), area: areas.join("") };
}

export default renderer(Charts);
