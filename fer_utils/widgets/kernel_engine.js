// Recognize in the kernel: send it small pictures, at most two at a time, and take its answers.

const MOST_IN_FLIGHT = 2; // with one, TCP's delayed acknowledgment costs 40 ms per frame

class KernelEngine {
  static promise = "Pictures stay in memory: nothing is recorded or stored.";

  static isSupported() {
    return true;
  }

  #camera;
  #model;
  #sent = new Map(); // frames without an answer yet, by number: time of capture, time to encode
  #session = null;
  #number = 0;
  #startedAt = 0;
  #encoding = false;
  #picture = new OffscreenCanvas(1, 1);

  constructor(camera, model) {
    this.#camera = camera;
    this.#model = model;
  }

  // When the oldest frame without an answer was captured.
  get waitingSince() {
    const waiting = [...this.#sent.values()].map(({ captured }) => captured);
    return waiting.length ? Math.min(...waiting) : null;
  }

  begin(session) {
    this.#session = session;
    this.#startedAt = performance.now();
  }

  end() {
    this.#session = null;
    this.#sent.clear();
    this.#encoding = false;
  }

  dispose() {}

  pause() {
    this.#sent.clear();
  }

  // Returns whether the frame that the video shows is on its way.
  capture(video) {
    if (this.#encoding || this.#sent.size >= MOST_IN_FLIGHT) return false;
    this.#send(video);
    return true;
  }

  async #send(video) {
    const session = this.#session;
    const number = ++this.#number;
    const captured = performance.now();
    const frame = { captured, encoded: 0 };
    this.#encoding = true;
    this.#sent.set(number, frame);
    try {
      const buffer = await this.#encode(video);
      if (session !== this.#session) return;
      this.#encoding = false;
      frame.encoded = performance.now() - captured;
      const time = (captured - this.#startedAt) / 1000;
      this.#camera.send({ kind: "frame", number, time }, [buffer]);
      this.#camera.capture();
    } catch (error) {
      if (session === this.#session) this.#camera.fail("failed", String(error));
    }
  }

  async #encode(video) {
    const { videoWidth, videoHeight } = video;
    const times = this.#model.get("distant") ? 2 : 1;
    const width = Math.min(times * this.#model.get("capture_width"), videoWidth);
    const height = Math.round((width * videoHeight) / videoWidth);
    if (this.#picture.width !== width || this.#picture.height !== height) {
      Object.assign(this.#picture, { width, height });
    }
    const context = this.#picture.getContext("2d", { willReadFrequently: true, alpha: false });
    context.drawImage(video, 0, 0, width, height);
    const quality = this.#model.get("capture_quality");
    const blob = await this.#picture.convertToBlob({ type: "image/jpeg", quality });
    return blob.arrayBuffer();
  }

  receive(answer) {
    const frame = this.#sent.get(answer.number);
    if (!frame) return;
    this.#sent.delete(answer.number);
    this.#camera.accept({ ...answer, ...frame });
  }
}
