// The eight fields that every peer has, their rules and their sentences; shared, so that no peer is smaller by asking less.

export const FIELDS = [
  { name: "first_name", label: "First name", autocomplete: "given-name", required: true },
  { name: "last_name", label: "Last name", autocomplete: "family-name", required: true },
  { name: "email", label: "Work email", type: "email", autocomplete: "email", required: true },
  { name: "phone", label: "Phone", type: "tel", autocomplete: "tel", required: true },
  { name: "company", label: "Business name", autocomplete: "organization" },
  { name: "industry", label: "What kind of business is it?", type: "select", options: ["Hospitality", "Retail", "Other"] },
  { name: "notes", label: "Anything we should know?", type: "textarea" },
  { name: "consent", label: "I agree that my details are passed on so that I can be called.", type: "checkbox", required: true },
];

export const REQUIRED = "Please fill this in.";
export const EMAIL = "Please write an email address, like name@example.com.";
export const PHONE = "Please write a phone number with at least seven digits.";
export const THANKS = "Thank you, we will call you.";

export const isEmail = (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
export const isPhone = (text) => (text.match(/\d/g) ?? []).length >= 7;

/** What is wrong with a value, or nothing. */
export function problem({ name, required }, value) {
  if (!value) return required ? REQUIRED : "";
  if (name === "email" && !isEmail(value)) return EMAIL;
  if (name === "phone" && !isPhone(value)) return PHONE;
  return "";
}

/** Sends the lead; whether it was taken. */
export const send = (values) =>
  fetch("/leads", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(values) }).then((answer) => answer.ok);
