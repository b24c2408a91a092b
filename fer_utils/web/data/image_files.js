// Shrink pixels the way OpenCV does, to the last bit: the counterpart of data/image_files.py.

/**
 * Eight-bit pixels, row by row.
 * @typedef {object} Pixels
 * @property {Uint8Array | Uint8ClampedArray} data
 * @property {number} width
 * @property {number} height
 * @property {number} channels 1 (gray), 3 (RGB) or 4 (RGBA)
 */

/** @type {Map<string, Uint8Array>} */
const buffers = new Map();

/**
 * Return scratch memory that the next call with the same name reuses: garbage at 60 frames a second
 * costs more than the work.
 * @param {string} name
 * @param {number} size
 */
export function scratch(name, size) {
  let buffer = buffers.get(name);
  if (!buffer || buffer.length < size) buffers.set(name, (buffer = new Uint8Array(size)));
  return buffer;
}

/**
 * Round half to even, as OpenCV and Python do.
 * @param {number} value
 */
export function roundEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

/**
 * Shrink pixels to half their size; each pixel is the mean of a 2x2 block. An alpha channel is
 * dropped.
 * @param {Pixels} pixels
 * @param {string} name of the scratch memory for the result
 * @returns {Pixels}
 */
export function halve({ data, width, height, channels }, name) {
  const [halfWidth, halfHeight, kept] = [width >> 1, height >> 1, Math.min(channels, 3)];
  const row = width * channels;
  const half = scratch(name, halfWidth * halfHeight * kept);
  let to = 0;
  for (let y = 0; y < halfHeight; y++) {
    let from = 2 * y * row;
    for (let x = 0; x < halfWidth; x++, from += 2 * channels) {
      for (let c = from; c < from + kept; c++) {
        half[to++] = (data[c] + data[c + channels] + data[c + row] + data[c + row + channels] + 2) >> 2;
      }
    }
  }
  return { data: half, width: halfWidth, height: halfHeight, channels: kept };
}

/**
 * Convert a part of RGBA pixels to gray with OpenCV's weights.
 * @param {Pixels} pixels
 * @param {{left: number, top: number, width: number, height: number}} part
 * @returns {Pixels}
 */
export function toGray({ data, width, channels }, part) {
  const gray = scratch("gray", part.width * part.height);
  let to = 0;
  for (let y = part.top; y < part.top + part.height; y++) {
    let from = (y * width + part.left) * channels;
    for (let x = 0; x < part.width; x++, from += channels) {
      gray[to++] =
        (data[from] * 9798 + data[from + 1] * 19235 + data[from + 2] * 3735 + 16384) >> 15;
    }
  }
  return { data: gray, width: part.width, height: part.height, channels: 1 };
}

/**
 * Where each pixel of a resized row or column comes from, as in OpenCV's linear interpolation.
 * @typedef {object} Taps
 * @property {Int32Array} first index of the first source pixel
 * @property {Int32Array} second index of the second source pixel
 * @property {Int32Array} weight of the first one, in 1/2048
 * @property {Int32Array} rest weight of the second one, in 1/2048
 */

/** @type {Map<string, Taps>} */
const tapsBySize = new Map();

/**
 * @param {number} from number of source pixels
 * @param {number} to number of pixels wanted
 * @returns {Taps}
 */
export function linearTaps(from, to) {
  const name = `${from} ${to}`;
  const known = tapsBySize.get(name);
  if (known) return known;
  const [first, second, weight, rest] = Array.from({ length: 4 }, () => new Int32Array(to));
  for (let index = 0; index < to; index++) {
    const place = Math.fround(((index + 0.5) * from) / to - 0.5);
    const start = Math.max(0, Math.min(from - 1, Math.floor(place)));
    const part = place < 0 || start === from - 1 ? 0 : Math.fround(place - start);
    first[index] = start;
    second[index] = Math.min(start + 1, from - 1);
    weight[index] = roundEven((1 - part) * 2048);
    rest[index] = roundEven(part * 2048);
  }
  const taps = { first, second, weight, rest };
  tapsBySize.set(name, taps);
  return taps;
}

/**
 * A similarity: maps (x, y) to (a x - b y + tx, b x + a y + ty).
 * @typedef {{a: number, b: number, tx: number, ty: number}} Similarity
 */

/** @type {[Int32Array, Int32Array]} */
const steps = [new Int32Array(4096), new Int32Array(4096)];

/**
 * Sample pixels linearly as OpenCV's warpAffine does: positions in 1/32 of a pixel.
 * @param {Pixels} pixels a part of a frame
 * @param {Similarity} toFrame from pixels of the result to pixels of the frame
 * @param {number} side of the square result, in pixels
 * @param {object} frame that the pixels are a part of
 * @param {number} frame.left column of the frame at which the part starts
 * @param {number} frame.top row of the frame at which the part starts
 * @param {number} frame.width of the whole frame
 * @param {number} frame.height of the whole frame
 * @param {boolean} frame.repeats whether pixels outside repeat the nearest edge; else they are black
 * @returns {Uint8Array} `side` rows of `side` pixels without alpha
 */
export function warpAffine(pixels, { a, b, tx, ty }, side, { left, top, width, height, repeats }) {
  const { data, channels, width: stride } = pixels;
  const kept = Math.min(channels, 3);
  const warped = scratch(`warped ${kept}`, side * side * kept);
  const [alongX, alongY] = steps;
  for (let x = 0; x < side; x++) {
    alongX[x] = roundEven(a * x * 1024);
    alongY[x] = roundEven(b * x * 1024);
  }
  const [lastX, lastY] = [width - 1, height - 1];
  let to = 0;
  for (let y = 0; y < side; y++) {
    const startX = roundEven((tx - b * y) * 1024) + 16;
    const startY = roundEven((a * y + ty) * 1024) + 16;
    for (let x = 0; x < side; x++) {
      const px = (startX + alongX[x]) >> 5;
      const py = (startY + alongY[x]) >> 5;
      const ix = px >> 5;
      const iy = py >> 5;
      const u = px & 31;
      const v = py & 31;
      const x0 = ix < 0 ? 0 : ix > lastX ? lastX : ix;
      const x1 = ix < -1 ? 0 : ix >= lastX ? lastX : ix + 1;
      const y0 = iy < 0 ? 0 : iy > lastY ? lastY : iy;
      const y1 = iy < -1 ? 0 : iy >= lastY ? lastY : iy + 1;
      let w00 = (32 - u) * (32 - v);
      let w10 = u * (32 - v);
      let w01 = (32 - u) * v;
      let w11 = u * v;
      if (!repeats) {
        if (x0 !== ix) w00 = w01 = 0;
        if (x1 !== ix + 1) w10 = w11 = 0;
        if (y0 !== iy) w00 = w10 = 0;
        if (y1 !== iy + 1) w01 = w11 = 0;
      }
      const upper = (y0 - top) * stride - left;
      const lower = (y1 - top) * stride - left;
      const p00 = (upper + x0) * channels;
      const p10 = (upper + x1) * channels;
      const p01 = (lower + x0) * channels;
      const p11 = (lower + x1) * channels;
      for (let c = 0; c < kept; c++) {
        const above = w00 * data[p00 + c] + w10 * data[p10 + c];
        const below = w01 * data[p01 + c] + w11 * data[p11 + c];
        warped[to++] = (above + below + 512) >> 10;
      }
    }
  }
  return warped;
}
