// A form that a signed token fills in: it is fetched where there is one, and by nobody else.
//
// The proxy is asked first: of a token that it does not take, nothing is shown. What the visitor cannot change is locked by
// the browser's own means, and so still focused, read out and sent; what gets past them, the proxy refuses.

import { carry, controls, field, fillAll, isBox, write } from "./more/values.js";

/** Only what differs: each change of an attribute is told to us again. */
const set = (node, name, is) => node.hasAttribute(name) === is || node.toggleAttribute(name, is);

/** Locks a field as it stands, or opens it again. */
function lock({ parent, form }, name, is) {
  const { kind } = field(form, name);
  for (const control of controls(parent, name)) {
    if (kind === "radio") set(control, "disabled", is && !control.checked);
    else if (kind === "select") for (const option of control.options) set(option, "disabled", is && !option.selected);
    else if (!isBox({ kind })) set(control, "readonly", is);
    // A line of text that is read-only says so by itself.
    const told = control.closest("[role=radiogroup]") ?? control;
    if (control.readOnly || !is) told.removeAttribute("aria-readonly");
    else if (!told.hasAttribute("aria-readonly")) told.setAttribute("aria-readonly", "true");
    set(control.closest(".lf-field") ?? control, "data-fixed", is);
  }
}

/** What the proxy says that a token fills in. */
async function ask(form, token) {
  const url = new URL(`../v1/forms/${encodeURIComponent(form.id)}/prefill`, import.meta.url);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ token }) });
  const body = await answer.json();
  if (!answer.ok) throw body.code;
  return body;
}

/** Tells the page that the token does nothing. The form is there all the same, for who fills it in by hand. */
function fail({ element, form, host, options }, error) {
  const code = typeof error === "string" ? error : "prefill_unreachable";
  console.warn(element, code, error);
  const detail = { form: form.id, mode: options.mode, code };
  if (host) return parent.postMessage({ leadForm: host.instance, type: "event", name: "failed", detail }, host.origin);
  element.dispatchEvent(new CustomEvent("lead-form:failed", { bubbles: true, composed: true, detail }));
}

/** Has a token filled in; it goes along with what is sent as `context.prefill`. */
export async function fillSigned(context, token) {
  const { element, form, on, signal } = context;
  const done = new WeakSet();
  let known;
  try {
    known = await ask(form, token);
  } catch (error) {
    return fail(context, error);
  }
  if (signal.aborted) return;
  const { values, left_out: leftOut } = known;
  let { fixed } = known;
  if (leftOut) console.warn(element, `the prefill token can't fill in ${leftOut.join(", ")}`);
  context.prefill = token;

  /** The form may be built anew at any time: by the Wasm, and for another request. */
  const keep = () => {
    carry(context.parent, "_prefill", token);
    for (const name of fixed) {
      const [control] = controls(context.parent, name);
      if (!control) continue;
      if (!done.has(control)) write(context, name, values[name]);
      done.add(control);
      lock(context, name, true);
    }
  };
  fillAll(context, values);
  keep();
  const observer = new MutationObserver(keep);
  const attributeFilter = ["readonly", "disabled", "aria-readonly", "data-fixed"];
  observer.observe(context.parent, { subtree: true, childList: true, attributeFilter });
  signal.addEventListener("abort", () => observer.disconnect());
  // A box has no state of its own in which it can only be read.
  on(context.parent, "click", (event) => {
    if (fixed.includes(event.target.name) && event.target.type === "checkbox") event.preventDefault();
  });
  // Its time was over while the visitor was typing: from now on it is all the visitor's own word.
  on(element, "lead-form:problem", ({ detail }) => {
    if (!detail.fields.some(({ code }) => code === "prefill_over")) return;
    observer.disconnect();
    for (const name of fixed) lock(context, name, false);
    fixed = [];
    context.prefill = undefined;
  });
}
