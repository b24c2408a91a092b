// What a panel shows and which button was pressed: the counterpart of widgets/panel.py.

import { StandIn } from "./stand_in.js";

/** A model whose view draws `_shown` and sends the names of pressed buttons. */
export class Panel extends StandIn {
  stem = "emotions";
  #updatedAt = -Infinity;

  /** @param {Record<string, any>} values */
  constructor(values) {
    super({ face: 0, ...values });
    this.on("change:face", () => this.publish());
  }

  publish() {
    this.set("_shown", this.shown());
  }

  /** @param {number} interval in seconds @param {number} now */
  publishEvery(interval, now) {
    const passed = now - this.#updatedAt;
    if (passed >= 0 && passed < interval) return;
    this.#updatedAt = now;
    this.publish();
  }

  forgetUpdate() {
    this.#updatedAt = -Infinity;
  }

  /** @returns {Record<string, any>} */
  shown() {
    return {};
  }

  /** @returns {string} */
  toCsv() {
    return "";
  }

  /** @returns {Record<string, () => void>} */
  buttons() {
    return {};
  }

  /** @param {any} content @param {BufferSource[]} _buffers */
  receive({ press, view }, _buffers) {
    if (press === "save") {
      const data = new TextEncoder().encode(this.toCsv());
      this.answer({ kind: "csv", view, stem: this.stem }, [data]);
    } else {
      this.buttons()[press]();
      this.publish();
    }
  }
}
