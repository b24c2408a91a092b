// The camera without a kernel: the counterpart of widgets/camera.py.

import { fetchFile } from "../engine_files.js";
import { StandIn } from "./stand_in.js";

/** @typedef {import("../vision/observation.js").Observation} Observation */

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 60 } };

/** What the camera's view shares with a kernel elsewhere. */
export class Camera extends StandIn {
  /** @type {((observation: Observation) => void)[]} */
  #callbacks = [];
  #session = "";

  /** @param {Record<string, any>} values */
  constructor(values) {
    super({ state: "ready", overlay: "box", distant: false, smoothing: 0.5, ...values });
  }

  /** @param {(observation: Observation) => void} callback */
  observeFaces(callback) {
    this.#callbacks.push(callback);
  }

  switchOff() {
    this.answer({ kind: "away", session: this.#session });
  }

  /** @param {any} content */
  async receive({ kind, session, device, file, again, observations }) {
    if (kind === "start") {
      this.#session = session;
      const chosen = device ? { deviceId: { exact: device } } : { facingMode: "user" };
      const constraints = { audio: false, video: { ...chosen, ...SIZE } };
      this.answer({ kind: "stream", session, constraints });
    } else if (kind === "want") {
      try {
        this.answer({ kind: "file", file }, [await fetchFile(file, again)]);
      } catch (error) {
        this.answer({ kind: "file", file, problem: error instanceof Error ? error.message : String(error) });
      }
    } else if (kind === "observed") {
      for (const seen of observations) for (const callback of this.#callbacks) callback(seen);
    }
  }
}
