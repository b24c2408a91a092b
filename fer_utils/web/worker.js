// The worker in which the page recognizes faces, so that the page never waits for it.
// `page_engine.js` is the other end.

import { ModelError, loadLibrary } from "./litert.js";
import { Recognizer } from "./vision/recognizer.js";
import { Tracker } from "./vision/tracker.js";

/** @typedef {import("./data/image_files.js").Pixels} Pixels */
/** @typedef {{smoothing: number, landmarks: boolean, distant: boolean}} Settings */
/** @typedef {VideoFrame | ImageBitmap} Frame */

/** @type {Recognizer} */
let recognizer;
/** @type {Tracker} */
let tracker;
/** @type {Settings} */
let settings = { smoothing: 0.5, landmarks: false, distant: false };
let startedAt = 0;
let number = 0;
let paused = false;
// Counts the starts of the camera, so that a frame of an earlier one is not answered.
let session = 0;

/** Milliseconds, comparable between the worker and its page. */
const now = () => performance.timeOrigin + performance.now();

let pixels = new Uint8Array(0);
/** @type {OffscreenCanvasRenderingContext2D | null} */
let context = null;

/**
 * Read the pixels of a frame as the person sees it.
 * @param {Frame} frame
 * @returns {Promise<Pixels>}
 */
async function read(frame) {
  const isVideo = "displayWidth" in frame;
  const width = isVideo ? frame.displayWidth : frame.width;
  const height = isVideo ? frame.displayHeight : frame.height;
  if (isVideo && isUpright(frame)) {
    try {
      if (pixels.length !== width * height * 4) pixels = new Uint8Array(width * height * 4);
      await frame.copyTo(pixels, { format: "RGBA" });
      return { data: pixels, width, height, channels: 4 };
    } catch {
      // This browser cannot convert while it copies.
    }
  }
  if (context?.canvas.width !== width || context.canvas.height !== height) {
    const options = { willReadFrequently: true, alpha: false };
    context = new OffscreenCanvas(width, height).getContext("2d", options);
  }
  if (!context) throw new Error("no canvas");
  context.drawImage(frame, 0, 0);
  return { data: context.getImageData(0, 0, width, height).data, width, height, channels: 4 };
}

/**
 * Whether copying a frame gives what the person sees.
 * @param {VideoFrame} frame
 */
function isUpright({ displayWidth, displayHeight, visibleRect, rotation, flip }) {
  const isWhole = visibleRect?.width === displayWidth && visibleRect.height === displayHeight;
  return isWhole && !rotation && !flip;
}

/**
 * Recognize and track the faces of a frame, and post them.
 * @param {Frame} frame closed afterwards
 * @param {number} captured in milliseconds, see `now`
 */
async function observe(frame, captured) {
  const begun = session;
  try {
    if (paused) return;
    const image = await read(frame);
    const { distant, landmarks, smoothing } = settings;
    const found = await recognizer.recognize(image, { distant });
    if (begun !== session) return;
    tracker.smoothing = smoothing;
    const time = (captured - startedAt) / 1000;
    const faces = tracker.update(found, time);
    if (landmarks && recognizer.landmarks) {
      for (const face of faces) face.landmarks = await recognizer.landmarks.find(image, face);
    }
    const { width, height } = image;
    const plain = faces.map((face) => ({ ...face, probabilities: [...face.probabilities] }));
    number += 1;
    postMessage({ kind: "faces", session, number, time, captured, width, height, faces: plain });
  } catch (error) {
    fail(error);
  } finally {
    frame.close();
  }
}

/** @param {ReadableStream<VideoFrame>} stream */
async function follow(stream) {
  const begun = session;
  const reader = stream.getReader();
  while (begun === session) {
    const { value, done } = await reader.read();
    if (done) return;
    await observe(value, now());
  }
  await reader.cancel();
}

/** @param {unknown} error */
function fail(error) {
  const isDamaged = error instanceof ModelError;
  const detail = isDamaged ? error.message : String(error);
  postMessage({ kind: "failed", cause: isDamaged ? "damaged" : "crashed", detail });
}

/** @type {Record<string, (data: any) => unknown>} */
const actions = {
  async load({ wasm, model, networks }) {
    await loadLibrary(wasm);
    recognizer = new Recognizer(model);
    tracker = new Tracker((probabilities, isSmall) => recognizer.name(probabilities, isSmall));
    for (const [name, bytes] of Object.entries(networks)) {
      await recognizer.add(/** @type {"near"} */ (name), bytes);
    }
    postMessage({ kind: "loaded" });
  },
  add: ({ name, bytes }) => recognizer.add(name, bytes),
  settings: (data) => (settings = data.settings),
  start(data) {
    ({ session } = data);
    startedAt = now();
    number = 0;
    tracker.reset();
    if (data.stream) return follow(data.stream);
  },
  stop: () => (session = 0),
  pause: (data) => (paused = data.paused),
  frame: ({ frame, captured }) => observe(frame, captured),
  async picture({ id, image }) {
    postMessage({ kind: "picture", id, faces: await recognizer.recognize(image, settings) });
  },
};

self.onmessage = async ({ data }) => {
  try {
    await actions[data.kind](data);
  } catch (error) {
    fail(error);
  }
};
