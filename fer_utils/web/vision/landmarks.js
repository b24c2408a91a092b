// Find 468 points on a face: the counterpart of vision/landmarks.py.

import { warpAffine } from "../data/image_files.js";

/** @typedef {import("../data/image_files.js").Pixels} Pixels */
/** @typedef {import("../data/image_files.js").Similarity} Similarity */
/** @typedef {import("./observation.js").DetectedFace} DetectedFace */

const POINTS = 468;
const SIZE = 192;
const MARGIN = 1.5;

/** Finds the points. */
export class Landmarks {
  #network;
  #tensor = new Float32Array(SIZE * SIZE * 3);

  /** @param {import("../litert.js").Network} network */
  constructor(network) {
    this.#network = network;
  }

  /**
   * @param {Pixels} frame
   * @param {DetectedFace} face
   * @returns {Promise<[number, number][] | null>} null if the network does not see a face
   */
  async find(frame, face) {
    const { a, b, tx, ty } = region(face);
    // OpenCV counts from the center of the first pixel.
    const toPixels = { a, b, tx: tx + (a - b) * 0.5 - 0.5, ty: ty + (b + a) * 0.5 - 0.5 };
    const place = { left: 0, top: 0, width: frame.width, height: frame.height, repeats: false };
    const pixels = warpAffine(frame, toPixels, SIZE, place);
    const factor = Math.fround(1 / 255);
    for (let at = 0; at < this.#tensor.length; at++) this.#tensor[at] = pixels[at] * factor;
    const [[score], points] = await this.#network.run(this.#tensor);
    if (score < 0) return null;
    return Array.from({ length: POINTS }, (_, index) => {
      const [x, y] = points.subarray(3 * index);
      return [a * x - b * y + tx, b * x + a * y + ty];
    });
  }
}

/**
 * Return the similarity from pixels of the network's input to those of the frame.
 * @param {DetectedFace} face
 * @returns {Similarity}
 */
function region({ box: [x, y, width, height], keypoints: [left, right] }) {
  const scale = (MARGIN * Math.max(width, height)) / SIZE;
  const angle = Math.atan2(right[1] - left[1], right[0] - left[0]);
  const [a, b] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const half = SIZE / 2;
  const tx = x + width / 2 - (a * half - b * half);
  const ty = y + height / 2 - (b * half + a * half);
  return { a, b, tx, ty };
}
