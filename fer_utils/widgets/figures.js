// Draw emotions over time. The panels that show them join this file with their own.

const LANE = `
  <span class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></span>
  <svg preserveAspectRatio="none" aria-hidden="true">
    <path class="fer-grid"></path><path class="fer-area"></path><path class="fer-curve"></path>
  </svg>
  <span class="fer-value"></span>`;

const SHARES = `
  <svg class="fer-ring" viewBox="0 0 120 120" aria-hidden="true"></svg>
  <table>
    <thead><tr><th scope="col">Emotion</th><th></th>
      <th scope="col" class="fer-number">Share</th>
      <th scope="col" class="fer-number">Time</th></tr></thead>
    <tbody></tbody>
  </table>`;

const SHARE = `
  <th scope="row" class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></th>
  <td><div class="fer-track"><div class="fer-bar"></div></div></td>
  <td class="fer-number fer-share"></td><td class="fer-number fer-time"></td>`;

let rings = 0; // ids in SVG must be unique on the whole page

// The seven probabilities of a face over time, one lane each.
class Lanes {
  constructor(place, emotions) {
    this.place = place;
    this.lanes = emotions.map((emotion) => emotionElement("div", LANE, emotion));
    place.append(...this.lanes);
  }

  show({ timeline, latest, spoken }) {
    const steps = timeline[0].length;
    const quarters = [1, 2, 3].map((part) => `M${(part * steps) / 4} 0V1`).join("");
    this.lanes.forEach((lane, index) => {
      const { area, curve } = paths(timeline[index]);
      lane.querySelector("svg").setAttribute("viewBox", `0 0 ${steps} 1`);
      lane.querySelector(".fer-grid").setAttribute("d", quarters);
      lane.querySelector(".fer-area").setAttribute("d", area);
      lane.querySelector(".fer-curve").setAttribute("d", curve);
      fill(lane.querySelector(".fer-value"), latest ? percent(latest[index]) : "–");
    });
    this.place.setAttribute("aria-label", spoken);
  }
}

// The time of each emotion, as bars and as a ring.
class Shares {
  constructor(place, emotions) {
    place.innerHTML = SHARES;
    this.emotions = emotions;
    this.rows = emotions.map((emotion) => emotionElement("tr", SHARE, emotion));
    place.querySelector("tbody").append(...this.rows);
    this.ring = place.querySelector(".fer-ring");
    this.#build();
  }

  show({ times, most }) {
    this.rows.forEach((row, index) => {
      const { share, time } = times[index];
      row.querySelector(".fer-bar").style.setProperty("--share", share);
      fill(row.querySelector(".fer-share"), percent(share));
      fill(row.querySelector(".fer-time"), time);
    });
    this.#showRing(times, most);
  }

  #build() {
    const stripes = `fer-stripes-${++rings}`;
    const parts = this.emotions.map(({ name, color }) => {
      const stroke = name === "uncertain" ? `url(#${stripes})` : color;
      return `<circle cx="60" cy="60" r="46" pathLength="100" stroke="${stroke}"></circle>`;
    });
    const { color } = this.emotions.at(-1);
    this.ring.innerHTML = `
      <pattern id="${stripes}" width="5" height="5" patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)">
        <rect width="5" height="5" fill="${color}"></rect>
        <rect class="fer-stripe" width="2" height="5"></rect>
      </pattern>
      <circle class="fer-hole" cx="60" cy="60" r="46"></circle>${parts.join("")}
      <text class="fer-emoji" x="60" y="54"></text><text class="fer-most" x="60" y="80"></text>`;
    this.parts = this.ring.querySelectorAll("[pathLength]");
  }

  #showRing(times, most) {
    let start = 0;
    times.forEach(({ share }, index) => {
      const length = 100 * share;
      // Slightly less than its share, so that there are gaps between neighbors.
      const drawn = share < 1 ? Math.max(0, length - 0.6) : 100;
      this.parts[index].setAttribute("stroke-dasharray", `${drawn} ${100 - drawn}`);
      this.parts[index].setAttribute("stroke-dashoffset", -start);
      this.parts[index].style.display = drawn ? "" : "none";
      start += length;
    });
    const index = this.emotions.findIndex(({ name }) => name === most);
    const words = this.ring.querySelector(".fer-most");
    fill(this.ring.querySelector(".fer-emoji"), index < 0 ? "" : this.emotions[index].emoji);
    fill(words, index < 0 ? "no data" : percent(times[index].share));
    words.setAttribute("y", index < 0 ? 60 : 80);
  }
}

// A curve through the centers of the steps, with gaps where the face was not in the picture.
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
