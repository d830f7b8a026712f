// What to copy: a tab for each kind of page, the text, and a button.

import { snippets } from "./snippets.js";

/** Tags, names and texts, which is all that a snippet has. */
const WORDS = /(?<tag><\/?[\w-]+|\/?>|^\[[\w-]+|\]$)|(?<text>"[^"]*")|(?<name>[\w-]+(?==))|(?<key>\b(?:import|from|export|function|return)\b)/gm;

/** The text with its words colored, without ever being HTML. */
function color(code, text) {
  code.replaceChildren();
  let at = 0;
  for (const { 0: word, index, groups } of text.matchAll(WORDS)) {
    const span = document.createElement("span");
    span.className = Object.keys(groups).find((name) => groups[name] !== undefined);
    span.textContent = word;
    code.append(text.slice(at, index), span);
    at = index + word.length;
  }
  code.append(text.slice(at));
}

async function write(text, code) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    // No right to the clipboard, or no secure origin: then it is marked, and a key copies it.
    getSelection().selectAllChildren(code);
    return "Marked: copy it with your keyboard";
  }
}

/** Draws it once; gives what shows other settings. */
export function drawSnippet(change) {
  const { proxy } = document.documentElement.dataset;
  const list = document.querySelector("[role=tablist]");
  const [panel, code, note, copy, copied] = ["panel", "code", "note", "copy", "copied"].map((id) => document.getElementById(id));
  let texts, kind, drawn;

  function drawTabs() {
    for (const [id, { name }] of Object.entries(texts)) {
      const tab = document.createElement("button");
      Object.assign(tab, { type: "button", id: `tab-${id}`, textContent: name });
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "panel");
      tab.addEventListener("click", () => change({ snippet: id }));
      list.append(tab);
    }
  }

  list.addEventListener("keydown", ({ key }) => {
    const names = Object.keys(texts);
    const to = { ArrowRight: names.indexOf(kind) + 1, ArrowLeft: names.indexOf(kind) - 1, Home: 0, End: -1 }[key];
    if (to === undefined) return;
    change({ snippet: names.at(to % names.length) });
    document.getElementById(`tab-${kind}`).focus();
  });

  copy.addEventListener("click", async () => {
    copied.textContent = "";
    const said = await write(texts[kind].text, code);
    copied.textContent = said;
    copy.textContent = said === "Copied" ? said : "Copy";
    copy.classList.toggle("done", said === "Copied");
  });

  return (settings) => {
    texts = snippets(settings, proxy);
    if (!list.childElementCount) drawTabs();
    kind = settings.snippet;
    for (const id of Object.keys(texts)) {
      const tab = document.getElementById(`tab-${id}`);
      tab.setAttribute("aria-selected", id === kind);
      tab.tabIndex = id === kind ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${kind}`);
    note.textContent = texts[kind].note;
    if (drawn === texts[kind].text) return;
    drawn = texts[kind].text;
    color(code, drawn);
    copy.textContent = "Copy";
    copy.classList.remove("done");
  };
}
