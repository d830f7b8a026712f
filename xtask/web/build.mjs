// Finishes the browser's files: minifies, names each by its content, compresses, writes the manifest.
//
//   node build.mjs --modules NODE_MODULES --glue GLUE.js --wasm FORM.wasm --out FOLDER
//
// Runs after Trunk, from the repository's root. Uses esbuild and Node's own modules only.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { brotli, gzip } from "./compress.mjs";

const option = { type: "string" };
const { values } = parseArgs({ options: { modules: option, glue: option, wasm: option, out: option } });
for (const name of ["modules", "glue", "wasm", "out"]) {
  if (!values[name]) throw new Error(`found no --${name}, expected a path`);
}
const { build } = createRequire(join(resolve(values.modules), "package.json"))("esbuild");

// Browsers that have what the Wasm uses; esbuild rewrites newer syntax for them.
const target = ["chrome100", "edge100", "firefox100", "safari16"];

/** Bundles one entry file and returns its bytes. */
async function bundle(entry, options) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    outfile: "out",
    charset: "utf8",
    legalComments: "none",
    logLevel: "error",
    target,
    ...options,
  });
  return Buffer.from(result.outputFiles[0].contents);
}

/** Writes the file and its compressed siblings under a name made from its bytes; returns its row of the manifest. */
function place(name, extension, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const file = `${name}.${hash}.${extension}`;
  const compressed = { br: brotli(bytes), gz: gzip(bytes) };
  writeFileSync(join(values.out, file), bytes);
  for (const [suffix, data] of Object.entries(compressed)) writeFileSync(join(values.out, `${file}.${suffix}`), data);
  return {
    file,
    integrity: `sha384-${createHash("sha384").update(bytes).digest("base64")}`,
    bytes: bytes.length,
    br: compressed.br.length,
    gz: compressed.gz.length,
  };
}

mkdirSync(values.out, { recursive: true });

const module = readFileSync(values.wasm);
// wasm-opt has written modules that no engine takes: ask one before anybody is served this.
const compiled = await WebAssembly.compile(module);
const odd = WebAssembly.Module.imports(compiled).filter((row) => !row.module.includes("_bg"));
if (odd.length > 0) {
  throw new Error(`found imports that the glue does not give: ${JSON.stringify(odd)}, expected wasm-bindgen's alone`);
}
const wasm = place("form", "wasm", module);
const glue = place(
  "form",
  "js",
  // The loader hands the Wasm's response to the glue; an address guessed from the glue's own would be wrong under a hash.
  await bundle(values.glue, { format: "esm", define: { "import.meta.url": '""' } }),
);
const styles = place("form", "css", await bundle("style/main.css", { loader: { ".svg": "dataurl", ".woff2": "dataurl" } }));
const loader = place(
  "loader",
  "js",
  await bundle("embed/loader.js", {
    // A classic script: it needs `document.currentScript`, and leaves no name behind on the host page.
    format: "iife",
    define: {
      __GLUE__: JSON.stringify(glue.file),
      __WASM__: JSON.stringify(wasm.file),
      __STYLES__: JSON.stringify(styles.file),
    },
  }),
);
writeFileSync(join(values.out, "manifest.json"), `${JSON.stringify({ loader, glue, wasm, styles }, null, 2)}\n`);
