// Recognize the emotions of the faces in a frame: the counterpart of vision/recognizer.py.

import { EMOTIONS, UNCERTAIN } from "../emotions.js";
import { Network } from "../litert.js";
import { Classifier } from "../model/classifier.js";
import { cropFace, cropSide } from "./alignment.js";
import { BlazeFace } from "./blazeface.js";
import { Landmarks } from "./landmarks.js";

/** @typedef {import("../data/image_files.js").Pixels} Pixels */
/** @typedef {import("./observation.js").DetectedFace} DetectedFace */
/** @typedef {import("./observation.js").RecognizedFace} RecognizedFace */

/**
 * What Python knows about a model; made by `page_model` in engine_files.py.
 * @typedef {object} Model
 * @property {number[] | null} divisors of the probabilities that the network predicts
 * @property {number[] | null} even_divisors of those, for acting practice
 * @property {number} uncertain_below
 * @property {number} smallest_face in pixels
 */

/** Finds faces and recognizes their emotions. */
export class Recognizer {
  #model;
  /** @type {Partial<Record<"near" | "far", BlazeFace>>} */
  #detectors = {};
  /** @type {Classifier | null} */
  #classifier = null;
  /** @type {Landmarks | null} */
  landmarks = null;

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
  }

  /**
   * Add a network.
   * @param {"near" | "far" | "classifier" | "landmarks"} name
   * @param {Uint8Array} bytes
   */
  async add(name, bytes) {
    const network = await Network.open(bytes, name);
    if (name === "classifier") this.#classifier = new Classifier(network, this.#model.divisors);
    else if (name === "landmarks") this.landmarks = new Landmarks(network);
    else this.#detectors[name] = new BlazeFace(network, name);
  }

  /**
   * @param {Pixels} frame
   * @param {{distant?: boolean}} [options] distant faces need the network "far"
   * @returns {Promise<RecognizedFace[]>} largest first
   */
  async recognize(frame, { distant = false } = {}) {
    const { near, far } = this.#detectors;
    const detector = (distant && far) || near;
    if (!detector || !this.#classifier) throw new Error("the networks are not loaded yet");
    const faces = [];
    for (const face of await detector.detect(frame)) {
      const probabilities = await this.#classifier.predict(cropFace(frame, face));
      const isSmall = cropSide(face) < this.#model.smallest_face;
      faces.push({ ...face, probabilities, isSmall, emotion: this.name(probabilities, isSmall) });
    }
    return faces;
  }

  /**
   * Return the most likely emotion, or "uncertain".
   * @param {Float32Array} probabilities
   * @param {boolean} isSmall
   */
  name(probabilities, isSmall) {
    const most = Math.max(...probabilities);
    const isCertain = most >= this.#model.uncertain_below && !isSmall;
    return isCertain ? EMOTIONS[probabilities.indexOf(most)] : UNCERTAIN;
  }
}
