// Format probabilities, times, and counts: the counterpart of widgets/figures.py.

import { EMOTIONS, SHOWN_EMOTIONS } from "../emotions.js";

/** @param {number} value @param {number} digits */
export const round = (value, digits) => Number(value.toFixed(digits));

/**
 * Return the time of each emotion with its share of the sum, and the longest.
 * @param {ArrayLike<number>} seconds of the eight shown emotions
 * @param {(seconds: number) => string} label
 */
export function timesAsJson(seconds, label) {
  const values = Array.from(seconds);
  const total = values.reduce((sum, value) => sum + value, 0);
  const most = values.indexOf(Math.max(...values));
  return {
    times: values.map((time) => ({ share: round(time / (total || 1), 4), time: label(time) })),
    most: total ? SHOWN_EMOTIONS[most] : null,
  };
}

/** @param {ArrayLike<number>} probabilities */
export function spokenProbabilities(probabilities) {
  return EMOTIONS.map((name, at) => `${name} ${(100 * probabilities[at]).toFixed(0)} percent`).join(
    ", ",
  );
}

/** @param {number} number @param {string} noun */
export const countOf = (number, noun) => `${number || "no"} ${noun}${number > 1 ? "s" : ""}`;

/** Return whole seconds as minutes and seconds. @param {number} seconds */
export function minutes(seconds) {
  const whole = Math.trunc(seconds);
  return `${Math.trunc(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Return a text with its first letter in upper case. @param {string} text */
export const capitalize = (text) => text[0].toUpperCase() + text.slice(1);
