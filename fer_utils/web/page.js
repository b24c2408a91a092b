// The page that needs no server: it has the views of fer_utils/widgets, and models of its own.

import { Studio } from "./widgets/studio.js";

const response = await fetch("page.json");
await new Studio(await response.json(), document).show();
try {
  // From the second visit on, the page works without a network.
  if (window.isSecureContext) await navigator.serviceWorker?.register("service_worker.js");
} catch (error) {
  console.warn("the page cannot be kept for use without a network", error);
}
