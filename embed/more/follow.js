// An iframe's form that changes its look with the element around it.
//
// Apart because its two ends are in two pages: `follow` beside the frame, on the host page, and `heed` inside of it. Only names of
// looks cross, and they end as attributes of the frame's own element.

const SAID = ["preset", "density", "data-theme"];

/** The scheme that an element says, else the one in which it stands: both sides have the same, or the browser paints a canvas. */
function schemeOf(frame, said) {
  if (said) return said;
  frame.style.colorScheme = "";
  frame.style.color = "light-dark(#000, #fff)";
  return getComputedStyle(frame).color === "rgb(255, 255, 255)" ? "dark" : "light";
}

/** Tells the frame what the element says of its look, from now on. Gives what ends it. */
export function follow(element, post) {
  const frame = element.shadowRoot.querySelector("iframe");
  const { searchParams } = new URL(frame.src);
  // The frame knows what its address said.
  const told = {
    preset: searchParams.get("preset"),
    density: searchParams.get("density"),
    "data-theme": element.getAttribute("data-theme"),
  };
  const tell = () => {
    for (const name of SAID) {
      let value = element.getAttribute(name);
      if (value === told[name]) continue;
      told[name] = value;
      if (name === "data-theme") value = frame.style.colorScheme = schemeOf(frame, value);
      post({ type: "look", name, value });
    }
  };
  const observer = new MutationObserver(tell);
  observer.observe(element, { attributeFilter: SAID });
  tell();
  return () => observer.disconnect();
}

/** Does what the element around the frame says. */
export function heed({ element, host: { instance, origin }, on }) {
  on(window, "message", (event) => {
    const { data } = event;
    if (event.source !== parent || event.origin !== origin || data?.leadForm !== instance) return;
    if (data.type !== "look" || !SAID.includes(data.name)) return;
    if (typeof data.value === "string") element.setAttribute(data.name, data.value);
    else element.removeAttribute(data.name);
  });
}
