// Stand in for the model that a view shares with its kernel, so that the views of
// fer_utils/widgets run in a page without one.

/** @typedef {(...values: any[]) => void} Listener */

/** What anywidget calls a model: values with listeners, and messages both ways. */
export class StandIn {
  /** @type {Record<string, any>} */
  #values;
  /** @type {Map<string, Set<Listener>>} */
  #listeners = new Map();

  /** @param {Record<string, any>} values */
  constructor(values) {
    this.#values = { ...values };
  }

  /** @param {string} name */
  get(name) {
    return this.#values[name];
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    if (this.#values[name] === value) return;
    this.#values[name] = value;
    this.emit(`change:${name}`, this, value);
  }

  // What is set here is nowhere else.
  save_changes() {}

  /** @param {string} events separated by spaces @param {Listener} act */
  on(events, act) {
    for (const event of events.split(" ")) {
      const listeners = this.#listeners.get(event) ?? new Set();
      this.#listeners.set(event, listeners.add(act));
    }
  }

  /** @param {string} events separated by spaces @param {Listener} act */
  off(events, act) {
    for (const event of events.split(" ")) this.#listeners.get(event)?.delete(act);
  }

  /** @param {string} event @param {any[]} values */
  emit(event, ...values) {
    for (const act of [...(this.#listeners.get(event) ?? [])]) act(...values);
  }

  /**
   * Take a message from the view, later, as a kernel does.
   * @param {any} content @param {unknown} [_callbacks] @param {BufferSource[]} [buffers]
   */
  send(content, _callbacks, buffers = []) {
    queueMicrotask(() => this.receive(content, buffers));
  }

  /** Send a message to the view. @param {any} content @param {unknown[]} [buffers] */
  answer(content, buffers = []) {
    this.emit("msg:custom", content, buffers);
  }

  /** @param {any} _content @param {BufferSource[]} _buffers */
  receive(_content, _buffers) {}
}
