// The script of the panel's page: takes the token out of the address at once, keeps messages until somebody can hear them,
// and starts the panel. Nothing is kept anywhere but in memory.

const said = new URLSearchParams(location.hash.slice(1));
if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);

const waiting = [];
let hear = (event) => waiting.push(event);
addEventListener("message", (event) => hear(event));

const target = document.getElementById("panel");
try {
  const glue = await import(`/assets/${__GLUE__}`);
  await glue.default({ module_or_path: fetch(`/assets/${__WASM__}`) });
  const setting = document.getElementById("panel-setting").textContent;
  glue.start(target, setting, said.get("token") ?? "", said.get("record") ?? "");
  hear = glue.tell;
  waiting.forEach(hear);
} catch (error) {
  console.error("lead-form panel:", error);
  target.querySelector(".lfp-wait")?.remove();
  target.querySelector(".lfp-failed")?.removeAttribute("hidden");
}
