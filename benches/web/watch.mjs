// What a page tells of itself while it loads; runs in the page, before anything of the page's own.

/** Notes when the form can be used, what blocked the main thread, and what moved. */
export function watch() {
  const seen = (self.bench = { ready: null, live: null, tasks: [], shift: 0 });
  addEventListener("lead-form:ready", () => (seen.live ??= performance.now()));
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.tasks.push([startTime, duration]);
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const roots = () => [document, ...[...document.querySelectorAll("lead-form")].map(({ shadowRoot }) => shadowRoot).filter(Boolean)];
  const isOnScreen = (selector) => roots().some((root) => [...root.querySelectorAll(selector)].some((node) => node.getBoundingClientRect().width > 0));
  // Whether the three are there is asked before each frame; that the frame was drawn and the thread is free, by a message.
  const look = () => {
    const wanted = ["[type=email]", "textarea", "button:not([type=button]),input[type=button]"];
    if (!wanted.every(isOnScreen)) return requestAnimationFrame(look);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (seen.ready = performance.now());
    requestAnimationFrame(() => port2.postMessage(0));
  };
  requestAnimationFrame(look);
}

/** Every control that a visitor sees, in their order. */
export function controls() {
  const roots = [document, ...[...document.querySelectorAll("lead-form")].map(({ shadowRoot }) => shadowRoot).filter(Boolean)];
  return roots
    .flatMap((root) => [...root.querySelectorAll("input:not([type=hidden],[type=button],[type=submit]),select,textarea")])
    .filter((control) => control.tabIndex >= 0 && control.getBoundingClientRect().width > 0);
}
