// Shows whatever component a copied snippet exports.
import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import * as copied from "./copied.jsx";

const [Component] = Object.values(copied);
createRoot(document.getElementById("root")).render(createElement(StrictMode, null, createElement(Component)));
