// Build what browsers load: the worker with LiteRT's loader in it, LiteRT's code, and the page.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { gzip } from "node:zlib";
import { promisify } from "node:util";
import { build, transform } from "esbuild";

const LITERT = "node_modules/@litertjs/core";
// Needs no relaxed SIMD, which Safari lacks.
const VARIANT = `${LITERT}/wasm/litert_wasm_compat_internal`;
const LOADER = {
  name: "litert-loader",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^litert-loader$/ }, ({ path }) => ({ path, namespace: "loader" }));
    onLoad({ filter: /.*/, namespace: "loader" }, async () => {
      const { code } = await transform(await readFile(`${VARIANT}.js`, "utf8"), { minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

await rm("built", { recursive: true, force: true });
await mkdir("built");
const options = { bundle: true, minify: true, target: "es2023", legalComments: "none" };
await build({
  ...options,
  entryPoints: ["worker.js"],
  outfile: "built/worker.js",
  format: "iife",
  plugins: [LOADER],
});
await build({ ...options, entryPoints: ["page.js"], outfile: "built/page.js", format: "esm" });
const wasm = await promisify(gzip)(await readFile(`${VARIANT}.wasm`), { level: 9 });
await writeFile("built/litert.wasm.gz", wasm);
