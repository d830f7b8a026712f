// The form in React with react-hook-form and zod, as most teams would write it.

import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { useForm } from "react-hook-form";
// By name space: with `import { z }` the bundle has every language of zod.
import * as z from "zod";
import { EMAIL, FIELDS, PHONE, REQUIRED, THANKS, isEmail, isPhone, send } from "./fields.js";

const rules = { email: z.string().min(1, REQUIRED).refine(isEmail, EMAIL), phone: z.string().min(1, REQUIRED).refine(isPhone, PHONE), consent: z.literal(true, REQUIRED) };
const rule = ({ name, required }) => rules[name] ?? (required ? z.string().min(1, REQUIRED) : z.string());
const schema = z.object(Object.fromEntries(FIELDS.map((field) => [field.name, rule(field)])));
const defaultValues = Object.fromEntries(FIELDS.map(({ name, type }) => [name, type === "checkbox" ? false : ""]));

function Control({ field: { name, type = "text", autocomplete, options }, register, invalid }) {
  const same = { id: name, "aria-invalid": invalid, "aria-describedby": `${name}-problem`, ...register(name) };
  if (type === "textarea") return <textarea {...same} />;
  if (type !== "select") return <input {...same} type={type} autoComplete={autocomplete} />;
  return (
    <select {...same}>
      <option value="" />
      {options.map((option) => (
        <option key={option}>{option}</option>
      ))}
    </select>
  );
}

function QuoteForm() {
  const [sent, setSent] = useState(false);
  const { register, handleSubmit, formState } = useForm({ defaultValues, mode: "onBlur", resolver: zodResolver(schema) });
  const { errors } = formState;
  if (sent) return <p role="status">{THANKS}</p>;
  return (
    <form noValidate onSubmit={handleSubmit(async (values) => setSent(await send(values)))}>
      {FIELDS.map((field) => (
        <div key={field.name}>
          <label htmlFor={field.name}>{field.label}</label>
          <Control field={field} register={register} invalid={!!errors[field.name]} />
          <p id={`${field.name}-problem`}>{errors[field.name]?.message}</p>
        </div>
      ))}
      <button>Get my quote</button>
    </form>
  );
}

createRoot(document.getElementById("app")).render(<QuoteForm />);
