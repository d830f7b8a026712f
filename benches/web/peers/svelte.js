// Brings the form in Svelte onto the page.

import { mount } from "svelte";
import QuoteForm from "./Svelte.svelte";

mount(QuoteForm, { target: document.getElementById("app") });
