// What accompanies a form: everything of ours in a page that a first paint does not need.
//
// The loader imports it as soon as the form stands. It knows the form as HTML alone, the plain one as well as the one that
// the Wasm has taken over, and asks nothing of either; when it is late or does not come, the form works without it.

/* global __LATER__ -- the text of style/later.css, put in by the build */

let sheet;

/** The styles that no form shows at first, once a page and once a shadow root. */
function dress(root) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(__LATER__);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/**
 * Called once for each form that is shown. `element` is the `<lead-form>`, `parent` holds the form's HTML, `form` is its
 * definition and `options` what the loader tells the Wasm.
 */
export function accompany({ parent }) {
  dress(parent.getRootNode());
  return {
    /** Members of a submission's JSON, beside values and source. */
    body: () => ({}),
    /** The form is taken down. */
    end() {},
  };
}
