// The tab Picture without a kernel: the counterpart of widgets/pictures.py.

import { EMOTIONS, SHOWN_EMOTIONS } from "../emotions.js";
import { FACE_COLUMNS, faceRow } from "../vision/face_table.js";
import { csvText } from "../video/sinks.js";
import { annotate } from "../vision/annotation.js";
import { capitalize, countOf, round } from "./figures.js";
import { Panel } from "./panel.js";

/** @typedef {import("../vision/observation.js").RecognizedFace} RecognizedFace */
/**
 * @typedef {object} Findings
 * @property {number} width
 * @property {number} height
 * @property {RecognizedFace[]} faces
 * @property {Uint8Array} annotated a JPEG
 * @property {Uint8Array} preview the same, at most `PREVIEW_WIDTH` wide
 */
/**
 * @typedef {object} Entry a picture in progress, or its result
 * @property {number} number
 * @property {string} name
 * @property {Findings | null} findings
 * @property {string} error
 */

const PREVIEW_WIDTH = 1000;
const QUALITY = 0.92;
const MOST_KEPT = 20;
const MOST_BYTES = 20_000_000;
// Some phones allow no larger canvas.
const MOST_PIXELS = 16_000_000;
const HINT =
  "Finds faces from about a ninth of a picture's longer side; Python finds smaller ones, too. " +
  `JPEG, PNG, or WebP, at most ${MOST_BYTES / 1e6} MB each. The newest ${MOST_KEPT} pictures stay ` +
  "in this page's memory; nothing is sent or stored. Pictures of more than 16 megapixels are made " +
  "smaller.";
const COLUMNS = ["file", ...FACE_COLUMNS];
const DECIMALS = Object.fromEntries(
  ["x", "y", "width", "height", "score", ...EMOTIONS].map((name) => [name, 4]),
);

/** Recognizes the faces of pictures. */
export class Pictures extends Panel {
  stem = "pictures";
  #recognize;
  #colors;
  #number = 0;
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Map<string, Entry>} */
  #uploading = new Map();

  /**
   * @param {Record<string, any>} values
   * @param {import("../picture_worker.js").PictureWorker} worker
   */
  constructor(values, worker) {
    super({ _part_bytes: MOST_BYTES, ...values });
    this.#recognize = worker.recognize.bind(worker);
    this.#colors = new Map(this.get("_emotions").map(
      (/** @type {{name: string, color: string}} */ { name, color }) => [name, color],
    ));
    this.publish();
  }

  /** @param {any} content @param {any[]} buffers */
  receive(content, buffers) {
    const { kind, upload, view, file } = content;
    if (kind === "offer") this.#accept(upload, content.name, content.size);
    else if (kind === "part") this.#take(upload, buffers[0]);
    else if (kind === "lost") this.#lose(upload);
    else if (kind === "want") {
      const data = this.#file(file);
      const answer = { kind: data ? "part" : "missing", size: data?.byteLength, view, file };
      this.answer(answer, data ? [data] : []);
    } else super.receive(content, buffers);
    this.publish();
  }

  toCsv() {
    const rows = this.#entries.flatMap(({ name, findings }) => {
      if (!findings) return [];
      const found = findings.faces.map((face, place) => faceRow(face, place + 1));
      return (found.length ? found : [{}]).map((row) => ({ file: name, ...row }));
    });
    return csvText(rows, COLUMNS, DECIMALS);
  }

  buttons() {
    return {
      clear: () => {
        this.#entries = [];
        this.#uploading.clear();
      },
    };
  }

  shown() {
    return {
      hint: HINT,
      can_fetch: false, // other servers stay out of reach: nothing leaves this page
      status: status(this.#entries),
      pictures: this.#entries.toReversed().map(entryAsJson),
      can_clear: this.#entries.length > 0,
      can_save: this.#entries.some(({ findings }) => findings),
    };
  }

  /** @param {string} upload @param {string} name @param {number} size */
  #accept(upload, name, size) {
    /** @type {Entry} */
    const entry = { number: ++this.#number, name, findings: null, error: "" };
    this.#entries = [...this.#entries, entry].slice(-MOST_KEPT);
    if (size > MOST_BYTES || size === 0) {
      const limit = `the limit is ${MOST_BYTES / 1e6} MB: save it smaller or with a lower quality`;
      const large = `The picture has ${(size / 1e6).toFixed(1)} MB; ${limit}.`;
      entry.error = size ? large : "The picture is empty.";
      this.answer({ kind: "refused", upload });
      return;
    }
    this.#uploading.set(upload, entry);
    this.answer({ kind: "go", upload, offset: 0 });
  }

  /** @param {string} upload @param {ArrayBuffer} data the whole file */
  async #take(upload, data) {
    const entry = this.#uploading.get(upload);
    this.#uploading.delete(upload);
    this.answer({ kind: "arrived", upload });
    if (!entry) return;
    try {
      entry.findings = await this.#examine(data);
    } catch (error) {
      entry.error = error instanceof Error ? error.message : String(error);
    }
    this.publish();
  }

  /** @param {string} upload */
  #lose(upload) {
    const entry = this.#uploading.get(upload);
    this.#uploading.delete(upload);
    if (!entry) return;
    entry.error = "The browser could not read the whole picture: was it moved or changed?";
  }

  /**
   * Find and draw the faces of a picture.
   * @param {ArrayBuffer} data
   * @returns {Promise<Findings>}
   */
  async #examine(data) {
    const picture = await decode(data);
    const { width, height } = picture.canvas;
    const pixels = picture.getImageData(0, 0, width, height).data;
    const faces = await this.#recognize({ data: pixels, width, height, channels: 4 });
    annotate(picture, faces, this.#colors);
    const annotated = await encode(picture.canvas);
    const scale = Math.min(1, PREVIEW_WIDTH / width);
    const small = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
    contextOf(small).drawImage(picture.canvas, 0, 0, small.width, small.height);
    return { width, height, faces, annotated, preview: await encode(small) };
  }

  /** @param {string} name such as "preview 3" */
  #file(name) {
    const [kind, number] = name.split(" ");
    const entry = this.#entries.find((each) => each.number === Number(number));
    return entry?.findings?.[/** @type {"preview" | "annotated"} */ (kind)];
  }
}

/** @param {OffscreenCanvas} canvas */
function contextOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser has no memory left for the picture.");
  context.imageSmoothingQuality = "high";
  return context;
}

/** Decode a picture, upright and over white. @param {ArrayBuffer} data */
async function decode(data) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([data]));
  } catch {
    throw new Error("The file is damaged, or not a JPEG, PNG, or WebP picture: save it as a JPEG.");
  }
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.round(side * scale));
  const context = contextOf(new OffscreenCanvas(width, height));
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context;
}

/** @param {OffscreenCanvas} canvas */
async function encode(canvas) {
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return new Uint8Array(await blob.arrayBuffer());
}

/** @param {Entry} entry */
function entryAsJson({ number, name, findings, error }) {
  if (!findings) return { number, name, text: error ? "" : "Looking for faces", error };
  const { width, height, faces } = findings;
  const count = countOf(faces.length, "face");
  return {
    number,
    name,
    error,
    text: `${width}x${height} pixels, ${count}`,
    described: `${name} with ${count} marked`,
    preview: `preview ${number}`,
    annotated: `annotated ${number}`,
    save_as: `${name.replace(/\.[^.]*$/, "")}_faces.jpg`,
    width,
    height,
    faces: faces.map(listedFaceAsJson),
  };
}

/** @param {RecognizedFace} face @param {number} place */
function listedFaceAsJson({ emotion, probabilities, box }, place) {
  const [x, y, width, height] = box.map(Math.round);
  return {
    number: place + 1,
    emotion: SHOWN_EMOTIONS.indexOf(emotion),
    probability: round(Math.max(...probabilities), 4),
    box: `${x}, ${y} · ${width}x${height}`,
    probabilities: Array.from(probabilities, (value) => round(value, 4)),
  };
}

/** Return the progress of all pictures in one sentence. @param {Entry[]} entries */
function status(entries) {
  const done = entries.flatMap(({ findings }) => findings ?? []);
  const failed = entries.filter(({ error }) => error).length;
  const working = entries.length - done.length - failed;
  if (working) return `${capitalize(countOf(working, "picture"))} to go.`;
  const faces = done.reduce((sum, found) => sum + found.faces.length, 0);
  const parts = [];
  if (done.length) {
    parts.push(`${capitalize(countOf(done.length, "picture"))}, ${countOf(faces, "face")}.`);
  }
  if (failed) parts.push(`${capitalize(countOf(failed, "picture"))} could not be used.`);
  return parts.join(" ");
}
