// What accompanies a form: everything of ours in a page that a first paint does not need.
//
// The loader imports it as soon as the form stands. It knows the form as HTML alone, the plain one as well as the one that
// the Wasm has taken over, and asks nothing of either; when it is late or does not come, the form works without it. Each
// part is a file of `more/` and speaks for itself; this one puts them together.

/* global __LATER__, __SIGNED__ -- the text of style/later.css, and the file name of signed.js; put in by the build */

import { answerCalls, calls, remoteCalls } from "./more/calls.js";
import { keepCampaign, tagAction } from "./more/campaign.js";
import { watchContrast } from "./more/contrast.js";
import { close, nameClose, open, stage as stageDialog } from "./more/dialog.js";
import { keepDraft } from "./more/draft.js";
import { follow, heed } from "./more/follow.js";
import { nameParts } from "./more/parts.js";
import { tellPresses } from "./more/press.js";
import { prefilled, tokenOf } from "./more/prefill.js";
import { redirect } from "./more/redirect.js";
import { watchForRobots } from "./more/robots.js";
import { fillAll, watchTouched } from "./more/values.js";

/** What only a form with a signed token needs. */
const loadSigned = () => import(new URL(__SIGNED__, import.meta.url));

let sheet;

/** The styles that no form shows at first, once a page and once a shadow root. */
function dress(root) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(__LATER__);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

export { close, open };

/** The button and the dialog of an element with the attribute `as`; gives the form's place, once it is opened. */
export async function stage(element, root, styles) {
  root.replaceChildren();
  try {
    root.adoptedStyleSheets = [await styles];
  } catch (error) {
    // Rather a form in the page than none.
    console.warn(element, error);
    return undefined;
  }
  dress(root);
  return stageDialog(element, root);
}

/** Listeners that go all at once. */
function listeners() {
  const ending = new AbortController();
  const on = (target, name, listener) => target.addEventListener(name, listener, { signal: ending.signal });
  return { on, signal: ending.signal, end: () => ending.abort() };
}

/**
 * Called once for each form that is shown. `element` is the `<lead-form>`, `parent` holds the form's HTML, `form` is its
 * definition and `options` what the loader tells the Wasm. Inside our iframe `host` is `{ instance, origin }` of the page
 * around it. `token` is the proxy's, which stood in the first paint.
 */
export function accompany({ element, parent, form, options, host, token }) {
  const { on, signal, end } = listeners();
  const root = parent.getRootNode();
  const ends = [end, watchContrast(element, parent)];
  // The page around our iframe knows it, and says so.
  const campaign = host ? {} : keepCampaign();
  const context = { element, parent, form, host, campaign, options, on, signal };
  dress(root);
  // A page's style sheet gets into a shadow root by part names alone; our own pages have none.
  if (root instanceof ShadowRoot) ends.push(nameParts(parent));
  tagAction(parent, campaign);
  tellPresses(parent, on);
  // What the visitor has typed before counts more than what the page knows.
  watchTouched(context);
  const draft = keepDraft(context);
  fillAll(context, draft.values);
  context.sign = async (token) => {
    if (token) await loadSigned().then(({ fillSigned }) => fillSigned(context, token), console.warn);
  };
  const vouched = tokenOf(element, options.mode);
  // What is signed counts more than what is not.
  const signed = context.sign(vouched).then(() => vouched && fillAll(context, prefilled(element, form)));
  if (!vouched) fillAll(context, prefilled(element, form));
  redirect(context);
  // After what was filled in by us, which is no visitor's touch.
  const robots = watchForRobots({ element, parent, form, token });
  nameClose(element, form.messages.close);
  // Not without the token that vouches for it.
  signed.then(draft.sendWaiting);
  if (host) {
    heed(context);
    answerCalls(context, draft);
  }
  return {
    ...calls(context, draft),
    /** Members of a submission's JSON, beside the values. */
    body: () => ({
      source: { mode: options.mode, page: options.page, campaign: context.campaign },
      prefill: context.prefill,
      ...robots.body(),
    }),
    end() {
      robots.end();
      ends.forEach((end) => end());
    },
  };
}

/**
 * The same for a form that stands in our iframe, on the host page's side, once the frame's own side listens. `post` sends a
 * message to the frame; what the frame sends, `hear` is given.
 */
export function accompanyFrame(element, post) {
  post({ type: "fill", values: prefilled(element), campaign: keepCampaign(), token: tokenOf(element) });
  return { ...remoteCalls(element, post), end: follow(element, post) };
}
