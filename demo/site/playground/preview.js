// The preview: a page of this website's that has the form on it, with the policy as its real headers, in a frame.
//
// The page is brought anew where the policy is another; every other change is told to the page that is there, so that a form
// that only looks different keeps what was typed.

import { attributesOf, pathOf, tokensOf } from "./snippets.js";

/** Failures after which no iframe is tried. */
const LAST = ["origin_not_allowed", "form_not_found"];
const RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/;

/** What the host page is told. */
function told(settings) {
  return {
    attributes: attributesOf(settings),
    tokens: tokensOf(settings),
    path: settings.way === "hosted" ? pathOf(settings) : "",
    dir: settings.dir || (RIGHT_TO_LEFT.test(settings.locale) ? "rtl" : "ltr"),
    scheme: settings.scheme,
  };
}

/** What an event says of the road that the form takes; null where it says nothing of it. */
function road(name, { mode, code }) {
  if (name === "ready") return { inline: "In the page", iframe: "In the iframe" }[mode];
  const isLast = mode === "iframe" || LAST.includes(code);
  return name === "failed" && isLast && /refused|reachable|allowed|found|slow|started/.test(code) ? `By a link: ${code}` : null;
}

/** Draws it once; gives what shows other settings. */
export function drawPreview() {
  const [glass, events, count, status] = ["glass", "events", "count", "road"].map((id) => document.getElementById(id));
  const headers = document.getElementById("headers");
  let frame, settings, policy, words, why;

  const address = () => `playground/host${settings.policy === "none" ? "" : `.${settings.policy}`}.html`;

  function bring() {
    frame?.remove();
    events.replaceChildren();
    frame = document.createElement("iframe");
    frame.title = "A page with the form";
    frame.src = `${address()}#${encodeURIComponent(words)}`;
    glass.append(frame);
    begin();
  }

  function begin() {
    why = "";
    count.textContent = events.children.length;
    const waits = { hosted: "A link to the form’s own page", inline: "", iframe: "" }[settings.way] ?? "Behind its button";
    status.textContent = waits;
    status.dataset.road = waits ? "waits" : "";
  }

  async function showHeaders() {
    headers.textContent = "";
    const answer = await fetch(address(), { method: "HEAD" });
    const text = answer.headers.get("content-security-policy") ?? "";
    headers.textContent = text ? `Content-Security-Policy:\n  ${text.replaceAll("; ", ";\n  ")}` : "No header of its own";
  }

  addEventListener("message", ({ source, data }) => {
    // A sandboxed page has no origin to ask for.
    if (source !== frame.contentWindow || !data?.playground) return;
    if (data.playground === "here") return tell();
    const line = document.createElement("li");
    const { form, ...more } = data.detail;
    line.textContent = `lead-form:${data.playground} ${JSON.stringify(more)}`;
    events.append(line);
    count.textContent = events.children.length;
    if (data.playground === "failed") why = more.code;
    const taken = road(data.playground, more);
    if (!taken) return;
    status.textContent = why && !taken.includes(why) ? `${taken}: ${why}` : taken;
    status.dataset.road = taken.split(":")[0];
  });
  const tell = () => frame.contentWindow.postMessage({ playground: "apply", settings: told(settings) }, "*");
  document.getElementById("reload").addEventListener("click", bring);

  return (next) => {
    const [before, way] = [words, settings?.way];
    settings = next;
    words = JSON.stringify(told(next));
    glass.dataset.screen = next.screen;
    document.getElementById("address").textContent = new URL(address(), location.href).href.replace(/^https?:\/\//, "");
    if (policy !== next.policy) {
      policy = next.policy;
      showHeaders();
      bring();
    } else if (before !== words) {
      if (way !== next.way) begin();
      tell();
    }
  };
}
