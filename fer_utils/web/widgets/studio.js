// The camera and the tabs on one page: the counterpart of widgets/studio.py.

import { PictureWorker } from "../picture_worker.js";
import { Camera } from "./camera.js";
import { Charts } from "./charts.js";
import { Pictures } from "./pictures.js";
import { Practice } from "./practice.js";

/** @typedef {import("./stand_in.js").StandIn} StandIn */
/** @typedef {{initialize?: (context: object) => unknown, render: (context: object) => unknown}} View */

// The tabs that hide the camera and switch it off.
const ALONE = ["pictures"];

/** Puts the models and their views on the page. */
export class Studio {
  #models;
  #page;

  /**
   * @param {any} data page.json
   * @param {Document} page
   */
  constructor(data, page) {
    const { emotions, model, practice } = data;
    const values = { _emotions: emotions };
    const camera = new Camera({
      ...values,
      _states: data.states,
      _causes: data.causes,
      _engines: ["page"],
      _model: model,
    });
    const charts = new Charts(values);
    const acting = new Practice(values, practice, model.even_divisors);
    const pictures = new Pictures(values, new PictureWorker(model));
    camera.observeFaces((seen) => charts.update(seen));
    camera.observeFaces((seen) => acting.update(seen));
    camera.on("change:state", () => camera.get("state") !== "live" && acting.pause());
    this.#models = { camera, charts, practice: acting, pictures };
    this.#page = page;
  }

  async show() {
    const models = Object.entries(this.#models);
    await Promise.all(models.map(([name, model]) => this.#render(name, model)));
    const tabs = this.#tabs();
    for (const tab of tabs) {
      tab.addEventListener("click", () => this.#select(tab));
      tab.addEventListener("keydown", ({ key }) => {
        const step = { ArrowRight: 1, ArrowLeft: tabs.length - 1 }[key];
        if (step) this.#select(tabs[(tabs.indexOf(tab) + step) % tabs.length]);
      });
    }
  }

  /** @param {string} name @param {StandIn} model */
  async #render(name, model) {
    // Python writes the views of fer_utils/widgets next to the page.
    const address = new URL(`${name}.js`, this.#page.baseURI).href;
    const { default: widget } = await import(address);
    /** @type {View} */
    const view = typeof widget === "function" ? widget() : widget;
    view.initialize?.({ model });
    view.render({ model, el: this.#page.getElementById(name) });
  }

  #tabs() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.#page.querySelectorAll("[role=tab]"))];
  }

  /** @param {HTMLElement} tab */
  #select(tab) {
    for (const each of this.#tabs()) {
      const selected = each === tab;
      each.setAttribute("aria-selected", String(selected));
      each.tabIndex = selected ? 0 : -1;
      const panel = this.#page.getElementById(each.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !selected;
    }
    tab.focus();
    const alone = ALONE.includes(tab.getAttribute("aria-controls") ?? "");
    const camera = this.#page.getElementById("camera");
    if (camera) camera.hidden = alone;
    this.#page.body.classList.toggle("fer-alone", alone);
    if (alone) this.#models.camera.switchOff();
  }
}
