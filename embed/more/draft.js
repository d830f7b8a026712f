// What was typed, kept for the tab: a reload or a slip of the finger costs the visitor nothing.
//
// It is never kept longer than needed: gone when the lead is safe, and with the tab. Sensitive fields are never kept, a consent
// only with a lead that was sent and waits, and nothing at all with the attribute `draft="off"`. A lead that was sent while the
// line was down, in a form that is then closed, is sent when the form is next shown in the same tab, under the same
// idempotency key: so once.

import { field, isBox, read } from "./values.js";

/** Storage throws where the browser forbids it: then nothing is kept. */
function storage(element) {
  try {
    return element.getAttribute("draft") === "off" ? undefined : sessionStorage;
  } catch {
    return undefined;
  }
}

const isKept = (field) => !field.sensitive && field.kind !== "hidden";

/** Sends the form as soon as the Wasm is there, which may have come before us: then the browser's own checks are off. */
function sendWhenReady({ element, parent, on }) {
  const plain = parent.querySelector("form");
  if (plain?.noValidate) plain.requestSubmit();
  else on(element, "lead-form:ready", () => parent.querySelector("form")?.requestSubmit());
}

/**
 * Keeps the draft from now on. Gives `values`, those of an earlier visit to this page, `forget`, and `sendWaiting`, to be called
 * once they are in their places.
 */
export function keepDraft(context) {
  const { element, parent, form, options, on } = context;
  const store = storage(element);
  const name = options.storageKey && `${options.storageKey}:draft`;
  if (!store || !name) return { values: {}, forget() {}, sendWaiting() {} };
  let kept = {};
  try {
    kept = JSON.parse(store.getItem(name)) ?? {};
  } catch {}
  const save = (waiting) => {
    const values = {};
    for (const field of form.fields.filter((field) => isKept(field) && (waiting || field.kind !== "consent"))) {
      const value = read(context, field.name);
      if (value) values[field.name] = value;
    }
    try {
      store.setItem(name, JSON.stringify({ values, waiting }));
    } catch {
      // A full storage keeps the draft of before.
    }
  };
  const forget = () => store.removeItem(name);
  on(parent, "input", () => save(false));
  on(parent, "change", () => save(false));
  on(element, "lead-form:received", forget);
  // A plain form that leaves the page: what it holds is on its way, and its page says what becomes of it.
  on(parent, "submit", (event) => setTimeout(() => event.defaultPrevented || forget()));
  on(element, "lead-form:failed", ({ detail }) => {
    const isWhole = form.fields.every((field) => isKept(field) || field.kind === "hidden" || !read(context, field.name));
    if (detail.code === "unreachable" && isWhole) save(true);
  });
  const isOurs = ([name, value]) => {
    const known = field(form, name);
    return known && isKept(known) && (!isBox(known) || value === true) && (kept.waiting || known.kind !== "consent");
  };
  const values = Object.fromEntries(Object.entries(kept.values ?? {}).filter(isOurs));
  return { values, forget, sendWaiting: () => kept.waiting && sendWhenReady(context) };
}
