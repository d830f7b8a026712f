// What a page knows of its visitor already: the attribute `prefill`, a JSON object of values by field name; and, where the
// attribute `prefill-query` allows it, the parameters of the page's own address that are named like fields.
//
// A consent is never prefilled: it is the visitor's to give. A sensitive field is not taken from an address.

import { field } from "./values.js";

const isOpen = (form, name) => !form || (field(form, name) && field(form, name).kind !== "consent");

/** Values by field name. Without `form`, names are left for the frame to judge. */
export function prefilled(element, form) {
  const values = {};
  if (element.hasAttribute("prefill-query")) {
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (!form || !field(form, name)?.sensitive) values[name] = value;
    }
  }
  const text = element.getAttribute("prefill");
  if (text) {
    try {
      Object.assign(values, JSON.parse(text));
    } catch {
      console.warn(element, 'the attribute "prefill" is not JSON, expected an object such as {"first_name": "Ada"}');
    }
  }
  return Object.fromEntries(Object.entries(values).filter(([name]) => isOpen(form, name)));
}

/**
 * The token that an element was given: its attribute `prefill-token`, or on our hosted page the fragment `#prefill=…` of the
 * address, which reaches no server and no log.
 */
export const tokenOf = (element, mode) =>
  element.getAttribute("prefill-token") ??
  (mode === "hosted" ? new URLSearchParams(location.hash.slice(1)).get("prefill") : null);
