// Crop faces with the framing of FER-2013: the counterpart of vision/alignment.py.

import { halve, roundEven, toGray, warpAffine } from "../data/image_files.js";

/** @typedef {import("../data/image_files.js").Pixels} Pixels */
/** @typedef {import("../data/image_files.js").Similarity} Similarity */
/** @typedef {import("./observation.js").DetectedFace} DetectedFace */

export const IMAGE_SIZE = 48;

// BlazeFace's keypoints in FER-2013's images, as fractions of their side; see alignment.py.
const KEYPOINTS = [
  [0.308, 0.396], [0.682, 0.388], [0.501, 0.595], [0.502, 0.777], [0.115, 0.48], [0.882, 0.462],
];

/**
 * Cut a face out of a frame, rotated and scaled to the framing of FER-2013.
 * @param {Pixels} frame
 * @param {DetectedFace} face
 * @returns {Float32Array} 48x48 gray pixels, 0 to 255
 */
export function cropFace(frame, face) {
  const { matrix, halvings } = shrink(frame, framing(face));
  const [width, height] = [frame.width >> halvings, frame.height >> halvings];
  const block = Math.max(1, Math.ceil(1 / (IMAGE_SIZE * scaleOf(matrix)) - 0.01));
  const side = IMAGE_SIZE * block;
  const toFrame = invert(toPixels(matrix, side));
  const part = partOf(toFrame, side, width, height);
  let gray = toGray(frame, {
    left: part.left << halvings,
    top: part.top << halvings,
    width: part.width << halvings,
    height: part.height << halvings,
  });
  for (let n = 0; n < halvings; n++) gray = halve(gray, `gray half ${n}`);
  const place = { left: part.left, top: part.top, width, height, repeats: true };
  return averageBlocks(warpAffine(gray, toFrame, side, place), block);
}

/**
 * Return the side of a face in pixels of its frame, framed as in FER-2013.
 * @param {DetectedFace} face
 */
export function cropSide(face) {
  return 1 / scaleOf(framing(face));
}

/**
 * Return the similarity from pixels of the frame to fractions of the crop's side.
 * @param {DetectedFace} face
 */
export function framing({ keypoints }) {
  return fitSimilarity(keypoints, KEYPOINTS);
}

/**
 * Return the rotation, scale, and shift that best map points to their places; see alignment.py.
 * @param {number[][]} points
 * @param {number[][]} places
 * @returns {Similarity}
 */
export function fitSimilarity(points, places) {
  const [center, target] = [meanOf(points), meanOf(places)];
  let [real, imaginary, spread, wanted] = [0, 0, 0, 0];
  points.forEach((point, index) => {
    const [x, y] = [point[0] - center[0], point[1] - center[1]];
    const [u, v] = [places[index][0] - target[0], places[index][1] - target[1]];
    real += x * u + y * v;
    imaginary += x * v - y * u;
    spread += x * x + y * y;
    wanted += u * u + v * v;
  });
  const length = Math.hypot(real, imaginary);
  if (!length) throw new Error("expected at least two different keypoints, but all coincide");
  const factor = Math.sqrt(wanted / spread) / length;
  const [a, b] = [real * factor, imaginary * factor];
  const [x, y] = center;
  return { a, b, tx: target[0] - (a * x - b * y), ty: target[1] - (b * x + a * y) };
}

/** @param {number[][]} points */
function meanOf(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

/** @param {Similarity} matrix */
const scaleOf = ({ a, b }) => Math.hypot(a, b);

/**
 * Return how often to halve the frame so that a pixel of the crop still covers 2x2 of its pixels.
 * @param {Pixels} frame
 * @param {Similarity} matrix
 */
function shrink({ width, height }, matrix) {
  const covered = 1 / (IMAGE_SIZE * scaleOf(matrix));
  const most = 31 - Math.clz32(Math.min(width, height));
  const halvings = Math.max(0, Math.min(most, Math.trunc(Math.log2(covered) - 1)));
  const factor = 2 ** halvings;
  return { halvings, matrix: { ...matrix, a: matrix.a * factor, b: matrix.b * factor } };
}

/**
 * Scale a similarity to fractions up to pixels, which OpenCV counts from the center of the first.
 * @param {Similarity} matrix
 * @param {number} side
 * @returns {Similarity}
 */
function toPixels(matrix, side) {
  const [a, b] = [matrix.a * side, matrix.b * side];
  const tx = matrix.tx * side + (a - b) * 0.5 - 0.5;
  const ty = matrix.ty * side + (b + a) * 0.5 - 0.5;
  return { a, b, tx, ty };
}

/**
 * @param {Similarity} matrix
 * @returns {Similarity}
 */
function invert({ a, b, tx, ty }) {
  const square = a * a + b * b;
  const [ia, ib] = [a / square, -b / square];
  return { a: ia, b: ib, tx: -(ia * tx - ib * ty), ty: -(ib * tx + ia * ty) };
}

/**
 * Return the part of a frame that a square needs, with a margin of a pixel.
 * @param {Similarity} toFrame
 * @param {number} side
 * @param {number} width
 * @param {number} height
 */
function partOf({ a, b, tx, ty }, side, width, height) {
  const last = side - 1;
  const corners = [[0, 0], [last, 0], [0, last], [last, last]];
  const xs = corners.map(([x, y]) => a * x - b * y + tx);
  const ys = corners.map(([x, y]) => b * x + a * y + ty);
  /** @param {number[]} values @param {number} most */
  const span = (values, most) => {
    const first = Math.max(0, Math.min(most, Math.floor(Math.min(...values)) - 1));
    const end = Math.max(0, Math.min(most, Math.ceil(Math.max(...values)) + 1));
    return [first, end - first + 1];
  };
  const [[left, across], [top, down]] = [span(xs, width - 1), span(ys, height - 1)];
  return { left, top, width: across, height: down };
}

/**
 * Shrink a square by averaging blocks, with OpenCV's rounding.
 * @param {Uint8Array} pixels
 * @param {number} block
 */
function averageBlocks(pixels, block) {
  const crop = new Float32Array(IMAGE_SIZE * IMAGE_SIZE);
  const side = IMAGE_SIZE * block;
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / block) * IMAGE_SIZE;
    for (let x = 0; x < side; x++) crop[row + Math.floor(x / block)] += pixels[y * side + x];
  }
  const area = block * block;
  return crop.map((sum) => (block === 2 ? (sum + 2) >> 2 : roundEven(sum / area)));
}
