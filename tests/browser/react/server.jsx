// What a server runs: the page's HTML on standard output. It has neither window nor document.
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { Page } from "./page.tsx";

const html = renderToString(
  <StrictMode>
    <Page proxy={process.argv[2]} />
  </StrictMode>,
);
process.stdout.write(html);
