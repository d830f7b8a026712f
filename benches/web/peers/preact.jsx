// The form in Preact with signals.

import { signal } from "@preact/signals";
import { render } from "preact";
import { FIELDS, THANKS, problem, send } from "./fields.js";

const fields = FIELDS.map((field) => ({ ...field, value: signal(field.type === "checkbox" ? false : ""), problem: signal("") }));
const sent = signal(false);

const check = (field) => (field.problem.value = problem(field, field.value.value));

async function submit(event) {
  event.preventDefault();
  const wrong = fields.filter(check);
  if (wrong.length) return document.getElementById(wrong[0].name).focus();
  sent.value = await send(Object.fromEntries(fields.map((field) => [field.name, field.value.value])));
}

function Control({ field }) {
  const { name, type = "text", autocomplete, options, value } = field;
  const same = { id: name, name, "aria-invalid": !!field.problem.value, "aria-describedby": `${name}-problem`, onBlur: () => check(field) };
  const write = (event) => (value.value = event.target.value);
  if (type === "checkbox") return <input {...same} type="checkbox" checked={value.value} onChange={(event) => (value.value = event.target.checked)} />;
  if (type === "textarea") return <textarea {...same} value={value.value} onInput={write} />;
  if (type !== "select") return <input {...same} type={type} autocomplete={autocomplete} value={value.value} onInput={write} />;
  return (
    <select {...same} value={value.value} onChange={write}>
      <option value="" />
      {options.map((option) => (
        <option>{option}</option>
      ))}
    </select>
  );
}

function QuoteForm() {
  if (sent.value) return <p role="status">{THANKS}</p>;
  return (
    <form noValidate onSubmit={submit}>
      {fields.map((field) => (
        <div key={field.name}>
          <label for={field.name}>{field.label}</label>
          <Control field={field} />
          <p id={`${field.name}-problem`}>{field.problem}</p>
        </div>
      ))}
      <button>Get my quote</button>
    </form>
  );
}

render(<QuoteForm />, document.getElementById("app"));
