// The view of acting practice. practice.py joins it with shared.js and panel.js.

const PRACTICE = `
  <header>
    <h3>Acting practice</h3>
    <ol class="fer-rounds" aria-label="Rounds"></ol>
  </header>
  <div class="fer-stage">
    <div class="fer-hold" aria-hidden="true"><span class="fer-emoji"></span></div>
    <div class="fer-task">
      <div role="status"><strong class="fer-title"></strong><p class="fer-text"></p></div>
      <div class="fer-meter" role="meter" aria-label="Probability of the target emotion"
        aria-valuemin="0" aria-valuemax="100">
        <div class="fer-track"><div class="fer-bar"></div></div>
        <div class="fer-threshold"></div>
        <span class="fer-value"></span>
      </div>
      <p class="fer-muted fer-clock"><span class="fer-note" role="status"></span>
        <span class="fer-remaining"></span></p>
    </div>
  </div>
  <div class="fer-controls">
    <button type="button" class="fer-go" data-press="start"></button>
    <button type="button" data-press="skip">Skip</button>
    <label>Face <select class="fer-face"></select></label>
    <label>Threshold
      <input type="range" class="fer-limit" min="0.1" max="0.95" step="0.05">
      <output></output>
    </label>
  </div>
  <div class="fer-summary">
    <table>
      <caption>Your game</caption>
      <thead><tr><th scope="col">Emotion</th><th scope="col">Reaction time</th><th scope="col">Peak</th></tr></thead>
      <tbody></tbody>
    </table>
  </div>
  <div class="fer-controls">
    <button type="button" data-press="save" title="All rounds of this game">Save CSV</button>
  </div>`;

const ROUND = `
  <th scope="row" class="fer-name"><span class="fer-emoji" aria-hidden="true"></span></th>
  <td class="fer-reaction"><div class="fer-scored">
    <div class="fer-track"><div class="fer-bar"></div></div><span></span></div></td>
  <td class="fer-peak"><div class="fer-scored">
    <div class="fer-track"><div class="fer-bar"></div><div class="fer-threshold"></div></div>
    <span></span></div></td>`;

const MARKS = { held: "✓", missed: "✗", skipped: "–" };

class Acting extends Panel {
  constructor(view) {
    super(view, { className: "fer-practice", label: "Acting practice", page: PRACTICE });
  }

  build() {
    const slider = this.find(".fer-limit");
    this.on(slider, "input", () => this.keep("threshold", Number(slider.value)));
    this.find(".fer-rounds").append(...this.named.map(() => document.createElement("li")));
  }

  show(shown) {
    const acting = shown.phase === "acting";
    const threshold = this.model.get("threshold");
    this.root.dataset.phase = shown.phase;
    fill(this.find(".fer-title"), shown.title);
    fill(this.find(".fer-text"), shown.text);
    fill(this.find(".fer-emoji"), shown.emoji);
    fill(this.find(".fer-note"), shown.note);
    fill(this.find("[data-press=start]"), shown.start);
    fill(this.find("output"), percent(threshold));
    fill(this.find(".fer-remaining"), acting ? `${shown.remaining} s left` : "");
    this.find(".fer-limit").value = threshold;
    this.find(".fer-hold").style.setProperty("--held", shown.held);
    this.find(".fer-stage").style.setProperty("--threshold", threshold);
    this.find(".fer-stage").style.setProperty("--color", this.emotions[shown.target]?.color);
    this.#showMeter(acting, shown.probability);
    this.allow(this.find("[data-press=skip]"), acting);
    this.allow(this.find("[data-press=save]"), shown.rounds.length > 0);
    const played = JSON.stringify(shown.rounds) + shown.phase;
    if (played === this.played) return;
    this.played = played;
    this.#showRounds(shown);
    this.#showSummary(shown);
  }

  #showMeter(acting, probability) {
    const meter = this.find(".fer-meter");
    meter.setAttribute("aria-valuenow", Math.round(100 * probability));
    meter.querySelector(".fer-bar").style.setProperty("--share", probability);
    fill(meter.querySelector(".fer-value"), acting ? percent(probability) : "");
  }

  #showRounds({ rounds, phase }) {
    [...this.find(".fer-rounds").children].forEach((place, index) => {
      const round = rounds[index];
      const now = index === rounds.length && (phase === "acting" || phase === "break");
      place.className = round ? `fer-${round.outcome}` : now ? "fer-now" : "";
      place.textContent = round ? MARKS[round.outcome] : index + 1;
      const state = round ? round.description : now ? "now" : "to come";
      place.setAttribute("aria-label", `Round ${index + 1}: ${state}`);
      place.title = round ? round.description : "";
    });
  }

  #showSummary({ rounds, phase }) {
    this.find(".fer-summary").hidden = phase !== "done";
    this.find("tbody").replaceChildren(...rounds.map((round) => this.#row(round)));
  }

  #row({ emotion, outcome, seconds, share, peak, threshold }) {
    const row = emotionElement("tr", ROUND, this.emotions[emotion]);
    row.style.setProperty("--threshold", threshold);
    row.querySelector(".fer-reaction .fer-bar").style.setProperty("--share", share);
    row.querySelector(".fer-peak .fer-bar").style.setProperty("--share", peak);
    row.querySelector(".fer-reaction span").textContent =
      seconds === null ? outcome : `${seconds.toFixed(1)} s`;
    row.querySelector(".fer-peak span").textContent = percent(peak);
    return row;
  }
}

export default renderer(Acting);
