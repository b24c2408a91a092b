// The view of the live camera. camera.py joins it with shared.js, the engines, capture.js and
// overlay.js.

// In milliseconds.
const FIGURES_EVERY = 500;
const SHOWN_TRAITS = ["overlay", "distant", "smoothing"];
const SPOKEN_EVERY = 3000; // minimum time between two announcements to screen readers

const PAGE = `
  <div class="fer-stage">
    <canvas role="img" aria-label="Camera picture with its faces marked"></canvas>
    <div class="fer-message">
      <div role="status"><strong></strong><p class="fer-advice"></p></div>
      <p class="fer-detail"></p>
      <button type="button" class="fer-go"></button>
    </div>
    <div class="fer-figures" title="Frames recognized per second; time from capture to answer">
    </div>
  </div>
  <div class="fer-controls">
    <button type="button" class="fer-stop">Stop</button>
    <button type="button" class="fer-snapshot">Snapshot</button>
    <label class="fer-camera-choice">Camera <select></select></label>
    <label>Draw
      <select class="fer-overlay">
        <option value="box">box</option>
        <option value="keypoints">6 keypoints</option>
        <option value="landmarks">468 landmarks</option>
      </select>
    </label>
    <label><input type="checkbox" class="fer-distant"> Distant faces</label>
    <label>Smoothing
      <input type="range" class="fer-smoothing" min="0" max="2" step="0.1">
      <output></output>
    </label>
  </div>
  <p class="fer-privacy"></p>
  <p class="fer-spoken" aria-live="polite"></p>`;

class View {
  #camera;
  #model;
  #requested = false; // whether the next drawing is already requested
  #spokenAt = 0;

  constructor(camera, model, element) {
    this.#camera = camera;
    this.#model = model;
    this.root = Object.assign(document.createElement("section"), {
      className: "fer-live-camera",
      innerHTML: PAGE,
    });
    this.root.setAttribute("aria-label", "Live camera");
    element.append(this.root);
    this.canvas = this.find("canvas");
    this.#listen();
    this.showState();
    this.showDevices();
    this.showTraits();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  #listen() {
    const camera = this.#camera;
    const model = this.#model;
    this.listening = new AbortController();
    const { signal } = this.listening;
    const on = (target, event, act) => target.addEventListener(event, act, { signal });
    on(camera, "state", () => this.showState());
    on(camera, "devices", () => this.showDevices());
    on(camera, "picture", () => this.requestDrawing());
    on(camera, "faces", () => this.showFaces());
    on(this.find(".fer-go"), "click", () => camera.start());
    on(this.find(".fer-stop"), "click", () => camera.stop());
    on(this.find(".fer-snapshot"), "click", () => this.download());
    on(this.find(".fer-camera-choice select"), "change", ({ target }) => camera.start(target.value));
    const keep = (trait, value) => {
      model.set(trait, value);
      model.save_changes();
    };
    on(this.find(".fer-overlay"), "change", ({ target }) => keep("overlay", target.value));
    on(this.find(".fer-distant"), "change", ({ target }) => keep("distant", target.checked));
    on(this.find(".fer-smoothing"), "input", ({ target }) => keep("smoothing", +target.value));
    this.showTraits = this.showTraits.bind(this);
    for (const trait of SHOWN_TRAITS) model.on(`change:${trait}`, this.showTraits);
    this.resizing = new ResizeObserver(() => this.requestDrawing());
    this.resizing.observe(this.canvas);
    this.timer = setInterval(() => this.showFigures(), FIGURES_EVERY);
  }

  remove() {
    this.listening.abort();
    this.resizing.disconnect();
    clearInterval(this.timer);
    for (const trait of SHOWN_TRAITS) this.#model.off(`change:${trait}`, this.showTraits);
    this.root.remove();
  }

  showState() {
    const { state, detail, running } = this.#camera;
    const { title, advice, action, problem } = this.#model.get("_states")[state];
    const status = this.find("[role]:not(canvas)");
    const [go, stop] = [this.find(".fer-go"), this.find(".fer-stop")];
    const focused = document.activeElement;
    this.root.dataset.state = state;
    status.setAttribute("role", problem ? "alert" : "status");
    this.find("strong").textContent = title;
    this.find(".fer-advice").textContent = advice;
    this.find(".fer-detail").textContent = detail ?? "";
    this.find(".fer-privacy").textContent = this.#camera.promise;
    this.find(".fer-spoken").textContent = "";
    this.find(".fer-snapshot").disabled = state !== "live";
    go.textContent = action;
    go.hidden = !action;
    stop.disabled = !running;
    // Do not lose the keyboard focus when its button disappears.
    if (focused === go && go.hidden) stop.focus();
    if (focused === stop && stop.disabled) go.focus();
    this.showFigures();
    this.requestDrawing();
  }

  showDevices() {
    const { devices, device } = this.#camera;
    const choices = devices.map(
      ({ deviceId, label }, index) => new Option(label || `Camera ${index + 1}`, deviceId),
    );
    const select = this.find(".fer-camera-choice select");
    select.replaceChildren(...choices);
    select.value = device;
    this.find(".fer-camera-choice").hidden = devices.length < 2;
  }

  showTraits() {
    this.find(".fer-overlay").value = this.#model.get("overlay");
    this.find(".fer-distant").checked = this.#model.get("distant");
    const seconds = this.#model.get("smoothing");
    this.find(".fer-smoothing").value = seconds;
    this.find("output").textContent = `${seconds.toFixed(1)} s`;
  }

  showFigures() {
    const { figures } = this.#camera;
    this.find(".fer-figures").textContent = figures
      ? `${figures.rate.toFixed(0)} frames/s · ${figures.delay.toFixed(0)} ms`
      : "";
    this.requestDrawing(); // removes faces that are too old
  }

  showFaces() {
    const answer = this.#camera.faces;
    this.requestDrawing();
    this.root.dispatchEvent(new CustomEvent("fer-faces", { bubbles: true, detail: answer }));
    if (performance.now() - this.#spokenAt < SPOKEN_EVERY) return;
    this.#spokenAt = performance.now();
    const names = answer.faces.map(({ number, emotion }) => `Face ${number}: ${emotion}.`);
    fill(this.find(".fer-spoken"), names.join(" ") || "No face.");
  }

  requestDrawing() {
    if (this.#requested) return;
    this.#requested = true;
    requestAnimationFrame(() => {
      this.#requested = false;
      this.draw();
    });
  }

  draw() {
    const { videoWidth, videoHeight, srcObject } = this.#camera.video;
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!srcObject || !videoWidth) {
      context.fillStyle = "#14171c";
      context.fillRect(0, 0, this.canvas.width, this.canvas.height);
      return;
    }
    if (!this.canvas.clientWidth) return; // hidden, such as behind another tab of the studio
    this.canvas.style.aspectRatio = `${videoWidth} / ${videoHeight}`;
    const ratio = Math.min(window.devicePixelRatio, 1280 / this.canvas.clientWidth);
    const width = Math.round(this.canvas.clientWidth * ratio);
    const height = Math.round((width * videoHeight) / videoWidth);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
    }
    draw(context, this.#camera, this.#model, { width, height, ratio });
  }

  async download() {
    const { videoWidth: width, videoHeight: height } = this.#camera.video;
    const canvas = new OffscreenCanvas(width, height);
    const size = { width, height, ratio: Math.max(1, width / 640) };
    draw(canvas.getContext("2d"), this.#camera, this.#model, size);
    save(`emotions_${timestamp()}.png`, await canvas.convertToBlob({ type: "image/png" }));
  }
}

export default () => {
  let camera;
  return {
    initialize({ model }) {
      camera = new Camera(model);
      return () => camera.dispose();
    },
    render({ model, el }) {
      const view = new View(camera, model, el);
      camera.views += 1;
      return () => {
        view.remove();
        camera.views -= 1;
        if (camera.views === 0) camera.stop();
      };
    },
  };
};
