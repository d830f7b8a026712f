// Builds each peer as a site would ship it: one file, minified, compressed once and for all.
//
// Apart from the run, so that nothing is compressed while something is measured.

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { build, transformWithOxc } from "vite";

/** Every peer by its name in the table, with its source. */
export const PEERS = {
  vanilla: "vanilla.js",
  lit: "lit.js",
  preact: "preact.jsx",
  svelte: "svelte.js",
  react: "react.jsx",
  surveyjs: "surveyjs.js",
};

const peer = (file) => new URL(`peers/${file}`, import.meta.url).pathname;

/** JSX of the peer's own library; one plugin, since two libraries read the same syntax. */
const jsx = (importSource) => ({
  name: "jsx",
  enforce: "pre",
  transform: (code, id) => (id.endsWith(".jsx") ? transformWithOxc(code, id, { lang: "jsx", jsx: { runtime: "automatic", importSource } }) : undefined),
});

async function bundle(name, source) {
  const { output } = await build({
    configFile: false,
    logLevel: "error",
    plugins: [jsx(name), ...(name === "svelte" ? [svelte({ configFile: false })] : [])],
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rollupOptions: { input: peer(source), output: { format: "es", entryFileNames: `${name}.js`, assetFileNames: `${name}.[ext]` } },
    },
  });
  const script = output.filter(({ type }) => type === "chunk");
  if (script.length !== 1) throw new Error(`${name} is built into ${script.length} scripts, expected 1`);
  const styles = output.find(({ fileName }) => fileName.endsWith(".css"));
  return { script: script[0].code, styles: styles?.source };
}

/** A page with the form's styles inside and its script beside, or what stands in their place. */
export const page = (head, body) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A quote</title><link rel="icon" href="data:,">${head}<h1>A quote</h1>${body}`;

/** One answer, compressed as well as can be. */
export function answer(type, text) {
  const bytes = Buffer.from(text);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return { type, body: brotliCompressSync(bytes, { params: quality }) };
}

/** What the server answers for every peer: a map of paths. */
export async function site() {
  const css = readFileSync(peer("form.css"), "utf8").replace(/\s+/g, " ");
  const answers = new Map();
  for (const [name, source] of Object.entries(PEERS)) {
    const { script, styles } = await bundle(name, source);
    answers.set(`/${name}.js`, answer("text/javascript", script));
    if (styles) answers.set(`/${name}.css`, answer("text/css", styles));
    // An engine brings its own look.
    const look = styles ? `<link rel="stylesheet" href="/${name}.css">` : `<style>${css}</style>`;
    answers.set(`/${name}`, answer("text/html", page(look, `<div id="app"></div><script type="module" src="/${name}.js"></script>`)));
  }
  answers.set("/blank", answer("text/html", page(`<style>${css}</style>`, "<p>Nothing here.</p>")));
  return answers;
}
