// What can be set in the playground, and how it is written in the page's own address.
//
// Apart because controls, preview, snippets and address all speak of the same settings, and none of them of each other. An
// address holds only what differs from the usual, so that a shared one stays short; what it holds is checked against these
// lists.

import { DENSITIES, FORMS, PRESETS } from "./lists.js";

/** Ways of putting a form on a page; those with a button are the attribute `as`. */
export const WAYS = ["inline", "iframe", "popup", "slider", "button", "hosted"];

/** What the host page's headers forbid. The headers stand in `host.ID.html.headers`. */
export const POLICIES = {
  none: "No policy",
  strict: "Strict: all that a form needs",
  "no-wasm": "Strict, and no WebAssembly",
  "nonce-styles": "Styles by nonce alone",
  "trusted-types": "Trusted Types required",
  sandbox: "Sandboxed page",
  foreign: "Sandboxed, with no origin",
  "script-only": "Our script and nothing else",
};

const COLOR = /^#[0-9a-f]{6}$/;
const either = (list) => (value) => list.includes(value);
const within = (low, high) => (value) => /^\d{1,2}$/.test(value) && value >= low && value <= high;

/** Each setting: what it usually is, and what it may be. */
export const SETTINGS = {
  form: { usual: "card-machines", allows: either(FORMS.map(({ id }) => id)) },
  locale: { usual: "", allows: either(["", ...FORMS.flatMap(({ languages }) => languages)]) },
  way: { usual: "inline", allows: either(WAYS) },
  label: { usual: "", allows: (value) => value.length <= 60 },
  preset: { usual: "", allows: either(["", ...PRESETS]) },
  density: { usual: "", allows: either(["", ...DENSITIES]) },
  scheme: { usual: "", allows: either(["", "light", "dark"]) },
  accent: { usual: "", allows: (value) => value === "" || COLOR.test(value) },
  radius: { usual: "", allows: (value) => value === "" || within(0, 32)(value) },
  size: { usual: "", allows: (value) => value === "" || within(12, 24)(value) },
  dir: { usual: "", allows: either(["", "ltr", "rtl"]) },
  policy: { usual: "none", allows: either(Object.keys(POLICIES)) },
  screen: { usual: "desktop", allows: either(["desktop", "phone"]) },
  snippet: { usual: "html", allows: either(["html", "react", "wordpress", "iframe", "link"]) },
};

/** The settings of an address. What is not allowed counts as not said; a language that the form lacks, too. */
export function read(search) {
  const said = new URLSearchParams(search);
  const settings = {};
  for (const [name, { usual, allows }] of Object.entries(SETTINGS)) {
    const value = said.get(name) ?? usual;
    settings[name] = allows(value) ? value : usual;
  }
  return settle(settings);
}

/** Where one setting rules out another. */
export function settle(settings) {
  const spoken = languagesOf(settings.form);
  return { ...settings, locale: spoken.includes(settings.locale) ? settings.locale : "" };
}

/** The tags of the languages in which the form has words of its own. */
export function languagesOf(id) {
  return FORMS.find((form) => form.id === id)?.languages ?? [];
}

/** The other way: what differs from the usual, as a query. */
export function write(settings) {
  const said = new URLSearchParams();
  for (const [name, { usual }] of Object.entries(SETTINGS)) {
    if (settings[name] !== usual) said.set(name, settings[name]);
  }
  return `${said}`;
}
