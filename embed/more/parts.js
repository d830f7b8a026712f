// Names for `lead-form::part(…)`, by which a host page's style sheet reaches into the shadow root.
//
// Apart because it is one rule for all of the form: a part's name is the class without `lf-`, with a hyphen between its words
// (`lf-summary__title` is `summary-title`). The first paint has them already; what takes it over, or comes later, gets them
// here, before the browser paints it.

/** The names of the parts that an element is, by its class. */
const names = (element) =>
  [...element.classList]
    .filter((name) => name.startsWith("lf-"))
    .map((name) => name.slice(3).replace(/__|--/g, "-"))
    .join(" ");

/** Keeps the parts inside named. Gives what ends it. */
export function nameParts(parent) {
  const name = () => {
    for (const element of parent.querySelectorAll("[class]")) {
      const part = names(element);
      // Only where it differs: each change is told to us again.
      if (part && element.getAttribute("part") !== part) element.setAttribute("part", part);
    }
  };
  const observer = new MutationObserver(name);
  observer.observe(parent, { subtree: true, childList: true, attributeFilter: ["class", "part"] });
  name();
  return () => observer.disconnect();
}
