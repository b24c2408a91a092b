// The view of the tab Video. videos.py joins it with shared.js, panel.js, figures.js and
// file_panel.js.

const VIDEOS = `
  <div class="fer-drop">
    <div class="fer-controls">
      <label class="fer-choose fer-go">Choose a video
        <input type="file" accept="video/*"></label>
      <span class="fer-or">or drop one here</span>
    </div>
    <p class="fer-muted fer-hint"></p>
  </div>
  <p class="fer-problem fer-note" role="alert"></p>
  <div class="fer-bar-of-results">
    <p class="fer-status" role="status"></p>
    <div class="fer-controls">
      <button type="button" data-press="stop" title="Stop now and keep the results so far">Stop</button>
      <button type="button" data-press="clear" title="Delete the results">Clear</button>
    </div>
  </div>
  <div class="fer-progress">
    <progress aria-label="Progress" max="1"></progress>
    <span class="fer-muted fer-left"></span>
  </div>
  <div class="fer-results">
    <div>
      <video controls playsinline aria-label="The video with its faces marked"></video>
      <div class="fer-controls">
        <button type="button" class="fer-keep-video">Save video</button>
        <button type="button" class="fer-keep-table"
          title="Every face of every frame">Save CSV</button>
      </div>
    </div>
    <div>
      <div class="fer-timeline">
        <header>
          <h3>Probabilities over time</h3>
          <label>Face <select class="fer-face"></select></label>
        </header>
        <div class="fer-lanes" role="img"></div>
        <div class="fer-axis" aria-hidden="true"><div></div></div>
      </div>
      <div class="fer-times">
        <header>
          <h3>Time of each emotion</h3>
          <span class="fer-muted">all faces</span>
        </header>
        <div class="fer-shares"></div>
      </div>
    </div>
  </div>`;

class Videos extends FilesPanel {
  constructor(view) {
    super(view, { className: "fer-files fer-video", label: "Videos", page: VIDEOS });
  }

  build() {
    super.build();
    this.video = this.find("video");
    this.lanes = new Lanes(this.find(".fer-lanes"), this.named);
    this.shares = new Shares(this.find(".fer-shares"), this.emotions);
    this.find(".fer-axis div").append(
      ...Array.from({ length: 5 }, () => document.createElement("span")),
    );
    this.on(this.video, "timeupdate", () => this.#follow());
    this.on(this.find(".fer-lanes"), "click", (event) => this.#seek(event));
    this.on(this.find(".fer-keep-video"), "click", () =>
      this.#keep(this.results.annotated, "video/mp4", "mp4"),
    );
    this.on(this.find(".fer-keep-table"), "click", () =>
      this.#keep(this.results.table, "text/csv", "csv"),
    );
  }

  show({ hint, phase, status, note, share, left, can_stop, can_clear, results }) {
    this.root.dataset.phase = phase;
    fill(this.find(".fer-hint"), hint);
    fill(this.find(".fer-status"), status);
    fill(this.find(".fer-note"), note);
    this.find(".fer-bar-of-results").hidden = phase === "ready";
    this.allow(this.find("[data-press=stop]"), can_stop);
    this.allow(this.find("[data-press=clear]"), can_clear);
    this.find(".fer-progress").hidden = phase === "ready" || phase === "done";
    const bar = this.find("progress");
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    fill(this.find(".fer-left"), [share === null ? "" : percent(share), left].filter(Boolean).join(", "));
    this.results = results;
    this.find(".fer-results").hidden = !results;
    if (results) this.#showResults(results);
    else this.#forget();
  }

  #showResults(results) {
    this.shares.show(results);
    [...this.find(".fer-axis div").children].forEach((mark, index) =>
      fill(mark, results.marks[index]),
    );
    this.#follow();
    this.showFile(this.video, results.annotated, "video/mp4");
    this.keepUrls([results.annotated]);
  }

  #forget() {
    if (!this.video.dataset.file) return;
    delete this.video.dataset.file;
    this.video.removeAttribute("src");
    this.video.load();
    this.keepUrls([]);
  }

  // Show the position in the video, and the probabilities there.
  #follow() {
    const { results } = this;
    if (!results) return;
    const steps = results.timeline[0].length;
    const share = results.length ? Math.min(1, this.video.currentTime / results.length) : 0;
    const step = Math.min(steps - 1, Math.floor(share * steps));
    const values = results.timeline.map((lane) => lane[step]);
    this.lanes.show({ ...results, latest: values[0] === null ? null : values });
    this.find(".fer-lanes").style.setProperty("--at", share);
  }

  #seek({ clientX, target }) {
    const lane = target.closest("svg");
    if (!lane || !this.results) return;
    const { left, width } = lane.getBoundingClientRect();
    this.video.currentTime = ((clientX - left) / width) * this.results.length;
  }

  async #keep(file, type, suffix) {
    const name = `${this.results.save_as}.${suffix}`;
    const blob = await this.load(file, type);
    if (blob) save(name, blob);
  }
}

export default renderer(Videos);
