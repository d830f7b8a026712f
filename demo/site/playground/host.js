// The host page's own script, in the playground's frame: puts the form there as it is told, and tells what the form says.
//
// Apart from the playground because it runs under the policy that is tried, on a page that may have no origin. A classic
// script: a module would need an origin.
(() => {
  const ATTRIBUTES = /^(form|mode|as|label|locale|preset|density|data-theme)$/;
  /** What may change while a form is shown, and keeps what was typed. */
  const LIVE = /^(preset|density|data-theme)$/;
  const EVENTS = ["ready", "started", "step", "problem", "submitted", "received", "delivered", "opened", "closed", "failed"];

  const page = document.documentElement;
  const place = document.getElementById("place");
  /** A sandboxed page has no origin, but its address has the playground's. */
  const { origin } = new URL(location.href);
  let shown = [];

  const rest = (attributes) => JSON.stringify(attributes.filter(([name]) => !LIVE.test(name)));

  function showForm(attributes, tokens) {
    attributes = attributes.filter(([name]) => ATTRIBUTES.test(name));
    let form = place.querySelector("lead-form");
    if (!form || rest(shown) !== rest(attributes)) form = document.createElement("lead-form");
    for (const [name] of shown) if (!attributes.some(([other]) => other === name)) form.removeAttribute(name);
    for (const [name, value] of attributes) if (form.getAttribute(name) !== value) form.setAttribute(name, value);
    shown = attributes;
    for (const name of [...form.style]) form.style.removeProperty(name);
    for (const [name, value] of tokens) form.style.setProperty(`--lf-${name}`, value);
    if (!form.isConnected) place.replaceChildren(form);
  }

  function showLink(path) {
    const link = document.createElement("a");
    link.textContent = "Open the form";
    link.href = new URL(path, page.dataset.proxy);
    link.target = "_blank";
    shown = [];
    place.replaceChildren(link);
  }

  function apply({ attributes, tokens, path, dir, scheme }) {
    page.dir = dir;
    page.style.colorScheme = scheme || "light dark";
    if (path) showLink(path);
    else showForm(attributes, tokens);
  }

  for (const name of EVENTS) {
    addEventListener(`lead-form:${name}`, ({ detail }) => parent.postMessage({ playground: name, detail }, origin));
  }
  addEventListener("message", ({ source, origin: from, data }) => {
    if (source === parent && from === origin && data?.playground === "apply") apply(data.settings);
  });
  apply(JSON.parse(decodeURIComponent(location.hash.slice(1))));
  // What has changed since then comes as an answer.
  parent.postMessage({ playground: "here" }, origin);
})();
