// Finishes the browser's files: minifies, names each by its content, compresses, writes the manifest.
//
//   node build.mjs --modules NODE_MODULES --glue GLUE.js --wasm FORM.wasm --panel-glue GLUE.js --panel-wasm PANEL.wasm --out FOLDER
//
// Runs after Trunk, from the repository's root. Uses esbuild, binaryen and Node's own modules only.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { brotli, gzip } from "./compress.mjs";

const option = { type: "string" };
const needed = ["modules", "glue", "wasm", "panel-glue", "panel-wasm", "out"];
const { values } = parseArgs({ options: Object.fromEntries(needed.map((name) => [name, option])) });
for (const name of needed) {
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

/**
 * The Wasm without what only unused exports keep alive: stream adapters that Leptos's request library registers with
 * wasm-bindgen whether or not anybody makes one, and marks that the glue never calls.
 */
async function withoutUnusedExports(glue, wasm) {
  const text = readFileSync(glue, "utf8");
  const before = await WebAssembly.compile(readFileSync(wasm));
  const used = WebAssembly.Module.exports(before)
    .map((row) => row.name)
    .filter((name) => text.includes(name) && !name.includes("intounderlying"));
  const nodes = used.map((name) => ({ name: `export ${name}`, export: name }));
  const graph = [{ name: "page", root: true, reaches: nodes.map((node) => node.name) }, ...nodes];
  // The same features that Trunk tells wasm-opt, from the one place that lists them.
  const [, parameters] = /data-wasm-opt-params="([^"]+)"/.exec(readFileSync("index.html", "utf8"));
  const [graphFile, less, least] = ["graph.json", "less.wasm", "least.wasm"].map((name) => join(values.out, name));
  writeFileSync(graphFile, JSON.stringify(graph));
  const binaryen = (tool, ...rest) => execFileSync(join(values.modules, ".bin", tool), rest, { stdio: ["ignore", "ignore", "inherit"] });
  const features = parameters.split(" ").filter((word) => word.startsWith("--enable-"));
  binaryen("wasm-metadce", wasm, "--graph-file", graphFile, "-o", less, ...features);
  binaryen("wasm-opt", "-Oz", less, "-o", least, ...parameters.split(" "));
  const bytes = readFileSync(least);
  for (const file of [graphFile, less, least]) rmSync(file);
  return bytes;
}

/** The same bytes, if an engine takes them and the glue gives all they import: wasm-opt has written other modules. */
async function checked(glue, bytes) {
  const text = readFileSync(glue, "utf8");
  const imports = WebAssembly.Module.imports(await WebAssembly.compile(bytes));
  const missing = imports.filter((row) => !row.module.endsWith("_bg.js") || !text.includes(row.name));
  if (missing.length > 0) {
    throw new Error(`found imports that the glue does not give: ${JSON.stringify(missing)}, expected wasm-bindgen's alone`);
  }
  return bytes;
}

mkdirSync(values.out, { recursive: true });

/** Wasm and its glue under this name. */
async function program(name, glue, wasm) {
  const module = await checked(glue, await withoutUnusedExports(glue, wasm));
  return {
    wasm: place(name, "wasm", module),
    // The loader hands the Wasm's response to the glue; an address guessed from the glue's own would be wrong under a hash.
    glue: place(name, "js", await bundle(glue, { format: "esm", define: { "import.meta.url": '""' } })),
  };
}

const { wasm, glue } = await program("form", values.glue, values.wasm);
const styles = place("form", "css", await bundle("style/main.css", { loader: { ".svg": "dataurl", ".woff2": "dataurl" } }));
const later = place("later", "css", await bundle("style/later.css", {}));
const signed = place("signed", "js", await bundle("embed/signed.js", { format: "esm" }));
const more = place(
  "more",
  "js",
  // The styles that no form shows at first come with it: one request less.
  await bundle("embed/more.js", {
    format: "esm",
    define: {
      __LATER__: JSON.stringify(readFileSync(join(values.out, later.file), "utf8")),
      __SIGNED__: JSON.stringify(signed.file),
    },
  }),
);
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
      __MORE__: JSON.stringify(more.file),
    },
  }),
);
const first = place("first", "js", await bundle("embed/first.js", { format: "iife" }));

// The panel: a page of our own, so its parts find each other by name.
const panel = await program("panel", values["panel-glue"], values["panel-wasm"]);
const panel_styles = place("panel", "css", await bundle("style/panel.css", {}));
const panel_boot = place(
  "panel-boot",
  "js",
  await bundle("embed/panel.js", {
    format: "esm",
    define: { __GLUE__: JSON.stringify(panel.glue.file), __WASM__: JSON.stringify(panel.wasm.file) },
  }),
);

const form = { loader, first, more, signed, glue, wasm, styles, later };
const manifest = { ...form, panel_boot, panel_glue: panel.glue, panel_wasm: panel.wasm, panel_styles };
writeFileSync(join(values.out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
