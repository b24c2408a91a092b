// Classify faces with an exported model: the counterpart of model/classifier.py.

import { divideBy } from "./prior.js";

/** Predicts the probabilities of the seven emotions. */
export class Classifier {
  #network;
  #divisors;

  /**
   * @param {import("../litert.js").Network} network
   * @param {number[] | null} divisors
   */
  constructor(network, divisors) {
    this.#network = network;
    this.#divisors = divisors;
  }

  /**
   * @param {Float32Array} crop 48x48 gray pixels, 0 to 255
   * @returns {Promise<Float32Array>} seven probabilities
   */
  async predict(crop) {
    const [probabilities] = await this.#network.run(crop);
    return divideBy(probabilities, this.#divisors);
  }
}
