// What a page may call on its `<lead-form>`. Each call gives a promise, for the form may stand in an iframe, or not yet.

import { go } from "./redirect.js";
import { field, fill, read, write } from "./values.js";

const fail = (name, message) => {
  throw Object.assign(new Error(message), { name });
};

/** The calls, for a form that stands in this page. */
export function calls(context, draft) {
  const { element, parent, form } = context;
  return {
    setValue(name, value) {
      const known = field(form, name);
      if (!known) {
        const names = form.fields.map((field) => field.name).join(", ");
        fail("LeadFormUnknownField", `found no field "${name}", expected one of ${names}`);
      }
      if (known.kind === "consent") {
        fail("LeadFormConsent", `found a value for the consent "${name}", expected none: the visitor alone gives it`);
      }
      // What was found is not said: it may be personal.
      if (!write(context, name, value)) fail("LeadFormValue", `the field "${name}" can't hold this value`);
    },
    values() {
      const pairs = form.fields.map(({ name }) => [name, read(context, name)]);
      return Object.fromEntries(pairs.filter(([, value]) => value !== undefined && value !== ""));
    },
    submit() {
      parent.querySelector("form")?.requestSubmit();
    },
    forget: draft.forget,
    reset() {
      draft.forget();
      element.reload();
    },
  };
}

/** What a host page may have done inside our iframe. To read what visitors type is not among it. */
const REMOTE = ["setValue", "submit", "forget"];

/** Inside our iframe: does what the page around it asks, and answers. */
export function answerCalls(context, draft) {
  const known = calls(context, draft);
  const { instance, origin } = context.host;
  context.on(window, "message", async (event) => {
    const { data } = event;
    if (event.source !== parent || event.origin !== origin || data?.leadForm !== instance) return;
    if (data.type === "fill") {
      context.campaign = data.campaign;
      // What is signed counts more than what is not.
      await context.sign(data.token);
      for (const name in data.values) {
        if (field(context.form, name)?.kind !== "consent") fill(context, name, data.values[name]);
      }
    }
    if (data.type !== "call" || !REMOTE.includes(data.name)) return;
    const answer = { leadForm: instance, type: "answer", id: data.id };
    try {
      known[data.name](...data.args);
    } catch ({ name, message }) {
      answer.error = { name, message };
    }
    parent.postMessage(answer, origin);
  });
  parent.postMessage({ leadForm: instance, type: "listening" }, origin);
}

/** The same calls on the host page's side of an iframe. */
export function remoteCalls(element, post) {
  let last = 0;
  const waiting = new Map();
  const remote = (name) => (...args) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      post({ type: "call", id, name, args });
    });
  const all = Object.fromEntries(REMOTE.map((name) => [name, remote(name)]));
  return {
    ...all,
    hear(data) {
      if (data.type === "redirect") go(data.address);
      if (data.type !== "answer") return;
      const { resolve, reject } = waiting.get(data.id) ?? {};
      waiting.delete(data.id);
      if (data.error) reject?.(Object.assign(new Error(data.error.message), { name: data.error.name }));
      else resolve?.();
    },
    values() {
      fail("LeadFormFrame", "values can't be read from an iframe: that is what it is for");
    },
    // The draft is kept inside of the frame.
    async reset() {
      await all.forget();
      element.reload();
    },
  };
}
