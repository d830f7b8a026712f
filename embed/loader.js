// The loader: the one script that a host page includes. It defines <lead-form> and brings the form.
//
//   <script src="https://forms.example/embed.js" async></script>
//   <lead-form form="quote"></lead-form>
//
// The road of an inline form: first paint, styles, glue and Wasm are fetched side by side. As soon as the first two are
// there the form stands in the shadow root, as a plain HTML form that can be filled in and sent; the Wasm takes it over when
// it comes. Where that road is closed, the form is shown in an iframe of our own origin, with what was typed meanwhile; if
// that can't be had either, as a link to its page. Each such step is told by the event `lead-form:failed`. On our own pages
// the plain HTML form stands there already, and simply stays.
//
// It is a classic script because only that knows its own address. No inline code, eval, innerHTML or cookie: it runs
// under `script-src OURS 'wasm-unsafe-eval'; connect-src OURS` and under Trusted Types.

/* global __GLUE__, __WASM__, __STYLES__, __MORE__ -- file names with content hashes, put in by the build */

/** How long the parts, or the iframe's first word, may take before the next road is tried. */
const PATIENCE_MS = 15_000;

/** What a host page may set as `--lf-…`, and an iframe would not inherit. */
const TOKENS =
  "accent accent-text surface field text muted border line danger success font font-size space radius";

const { currentScript } = document;

/** Where everything of ours lies: the folder of this script, or of `assets/`, where a page has pinned it by its hashed name. */
const home = currentScript?.src.replace(/(assets\/)?[\w.]*([?#].*)?$/, "");

/** Storage keys in use: two copies of one form on one page must not share an idempotency key. */
const keys = new Set();

/** An address of ours for a form. */
const address = (path, form, query, below = "") =>
  `${home + path}/${encodeURIComponent(form) + below}?${new URLSearchParams(query)}`;

/** Ends the present road, with a code for the event and for the person who reads the console. */
const fail = (code) => {
  throw code;
};

const asset = (name) => `${home}assets/${name}`;

/** What came with this script, else what the network has: see first.js. */
const get = (url) => self.leadFormFirst?.(url) ?? fetch(url);

/** Loads once for the whole page. */
function once(load) {
  let promise;
  return () => (promise ??= load());
}

/** The Wasm's `mount`. One compiled module serves every form of the page. */
const loadCode = once(async () => {
  try {
    // The smallest module tells whether the host page's policy allows Wasm, before the real one is downloaded.
    new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch {
    fail(self.WebAssembly ? "wasm_refused" : "wasm_missing");
  }
  const low = { priority: "low" };
  const [glue, module_or_path] = await Promise.all([import(asset(__GLUE__)), fetch(asset(__WASM__), low)]);
  await glue.default({ module_or_path });
  return glue.mount;
});

/** What accompanies a form once it stands: see more.js. */
const loadMore = once(() => import(asset(__MORE__)));

/** One sheet for every shadow root of the page. */
const loadStyles = once(async () => {
  const sheet = new CSSStyleSheet();
  const answer = await get(asset(__STYLES__));
  return answer.ok ? sheet.replace(await answer.text()) : fail("not_started");
});

/** The form's definition and first paint, as the query asks for it. A refusal's code is the proxy's own. */
async function loadForm(form, query) {
  let answer, body;
  try {
    answer = await get(address("v1/forms", form, query, "/fragment"));
    body = await answer.json();
  } catch {
    fail("form_unreachable");
  }
  return answer.ok ? body : fail(body.code);
}

function append(parent, className, text = "", tag = "div") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}

/** Makes the nodes of a first paint: `[tag, {attributes}, …children]`. Never through HTML, for which a page may have rules. */
function paint(parent, [tag, attributes, ...children]) {
  const node = document.createElement(tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  for (const child of children) typeof child === "string" ? node.append(child) : paint(node, child);
  parent.append(node);
}

/** Waits for the Wasm. Who presses "next" in a form of several steps meanwhile is held until somebody is there to go on. */
async function held(mount, code) {
  if (!mount.querySelector(".lf-step")) return code;
  let pressed;
  const hold = (event) => {
    event.preventDefault();
    pressed = true;
  };
  mount.addEventListener("submit", hold);
  try {
    const mountForm = await code;
    return (...all) => {
      const mounted = mountForm(...all);
      if (pressed) mount.querySelector("form").requestSubmit();
      return mounted;
    };
  } catch (error) {
    // Nobody will come: all steps at once, and the plain form sends them.
    mount.querySelector(".lf").dataset.all = "";
    throw error;
  } finally {
    mount.removeEventListener("submit", hold);
  }
}

/** Every control in which something was entered, with what it holds. */
const typed = (parent) =>
  [...parent.querySelectorAll(":is(input,select,textarea)[name]:not([type=hidden])")]
    .map((control) => [control, /radio|checkbox/.test(control.type) ? control.checked && control.value : control.value])
    .filter(([, value]) => value);

/** The promise, or a failure when it takes too long. */
const patiently = (promise, code) =>
  Promise.race([promise, new Promise((late) => setTimeout(late, PATIENCE_MS)).then(() => fail(code))]);

class LeadForm extends HTMLElement {
  static observedAttributes = ["form", "locale", "mode"];

  /** What takes back the present showing; another list for each, so that what comes late for an older one is dropped. */
  #undo;
  /** Tells the page around our iframe page. */
  #post = () => {};
  /** What accompanies the form that is shown, and who waits to call it. */
  #companion;
  #waiting = [];
  /** Where in the shadow root the form is: in a dialog, where it has one. */
  #place;

  /** Calls what accompanies the form, once it is there: more/calls.js has the names. */
  async call(name, ...all) {
    if (/open|close/.test(name)) return (await loadMore())[name](this);
    return (this.#companion ?? (await new Promise((go) => this.#waiting.push(go))))[name](...all);
  }

  get form() {
    return this.getAttribute("form");
  }

  /** Frameworks set what looks like a property: React 19 does, and would fail where there is a getter alone. */
  set form(form) {
    this.setAttribute("form", form);
  }

  /** Shows the form anew, in its present version and language. What was typed is gone. */
  reload() {
    this.#end();
    if (!this.isConnected) return;
    this.#undo = [];
    if (this.form) this.#begin(this.getAttribute("mode") ?? "inline");
  }

  connectedCallback() {
    if (!this.#undo) this.reload();
  }

  /** A node that is moved leaves and comes back in one breath: then nothing is taken down, and what was typed stays. */
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#end());
  }

  /** Being here keeps the browser from calling the two above for a move that keeps state. */
  connectedMoveCallback() {}

  attributeChangedCallback(_name, before, after) {
    if (this.#undo && before !== after) this.reload();
  }

  #end() {
    this.#undo?.forEach((undo) => undo());
    this.#undo = this.#companion = this.#place = undefined;
  }

  #locale() {
    return this.getAttribute("locale") || (this.closest("[lang]") ?? document.documentElement).lang || navigator.language;
  }

  #root() {
    return this.shadowRoot ?? this.attachShadow({ mode: "open" });
  }

  /** What the Wasm is told beside the form. */
  #options(mode) {
    const first = `lead-form:${this.form}:${location.pathname}`;
    let storageKey = first;
    for (let copy = 2; keys.has(storageKey); copy++) storageKey = `${first}:${copy}`;
    keys.add(storageKey);
    this.#undo.push(() => keys.delete(storageKey));
    // Without query and fragment: they may hold what is nobody's business.
    return { mode, page: location.origin + location.pathname, storageKey };
  }

  #emit(name, more) {
    const detail = { form: this.form, ...more };
    // For a tag manager, where the page asks for it.
    const layer = this.getAttribute("data-layer");
    if (layer != null) (window[layer || "dataLayer"] ??= []).push({ event: `lead_form_${name}`, ...detail });
    this.dispatchEvent(new CustomEvent(`lead-form:${name}`, { bubbles: true, composed: true, detail }));
    this.#post({ type: "event", name, detail });
  }

  async #begin(mode) {
    const run = this.#undo;
    // Behind a button it waits until somebody wants it.
    if (this.hasAttribute("as")) {
      const place = await loadMore().then(({ stage }) => stage(this, this.#root(), loadStyles()), console.warn);
      if (run === this.#undo) this.#place = place;
    }
    if (run === this.#undo) this.#show(mode);
  }

  async #show(mode) {
    const run = this.#undo;
    try {
      await (/hosted|page/.test(mode) ? this.#takeOver(mode) : mode === "iframe" ? this.#frame() : this.#inline());
    } catch (error) {
      if (run === this.#undo) this.#fall(error, mode);
    }
  }

  /** Tells that a road has ended, and why. */
  #tellFailed(error, mode) {
    const code = typeof error === "string" ? error : "not_started";
    console.warn(this, code, error);
    this.#emit("failed", { code, mode: mode.replace("-page", "") });
    return code;
  }

  /** Goes on by the next road. */
  #fall(error, mode) {
    const code = this.#tellFailed(error, mode);
    if (/hosted|page/.test(mode)) return;
    // Where the form may not be (`origin_not_allowed`) or is not (`form_not_found`), an iframe would only show the browser's
    // own words about it.
    if (mode === "iframe" || /_not_[af]/.test(code)) this.#link();
    else this.#show("iframe");
  }

  async #inline() {
    const run = this.#undo;
    const root = this.#root();
    const place = this.#place ?? root;
    place.replaceChildren();
    const mount = append(place, "lf-mount");
    mount.style.minBlockSize = "480px";
    // Asked for at once, and only waited for when the form stands; but a page that forbids Wasm is known at once.
    const code = loadCode();
    const refused = code.then(() => new Promise(() => {}));
    const parts = [loadStyles(), loadForm(this.form, { locale: this.#locale(), ...this.#signed() })];
    const [sheet, answer] = await patiently(Promise.race([Promise.all(parts), refused]), "too_slow");
    if (run !== this.#undo) return;
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [sheet];
    this.#wear(answer.look);
    paint(mount, answer.paint);
    mount.style = "";
    const options = this.#options("inline");
    this.#accompany(mount, answer.form, options);
    // Sent before the Wasm was there, on a page that lets no form be sent: then from our own frame.
    const refuse = ({ effectiveDirective }) => {
      if (effectiveDirective === "form-action" && run === this.#undo) this.#fall("form_refused", "inline");
    };
    addEventListener("securitypolicyviolation", refuse);
    this.#undo.push(() => removeEventListener("securitypolicyviolation", refuse));
    let mountForm;
    try {
      mountForm = await held(mount, code);
    } catch (error) {
      // The plain form stands, and who is typing is not disturbed.
      if (root.activeElement || typed(mount).length) return this.#tellFailed(error, "inline");
      throw error;
    }
    if (run === this.#undo) this.#mount(mountForm, mount, answer.form, options);
  }

  /** Our own page: the HTML form that stands there is taken over, when and if the Wasm comes. */
  async #takeOver(mode) {
    const run = this.#undo;
    if (document.readyState === "loading") {
      await new Promise((done) => addEventListener("DOMContentLoaded", done));
    }
    const host = mode === "hosted" ? {} : this.#meetHost();
    const data = this.querySelector(".lf-data");
    // Thanks have nothing to take over.
    if (!data) return;
    const form = JSON.parse(data.textContent);
    const options = host.options ?? this.#options(mode.replace("-page", ""));
    this.#accompany(this, form, options, host.instance && { instance: host.instance, origin: this.dataset.parentOrigin });
    const mountForm = await held(this, loadCode());
    if (run !== this.#undo) return;
    this.#mount(mountForm, this, form, options);
  }

  /** Those of these attributes that the element has. */
  #said(...names) {
    const said = {};
    for (const name of names) if (this.hasAttribute(name)) said[name] = this.getAttribute(name);
    return said;
  }

  /** The signed link by which the form was opened, for a form that opens by nothing else. */
  #signed() {
    return this.#said("link");
  }

  /** How the form looks by its own definition, for as long as it is shown: what the element says itself goes before. */
  #wear(look) {
    for (const name in look) {
      if (this.hasAttribute(name)) continue;
      this.setAttribute(name, look[name]);
      this.#undo.push(() => this.getAttribute(name) === look[name] && this.removeAttribute(name));
    }
  }

  /** The form stands: what is not needed for that comes now. Without it the form works as well. */
  async #accompany(parent, form, options, host) {
    const run = this.#undo;
    // Gone when the Wasm has taken the form over: the proxy's word on since when it is seen.
    const token = parent.querySelector("[name=_token]")?.value;
    try {
      const { accompany } = await loadMore();
      if (run === this.#undo) this.#join(accompany({ element: this, parent, form, options, host, token }));
    } catch (error) {
      console.warn(this, error);
    }
  }

  #join(companion) {
    this.#companion = companion;
    this.#undo.push(companion.end);
    for (const go of this.#waiting.splice(0)) go(companion);
  }

  #mount(mountForm, target, form, options) {
    const submitUrl = `${home}v1/forms/${encodeURIComponent(this.form)}/submissions?${new URLSearchParams(this.#signed())}`;
    const { mode, page } = options;
    const mounted = mountForm(target, form, { ...options, submitUrl }, (name, detail) => {
      this.#emit(name, { mode, ...detail });
      // What is sent beside the values, as it stands between braces.
      if (name === "submitted") return JSON.stringify({ source: { mode, page }, ...this.#companion?.body() }).slice(1, -1);
    });
    // Not left to the garbage collector, which takes its time to see what the Wasm holds.
    this.#undo.push(() => mounted.free());
  }

  /** Inside our iframe: takes what the loader around it wrote into the frame's name, and reports height and events. */
  #meetHost() {
    const to = this.dataset.parentOrigin;
    let host = {};
    try {
      host = JSON.parse(window.name) ?? host;
    } catch {}
    // Without our loader around it, the frame keeps its scroll bars.
    if (!to || !host.instance) return {};
    this.#post = (message) => parent.postMessage({ leadForm: host.instance, ...message }, to);
    this.dataset.theme = host.theme;
    for (const [name, value] of host.values) {
      const controls = [...this.querySelectorAll("[name]")].filter((control) => control.name === name);
      const box = controls.find((control) => control.value === value && /radio|checkbox/.test(control.type));
      if (box) box.checked = true;
      else if (controls[0]) controls[0].value = value;
    }
    // Typed once: a form that is shown anew in this frame starts with what its own page says.
    window.name = JSON.stringify({ ...host, values: [] });
    for (const token in host.tokens) this.style.setProperty(`--lf-${token}`, host.tokens[token]);
    const { body, title } = document;
    body.style.overflow = "hidden";
    const report = () => this.#post({ type: "height", height: Math.ceil(body.getBoundingClientRect().height), title });
    const observer = new ResizeObserver(report);
    observer.observe(body);
    // A browser lets a frame out of sight rest before it observes anything.
    report();
    this.#undo.push(() => observer.disconnect());
    return host;
  }

  /** Shows our iframe page; done when it is first heard of. */
  async #frame() {
    const run = this.#undo;
    // The first picture waits for the host page's styles, and so do we: they say scheme and tokens.
    await new Promise(requestAnimationFrame);
    if (run !== this.#undo) return;
    const root = this.#root();
    const locale = this.#locale();
    const instance = `${Math.random()}`.slice(2);
    // Which scheme the host page is in, a pair of colors tells.
    const place = this.#place ?? root;
    const probe = append(place, "");
    probe.style.color = "light-dark(#000,#fff)";
    const shown = getComputedStyle(probe);
    const theme = this.dataset.theme ?? (/255/.test(shown.color) ? "dark" : "light");
    const tokens = {};
    for (const token of TOKENS.split(" ")) tokens[token] = shown.getPropertyValue(`--lf-${token}`);
    const frame = document.createElement("iframe");
    // It takes over the height of what stood there. One scheme on both sides, or the browser paints a canvas behind it.
    frame.style.cssText = `display:block;inline-size:100%;border:0;color-scheme:${theme};block-size:${this.offsetHeight || 480}px`;
    // The name reaches the frame alone, and before anything in it runs; an address would reach logs.
    const values = typed(root).map(([control, value]) => [control.name, value]);
    frame.name = JSON.stringify({ instance, theme, tokens, values, options: this.#options("iframe") });
    frame.title = "Form";
    const heard = new Promise((resolve, reject) => {
      const listen = ({ source, origin, data }) => {
        if (source !== frame.contentWindow || !home.startsWith(`${origin}/`) || data?.leadForm !== instance) return;
        if (data.type === "event") this.#emit(data.name, data.detail);
        if (data.type === "listening") {
          const post = (message) => source.postMessage({ leadForm: instance, ...message }, origin);
          loadMore().then((more) => run === this.#undo && this.#join(more.accompanyFrame(this, post)));
        }
        this.#companion?.hear?.(data);
        if (data.type !== "height") return;
        resolve();
        frame.title = data.title;
        // Nothing is that high where the host page hides it; shown, it speaks again.
        if (data.height) frame.style.blockSize = `${data.height}px`;
      };
      addEventListener("message", listen);
      this.#undo.push(() => removeEventListener("message", listen));
      // Our script is part of what the frame loads, so a loaded frame that says nothing is not our page.
      frame.onload = () => setTimeout(reject, 2_000, "frame_unreachable");
    });
    frame.src = address("embed", this.form, { locale, instance, parent: location.origin, theme, ...this.#said("preset", "density", "link") });
    place.replaceChildren(frame);
    await patiently(heard, "frame_unreachable");
  }

  /** The last road: what the embedder put between the tags, else a link to the form's own page. */
  #link() {
    const root = this.#place ?? this.#root();
    root.replaceChildren();
    if (this.children.length) return append(root, "", "", "slot");
    const link = append(root, "", "Open the form", "a");
    link.href = address("f", this.form, { locale: this.#locale(), ...this.#signed() });
    link.target = "_blank";
  }
}

// A second copy of the script finds the element defined and leaves everything as it is.
if (home && !customElements.get("lead-form")) {
  for (const name of ["setValue", "values", "submit", "reset", "open", "close"]) {
    LeadForm.prototype[name] = function (...all) {
      return this.call(name, ...all);
    };
  }
  customElements.define("lead-form", LeadForm);
  // Pages may call before we are here: (window.leadForm = window.leadForm || []).push((api) => …)
  const api = { base: home, preload: () => Promise.all([loadCode(), loadStyles()]) };
  const push = (call) => queueMicrotask(() => call(api));
  // Whatever else a page keeps under that name is not a queue.
  if (Array.isArray(window.leadForm)) window.leadForm.forEach(push);
  window.leadForm = { push };
}
