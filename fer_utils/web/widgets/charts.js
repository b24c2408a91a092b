// Chart the last minute of a face, and the time of each emotion: the counterpart of
// widgets/charts.py.

import { minutes, round, spokenProbabilities, timesAsJson } from "./figures.js";
import { Panel } from "./panel.js";
import { SessionLog } from "./session_log.js";

/** @typedef {import("../vision/observation.js").Observation} Observation */

/** The charts of the camera's session. */
export class Charts extends Panel {
  session = new SessionLog();

  /** @param {Record<string, any>} values */
  constructor(values) {
    super(values);
    this.publish();
  }

  /** @param {Observation} observation */
  update(observation) {
    this.session.add(observation);
    this.publishEvery(0.5, observation.time ?? 0);
  }

  reset() {
    this.session.reset();
    this.forgetUpdate();
    this.set("face", 0);
  }

  toCsv() {
    return this.session.toCsv();
  }

  buttons() {
    return { reset: () => this.reset() };
  }

  shown() {
    const { session } = this;
    const face = this.get("face") || null;
    const latest = session.latest(face);
    const now = latest ? `Now: ${spokenProbabilities(latest)}.` : "The face is not in the picture now.";
    return {
      faces: session.faces(),
      can_save: session.length > 0,
      timeline: session
        .timeline(face)
        .map((lane) => lane.map((value) => (value === null ? null : round(value, 3)))),
      latest: latest && Array.from(latest, (value) => round(value, 3)),
      spoken: `Probabilities of the last 60 seconds. ${now}`,
      ...timesAsJson(session.seconds(), minutes),
    };
  }
}
