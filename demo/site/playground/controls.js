// The controls: drawn from the lists, so that a new form, language or look is here by itself.

import { DENSITIES, FORMS, PRESETS } from "./lists.js";
import { languagesOf, POLICIES, SETTINGS, WAYS } from "./settings.js";

/** What is said of a value; other values are said by their own name, with a capital. */
const SAID = {
  way: { hosted: "Own page" },
  preset: { "": "As the form’s definition says" },
  density: { "": "As defined" },
  scheme: { "": "System" },
  dir: { "": "Automatic", ltr: "From left", rtl: "From right" },
};
const CHOICES = {
  way: WAYS,
  preset: ["", ...PRESETS],
  density: ["", ...DENSITIES],
  scheme: ["", "light", "dark"],
  dir: ["", "ltr", "rtl"],
  screen: ["desktop", "phone"],
};

const say = (name, value) => SAID[name]?.[value] ?? value.charAt(0).toUpperCase() + value.slice(1);

function make(parent, tag, more = {}, ...children) {
  const node = Object.assign(document.createElement(tag), more);
  node.append(...children);
  parent.append(node);
  return node;
}

/** Radio buttons, dressed as what they choose. */
function drawChoices(set) {
  const { name } = set.dataset;
  const row = make(set, "div", { className: name === "preset" ? "swatches" : "choices" });
  for (const value of CHOICES[name]) {
    const label = make(row, "label");
    make(label, "input", { type: "radio", name, value });
    const face = make(label, "span");
    if (name === "preset" && value) make(face, "i").dataset.look = value;
    face.append(say(name, value));
  }
}

function drawList(list, pairs) {
  list.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
}

/** A language by its own name. */
const nameOf = (tag) => new Intl.DisplayNames([tag], { type: "language" }).of(tag);

const languages = (form) => [["", "The browser’s"], ...languagesOf(form).map((tag) => [tag, nameOf(tag)])];

/** Shows what a token is: a value of its own, or none. */
function showToken(control, value) {
  const row = control.closest(".token");
  control.value = value || control.dataset.start;
  row.querySelector("output").textContent = value ? value + (control.dataset.unit ?? "") : "as the preset";
  row.querySelector("button").hidden = !value;
}

/** Draws them once; gives what shows other settings. */
export function drawControls(change) {
  const controls = document.querySelector(".controls");
  document.querySelectorAll("fieldset[data-name]").forEach(drawChoices);
  // On a phone the preview would be far below.
  const isNarrow = matchMedia("(max-width: 59.99rem)").matches;
  if (isNarrow) controls.querySelectorAll("[data-later]").forEach((group) => (group.open = false));
  const { form, locale, policy } = controls.elements;
  drawList(form, FORMS.map(({ id, title }) => [id, title]));
  drawList(policy, Object.entries(POLICIES));
  let spoken;

  const take = ({ target }) => {
    if (target.name in SETTINGS) change({ [target.name]: target.value });
  };
  // Each move of a slider is an input; what chooses for a person may only tell a change.
  for (const name of ["input", "change"]) document.addEventListener(name, take);
  controls.addEventListener("click", ({ target }) => {
    const { reset } = target.closest("button")?.dataset ?? {};
    if (!reset) return;
    // The button goes; focus stays with what it belonged to.
    controls.elements[reset].focus();
    change({ [reset]: "" });
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", (event) => {
    event.preventDefault();
    change(Object.fromEntries(Object.entries(SETTINGS).map(([name, { usual }]) => [name, usual])));
  });

  return (settings) => {
    if (spoken !== settings.form) drawList(locale, languages((spoken = settings.form)));
    for (const [name, value] of Object.entries(settings)) {
      const radios = document.querySelectorAll(`input[type=radio][name=${name}]`);
      radios.forEach((radio) => (radio.checked = radio.value === value));
      const control = radios.length ? null : controls.elements[name];
      if (control?.closest(".token")) showToken(control, value);
      else if (control && control.value !== value) control.value = value;
    }
    for (const line of controls.querySelectorAll("[data-for]")) {
      line.hidden = !line.dataset.for.split(" ").includes(settings.way);
    }
  };
}
