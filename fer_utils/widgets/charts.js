// The view of the live charts. charts.py joins it with shared.js, panel.js and figures.js.

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
    <div class="fer-shares"></div>
  </div>
  <div class="fer-controls">
    <button type="button" data-press="reset"
      title="Clear timeline, times, and CSV">Reset</button>
    <button type="button" data-press="save"
      title="Every face of every frame since the start or the last reset">Save CSV</button>
  </div>`;

class Charts extends Panel {
  constructor(view) {
    super(view, { className: "fer-charts", label: "Live charts", page: CHARTS });
  }

  build() {
    this.lanes = new Lanes(this.find(".fer-lanes"), this.named);
    this.shares = new Shares(this.find(".fer-shares"), this.emotions);
  }

  show(shown) {
    this.lanes.show(shown);
    this.shares.show(shown);
    this.allow(this.find("[data-press=save]"), shown.can_save);
  }
}

export default renderer(Charts);
