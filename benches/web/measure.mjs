// One look at one page, in a browser profile of its own: nothing is cached, nothing is remembered.

import { watch } from "./watch.mjs";

/** What DevTools and Lighthouse call slow 4G (a request takes 562.5 ms, 1.44 Mbit/s), on a processor of a quarter. */
const SLOW_4G = { latency: 562.5, download: 180_000, upload: 84_375 };
const CPU_SLOWER = 4;
/** A task longer than this blocks, by what it is longer. */
const BLOCKING_MS = 50;
/** How long a page may take. */
const PATIENCE_MS = 60_000;

/** `line`: whether it is slow. `form` says whether there is a form to wait for, `live` whether one that is taken over. */
export async function measure(browser, { url, form, live }, line) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const requests = [];
  try {
    const cdp = await page.createCDPSession();
    await cdp.send("Network.enable");
    cdp.on("Network.requestWillBeSent", ({ requestId, request }) => requests.push({ requestId, url: request.url, bytes: 0 }));
    cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      for (const request of requests) if (request.requestId === requestId) request.bytes = encodedDataLength;
    });
    await page.evaluateOnNewDocument(watch);
    await page.emulateCPUThrottling(CPU_SLOWER);
    if (line === "slow") await page.emulateNetworkConditions(SLOW_4G);
    await page.goto(url, { waitUntil: "load", timeout: PATIENCE_MS });
    await page.waitForFunction((form, live) => (!form || self.bench.ready !== null) && (!live || self.bench.live !== null), { timeout: PATIENCE_MS, polling: 100 }, form, live);
    await page.waitForNetworkIdle({ idleTime: 500, timeout: PATIENCE_MS });
    const { ready, live: taken, tasks, shift } = await page.evaluate(() => self.bench);
    await cdp.send("HeapProfiler.collectGarbage");
    const { usedSize } = await cdp.send("Runtime.getHeapUsage");
    const { TaskDuration } = await page.metrics();
    const blocked = tasks.reduce((sum, [, duration]) => sum + Math.max(0, duration - BLOCKING_MS), 0);
    const own = requests.filter(({ url }) => !url.startsWith("data:"));
    const bytes = own.reduce((sum, { bytes }) => sum + bytes, 0);
    return { ready, live: taken, blocked, shift, heap: usedSize, busy: TaskDuration * 1e3, requests: own.length, bytes, hosts: [...new Set(own.map(({ url }) => new URL(url).host))] };
  } finally {
    await context.close();
  }
}
