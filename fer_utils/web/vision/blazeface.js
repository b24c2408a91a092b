// Find faces, with six points on each, with BlazeFace: the counterpart of vision/blazeface.py.

import { halve, linearTaps, roundEven } from "../data/image_files.js";
import { overlap } from "./observation.js";

/** @typedef {import("../data/image_files.js").Pixels} Pixels */
/** @typedef {import("./observation.js").DetectedFace} DetectedFace */
/** @typedef {{score: number, place: Float32Array}} Found corners of the box, then six points */
/** @typedef {{scale: number, left: number, top: number}} Fit where a frame is in its square */

const LARGEST_SCORE = 100;
// Per pixel of the input; see blazeface.py.
const STEPS = 16;
const SAME_FACE_OVERLAP = 0.3;
const BOX_VALUES = 4;
const VALUES = BOX_VALUES + 2 * 6;
const f32 = Math.fround;

/** By reach: side of the input, (cells per side, anchors per cell) of each grid, minimum score. */
export const NETWORKS = {
  near: { size: 128, grids: [[16, 2], [8, 6]], leastScore: 0.5 },
  far: { size: 192, grids: [[48, 1]], leastScore: 0.6 },
};

/** Finds faces in frames. */
export class BlazeFace {
  #network;
  #size;
  #leastScore;
  #anchors;
  #tensor;

  /**
   * @param {import("../litert.js").Network} network
   * @param {keyof typeof NETWORKS} reach
   */
  constructor(network, reach) {
    const { size, grids, leastScore } = NETWORKS[reach];
    this.#network = network;
    this.#size = size;
    this.#leastScore = leastScore;
    this.#anchors = makeAnchors(grids, size);
    this.#tensor = new Float32Array(size * size * 3);
  }

  /**
   * @param {Pixels} frame
   * @returns {Promise<DetectedFace[]>} largest first
   */
  async detect(frame) {
    const fit = letterbox(frame, this.#size, this.#tensor);
    const [scores, boxes] = await this.#network.run(this.#tensor);
    const faces = suppress(decode(scores, boxes, this.#anchors, this.#leastScore));
    return faces.map((face) => asFace(face, fit)).sort((one, other) => size(other) - size(one));
  }
}

/** @param {DetectedFace} face */
const size = ({ box }) => box[2] * box[3];

/**
 * Return the points that boxes are relative to, in pixels of the input.
 * @param {number[][]} grids
 * @param {number} side
 */
export function makeAnchors(grids, side) {
  const anchors = [];
  for (const [cells, count] of grids) {
    const centers = Array.from({ length: cells }, (_, at) => f32(f32(f32(at + 0.5) / cells) * side));
    for (const y of centers) {
      for (const x of centers) for (let n = 0; n < count; n++) anchors.push(x, y);
    }
  }
  return Float32Array.from(anchors);
}

// From 0 to 255 to what the network takes: -1 to 1.
const NORMAL = Float32Array.from({ length: 256 }, (_, value) => f32(value * f32(1 / 127.5)) - 1);

/**
 * Fit a frame into the center of a black square, with OpenCV's rounding.
 * @param {Pixels} frame
 * @param {number} side of the square
 * @param {Float32Array} tensor takes the square, -1 (black) to 1
 * @returns {Fit}
 */
export function letterbox(frame, side, tensor) {
  let halvings = 0;
  // Linear sampling skips pixels when a frame shrinks to less than half its size.
  while (Math.max(frame.width, frame.height) >= 2 * side && Math.min(frame.width, frame.height) > 1) {
    frame = halve(frame, `half ${halvings++}`);
  }
  const { data, width, height, channels } = frame;
  const scale = side / Math.max(width, height);
  const [fitWidth, fitHeight] = [width, height].map((n) => Math.max(1, roundEven(n * scale)));
  const [left, top] = [(side - fitWidth) >> 1, (side - fitHeight) >> 1];
  const [across, down] = [linearTaps(width, fitWidth), linearTaps(height, fitHeight)];
  tensor.fill(-1);
  for (let y = 0; y < fitHeight; y++) {
    const upper = down.first[y] * width * channels;
    const lower = down.second[y] * width * channels;
    let to = ((top + y) * side + left) * 3;
    for (let x = 0; x < fitWidth; x++) {
      const one = across.first[x] * channels;
      const other = across.second[x] * channels;
      const weight = across.weight[x];
      const rest = across.rest[x];
      for (let c = 0; c < 3; c++) {
        const above = data[upper + one + c] * weight + data[upper + other + c] * rest;
        const below = data[lower + one + c] * weight + data[lower + other + c] * rest;
        const sum = ((down.weight[y] * (above >> 4)) >> 16) + ((down.rest[y] * (below >> 4)) >> 16);
        tensor[to++] = NORMAL[(sum + 2) >> 2];
      }
    }
  }
  return { scale: scale / 2 ** halvings, left, top };
}

/**
 * Decode the outputs of the network and drop unlikely faces.
 * @param {Float32Array} scores before the sigmoid
 * @param {Float32Array} boxes 16 values per anchor
 * @param {Float32Array} anchors
 * @param {number} leastScore
 * @returns {Found[]}
 */
export function decode(scores, boxes, anchors, leastScore) {
  const least = Math.log(leastScore / (1 - leastScore));
  const found = [];
  for (let index = 0; index < scores.length; index++) {
    if (scores[index] < least) continue;
    const clipped = Math.max(-LARGEST_SCORE, Math.min(LARGEST_SCORE, scores[index]));
    const raw = boxes.subarray(index * VALUES, (index + 1) * VALUES);
    const place = new Float32Array(VALUES);
    for (let axis = 0; axis < 2; axis++) {
      const anchor = anchors[2 * index + axis];
      const [center, half] = [f32(raw[axis] + anchor), f32(raw[2 + axis] / 2)];
      place[axis] = center - half;
      place[2 + axis] = center + half;
      for (let at = BOX_VALUES + axis; at < VALUES; at += 2) place[at] = raw[at] + anchor;
    }
    found.push({ score: f32(1 / (1 + Math.exp(-clipped))), place });
  }
  return found;
}

/**
 * Merge detections of the same face into their mean, weighted by the scores.
 * @param {Found[]} found
 * @returns {Found[]} in descending order of score
 */
export function suppress(found) {
  const merged = [];
  let rest = found.toSorted((one, other) => other.score - one.score);
  while (rest.length) {
    const [best] = rest;
    /** @param {Found} other */
    const isSame = (other) =>
      other === best || overlap(best.place, other.place) > SAME_FACE_OVERLAP;
    const same = rest.filter(isSame);
    const total = same.reduce((sum, { score }) => f32(sum + score), 0);
    const place = new Float32Array(VALUES);
    for (const { score, place: one } of same) {
      for (let at = 0; at < VALUES; at++) place[at] += f32(score * one[at]);
    }
    merged.push({ score: best.score, place: place.map((value) => value / total) });
    rest = rest.filter((other) => !isSame(other));
  }
  return merged;
}

/**
 * @param {Found} found
 * @param {Fit} fit
 * @returns {DetectedFace}
 */
function asFace({ score, place }, { scale, left, top }) {
  const rounded = place.map((value) => roundEven(value * STEPS) / STEPS);
  const inFrame = rounded.map((value, at) => f32(value - (at % 2 ? top : left)) / f32(scale));
  const [x, y, right, bottom] = inFrame;
  /** @type {[number, number][]} */
  const keypoints = [];
  for (let at = BOX_VALUES; at < VALUES; at += 2) keypoints.push([inFrame[at], inFrame[at + 1]]);
  return { score, box: [x, y, f32(right - x), f32(bottom - y)], keypoints };
}
