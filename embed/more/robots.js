// What a form shows of the visitor being a person, and no puzzle among it: since when the form is seen, a field that only
// robots fill, and a proof of work where the form asks for one.
//
// Apart from the rest of what accompanies a form because most of it runs in a worker. Whatever of it fails, the form is sent
// all the same: what is missing only counts.

import { carry } from "./values.js";

/** Solved anew after so long; the proxy takes a proof for half an hour. */
const FRESH_MS = 20 * 60_000;

/** Finds the number whose hash is asked for. Nothing from outside: its text is what a worker is made of. */
async function solve({ salt, challenge, maxnumber }, signal) {
  const text = new TextEncoder();
  const wanted = challenge.match(/../g).map((pair) => parseInt(pair, 16));
  for (let first = 0; first <= maxnumber && !signal?.aborted; first += 256) {
    const hash = (_, at) => crypto.subtle.digest("SHA-256", text.encode(salt + (first + at)));
    const hashes = await Promise.all(Array.from({ length: 256 }, hash));
    const found = hashes.findIndex((hash) => new Uint8Array(hash).every((byte, at) => byte === wanted[at]));
    if (found >= 0) return first + found;
    // A breath: on the page's own thread nobody is to notice.
    await new Promise((next) => setTimeout(next));
  }
}

/** Off the page's thread: from our own file on our own page, elsewhere from a blob, where the page's policy allows one. */
const inWorker = (task, signal) =>
  new Promise((resolve, reject) => {
    const isOurs = import.meta.url.startsWith(`${location.origin}/`);
    const source = `const solve=${solve};onmessage=async({data})=>postMessage(await solve(data))`;
    const url = isOurs ? import.meta.url : URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url, { type: "module" });
    const end = () => {
      worker.terminate();
      if (!isOurs) URL.revokeObjectURL(url);
    };
    worker.onmessage = ({ data }) => end(resolve(data));
    worker.onerror = () => end(reject());
    signal.addEventListener("abort", end);
    worker.postMessage(task);
  });

/** As [`accompany`] in more.js; `token` is that of the first paint. */
export function watchForRobots({ element, parent, form, token }) {
  const gone = new AbortController();
  const { signal } = gone;
  const trap = document.createElement("input");
  let proof, due, busy;

  /** The form that posts itself has a field of its own for it, which goes with it. */
  const setTrap = () => {
    if (parent.querySelector(`[name=${TRAP}]`)) return;
    trap.name = TRAP;
    trap.autocomplete = "off";
    trap.tabIndex = -1;
    trap.setAttribute("aria-hidden", "true");
    trap.hidden = true;
    parent.append(trap);
  };

  const prove = async ({ target }) => {
    // Focus that goes to a heading or to thanks is no visitor's.
    if (busy || due > Date.now() || !(target === element || target.matches("input,select,textarea"))) return;
    busy = true;
    try {
      const url = new URL(`../v1/forms/${encodeURIComponent(form.id)}/challenge`, import.meta.url);
      const { algorithm, maxnumber, ...asked } = await (await fetch(url, { signal })).json();
      const task = { ...asked, maxnumber };
      const number = await inWorker(task, signal).catch(() => solve(task, signal));
      if (number === undefined) return;
      proof = btoa(JSON.stringify({ algorithm, ...asked, number }));
      due = Date.now() + FRESH_MS;
      carry(parent, "_proof", proof);
    } catch {
    } finally {
      busy = false;
    }
  };

  setTrap();
  element.addEventListener("lead-form:ready", setTrap, { signal });
  if (form.proof) {
    // From the first touch on, and once more after a submission that has used it.
    for (const event of ["focusin", "input"]) parent.addEventListener(event, prove, { signal });
    element.addEventListener("lead-form:failed", prove, { signal });
  }
  return {
    body() {
      due = 0;
      return { token, proof, trap: trap.value || undefined };
    },
    end() {
      gone.abort();
      trap.remove();
    },
  };
}

/** The field that no person sees, under the name that it has in the first paint. */
const TRAP = "_homepage";

// This very file is the worker of our own pages.
if (!self.document) onmessage = async ({ data }) => postMessage(await solve(data));
