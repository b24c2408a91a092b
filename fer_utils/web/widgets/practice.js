// Acting practice: the counterpart of widgets/practice.py, from which its texts come.

import { EMOTIONS } from "../emotions.js";
import { divideBy } from "../model/prior.js";
import { csvText } from "../video/sinks.js";
import { round } from "./figures.js";
import { Panel } from "./panel.js";
import { HOLD, PracticeGame } from "./practice_game.js";

/** @typedef {import("../vision/observation.js").Observation} Observation */
/** @typedef {import("./practice_game.js").Round} Round */
/** @typedef {{looks: Record<string, string>, paused: string, signs: Record<string, string>}} Texts */

const CHOICE_LASTS = 5;
const COLUMNS = ["round", "emotion", "outcome", "reaction_time", "peak", "threshold"];
const DECIMALS = { reaction_time: 3, peak: 3, threshold: 3 };

/** The panel of a game. */
export class Practice extends Panel {
  stem = "practice";
  #texts;
  #divisors;
  #game;
  /** @type {Map<number, number>} when each face was last seen */
  #lastSeen = new Map();

  /**
   * @param {Record<string, any>} values
   * @param {Texts} texts
   * @param {number[] | null} divisors that make all emotions equally frequent
   * @param {PracticeGame} [game]
   */
  constructor(values, texts, divisors, game = new PracticeGame()) {
    super({ threshold: 0.5, ...values });
    this.#texts = texts;
    this.#divisors = divisors;
    this.#game = game;
    this.on("change:threshold change:face", () => this.#applyChoices());
    this.#applyChoices();
  }

  /** @param {Observation} observation */
  update(observation) {
    const now = observation.time ?? 0;
    for (const [number, at] of this.#lastSeen) {
      if (now < at || now - at > CHOICE_LASTS) this.#lastSeen.delete(number);
    }
    for (const { number } of observation.faces) this.#lastSeen.set(number, now);
    const faces = observation.faces.map((face) => ({
      ...face,
      probabilities: divideBy(face.probabilities, this.#divisors),
    }));
    const game = this.#game;
    const { phase, paused } = game;
    game.update({ ...observation, faces });
    const changed = game.phase !== phase || game.paused !== paused;
    this.publishEvery(changed ? 0 : 0.1, now);
  }

  pause() {
    this.#game.pause();
    this.publish();
  }

  toCsv() {
    const rows = this.#game.rounds.map((played, index) => ({
      round: index + 1,
      ...played,
      reaction_time: Number.isNaN(played.reaction_time) ? null : played.reaction_time,
    }));
    return csvText(rows, COLUMNS, DECIMALS);
  }

  buttons() {
    return { start: () => this.#game.start(), skip: () => this.#game.skip() };
  }

  shown() {
    const game = this.#game;
    const { target, phase } = game;
    const [title, text] = this.#headline();
    const emotions = this.get("_emotions");
    return {
      phase,
      title,
      text,
      note: game.paused ? this.#texts.paused : "",
      emoji: target ? emotions[EMOTIONS.indexOf(target)].emoji : this.#texts.signs[phase],
      target: target ? EMOTIONS.indexOf(target) : null,
      probability: round(game.probability, 2),
      held: round(Math.min(1, game.held / HOLD), 2),
      remaining: phase === "acting" ? Math.ceil(game.remaining) : null,
      start: phase === "ready" ? "Start" : "Again",
      faces: [...this.#lastSeen.keys()].sort((one, other) => one - other),
      rounds: roundsAsJson(game.rounds),
    };
  }

  #applyChoices() {
    this.#game.threshold = this.get("threshold");
    this.#game.face = this.get("face") || null;
    this.publish();
  }

  /** Return a title and a sentence about the state of the game. */
  #headline() {
    const { target, phase, rounds } = this.#game;
    if (target) return [target, this.#texts.looks[target]];
    if (phase === "ready") {
      return ["Seven emotions to act", "Show each one, and hold it for a second."];
    }
    if (phase === "done") return summary(rounds);
    const last = rounds.at(-1);
    if (!last) return ["Get ready", "The first emotion appears in a moment."];
    const text = `Round ${rounds.length + 1} of ${EMOTIONS.length} starts in a moment.`;
    return [description(last), text];
  }
}

/** @param {Round} played */
function description({ emotion, outcome, reaction_time }) {
  const after = outcome === "held" ? ` after ${reaction_time.toFixed(1)} s` : "";
  return `${emotion}: ${outcome}${after}`;
}

/** @param {Round[]} played */
function summary(played) {
  const held = played
    .filter(({ outcome }) => outcome === "held")
    .sort((one, other) => one.reaction_time - other.reaction_time);
  const title = `${held.length} of ${played.length} held`;
  if (!held.length) return [title, "Lower the threshold to make it easier, and play again."];
  const middle = (held.length - 1) / 2;
  const [low, high] = [Math.floor(middle), Math.ceil(middle)].map((at) => held[at].reaction_time);
  const median = ((low + high) / 2).toFixed(1);
  return [title, `Median reaction time ${median} s; fastest: ${held[0].emotion}.`];
}

/** Return finished rounds for the view; the slowest reaction has a share of 1. @param {Round[]} played */
function roundsAsJson(played) {
  const times = played.map(({ reaction_time }) => reaction_time || 0);
  const slowest = Math.max(0, ...times) || 1;
  return played.map((one) => {
    const isHeld = one.outcome === "held";
    return {
      emotion: EMOTIONS.indexOf(one.emotion),
      outcome: one.outcome,
      description: description(one),
      seconds: isHeld ? round(one.reaction_time, 1) : null,
      share: isHeld ? round(one.reaction_time / slowest, 3) : 0,
      peak: round(one.peak, 3),
      threshold: one.threshold,
    };
  });
}
