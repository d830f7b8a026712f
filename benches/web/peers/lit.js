// The form in Lit.

import { LitElement, html, nothing } from "lit";
import { FIELDS, THANKS, problem, send } from "./fields.js";

class QuoteForm extends LitElement {
  static properties = { problems: { state: true }, sent: { state: true } };

  constructor() {
    super();
    this.problems = {};
  }

  // The page's styles are meant for it.
  createRenderRoot() {
    return this;
  }

  read({ name, type }) {
    const control = this.querySelector(`[name=${name}]`);
    return type === "checkbox" ? control.checked : control.value;
  }

  check(field) {
    const words = problem(field, this.read(field));
    this.problems = { ...this.problems, [field.name]: words };
    return words;
  }

  async submit(event) {
    event.preventDefault();
    const wrong = FIELDS.filter((field) => this.check(field));
    if (wrong.length) return this.querySelector(`[name=${wrong[0].name}]`).focus();
    this.sent = await send(Object.fromEntries(FIELDS.map((field) => [field.name, this.read(field)])));
  }

  control(field) {
    const { name, type = "text", autocomplete = nothing, options } = field;
    const blur = () => this.check(field);
    const invalid = !!this.problems[name];
    if (type === "select")
      return html`<select id=${name} name=${name} aria-invalid=${invalid} aria-describedby="${name}-problem" @blur=${blur}>
        <option value=""></option>
        ${options.map((option) => html`<option>${option}</option>`)}
      </select>`;
    if (type === "textarea") return html`<textarea id=${name} name=${name} aria-invalid=${invalid} aria-describedby="${name}-problem" @blur=${blur}></textarea>`;
    return html`<input id=${name} name=${name} type=${type} autocomplete=${autocomplete} aria-invalid=${invalid} aria-describedby="${name}-problem" @blur=${blur} />`;
  }

  render() {
    if (this.sent) return html`<p role="status">${THANKS}</p>`;
    return html`<form novalidate @submit=${this.submit}>
      ${FIELDS.map(
        (field) =>
          html`<div>
            <label for=${field.name}>${field.label}</label>${this.control(field)}
            <p id="${field.name}-problem">${this.problems[field.name]}</p>
          </div>`,
      )}
      <button>Get my quote</button>
    </form>`;
  }
}

customElements.define("quote-form", QuoteForm);
document.getElementById("app").append(document.createElement("quote-form"));
