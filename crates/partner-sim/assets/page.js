// Keeps a partner's page fresh: asks for the page again and exchanges the parts that changed.
// What a person has opened or focused stays so.
"use strict";

const EVERY_MS = 1500;
const opened = new Map();

document.addEventListener("click", (event) => {
  const details = event.target.closest("summary")?.parentElement;
  if (details?.id) opened.set(details.id, !details.open);
});

async function refresh() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const now of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(now.id);
    if (next === null) continue;
    for (const details of next.querySelectorAll("details[id]")) {
      if (opened.has(details.id)) details.open = opened.get(details.id);
    }
    if (next.innerHTML === now.innerHTML) continue;
    const focused = now.contains(document.activeElement) ? document.activeElement : null;
    const focusedId = focused?.id || focused?.closest("details")?.id;
    now.replaceChildren(...next.childNodes);
    const again = focusedId ? document.getElementById(focusedId) : null;
    (again?.querySelector("summary") ?? again)?.focus({ preventScroll: true });
  }
}

async function tick() {
  if (document.visibilityState === "visible" && document.querySelector("[data-live]") !== null) {
    let offline = false;
    await refresh().catch(() => { offline = true; });
    document.documentElement.toggleAttribute("data-offline", offline);
  }
  setTimeout(tick, EVERY_MS);
}

tick();
