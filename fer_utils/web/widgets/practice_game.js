// The rules of acting practice: the counterpart of widgets/practice_game.py.

import { EMOTIONS } from "../emotions.js";
import { LONGEST_GAP } from "./session_log.js";

/** @typedef {import("../vision/observation.js").Observation} Observation */
/**
 * @typedef {object} Round
 * @property {string} emotion
 * @property {"held" | "missed" | "skipped"} outcome
 * @property {number} reaction_time seconds; NaN if the emotion was not held
 * @property {number} peak
 * @property {number} threshold
 */

// In seconds.
export const HOLD = 1;
const ROUND_LENGTH = 15;
const BREAK_LENGTH = 2;
const NEVER = { number: 0, at: -Infinity };

/** Return items in random order. @template T @param {readonly T[]} items */
function shuffled(items) {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
}

/** Seven rounds, one per emotion in random order, driven by observations alone. */
export class PracticeGame {
  threshold = 0.5;
  /** @type {number | null} */
  face = null;
  /** @type {Round[]} */
  rounds = [];
  paused = false;
  /** @type {"ready" | "break" | "acting" | "done"} */
  phase = "ready";
  probability = 0;
  #order;
  /** @type {string[]} */
  #emotions = [];
  #peak = 0;
  #clock = 0;
  /** @type {number | null} */
  #holdBegan = null;
  #lastSeen = NEVER;

  /** @param {() => string[]} [order] returns the order of the emotions of a game */
  constructor(order = () => shuffled(EMOTIONS)) {
    this.#order = order;
  }

  /** The emotion to show now; null outside a round. */
  get target() {
    return this.phase === "acting" ? this.#emotions[this.rounds.length] : null;
  }

  /** Seconds for which the target has been held. */
  get held() {
    return this.#holdBegan === null ? 0 : this.#clock - this.#holdBegan;
  }

  /** Seconds until the round is missed or the break is over. */
  get remaining() {
    return (this.phase === "acting" ? ROUND_LENGTH : BREAK_LENGTH) - this.#clock;
  }

  start() {
    this.#emotions = this.#order();
    this.rounds = [];
    this.#enter("break");
    this.pause();
  }

  skip() {
    if (this.phase === "acting") this.#finish("skipped");
  }

  pause() {
    this.paused = this.phase === "break" || this.phase === "acting";
    this.#lastSeen = NEVER;
  }

  /** @param {Observation} observation */
  update({ faces, time }) {
    const player = faces.find(({ number }) => this.face === null || number === this.face);
    const now = time ?? 0;
    const { number, at } = this.#lastSeen;
    const gap = now >= at ? now - at : Infinity;
    if (!player) {
      if (gap > LONGEST_GAP) this.pause();
      return;
    }
    this.#lastSeen = { number: player.number, at: now };
    this.paused = false;
    if (gap <= LONGEST_GAP) this.#clock += gap;
    if (gap > LONGEST_GAP || player.number !== number) this.#holdBegan = null;
    if (this.target) this.#act(player.probabilities[EMOTIONS.indexOf(this.target)]);
    else if (this.phase === "break" && this.#clock >= BREAK_LENGTH) this.#enter("acting");
  }

  /** @param {number} probability */
  #act(probability) {
    this.probability = probability;
    this.#peak = Math.max(this.#peak, probability);
    if (probability < this.threshold) this.#holdBegan = null;
    else this.#holdBegan ??= this.#clock;
    if (this.#holdBegan !== null && this.held >= HOLD) this.#finish("held", this.#holdBegan);
    else if (this.#clock >= ROUND_LENGTH) this.#finish("missed");
  }

  /** @param {Round["outcome"]} outcome @param {number} [reactionTime] */
  #finish(outcome, reactionTime = NaN) {
    const emotion = this.#emotions[this.rounds.length];
    const { threshold } = this;
    this.rounds.push({ emotion, outcome, reaction_time: reactionTime, peak: this.#peak, threshold });
    this.#enter(this.rounds.length < this.#emotions.length ? "break" : "done");
  }

  /** @param {PracticeGame["phase"]} phase */
  #enter(phase) {
    this.phase = phase;
    this.probability = this.#peak = this.#clock = 0;
    this.#holdBegan = null;
  }
}
