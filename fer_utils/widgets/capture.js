// Run the browser's camera; an engine turns its frames into faces. camera.py joins this file with
// the engines: kernel_engine.js and page_engine.js.

// By name, as in `LiveCamera.engine`.
const ENGINES = { page: PageEngine, kernel: KernelEngine };
// In milliseconds.
const SILENT_AFTER = 3000; // without an answer, before the page reports it
const GIVE_UP_AFTER = 15000; // without an answer, before the camera is switched off
const FACES_LAST = 1000; // for which faces stay drawn if no newer ones arrive

// One per widget; all its views show the same stream.
class Camera extends EventTarget {
  state = "ready";
  detail = "";
  devices = [];
  device = "";
  faces = null; // the latest answer from the engine
  views = 0;
  video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  #model;
  #stream = null;
  #session = null;
  #engines; // those to try, in order
  #engine = null;
  #fresh = false; // whether the video shows a frame that has not been captured
  #askedAt = null; // when the kernel was asked for the stream
  #answered = []; // arrival and round trip of the latest answers
  #listening = new AbortController();

  constructor(model) {
    super();
    this.#model = model;
    this.#engines = model.get("_engines").map((name) => ENGINES[name]);
    model.on("msg:custom", (content, buffers) => this.#receive(content, buffers));
    // The kernel was restarted or shut down.
    model.on("comm_live_update", () => this.#session && this.fail("gone"));
    const { signal } = this.#listening;
    document.addEventListener("visibilitychange", () => this.#handleVisibility(), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#list(), { signal });
    this.timer = setInterval(() => this.#watch(), 250);
  }

  // People know themselves from mirrors; the world behind a phone is shown as it is.
  get mirrored() {
    return this.#stream?.getVideoTracks()[0].getSettings().facingMode !== "environment";
  }

  // What the engine does with pictures.
  get promise() {
    return (this.#engine?.constructor ?? this.#engines[0]).promise;
  }

  get running() {
    return this.#session !== null;
  }

  // Answers per second, and the median time from capture to answer in milliseconds.
  get figures() {
    const recent = this.#answered.filter(({ at }) => at > performance.now() - 1500);
    if (recent.length < 2) return null;
    const times = recent.map(({ took }) => took).sort((a, b) => a - b);
    const span = recent[recent.length - 1].at - recent[0].at;
    return { rate: (1000 * (recent.length - 1)) / span, delay: times[times.length >> 1] };
  }

  start(device = this.device) {
    this.#release();
    this.device = device;
    if (!navigator.mediaDevices) return this.fail("insecure");
    if (!this.#chooseEngine()) return this.fail("unsupported");
    this.#session = Math.random().toString(36).slice(2);
    this.#askedAt = performance.now();
    this.#show("asking");
    this.send({ kind: "start", device });
  }

  stop() {
    this.#release();
    this.#show("ready");
  }

  // Whether there is an engine that this browser can run.
  #chooseEngine() {
    const Engine = this.#engines.find((each) => each.isSupported());
    if (Engine && !(this.#engine instanceof Engine)) {
      this.#engine?.dispose();
      this.#engine = new Engine(this, this.#model);
    }
    return Boolean(Engine);
  }

  dispose() {
    this.#release();
    this.#engine?.dispose();
    clearInterval(this.timer);
    this.#listening.abort();
  }

  #release() {
    this.#engine?.end();
    if (this.#session) this.send({ kind: "stop" });
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.video.remove();
    this.#stream = this.#session = this.#askedAt = this.faces = null;
    this.#answered = [];
    this.#fresh = false;
  }

  #show(state, detail = "") {
    this.state = state;
    this.detail = detail;
    this.#notify("state");
    if (this.#model.get("state") === state) return;
    this.#model.set("state", state);
    this.#model.save_changes();
  }

  #notify(event) {
    this.dispatchEvent(new Event(event));
  }

  #receive(content, buffers) {
    if (content.kind === "file") this.#engine?.receive(content, buffers);
    if (!this.#session || content.session !== this.#session) return;
    if (content.kind === "stream") this.#open(content);
    else if (content.kind === "faces") this.#engine.receive(content);
    else this.fail(content.kind, content.detail);
  }

  async #open(offer) {
    const session = this.#session;
    this.#askedAt = null; // the person may take any time to answer the prompt
    this.#show("asking");
    try {
      const stream = await this.#ask(offer);
      if (session !== this.#session) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#stream = stream;
      for (const track of stream.getTracks()) {
        const ended = () => this.#stream === stream && this.fail("ended");
        track.addEventListener("ended", ended, { once: true });
      }
      this.device = stream.getVideoTracks()[0].getSettings().deviceId ?? "";
      this.video.srcObject = stream;
      // Some browsers pause a video that is not in the document.
      this.video.style.cssText = "position:fixed;width:1px;height:1px;opacity:0;pointer-events:none";
      document.body.append(this.video);
      await this.video.play();
      if (session !== this.#session) return;
      await this.#begin(session, stream);
      if (session !== this.#session) return;
      this.#handleVisibility();
      this.#list();
      this.video.requestVideoFrameCallback(() => this.#arrive(stream));
    } catch (error) {
      if (session !== this.#session) return;
      const state = this.#model.get("_causes")[error.name] ?? "failed";
      this.device = ""; // the selected camera may be unplugged
      this.fail(state, state === "failed" ? String(error) : "");
    }
  }

  // Ask for the camera through ipywebrtc's widget or, where that is missing, directly.
  async #ask({ model, constraints }) {
    let source = null;
    try {
      source = model && (await this.#model.widget_manager.get_model(model));
    } catch (error) {
      console.warn("ipywebrtc's widget cannot be loaded", error);
    }
    // In place of a widget that cannot be loaded, ipywidgets shows one that only says so.
    if (source?.captureStream) return source.captureStream();
    return navigator.mediaDevices.getUserMedia(constraints);
  }

  // Start the engine; if the page cannot run its own, use the next one.
  async #begin(session, stream) {
    try {
      this.#show("loading");
      await this.#engine.begin(session, stream);
    } catch (error) {
      if (session !== this.#session) return;
      console.warn("an engine cannot be used", error);
      const tried = this.#engine.constructor;
      const others = this.#engines.filter((each) => each !== tried);
      if (!others.length) return this.fail(error.state ?? "failed", error.message);
      this.#engines = others;
      this.#chooseEngine();
      await this.#begin(session, stream);
    }
  }

  async #list() {
    if (!this.#stream) return;
    const all = await navigator.mediaDevices.enumerateDevices();
    this.devices = all.filter(({ kind }) => kind === "videoinput");
    this.#notify("devices");
  }

  // The page was hidden or shown again.
  #handleVisibility() {
    if (!this.#stream) return;
    this.#engine.pause(document.hidden);
    this.#show(document.hidden ? "paused" : "live");
    this.capture();
  }

  #watch() {
    if (!this.#session || document.hidden) return;
    const since = this.#askedAt ?? this.#engine.waitingSince;
    const silence = since === null ? 0 : performance.now() - since;
    if (silence > GIVE_UP_AFTER) this.fail("gone");
    else if (silence > SILENT_AFTER && this.state !== "silent") this.#show("silent");
  }

  #arrive(stream) {
    if (stream !== this.#stream) return;
    this.video.requestVideoFrameCallback(() => this.#arrive(stream));
    this.#fresh = true;
    this.#notify("picture");
    this.capture();
  }

  // The following are for the engine.

  capture() {
    if (!this.#fresh || document.hidden) return;
    this.#fresh = !this.#engine.capture(this.video);
  }

  accept(answer) {
    const now = performance.now();
    const roundTrip = now - answer.captured;
    this.#answered = [...this.#answered.slice(-120), { at: now, took: roundTrip }];
    if (this.state === "silent") this.#show("live");
    if (!this.faces || answer.number > this.faces.number) {
      this.faces = { ...answer, roundTrip };
      this.#notify("faces");
    }
    this.capture();
  }

  send(content, buffers = []) {
    try {
      this.#model.send({ ...content, session: this.#session }, undefined, buffers);
    } catch (error) {
      console.warn("the kernel cannot be reached", error); // #watch informs the person
    }
  }

  fail(state, detail = "") {
    this.#release();
    this.#show(state, detail);
  }
}
