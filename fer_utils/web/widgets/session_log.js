// Record what the camera saw, in bounded memory: the counterpart of widgets/session_log.py.

import { EMOTIONS, SHOWN_EMOTIONS } from "../emotions.js";
import { COLUMNS } from "../vision/face_table.js";
import { csvText } from "../video/sinks.js";

/** @typedef {import("../vision/observation.js").Observation} Observation */

// In seconds. Frames further apart are a pause, which counts for no emotion.
export const LONGEST_GAP = 0.5;
export const TIMELINE_STEPS = 120;
const STEP = 0.5;
const ROW_LIMIT = 216_000;
const DECIMALS = {
  time: 3, x: 1, y: 1, width: 1, height: 1, score: 3,
  ...Object.fromEntries(EMOTIONS.map((name) => [name, 4])),
};

// Where a row in memory has what: frame, face, box, score, seven probabilities, emotion, and whether
// it is the largest face. Its time is kept with more precision.
const [FACE, PROBABILITIES, EMOTION, LARGEST, WIDTH] = [1, 7, 14, 15, 16];

/** Collects observations. */
export class SessionLog {
  #limit;
  #rows = new Float32Array(0);
  #times = new Float64Array(0);
  #count = 0;
  #seconds = new Float64Array(SHOWN_EMOTIONS.length);
  /** @type {Observation | null} */
  #last = null;
  #now = 0;
  #origin = 0;
  #firstRow = 0;

  constructor({ rowLimit = ROW_LIMIT } = {}) {
    this.#limit = rowLimit;
    this.reset();
  }

  reset() {
    this.#rows = new Float32Array(this.#limit * WIDTH);
    this.#times = new Float64Array(this.#limit);
    this.#seconds.fill(0);
    this.#last = null;
    this.#count = this.#now = this.#origin = this.#firstRow = 0;
  }

  get length() {
    return this.#count;
  }

  /** Seconds from the first frame to the last one. */
  get time() {
    return this.#now - this.#origin;
  }

  /** @param {Observation} observation */
  add(observation) {
    const now = observation.time ?? 0;
    const before = this.time;
    if (!this.#last) this.#origin = now;
    else if (now < this.#now) {
      this.#origin = now - before; // the camera was started again
      this.#firstRow = this.#count;
    }
    this.#last = observation;
    this.#now = now;
    const passed = this.time - before;
    observation.faces.forEach((face, index) => {
      const emotion = SHOWN_EMOTIONS.indexOf(face.emotion);
      if (passed <= LONGEST_GAP) this.#seconds[emotion] += passed;
      const start = [observation.number ?? 0, face.number, ...face.box, face.score];
      this.#append([...start, ...face.probabilities, emotion, index === 0 ? 1 : 0]);
    });
  }

  /** Return the numbers of the faces of the last 60 seconds. */
  faces() {
    const numbers = new Set();
    for (let row = this.#firstRecent(); row < this.#count; row++) {
      numbers.add(this.#rows[row * WIDTH + FACE]);
    }
    return [...numbers].sort((one, other) => one - other);
  }

  /** Return the probabilities of a face in the last frame. @param {number | null} face */
  latest(face) {
    const seen = this.#last?.faces ?? [];
    return seen.find(({ number }) => face === null || number === face)?.probabilities ?? null;
  }

  /**
   * Return the seven probabilities of a face over the last 60 seconds; null where it is missing.
   * @param {number | null} face its number; null for the largest face of each frame
   * @returns {(number | null)[][]}
   */
  timeline(face) {
    const counts = new Int32Array(TIMELINE_STEPS);
    const sums = EMOTIONS.map(() => new Float64Array(TIMELINE_STEPS));
    for (let row = this.#firstRecent(); row < this.#count; row++) {
      const at = row * WIDTH;
      if (face === null ? !this.#rows[at + LARGEST] : this.#rows[at + FACE] !== face) continue;
      const step = Math.floor(this.#times[row] / STEP) - this.#firstStep();
      counts[step] += 1;
      sums.forEach((sum, emotion) => (sum[step] += this.#rows[at + PROBABILITIES + emotion]));
    }
    return sums.map((sum) => Array.from(sum, (value, at) => (counts[at] ? value / counts[at] : null)));
  }

  /** Return the seconds of each shown emotion over all faces. */
  seconds() {
    return this.#seconds;
  }

  toCsv() {
    const rows = Array.from({ length: this.#count }, (_, row) => {
      const values = this.#rows.subarray(row * WIDTH, (row + 1) * WIDTH);
      const [frame, ...others] = values.subarray(0, EMOTION);
      const emotion = SHOWN_EMOTIONS[values[EMOTION]];
      const cells = [frame, this.#times[row], ...others, emotion];
      return Object.fromEntries(COLUMNS.map((name, at) => [name, cells[at]]));
    });
    return csvText(rows, COLUMNS, DECIMALS);
  }

  /** @param {number[]} values */
  #append(values) {
    if (this.#count === this.#limit) {
      const dropped = Math.floor(this.#limit / 10);
      this.#rows.copyWithin(0, dropped * WIDTH);
      this.#times.copyWithin(0, dropped);
      this.#count -= dropped;
      this.#firstRow = Math.max(0, this.#firstRow - dropped);
    }
    this.#rows.set(values, this.#count * WIDTH);
    this.#times[this.#count] = this.time;
    this.#count += 1;
  }

  #firstStep() {
    return Math.floor(this.time / STEP) - TIMELINE_STEPS + 1;
  }

  /** Return the first row of the last 60 seconds, by bisection. */
  #firstRecent() {
    const since = this.#firstStep() * STEP;
    let [low, high] = [this.#firstRow, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle] < since) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
