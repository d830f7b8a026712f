// What there is to choose from. Written by proxy/tests/it/playground.rs from forms/, locales/ and the looks.

export const FORMS = [
  { id: "better-rates", title: "Find a better rate", languages: ["de", "en"] },
  { id: "business-loan", title: "Ask about a business loan", languages: ["de", "en"] },
  { id: "callback", title: "Ask for a call", languages: ["ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "sv", "tr"] },
  { id: "card-machines", title: "Get a card machine quote", languages: ["de", "en"] },
  { id: "contact-us", title: "Write to us", languages: ["de", "en"] },
  { id: "list-property", title: "List your property", languages: ["de", "en"] },
  { id: "open-account", title: "Open an account", languages: ["de", "en"] },
  { id: "partner-lead", title: "Refer a business", languages: ["de", "en"] },
];

export const PRESETS = ["classic", "minimal", "soft", "underline", "bold", "paper"];

export const DENSITIES = ["compact", "comfortable", "roomy"];
