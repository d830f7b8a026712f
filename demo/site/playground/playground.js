// The playground: settings on one side, a host page with the form on the other, and below it what to copy.
//
// Each part is a file of its own and knows the settings alone; this one holds them, keeps them in the page's own address, and
// tells every part of a change.

import { drawControls } from "./controls.js";
import { drawPreview } from "./preview.js";
import { drawSnippet } from "./code.js";
import { read, settle, write } from "./settings.js";

let settings = read(location.search);

const change = (some) => {
  settings = settle({ ...settings, ...some });
  const query = write(settings);
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
  show();
};

const parts = [drawControls(change), drawPreview(), drawSnippet(change)];
const show = () => parts.forEach((part) => part(settings));

show();
