"use client";
// `<lead-form>` as a React component: props for attributes, callbacks for events, and a ref with the element's calls.
//
// Plain JavaScript without JSX, so that no bundler has to compile what lies in `node_modules`. It knows nothing of forms: the
// loader, which it brings once a page, does the work, and what is rendered on a server is the bare element.

import { createElement, forwardRef, useEffect, useImperativeHandle, useLayoutEffect, useRef } from "react";

/** Props that are attributes of another name, or need another form. A value that is null or undefined is no attribute. */
const ATTRIBUTES = {
  form: ["form"],
  mode: ["mode"],
  locale: ["locale"],
  preset: ["preset"],
  density: ["density"],
  theme: ["data-theme"],
  font: ["font"],
  as: ["as"],
  label: ["label"],
  link: ["link"],
  prefill: ["prefill", (values) => JSON.stringify(values)],
  prefillQuery: ["prefill-query", (is) => (is ? "" : null)],
  prefillToken: ["prefill-token"],
  draft: ["draft", (is) => (is === false ? "off" : null)],
  dataLayer: ["data-layer", (name) => (name === true ? "" : name || null)],
};

const EVENTS = {
  onReady: "ready",
  onStarted: "started",
  onStep: "step",
  onProblem: "problem",
  onSubmitted: "submitted",
  onReceived: "received",
  onDelivered: "delivered",
  onOpened: "opened",
  onClosed: "closed",
  onFailed: "failed",
};

const CALLS = ["setValue", "values", "submit", "reset", "open", "close", "reload"];

/** Before the browser paints, so that no event is missed; React warns of that on a server, where nothing of it runs. */
const useEarlyEffect = typeof window === "undefined" ? useEffect : useLayoutEffect;

/** Brings the loader, unless the page has it already. */
function load(proxy, nonce) {
  const src = new URL("embed.js", proxy.endsWith("/") ? proxy : `${proxy}/`).href;
  if ([...document.scripts].some((script) => script.src === src)) return;
  const script = document.createElement("script");
  script.async = true;
  if (nonce) script.nonce = nonce;
  script.src = src;
  document.head.append(script);
}

/** The element's calls, which may be made before the loader is there. */
function callsOf(element) {
  const call = (name) => async (...all) => {
    await customElements.whenDefined("lead-form");
    return element.current?.[name](...all);
  };
  const calls = Object.fromEntries(CALLS.map((name) => [name, call(name)]));
  return Object.defineProperty(calls, "element", { get: () => element.current });
}

/** The element's attributes, and what is left: id, className, title and the like. */
function sort(props) {
  const attributes = {};
  const rest = {};
  for (const [name, value] of Object.entries(props)) {
    const [attribute, as = String] = ATTRIBUTES[name] ?? [];
    if (!attribute) rest[name] = value;
    else if (value != null && as(value) != null) attributes[attribute] = as(value);
  }
  return { attributes, rest };
}

export const LeadForm = forwardRef(function LeadForm({ proxy, nonce, tokens, style, className, children, ...props }, ref) {
  const element = useRef(null);
  const handlers = useRef({});
  const { attributes, rest } = sort(props);
  for (const name in EVENTS) delete rest[name];

  useImperativeHandle(ref, () => callsOf(element), []);
  useEarlyEffect(() => {
    handlers.current = props;
  });
  useEarlyEffect(() => {
    const node = element.current;
    const ending = new AbortController();
    for (const [prop, name] of Object.entries(EVENTS)) {
      const tell = (event) => event.target === node && handlers.current[prop]?.(event);
      node.addEventListener(`lead-form:${name}`, tell, { signal: ending.signal });
    }
    return () => ending.abort();
  }, []);
  useEffect(() => {
    if (proxy) load(proxy, nonce);
  }, [proxy, nonce]);

  const custom = Object.entries(tokens ?? {}).map(([name, value]) => [`--lf-${name}`, value]);
  // `class`: for a custom element React 18 would write `classname`.
  return createElement(
    "lead-form",
    { ...rest, ...attributes, class: className, style: { ...style, ...Object.fromEntries(custom) }, ref: element },
    children,
  );
});
