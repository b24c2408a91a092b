// Recognize single pictures in a worker of their own, as the camera may run in another one.

import { fetchFile } from "./engine_files.js";

/** @param {Uint8Array<ArrayBuffer>} compressed @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function decompress(compressed) {
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @typedef {import("./vision/observation.js").RecognizedFace} RecognizedFace */
/** @typedef {{data: Uint8ClampedArray, width: number, height: number, channels: 4}} Image */

/** The worker, which is loaded when the first picture arrives. */
export class PictureWorker {
  #model;
  /** @type {Promise<Worker> | null} */
  #worker = null;
  #number = 0;
  #again = false;
  /** @type {Map<number, {resolve: (faces: RecognizedFace[]) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  /** @param {import("./vision/recognizer.js").Model} model */
  constructor(model) {
    this.#model = model;
  }

  /** @param {Image} image @returns {Promise<RecognizedFace[]>} */
  async recognize(image) {
    this.#worker ??= this.#load();
    try {
      const worker = await this.#worker;
      const id = ++this.#number;
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.postMessage({ kind: "picture", id, image }, [image.data.buffer]);
      });
    } catch (error) {
      // The next picture tries again, with files that are surely new.
      this.#worker = null;
      this.#again = true;
      throw error;
    }
  }

  async #load() {
    const names = ["worker", "litert", "near", "classifier"];
    const files = names.map(async (name) => decompress(await fetchFile(name, this.#again)));
    const [script, wasm, near, classifier] = await Promise.all(files);
    const worker = new Worker(URL.createObjectURL(new Blob([script])));
    await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.kind === "loaded") resolve(null);
        else if (data.kind === "picture") this.#answer(data.id, data.faces);
        else this.#fail(new Error(data.detail), reject);
      };
      worker.onerror = ({ message }) => this.#fail(new Error(message), reject);
      const networks = { near, classifier };
      worker.postMessage({ kind: "load", wasm, model: this.#model, networks });
    });
    return worker;
  }

  /** @param {number} id @param {RecognizedFace[]} faces */
  #answer(id, faces) {
    this.#waiting.get(id)?.resolve(faces);
    this.#waiting.delete(id);
  }

  /** @param {Error} error @param {(error: Error) => void} reject */
  #fail(error, reject) {
    this.#worker = null;
    reject(error);
    for (const each of this.#waiting.values()) each.reject(error);
    this.#waiting.clear();
  }
}
