// Reading and writing the controls of a form, plain or taken over alike.

/** The field of a name, as the form's definition has it. */
export const field = (form, name) => form.fields.find((field) => field.name === name);

export const isBox = ({ kind }) => kind === "checkbox" || kind === "consent";

export const controls = (parent, name) => [...parent.querySelectorAll(`[name="${CSS.escape(name)}"]`)];

const isTicked = (value) => value === true || value === "true" || value === "on";

/** What a field holds: a text, or whether it is ticked; undefined where it is not there. */
export function read({ parent, form }, name) {
  const found = controls(parent, name);
  if (!found.length) return undefined;
  const { kind } = field(form, name);
  if (kind === "radio") return found.find((control) => control.checked)?.value ?? "";
  return isBox({ kind }) ? found[0].checked : found[0].value;
}

/** Gives the plain form a value to take along; there is none where the Wasm has taken it over. */
export function carry(parent, name, value) {
  const plain = parent.querySelector("[name=_token]")?.form;
  if (!plain) return;
  const field = plain.querySelector(`[name=${name}]`) ?? document.createElement("input");
  field.type = "hidden";
  field.name = name;
  field.value = value;
  if (!field.isConnected) plain.append(field);
}

/** Whether nobody has changed a control since the page came. */
const untouched = (control) =>
  control.matches("select")
    ? [...control.options].every((option) => option.selected === option.defaultSelected) || !control.value
    : control.checked === control.defaultChecked && control.value === control.defaultValue;

/** Puts a value into a field and tells the form, as if it were typed. Gives false for a value that the field can't hold. */
export function write({ parent, form }, name, value) {
  const found = controls(parent, name);
  const { kind } = field(form, name);
  const control = kind === "radio" ? found.find((control) => control.value === `${value}`) : found[0];
  if (!control) return false;
  if (kind === "radio") control.checked = true;
  else if (isBox({ kind })) control.checked = isTicked(value);
  else {
    const before = control.value;
    control.value = value;
    if (control.value !== `${value}` && (kind === "select" || kind === "date")) {
      control.value = before;
      return false;
    }
  }
  control.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

/**
 * Notes from now on what is filled in, by the visitor or by us. Looked at once: after the Wasm has taken a form over, what was
 * typed before looks like what the page came with.
 */
export function watchTouched(context) {
  const { parent, form, on } = context;
  const names = form.fields.map(({ name }) => name);
  context.touched = new Set(names.filter((name) => !controls(parent, name).every(untouched)));
  on(parent, "input", ({ target }) => context.touched.add(target.name));
}

/** The same where nothing is filled in yet, and nothing else. */
export function fill(context, name, value) {
  if (field(context.form, name) && !context.touched.has(name)) write(context, name, value);
}

/** The same for values by field name. */
export function fillAll(context, values) {
  for (const name in values) fill(context, name, values[name]);
}
