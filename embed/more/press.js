// A sandbox that lets no form be sent (`sandbox` without `allow-forms`) swallows the press of its button, though the form
// that the Wasm has taken over sends nothing the browser's way: it is told of the press all the same.

/** Tells a form of ours that its button was pressed, where the browser does not. `on` adds a listener that goes with the form. */
export function tellPresses(parent, on) {
  let told;
  on(parent, "submit", () => (told = true));
  on(parent, "click", (event) => {
    const submitter = event.target.closest("button[type=submit]");
    // The plain form is the browser's own business.
    if (!submitter?.form.noValidate) return;
    told = false;
    setTimeout(() => {
      if (told || event.defaultPrevented) return;
      submitter.form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter }));
    });
  });
}
