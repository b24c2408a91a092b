// Get what the engine needs from the page's own server: the counterpart of engine_files.py.

/**
 * Fetch a file of the engine, compressed with gzip.
 * @param {string} name
 * @param {boolean} [again] whether a file that the browser has kept is damaged
 */
export async function fetchFile(name, again = false) {
  const response = await fetch(`files/${name}.bin`, { cache: again ? "reload" : "default" });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
