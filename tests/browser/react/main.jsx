// What a browser runs: takes over what a server has rendered, or begins anew, each time strictly.
import { StrictMode } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { Page } from "./page.tsx";

const place = document.getElementById("root");
const page = (
  <StrictMode>
    <Page proxy={window.proxy} />
  </StrictMode>
);
if (place.childElementCount) hydrateRoot(place, page);
else createRoot(place).render(page);
