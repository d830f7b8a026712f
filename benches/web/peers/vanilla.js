// The form in nothing but the browser's own DOM.

import { FIELDS, THANKS, problem, send } from "./fields.js";

const form = document.createElement("form");
form.noValidate = true;

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function control({ name, type = "text", autocomplete, options }) {
  const attributes = { id: name, name, autocomplete, "aria-describedby": `${name}-problem` };
  if (type === "select") return element("select", attributes, element("option", { value: "" }), ...options.map((option) => element("option", {}, option)));
  return type === "textarea" ? element("textarea", attributes) : element("input", { ...attributes, type });
}

const read = ({ name, type }) => (type === "checkbox" ? form[name].checked : form[name].value);

function show(field) {
  const words = problem(field, read(field));
  document.getElementById(`${field.name}-problem`).textContent = words;
  form[field.name].setAttribute("aria-invalid", words !== "");
  return words;
}

for (const field of FIELDS) {
  const input = control(field);
  input.addEventListener("blur", () => show(field));
  form.append(element("div", {}, element("label", { for: field.name }, field.label), input, element("p", { id: `${field.name}-problem` })));
}
form.append(element("button", {}, "Get my quote"));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = FIELDS.filter(show);
  if (wrong.length) return form[wrong[0].name].focus();
  const values = Object.fromEntries(FIELDS.map((field) => [field.name, read(field)]));
  if (await send(values)) form.replaceChildren(element("p", { role: "status" }, THANKS));
});
document.getElementById("app").append(form);
