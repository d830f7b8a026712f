// Reads standard input and prints its size as JSON: {"raw":n,"gzip":n,"brotli":n,"quick":n}. `cargo xtask size` asks it for pages
// that exist only at run time.

import { readFileSync } from "node:fs";
import { QUICK, brotli, gzip } from "./compress.mjs";

const bytes = readFileSync(0);
console.log(JSON.stringify({ raw: bytes.length, gzip: gzip(bytes).length, brotli: brotli(bytes).length, quick: brotli(bytes, QUICK).length }));
