// Adapt probabilities to how frequent each emotion is: the counterpart of model/prior.py.

const SMALLEST = 1e-12;

/**
 * Divide probabilities by positive numbers, so that they sum to 1 again.
 * @param {ArrayLike<number>} probabilities
 * @param {number[] | null} divisors null leaves the probabilities as they are
 */
export function divideBy(probabilities, divisors) {
  if (!divisors) return Float32Array.from(probabilities);
  const divided = divisors.map((divisor, at) => Math.max(probabilities[at], SMALLEST) / divisor);
  const sum = divided.reduce((total, value) => total + value, 0);
  return Float32Array.from(divided, (value) => value / sum);
}
