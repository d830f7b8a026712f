// Tells a host page's developer when the colors that a form has on it can't be read well enough (WCAG 2.2, 1.4.3 and 1.4.11).
//
// Apart because no visitor needs it: it looks when the browser is idle, changes nothing, and says what it found in the console,
// once for an element and a set of colors.

/** What stands on what, and how much they must differ. */
const PAIRS = [
  ["text", "surface", 4.5],
  ["muted", "surface", 4.5],
  ["danger", "surface", 4.5],
  ["text", "field", 4.5],
  ["muted", "field", 4.5],
  ["accent-text", "accent", 4.5],
  ["border", "field", 3],
  ["accent", "surface", 3],
];

/** What the element says that its colors may depend on. */
const SAID = ["preset", "data-theme", "style", "class"];

/** For each element the sets of colors that were looked at. */
const seen = new WeakMap();

/** A color on a ground that lets nothing through. */
const over = ([...color], ground) => {
  const alpha = color.pop();
  return [...color.map((part, index) => part * alpha + ground[index] * (1 - alpha)), 1];
};

const luminance = (color) => {
  const [red, green, blue] = color.map((part) => (part > 0.04045 ? ((part + 0.055) / 1.055) ** 2.4 : part / 12.92));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** A function that gives what any CSS color comes to inside an element: red, green, blue and alpha, from 0 to 1. */
function reader(probe) {
  const shown = getComputedStyle(probe);
  return (color) => {
    probe.style.color = `color-mix(in srgb, ${color}, ${color})`;
    const numbers = shown.color.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
    const [red, green, blue, alpha = 1] = shown.color.startsWith("rgb") ? numbers.map((n, i) => (i < 3 ? n / 255 : n)) : numbers;
    // More than a screen can show is as much as it can show.
    return [red, green, blue, alpha].map((part) => Math.min(1, Math.max(0, part)));
  };
}

/** What lies behind the element; nothing where that is a picture, of which nobody knows. */
function groundOf(element, read) {
  const layers = [];
  for (let node = element; node; node = node.assignedSlot ?? node.parentElement ?? node.getRootNode().host) {
    const { backgroundColor, backgroundImage } = getComputedStyle(node);
    if (backgroundImage !== "none") return undefined;
    layers.unshift(read(backgroundColor));
    if (layers[0][3] === 1) break;
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  const isDark = /dark/.test(scheme) && (!/light/.test(scheme) || matchMedia("(prefers-color-scheme: dark)").matches);
  const canvas = isDark ? [0.07, 0.07, 0.07, 1] : [1, 1, 1, 1];
  return layers.reduce((below, layer) => over(layer, below), canvas);
}

/** Every pair with how much it differs; nothing where the ground is not known. */
export function contrasts(element, parent) {
  const probe = document.createElement("i");
  parent.append(probe);
  try {
    const read = reader(probe);
    const ground = groundOf(element, read);
    if (!ground) return [];
    const surface = over(read("var(--lf-surface)"), ground);
    const shown = { surface, accent: over(read("var(--lf-accent)"), surface), field: over(read("var(--lf-field)"), surface) };
    return PAIRS.map(([token, below, wanted]) => {
      const [one, other] = [over(read(`var(--lf-${token})`), shown[below]), shown[below]].map(luminance);
      const found = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return { token, below, wanted, found, darker: other > 0.18 };
    });
  } finally {
    probe.remove();
  }
}

/** Looks now, and whenever the element says something else. Gives what ends it. */
export function watchContrast(element, parent) {
  let waits = false;
  const look = () => {
    waits = false;
    // Where the visitor's system chooses the colors, ours are not shown.
    if (!parent.isConnected || matchMedia("(forced-colors: active)").matches) return;
    const all = contrasts(element, parent);
    const key = all.map(({ found }) => found.toFixed(2)).join();
    const known = seen.get(element) ?? seen.set(element, new Set()).get(element);
    if (known.has(key)) return;
    known.add(key);
    for (const { token, below, wanted, found, darker } of all) {
      if (found >= wanted) continue;
      const [way, back] = darker ? ["darker", "lighter"] : ["lighter", "darker"];
      console.warn(
        element,
        `--lf-${token} on --lf-${below}: found a contrast of ${(Math.floor(found * 100) / 100).toFixed(2)}, expected at least ${wanted}. ` +
          `Make --lf-${token} ${way}, or --lf-${below} ${back}.`,
      );
    }
  };
  const idle = self.requestIdleCallback ?? setTimeout;
  // However often the element changes until then.
  const soon = () => {
    if (!waits) idle(look);
    waits = true;
  };
  const observer = new MutationObserver(soon);
  observer.observe(element, { attributeFilter: SAID });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", soon);
  soon();
  return () => {
    observer.disconnect();
    scheme.removeEventListener("change", soon);
  };
}
