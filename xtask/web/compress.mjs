// Compresses as a web server should: brotli at its best, gzip for the rest. One place, so that what `size` measures is
// what is served.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** The bytes as brotli, quality 11, window 2^22. */
export const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

/** The bytes as gzip, level 9. The header carries no time, so the same bytes give the same file. */
export const gzip = (bytes) => gzipSync(bytes, { level: 9 });
