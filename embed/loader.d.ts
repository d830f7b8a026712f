/**
 * Types of what the loader (`/embed.js`) puts on a page: the element, its attributes, its events, and the queue.
 *
 * Copy this file beside your code or reference it; it has no imports, and declares no value that is not there at run time.
 */

/** How the form reaches the visitor. */
type LeadFormMode = "inline" | "iframe" | "hosted";

/** A look by name: `preset="…"`. */
type LeadFormPreset = "classic" | "minimal" | "soft" | "underline" | "bold" | "paper";

/** How close together everything stands: `density="…"`. */
type LeadFormDensity = "compact" | "comfortable" | "roomy";

/** What every event tells. Never what was typed. */
interface LeadFormDetail {
  /** The form's id, as in the attribute. */
  form: string;
  /** The road on which it is shown: after a fallback `iframe`, whatever was asked for. */
  mode: LeadFormMode;
}

/** Why a road had to be left (the loader's codes), or why a submission did not come through (the proxy's codes). */
type LeadFormFailureCode =
  /** The browser has no WebAssembly, as in Lockdown Mode. */
  | "wasm_missing"
  /** The host page's policy forbids WebAssembly. */
  | "wasm_refused"
  /** Script, Wasm or styles could not be fetched or started. */
  | "not_started"
  /** The form's definition could not be fetched: no network, or the host page's origin is not on the form's list. */
  | "form_unreachable"
  /** The visitor sent the form before its Wasm was there, and the host page's policy (`form-action`) forbids that. */
  | "form_refused"
  /** The form did not arrive within 15 seconds. */
  | "too_slow"
  /** The iframe was refused by a policy, or could not be loaded. */
  | "frame_unreachable"
  /** The host page's origin is not on the form's list. */
  | "origin_not_allowed"
  /** There is no form of this id. */
  | "form_not_found"
  /**
   * The token of `prefill-token` is not valid for this form, has expired, or could not be asked about; the form stays,
   * empty.
   */
  | "prefill_invalid"
  | "prefill_expired"
  | "prefill_unreachable"
  /** The form's own, while sending. */
  | (string & {});

interface LeadFormEventMap {
  /** The form can be filled in. */
  "lead-form:ready": CustomEvent<LeadFormDetail>;
  /** The visitor typed or chose for the first time. */
  "lead-form:started": CustomEvent<LeadFormDetail>;
  /** In a form of several steps: the visitor has gone on or back, to step `step` of `steps`. */
  "lead-form:step": CustomEvent<LeadFormDetail & { step: number; steps: number }>;
  /** A submission was held back, here or by the proxy: which fields, and the code of each problem. */
  "lead-form:problem": CustomEvent<LeadFormDetail & { fields: { field: string; code: string }[] }>;
  /** A submission was sent; whether it arrived comes next. */
  "lead-form:submitted": CustomEvent<LeadFormDetail>;
  /** The lead is stored safely. Count conversions here. */
  "lead-form:received": CustomEvent<LeadFormDetail & { receipt: string }>;
  /** The partner has it. */
  "lead-form:delivered": CustomEvent<LeadFormDetail & { receipt: string }>;
  /** The dialog of a form behind a button was opened, or closed. */
  "lead-form:opened": CustomEvent<LeadFormDetail>;
  "lead-form:closed": CustomEvent<LeadFormDetail>;
  /** Another road was taken, or a submission did not come through; the form goes on by itself. */
  "lead-form:failed": CustomEvent<LeadFormDetail & { code: LeadFormFailureCode }>;
}

/**
 * `<lead-form form="…">`.
 *
 * Attributes: `form`, the form's id; `mode`, `inline` (default) or `iframe`; `locale`, a language tag, else the nearest
 * `lang` of the page, else the browser's; `preset`, a {@link LeadFormPreset}, and `density`, a {@link LeadFormDensity}, else
 * as the form's definition says; `data-theme`, `light` or `dark`, else as the page; `font="inherit"` takes the page's font;
 * `as`, `popup`, `slider` or `button`, puts it behind a button that says `label`; `prefill`, a JSON object of values by
 * field name; `prefill-query`, takes such values from the page's address; `prefill-token`, a signed token that fills in the
 * form, some of it so that it stays; `draft="off"`, keeps nothing for the tab; `data-layer`, pushes each event to
 * `dataLayer` or to the list that it names; `link`, the signed link of a form that completes a record and opens by nothing
 * else. A change of the first three shows the form anew.
 */
interface LeadFormElement extends HTMLElement {
  /** The form's id; null where the attribute is absent. */
  get form(): string | null;
  set form(form: string);
  /** Shows the form anew, in its present version and language. What was typed is gone. */
  reload(): void;
  /**
   * Enters a value as the visitor would. Rejects with an `Error` named `LeadFormUnknownField`, `LeadFormValue` (the field can't
   * hold it) or `LeadFormConsent` (only the visitor gives one).
   */
  setValue(name: string, value: string | boolean): Promise<void>;
  /** What is entered, by field name. Rejects with an `Error` named `LeadFormFrame` where the form stands in an iframe. */
  values(): Promise<Record<string, string | boolean>>;
  /** Sends, or goes on to the next step, as the visitor would. */
  submit(): Promise<void>;
  /** Opens the dialog of a form behind a button (`as`), and closes it. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** An empty form, without its draft. */
  reset(): Promise<void>;
  addEventListener<Name extends keyof LeadFormEventMap>(
    name: Name,
    listener: (this: LeadFormElement, event: LeadFormEventMap[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** What a call in the queue is given. */
interface LeadFormApi {
  /** Address of the folder that the loader came from, with a slash at its end. */
  readonly base: string;
  /** Fetches what every form needs before there is one on the page, for instance when a dialog is about to open. */
  preload(): Promise<unknown>;
}

type LeadFormCall = (api: LeadFormApi) => void;

interface HTMLElementTagNameMap {
  "lead-form": LeadFormElement;
}

interface DocumentEventMap extends LeadFormEventMap {}

interface WindowEventMap extends LeadFormEventMap {}

interface Window {
  /** Calls made before the loader is there wait in an array: `(window.leadForm = window.leadForm || []).push(call)`. */
  leadForm?: LeadFormCall[] | { push(call: LeadFormCall): unknown };
}
