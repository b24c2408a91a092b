// Capture frames from the browser's camera and exchange them for faces with the kernel.

const MOST_IN_FLIGHT = 2; // with one, TCP's delayed acknowledgment costs 40 ms per frame
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
  faces = null; // the latest answer from the kernel
  views = 0;
  video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  #model;
  #stream = null;
  #session = null;
  #sent = new Map(); // frames without an answer yet, by number: time of capture, time to encode
  #number = 0;
  #fresh = false; // whether the video shows a frame that has not been sent
  #encoding = false;
  #waitingSince = null;
  #startedAt = 0;
  #answered = []; // arrival and round trip of the latest answers
  #picture = new OffscreenCanvas(1, 1);
  #listening = new AbortController();

  constructor(model) {
    super();
    this.#model = model;
    model.on("msg:custom", (content) => this.#receive(content));
    // The kernel was restarted or shut down.
    model.on("comm_live_update", () => this.#session && this.#fail("gone"));
    const { signal } = this.#listening;
    document.addEventListener("visibilitychange", () => this.#handleVisibility(), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#list(), { signal });
    this.timer = setInterval(() => this.#watch(), 250);
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
    if (!navigator.mediaDevices) return this.#fail("insecure");
    this.#session = Math.random().toString(36).slice(2);
    this.#waitingSince = performance.now();
    this.#show("asking");
    this.#send({ kind: "start", device });
  }

  stop() {
    this.#release();
    this.#show("ready");
  }

  dispose() {
    this.#release();
    clearInterval(this.timer);
    this.#listening.abort();
  }

  #release() {
    if (this.#session) this.#send({ kind: "stop" });
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.video.remove();
    this.#stream = this.#session = this.#waitingSince = this.faces = null;
    this.#sent.clear();
    this.#answered = [];
    this.#fresh = this.#encoding = false;
  }

  #fail(state, detail = "") {
    this.#release();
    this.#show(state, detail);
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

  #send(content, buffers = []) {
    try {
      this.#model.send({ ...content, session: this.#session }, undefined, buffers);
    } catch (error) {
      console.warn("the kernel cannot be reached", error); // #watch informs the person
    }
  }

  #receive(content) {
    if (!this.#session || content.session !== this.#session) return;
    if (content.kind === "stream") this.#open(content.model);
    else if (content.kind === "faces") this.#accept(content);
    else this.#fail(content.kind, content.detail);
  }

  async #open(id) {
    const session = this.#session;
    this.#waitingSince = null; // the person may take any time to answer the prompt
    this.#show("asking");
    try {
      const source = await this.#model.widget_manager.get_model(id);
      const stream = await source.captureStream();
      if (session !== this.#session) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#stream = stream;
      for (const track of stream.getTracks()) {
        const ended = () => this.#stream === stream && this.#fail("ended");
        track.addEventListener("ended", ended, { once: true });
      }
      this.device = stream.getVideoTracks()[0].getSettings().deviceId ?? "";
      this.video.srcObject = stream;
      // Some browsers pause a video that is not in the document.
      this.video.style.cssText = "position:fixed;width:1px;height:1px;opacity:0;pointer-events:none";
      document.body.append(this.video);
      await this.video.play();
      if (session !== this.#session) return;
      this.#startedAt = performance.now();
      this.#handleVisibility();
      this.#list();
      this.video.requestVideoFrameCallback(() => this.#arrive(stream));
    } catch (error) {
      if (session !== this.#session) return;
      const state = this.#model.get("_causes")[error.name] ?? "failed";
      this.device = ""; // the selected camera may be unplugged
      this.#fail(state, state === "failed" ? String(error) : "");
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
    this.#waitingSince = null;
    this.#show(document.hidden ? "paused" : "live");
    this.#capture();
  }

  #watch() {
    if (this.#waitingSince === null || document.hidden) return;
    const silence = performance.now() - this.#waitingSince;
    if (silence > GIVE_UP_AFTER) this.#fail("gone");
    else if (silence > SILENT_AFTER && this.state !== "silent") this.#show("silent");
  }

  #arrive(stream) {
    if (stream !== this.#stream) return;
    this.video.requestVideoFrameCallback(() => this.#arrive(stream));
    this.#fresh = true;
    this.#notify("picture");
    this.#capture();
  }

  async #capture() {
    const crowded = this.#encoding || this.#sent.size >= MOST_IN_FLIGHT;
    if (!this.#fresh || crowded || document.hidden) return;
    const session = this.#session;
    const number = ++this.#number;
    const captured = performance.now();
    this.#fresh = false;
    this.#encoding = true;
    const frame = { captured, encoded: 0 };
    this.#sent.set(number, frame);
    this.#waitingSince ??= captured;
    try {
      const buffer = await this.#encode();
      if (session !== this.#session) return;
      this.#encoding = false;
      frame.encoded = performance.now() - captured;
      this.#send({ kind: "frame", number, time: (captured - this.#startedAt) / 1000 }, [buffer]);
      this.#capture();
    } catch (error) {
      if (session === this.#session) this.#fail("failed", String(error));
    }
  }

  async #encode() {
    const { videoWidth, videoHeight } = this.video;
    const times = this.#model.get("distant") ? 2 : 1;
    const width = Math.min(times * this.#model.get("capture_width"), videoWidth);
    const height = Math.round((width * videoHeight) / videoWidth);
    if (this.#picture.width !== width || this.#picture.height !== height) {
      Object.assign(this.#picture, { width, height });
    }
    const context = this.#picture.getContext("2d", { willReadFrequently: true, alpha: false });
    context.drawImage(this.video, 0, 0, width, height);
    const quality = this.#model.get("capture_quality");
    const blob = await this.#picture.convertToBlob({ type: "image/jpeg", quality });
    return blob.arrayBuffer();
  }

  #accept(answer) {
    const frame = this.#sent.get(answer.number);
    if (!frame) return;
    this.#sent.delete(answer.number);
    const now = performance.now();
    const roundTrip = now - frame.captured;
    const waiting = [...this.#sent.values()].map(({ captured }) => captured);
    this.#waitingSince = waiting.length ? Math.min(...waiting) : null;
    this.#answered = [...this.#answered.slice(-120), { at: now, took: roundTrip }];
    if (this.state === "silent") this.#show("live");
    if (!this.faces || answer.number > this.faces.number) {
      this.faces = { ...answer, ...frame, roundTrip };
      this.#notify("faces");
    }
    this.#capture();
  }
}
