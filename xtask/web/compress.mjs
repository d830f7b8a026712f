// Compresses as a web server should: brotli at its best, gzip for the rest. One place, so that what `size` measures of files
// is what is served; pages are served by a quicker brotli, which `size` tells beside the best.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** The quality with which the proxy compresses pages: `BROTLI_QUALITY` in proxy/src/router.rs. */
export const QUICK = 6;

/** The bytes as brotli, window 2^22. */
export const brotli = (bytes, quality = 11) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

/** The bytes as gzip, level 9. The header carries no time, so the same bytes give the same file. */
export const gzip = (bytes) => gzipSync(bytes, { level: 9 });
