// Turn faces into the rows of a table: the counterpart of vision/face_table.py.

import { EMOTIONS } from "../emotions.js";

/** @typedef {import("./observation.js").RecognizedFace} RecognizedFace */
/** @typedef {Record<string, string | number | null>} Row */

export const FACE_COLUMNS = [
  "face", "x", "y", "width", "height", "score", ...EMOTIONS, "emotion",
];
export const COLUMNS = ["frame", "time", ...FACE_COLUMNS];

/**
 * @param {RecognizedFace} face
 * @param {number} number
 * @returns {Row}
 */
export function faceRow({ box: [x, y, width, height], score, probabilities, emotion }, number) {
  const named = EMOTIONS.map((name, index) => [name, probabilities[index]]);
  return { face: number, x, y, width, height, score, ...Object.fromEntries(named), emotion };
}
