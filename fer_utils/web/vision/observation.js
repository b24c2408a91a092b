// What is known about faces, and the overlap of boxes: the counterpart of vision/observation.py.

/**
 * @typedef {[number, number, number, number]} Box left, top, width and height in pixels
 */

/**
 * A face found by a detector.
 * @typedef {object} DetectedFace
 * @property {Box} box
 * @property {number} score
 * @property {[number, number][]} keypoints six points (x, y), as in Python
 */

/**
 * A detected face with the model's prediction.
 * @typedef {DetectedFace & {probabilities: Float32Array, emotion: string, isSmall: boolean}}
 * RecognizedFace
 */

/**
 * A recognized face that is followed from frame to frame.
 * @typedef {RecognizedFace & {number: number, landmarks: [number, number][] | null}} TrackedFace
 */

/**
 * The faces in one frame; `number` and `time` are null for a single picture.
 * @typedef {object} Observation
 * @property {number | null} number
 * @property {number | null} time in seconds
 * @property {number} width
 * @property {number} height
 * @property {TrackedFace[]} faces
 */

/**
 * Return the intersection over union of two boxes, given by their edges.
 * @param {ArrayLike<number>} first left, top, right, bottom
 * @param {ArrayLike<number>} second
 */
export function overlap(first, second) {
  const width = Math.max(0, Math.min(first[2], second[2]) - Math.max(first[0], second[0]));
  const height = Math.max(0, Math.min(first[3], second[3]) - Math.max(first[1], second[1]));
  const shared = width * height;
  const union = area(first) + area(second) - shared;
  return union > 0 ? shared / union : 0;
}

/** @param {ArrayLike<number>} edges */
const area = (edges) => (edges[2] - edges[0]) * (edges[3] - edges[1]);
