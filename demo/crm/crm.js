// All that a CRM's page needs: a token from its own server into the frame, and an ear for what the panel says.
// Every message is checked by origin and source both ways; none holds a value of a record.

const proxy = document.body.dataset.proxy;
const frame = document.getElementById("panel");
const asked = new URLSearchParams(location.search);
const wanted = {
  account: asked.get("account") || "algbra",
  scope: asked.get("scope") || "write",
  height: asked.get("height") || "content",
};

/** A new token from this CRM's own server, which alone knows the key and who is signed in. */
async function token() {
  const body = { account: wanted.account, scope: wanted.scope };
  if (asked.get("minutes")) body.minutes = Number(asked.get("minutes"));
  const answer = await fetch("/panel-token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return (await answer.json()).token;
}

/** Says something to the panel, and to nobody else. */
function say(message) {
  frame.contentWindow.postMessage({ target: "lead-form-panel", version: 1, ...message }, proxy);
}

/** Writes down what the panel has said: names and ids, which is all that it says. */
function note(text) {
  const list = document.getElementById("activity");
  list.querySelector(".none")?.remove();
  const item = document.createElement("li");
  item.textContent = text;
  list.prepend(item);
}

function fail(error) {
  const trouble = document.getElementById("trouble");
  trouble.textContent = `The panel can't be opened: ${error.message}`;
  trouble.hidden = false;
}

const heard = {
  "ready": () => "The panel is ready",
  "token-needed": () => {
    token().then((token) => say({ type: "token", token }), fail);
    return "It has asked for a new token";
  },
  "record-opened": ({ id }) => `Opened ${id}`,
  "record-created": ({ id, receipt }) => `Made ${id || receipt}`,
  "record-updated": ({ id, fields }) => `Changed ${[].concat(fields).join(", ")} of ${id}`,
  "height": ({ px }) => {
    if (wanted.height === "content" && px > 0) frame.style.blockSize = `${Math.ceil(px)}px`;
  },
};

addEventListener("message", ({ origin, source, data }) => {
  if (origin !== proxy || source !== frame.contentWindow) return;
  if (data?.source !== "lead-form-panel" || data.version !== 1 || !Object.hasOwn(heard, data.type)) return;
  const text = heard[data.type](data);
  if (text) note(text);
});

for (const link of document.querySelectorAll("[data-account], [data-scope], [data-height]")) {
  const [[name, value]] = Object.entries(link.dataset);
  link.href = `?${new URLSearchParams({ ...wanted, [name]: value })}`;
  if (wanted[name] === value) link.setAttribute("aria-current", "true");
}
document.body.dataset.height = wanted.height;
document.getElementById("title").textContent =
  document.querySelector(`[data-account="${CSS.escape(wanted.account)}"]`)?.firstChild.textContent ?? "Leads";

token().then((token) => {
  // In the fragment, which no browser sends anywhere; the panel takes it out of its address at once.
  const fragment = new URLSearchParams({ token });
  if (asked.get("record")) fragment.set("record", asked.get("record"));
  frame.src = `${proxy}/panel/${encodeURIComponent(wanted.account)}#${fragment}`;
}, fail);
