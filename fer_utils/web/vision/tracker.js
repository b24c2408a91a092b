// Track faces from frame to frame: the counterpart of vision/tracker.py.

import { overlap } from "./observation.js";

/** @typedef {import("./observation.js").RecognizedFace} RecognizedFace */
/** @typedef {import("./observation.js").TrackedFace} TrackedFace */
/** @typedef {import("./observation.js").Box} Box */

// A face that was not seen for longer, in seconds, gets a new number.
const MEMORY = 1;
// Intersection over union with the last box.
const LEAST_OVERLAP = 0.1;
// Where a face that was missing may come back; see tracker.py.
const FARTHEST_RETURN = 2;
const MOST_GROWTH = 1.5;

/** Numbers faces consistently and smooths their probabilities over time. */
export class Tracker {
  smoothing = 0.5; // seconds
  #name;
  #next = 1;
  #time = -Infinity;
  /** @type {Map<number, {face: TrackedFace, seen: number}>} */
  #seen = new Map();

  /** @param {(probabilities: Float32Array, isSmall: boolean) => string} name names an emotion */
  constructor(name) {
    this.#name = name;
  }

  reset() {
    this.#seen.clear();
    this.#next = 1;
    this.#time = -Infinity;
  }

  /**
   * @param {RecognizedFace[]} faces
   * @param {number} time in seconds
   * @returns {TrackedFace[]} in the same order
   */
  update(faces, time) {
    if (time < this.#time - MEMORY) this.reset();
    const last = this.#time;
    this.#time = Math.max(time, this.#time);
    for (const [number, { seen }] of this.#seen) {
      if (this.#time - seen > MEMORY) this.#seen.delete(number);
    }
    const earlier = [...this.#seen.values()];
    const matches = matchBoxes(faces, earlier.map(({ face }) => face.box));
    const kept = new Set(matches.values());
    const missing = earlier.filter(({ seen }, other) => seen < last && !kept.has(other));
    const fresh = faces.filter((_, place) => !matches.has(place));
    const returned = matchReturned(fresh, missing.map(({ face }) => face));
    const tracked = faces.map((face, place) => {
      const match = matches.get(place);
      if (match !== undefined) return this.#follow(face, earlier[match]);
      // What a face looked like elsewhere says little about now.
      return this.#tracked(face, face.probabilities, returned.get(face)?.number ?? this.#next++);
    });
    for (const face of tracked) this.#seen.set(face.number, { face, seen: this.#time });
    return tracked;
  }

  /**
   * @param {RecognizedFace} face
   * @param {{face: TrackedFace, seen: number}} before
   */
  #follow(face, { face: before, seen }) {
    const elapsed = this.#time - seen;
    const weight = this.smoothing ? Math.fround(1 - Math.exp(-elapsed / this.smoothing)) : 1;
    const smoothed = before.probabilities.map(
      (value, at) => value + weight * (face.probabilities[at] - value),
    );
    return this.#tracked(face, smoothed, before.number);
  }

  /**
   * @param {RecognizedFace} face
   * @param {Float32Array} probabilities
   * @param {number} number
   * @returns {TrackedFace}
   */
  #tracked(face, probabilities, number) {
    const emotion = this.#name(probabilities, face.isSmall);
    return { ...face, probabilities, emotion, number, landmarks: null };
  }
}

/**
 * Pair faces with earlier boxes by index, largest overlap first.
 * @param {RecognizedFace[]} faces
 * @param {Box[]} boxes
 * @returns {Map<number, number>}
 */
function matchBoxes(faces, boxes) {
  const pairs = faces.flatMap((face, one) =>
    boxes.map((box, other) => ({ one, other, shared: overlap(edges(face.box), edges(box)) })),
  );
  const matches = new Map();
  const taken = new Set();
  for (const { one, other, shared } of pairs.sort((first, second) => second.shared - first.shared)) {
    if (shared < LEAST_OVERLAP || matches.has(one) || taken.has(other)) continue;
    matches.set(one, other);
    taken.add(other);
  }
  return matches;
}

/**
 * Pair faces with missing ones of similar size, nearest first.
 * @param {RecognizedFace[]} faces
 * @param {TrackedFace[]} missing
 * @returns {Map<RecognizedFace, TrackedFace>}
 */
function matchReturned(faces, missing) {
  const pairs = faces.flatMap((face) =>
    missing.map((other) => ({ face, other, distance: distanceOf(face.box, other.box) })),
  );
  const matches = new Map();
  const taken = new Set();
  for (const { face, other, distance } of pairs.sort((one, two) => one.distance - two.distance)) {
    if (!(distance <= FARTHEST_RETURN) || matches.has(face) || taken.has(other)) continue;
    matches.set(face, other);
    taken.add(other);
  }
  return matches;
}

/**
 * Return the distance of two boxes in sides of the larger one; infinite if sizes differ.
 * @param {Box} first
 * @param {Box} second
 */
function distanceOf(first, second) {
  const [one, other] = [center(first), center(second)];
  const [larger, smaller] = [Math.max(one.side, other.side), Math.min(one.side, other.side)];
  if (!(larger > 0 && larger <= MOST_GROWTH * smaller)) return Infinity;
  return Math.hypot(one.x - other.x, one.y - other.y) / larger;
}

/** @param {Box} box */
const center = ([x, y, width, height]) =>
  ({ x: x + width / 2, y: y + height / 2, side: Math.sqrt(width * height) });

/** @param {Box} box */
const edges = ([x, y, width, height]) => [x, y, x + width, y + height];
