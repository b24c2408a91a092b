// Draw faces and their emotions on a picture: the counterpart of vision/annotation.py.

/** @typedef {import("./observation.js").RecognizedFace} RecognizedFace */
/** @typedef {OffscreenCanvasRenderingContext2D} Context */

// Fractions of the picture's shorter side.
const TEXT_SIZE = 1 / 32;
const LINE_WIDTH = 1 / 160;
const SMALLEST_TEXT = 9;
// A label shrinks if it is wider than this many times its box, but at most to this scale.
const LABEL_WIDTH = 1.3;
const LEAST_SCALE = 0.6;
const MARGIN = 0.4;
const INK = "#14171c";

/**
 * Draw a box and a label around each face, smaller faces below larger ones.
 * @param {Context} context of the picture
 * @param {RecognizedFace[]} faces largest first
 * @param {Map<string, string>} colors by emotion
 */
export function annotate(context, faces, colors) {
  const shorter = Math.min(context.canvas.width, context.canvas.height);
  const line = Math.max(1, Math.round(shorter * LINE_WIDTH));
  for (const [place, face] of [...faces.entries()].reverse()) {
    context.strokeStyle = context.fillStyle = colors.get(face.emotion) ?? INK;
    context.lineWidth = line;
    context.strokeRect(...face.box);
    const percent = Math.round(100 * Math.max(...face.probabilities));
    const words = `#${place + 1} ${face.emotion} ${percent}%`;
    label(context, words, face, { line, size: Math.max(SMALLEST_TEXT, shorter * TEXT_SIZE) });
  }
}

/**
 * @param {Context} context
 * @param {string} words
 * @param {RecognizedFace} face
 * @param {{line: number, size: number}} sizes in pixels
 */
function label(context, words, { box: [x, y, boxWidth, boxHeight] }, { line, size }) {
  /** @param {number} pixels */
  const measure = (pixels) => {
    context.font = `600 ${pixels}px system-ui, sans-serif`;
    return context.measureText(words).width + 2 * MARGIN * pixels;
  };
  const scale = Math.max(LEAST_SCALE, Math.min(1, (boxWidth * LABEL_WIDTH) / measure(size)));
  const text = Math.max(SMALLEST_TEXT, size * scale);
  const [width, height] = [measure(text), text * (1 + 2 * MARGIN)];
  const { width: wide, height: high } = context.canvas;
  const below = y + boxHeight + line / 2;
  let top = y - line / 2 - height;
  if (top < 0) top = below + height <= high ? below : y + line / 2;
  const left = Math.max(0, Math.min(x - line / 2, wide - width));
  context.fillRect(left, Math.max(0, Math.min(top, high - height)), width, height);
  context.fillStyle = INK;
  context.textBaseline = "middle";
  context.fillText(words, left + MARGIN * text, Math.max(0, Math.min(top, high - height)) + height / 2);
}
