// What an embedder copies: the same settings for HTML, React, WordPress, as an iframe and as a link.
//
// Apart, and pure, because tests copy every one of them into a page and send a lead through it.

/** How the tokens that can be set here are called on each side. */
const TOKENS = { accent: "accent", radius: "radius", size: "font-size" };

/** The form's attributes, in the order in which a person would write them. */
export function attributesOf(settings) {
  const behind = ["popup", "slider", "button"].includes(settings.way);
  const all = {
    form: settings.form,
    mode: settings.way === "iframe" ? "iframe" : "",
    as: behind ? settings.way : "",
    label: behind ? settings.label : "",
    locale: settings.locale,
    preset: settings.preset,
    density: settings.density,
    "data-theme": settings.scheme,
  };
  return Object.entries(all).filter(([, value]) => value);
}

/** The form's tokens: names without `--lf-`, and values as CSS takes them. */
export function tokensOf(settings) {
  const unit = { accent: "", radius: "px", size: "px" };
  return Object.keys(TOKENS)
    .filter((name) => settings[name])
    .map((name) => [TOKENS[name], settings[name] + unit[name]]);
}

/** The path of the form's own page. */
export function pathOf({ form, locale, preset, density, scheme }) {
  const said = Object.entries({ locale, preset, density, theme: scheme }).filter(([, value]) => value);
  const query = `${new URLSearchParams(said)}`;
  return `/f/${form}${query && "?"}${query}`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const pair = ([name, value]) => `${name}="${escaped(value)}"`;

/** On one line where that is short, else one a line. */
function tag(name, words, end) {
  const line = `<${name} ${words.join(" ")}${end}`;
  return line.length <= 88 ? line : `<${name}\n  ${words.join("\n  ")}\n${end.trimStart()}`;
}

function html(settings, proxy) {
  const tokens = tokensOf(settings).map(([name, value]) => `    --lf-${name}: ${value};\n`);
  const nonce = settings.policy === "nonce-styles" ? ' nonce="YOUR-NONCE"' : "";
  const style = tokens.length ? `<style${nonce}>\n  lead-form {\n${tokens.join("")}  }\n</style>\n` : "";
  // A form that is shown at once comes with the script.
  const named = settings.way === "inline" ? `?${new URLSearchParams({ form: settings.form, ...(settings.locale && { locale: settings.locale }) })}` : "";
  const script = `<script src="${escaped(`${proxy}/embed.js${named}`)}" async></script>\n`;
  return script + style + tag("lead-form", attributesOf(settings).map(pair), "></lead-form>");
}

const anchor = (settings, proxy) => `<a href="${escaped(proxy + pathOf(settings))}">Open the form</a>`;

/** A component's name: `card-machines` is `CardMachines`. */
const nameOf = (form) => form.replace(/(^|-)(\w)/g, (_all, _dash, letter) => letter.toUpperCase());

/** As a prop of JSX, which knows no backslashes and all entities. */
const prop = ([name, value]) => pair([name === "data-theme" ? "theme" : name, value]);

function react(settings, proxy) {
  const tokens = tokensOf(settings).map(([name, value]) => `${/-/.test(name) ? `"${name}"` : name}: "${value}"`);
  const props = [`proxy="${proxy}"`, ...attributesOf(settings).map(prop)];
  if (tokens.length) props.push(`tokens={{ ${tokens.join(", ")} }}`);
  props.push("onReceived={({ detail }) => console.log(detail.receipt)}");
  return `import { LeadForm } from "lead-form-react";

export function ${nameOf(settings.form)}() {
  return (
    <LeadForm
${props.map((line) => `      ${line}\n`).join("")}    />
  );
}`;
}

/** WordPress knows no way to write a bracket inside a shortcode. */
const shortcodePair = ([name, value]) =>
  `${name === "data-theme" ? "theme" : name.replace("-", "_")}="${value.replace(/["[\]<>]/g, "")}"`;

function wordpress(settings) {
  return `[lead_form ${[...attributesOf(settings), ...tokensOf(settings)].map(shortcodePair).join(" ")}]`;
}

/** Every snippet: its name on the tab, what it is written in, the text, and what else there is to know. */
export function snippets(settings, proxy) {
  const hosted = settings.way === "hosted";
  const framed = { ...settings, way: "iframe" };
  const link = proxy + pathOf(settings);
  const plugin = `With the plugin of packages/wordpress, and define( 'LEAD_FORM_PROXY', '${proxy}' ); in wp-config.php.`;
  return {
    html: {
      name: "HTML",
      text: hosted ? anchor(settings, proxy) : html(settings, proxy),
      note: "The script may stand anywhere on the page, once for all forms.",
    },
    react: {
      name: "React",
      text: react(hosted ? { ...settings, way: "inline" } : settings, proxy),
      note: hosted ? "To link to the form’s own page you need no component." : "With the package of packages/react.",
    },
    wordpress: {
      name: "WordPress",
      text: hosted ? anchor(settings, proxy) : wordpress(settings),
      note: hosted ? "" : plugin,
    },
    iframe: {
      name: "Iframe",
      text: html(framed, proxy),
      note: "For pages whose policy allows no WebAssembly, or where no script of yours may read what visitors type.",
    },
    link: { name: "Link", text: link, note: "A page of its own, also without JavaScript: for e-mails, QR codes and buttons." },
  };
}
