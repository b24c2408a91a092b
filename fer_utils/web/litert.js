// Open LiteRT networks in the browser: the counterpart of litert.py.

import { Tensor, loadAndCompile, loadLiteRt } from "@litertjs/core";
// Text: LiteRT runs its loader as a script of its own.
import loader from "litert-loader";

/** A network that cannot be used. */
export class ModelError extends Error {}

/**
 * Load LiteRT itself; once per worker.
 * @param {Uint8Array} wasm its compiled code
 */
export async function loadLibrary(wasm) {
  const script = URL.createObjectURL(new Blob([loader], { type: "text/javascript" }));
  // Emscripten compiles these bytes instead of fetching a file.
  Object.assign(self, { Module: { wasmBinary: wasm } });
  await loadLiteRt(`${script}#.js`);
  URL.revokeObjectURL(script);
}

/** A network with one input, ready to run. */
export class Network {
  #model;
  #shape;

  /** @param {import("@litertjs/core").CompiledModel} model */
  constructor(model) {
    this.#model = model;
    this.#shape = [...model.getInputDetails()[0].shape];
  }

  /**
   * @param {Uint8Array} bytes a .tflite file with a fixed batch of 1
   * @param {string} name for the message of an error
   */
  static async open(bytes, name) {
    try {
      return new Network(await loadAndCompile(bytes, { accelerator: "wasm" }));
    } catch (error) {
      throw new ModelError(`${name} is damaged or not a LiteRT network (${error})`);
    }
  }

  /**
   * Run the network.
   * @param {Float32Array} input
   * @returns {Promise<Float32Array[]>} its outputs, the one with the fewest values first
   */
  async run(input) {
    const tensor = new Tensor(input, this.#shape);
    const outputs = await this.#model.run(tensor);
    const arrays = outputs.map((output) => /** @type {Float32Array} */ (output.toTypedArray()));
    // LiteRT's memory is not garbage-collected.
    for (const used of [tensor, ...outputs]) used.delete();
    return arrays.sort((first, second) => first.length - second.length);
  }
}
