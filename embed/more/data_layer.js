// Events for a tag manager, where the attribute `data-layer` asks for them: pushed by the host page's own window, also when
// the form stands in our iframe. Without what was typed, as the events themselves.

const EVENTS = ["ready", "started", "step", "problem", "submitted", "received", "delivered", "failed"];

/** Pushes each event as `lead_form_…`, to the list that the attribute names, else to `dataLayer`. */
export function pushEvents({ element, on }) {
  for (const name of EVENTS) {
    on(element, `lead-form:${name}`, ({ detail }) => {
      if (element.hasAttribute("data-layer")) {
        const list = element.getAttribute("data-layer") || "dataLayer";
        (window[list] ??= []).push({ event: `lead_form_${name}`, ...detail });
      }
    });
  }
}
