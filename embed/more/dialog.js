// A form behind a button: as a popup, as a panel that slides in from the side, or as a floating button in the corner.
//
// The attribute `as` asks for it. The browser's own modal dialog does the work: it holds focus inside and gives it back, makes
// what is behind it inert, and closes on Escape. The form is loaded when it is first opened, and stays, with what was typed.

const SHAPES = ["popup", "slider", "button"];

/** The dialog of each element that has one, and who is to open as soon as it has. */
const dialogs = new WeakMap();
const wanted = new WeakSet();

function make(parent, tag, className, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  parent.append(node);
  return node;
}

/**
 * Puts a button into the element's shadow root, and the dialog that it opens. Gives the place for the form, once it is first
 * opened.
 */
export function stage(element, root) {
  const shape = element.getAttribute("as");
  if (!SHAPES.includes(shape)) {
    console.warn(element, `the attribute "as" is "${shape}", expected one of ${SHAPES.join(", ")}`);
  }
  const label = element.getAttribute("label") || "Open the form";
  // The same box and tokens as the form's own.
  const frame = make(root, "div", "lf lf-opener", { "data-as": shape });
  const button = make(frame, "button", "lf-button", { type: "button", "aria-haspopup": "dialog" });
  button.textContent = label;
  const dialog = make(root, "dialog", "lf-dialog", { "data-as": shape, "aria-label": label, autofocus: "" });
  const close = make(dialog, "button", "lf-dialog__close", { type: "button", "aria-label": "Close" });
  const place = make(dialog, "div", "lf-dialog__form");
  close.addEventListener("click", () => dialog.close());
  // Beside the dialog is its backdrop.
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
  const detail = { form: element.form, mode: element.getAttribute("mode") ?? "inline" };
  const tell = (name) =>
    element.dispatchEvent(new CustomEvent(`lead-form:${name}`, { bubbles: true, composed: true, detail }));
  dialog.addEventListener("close", () => tell("closed"));
  return new Promise((opened) => {
    const open = () => {
      if (dialog.open) return;
      dialog.showModal();
      tell("opened");
      opened(place);
    };
    button.addEventListener("click", open);
    dialogs.set(element, { open, close: () => dialog.close(), name: (text) => close.setAttribute("aria-label", text) });
    if (wanted.delete(element)) open();
  });
}

/** Opens and closes the dialog; an element without one is open always. */
export function open(element) {
  if (dialogs.has(element)) dialogs.get(element).open();
  else wanted.add(element);
}

export const close = (element) => dialogs.get(element)?.close();

/** Says what closes it in the form's own language. */
export const nameClose = (element, text) => text && dialogs.get(element)?.name(text);
