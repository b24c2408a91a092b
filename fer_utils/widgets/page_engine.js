// Recognize in the page itself: a worker reads the camera's frames, and no picture leaves the page.
// The worker is fer_utils/web/worker.js; `load` gets it and the networks from the model.

const FIRST_NETWORKS = ["near", "classifier"];
const REPORT_EVERY = 100; // milliseconds between two messages about what was seen
// The smallest module with an instruction of WebAssembly SIMD.
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
];

// A reason why the page cannot recognize faces, with the state of the camera that tells it.
class EngineError extends Error {
  constructor(state, message) {
    super(message);
    this.state = state;
  }
}

class PageEngine {
  static promise = "Pictures stay in this page: nothing is sent, recorded, or stored.";

  static isSupported() {
    const hasParts = window.OffscreenCanvas && window.DecompressionStream && window.WebAssembly;
    return Boolean(hasParts) && WebAssembly.validate(new Uint8Array(SIMD));
  }

  waitingSince = null; // no kernel answers
  #camera;
  #model;
  #worker = null; // promise of the worker with its networks
  #asked = new Map(); // by the name of a file: functions that take it or the reason it is missing
  #added = new Set(); // networks that were loaded when they were first needed
  #session = null;
  #sessions = 0; // a frame of an earlier start of the camera is not answered
  #stream = null;
  #busy = false; // whether the worker has a frame that the page sent it
  #restarted = false;
  #again = false; // whether a file was damaged the last time
  #seen = []; // what the model was not told yet
  #toldAt = 0;

  constructor(camera, model) {
    this.#camera = camera;
    this.#model = model;
    this.adjust = () => this.#adjust();
    for (const trait of SHOWN_TRAITS) model.on(`change:${trait}`, this.adjust);
  }

  async begin(session, stream) {
    this.#session = session;
    this.#stream = stream;
    this.#sessions += 1;
    this.#worker ??= this.#load();
    try {
      const worker = await this.#worker;
      this.#again = false;
      if (session === this.#session) this.#follow(worker);
    } catch (error) {
      this.#again = true;
      this.#forget();
      throw error;
    }
  }

  end() {
    this.#tell();
    this.#session = this.#stream = null;
    this.#busy = this.#restarted = false;
    this.#post({ kind: "stop" });
  }

  dispose() {
    this.#forget();
    for (const trait of SHOWN_TRAITS) this.#model.off(`change:${trait}`, this.adjust);
  }

  pause(paused) {
    this.#busy = false; // a paused worker drops frames without an answer
    this.#post({ kind: "pause", paused });
  }

  // Only where the worker cannot read the camera itself.
  capture(video) {
    if (window.MediaStreamTrackProcessor || this.#busy) return false;
    this.#busy = true;
    this.#transfer(video);
    return true;
  }

  receive({ file, problem }, buffers) {
    const asked = this.#asked.get(file);
    this.#asked.delete(file);
    if (problem) asked?.reject(new EngineError("damaged", `${file}: ${problem}`));
    else asked?.resolve(buffers[0]);
  }

  async #load() {
    const names = ["worker", "litert", ...FIRST_NETWORKS];
    const [script, wasm, ...networks] = await Promise.all(names.map((name) => this.#file(name)));
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const worker = new Worker(address);
    const loaded = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        data.kind === "loaded" ? resolve() : reject(new EngineError(data.cause, data.detail));
      worker.onerror = ({ message }) => reject(new EngineError("crashed", message));
    });
    worker.postMessage({
      kind: "load",
      wasm,
      model: this.#model.get("_model"),
      networks: Object.fromEntries(FIRST_NETWORKS.map((name, index) => [name, networks[index]])),
    });
    await loaded.finally(() => URL.revokeObjectURL(address));
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = ({ message }) => this.#recover(message);
    this.#adjust(worker);
    return worker;
  }

  // Get a file from the model and decompress it; gzip's checksum tells whether it is damaged.
  async #file(name) {
    const compressed = await new Promise((resolve, reject) => {
      this.#asked.set(name, { resolve, reject });
      this.#camera.send({ kind: "want", file: name, again: this.#again });
    });
    try {
      const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    } catch (error) {
      throw new EngineError("damaged", `${name}: ${error.message}`);
    }
  }

  #follow(worker) {
    const start = { kind: "start", session: this.#sessions };
    if (window.MediaStreamTrackProcessor) {
      const [track] = this.#stream.getVideoTracks();
      const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
      worker.postMessage({ ...start, stream: readable }, [readable]);
    } else {
      worker.postMessage(start);
    }
    this.#busy = false;
  }

  async #transfer(video) {
    const captured = performance.timeOrigin + performance.now();
    try {
      const frame = window.VideoFrame ? new VideoFrame(video) : await createImageBitmap(video);
      this.#post({ kind: "frame", frame, captured }, [frame]);
    } catch (error) {
      console.warn("a frame cannot be read", error);
      this.#busy = false;
    }
  }

  #hear(data) {
    if (data.kind === "faces" && data.session === this.#sessions) this.#accept(data);
    else if (data.cause === "crashed") this.#recover(data.detail);
    else if (data.cause && this.#session) this.#camera.fail(data.cause, data.detail);
  }

  #accept({ kind, session, captured, ...seen }) {
    if (!this.#session) return;
    this.#busy = false;
    this.#seen.push(seen);
    if (performance.now() - this.#toldAt >= REPORT_EVERY) this.#tell();
    this.#camera.accept({ ...seen, captured: captured - performance.timeOrigin, engine: "page" });
  }

  #tell() {
    if (this.#session && this.#seen.length) {
      this.#camera.send({ kind: "observed", observations: this.#seen.map(compact) });
    }
    this.#seen = [];
    this.#toldAt = performance.now();
  }

  // A worker that dies is restarted once, then told.
  async #recover(detail) {
    const session = this.#session;
    const wasRestarted = this.#restarted;
    this.#forget();
    if (!session) return;
    if (wasRestarted) return this.#camera.fail("crashed", detail);
    this.#restarted = true;
    try {
      await this.begin(session, this.#stream);
    } catch (error) {
      if (session === this.#session) this.#camera.fail(error.state ?? "crashed", error.message);
    }
  }

  #forget() {
    this.#worker?.then((worker) => worker.terminate()).catch(() => {});
    this.#worker = null;
    this.#added.clear();
  }

  #post(content, transferred = []) {
    this.#worker?.then((worker) => worker.postMessage(content, transferred)).catch(() => {});
  }

  async #adjust(worker) {
    worker ??= await this.#worker;
    if (!worker) return;
    const landmarks = this.#model.get("overlay") === "landmarks";
    const distant = this.#model.get("distant");
    const smoothing = this.#model.get("smoothing");
    try {
      if (landmarks) await this.#add(worker, "landmarks");
      if (distant) await this.#add(worker, "far");
    } catch (error) {
      return this.#camera.fail(error.state, error.message);
    }
    worker.postMessage({ kind: "settings", settings: { smoothing, landmarks, distant } });
  }

  async #add(worker, name) {
    if (this.#added.has(name)) return;
    worker.postMessage({ kind: "add", name, bytes: await this.#file(name) });
    this.#added.add(name);
  }
}

// What the model needs of an observation, in few characters.
function compact({ faces, ...observation }) {
  const rounded = (values, digits) => values.map((value) => Number(value.toFixed(digits)));
  return {
    ...observation,
    faces: faces.map(({ landmarks, ...face }) => ({
      ...face,
      score: Number(face.score.toFixed(4)),
      box: rounded(face.box, 1),
      keypoints: face.keypoints.map((point) => rounded(point, 1)),
      probabilities: rounded(face.probabilities, 4),
    })),
  };
}
