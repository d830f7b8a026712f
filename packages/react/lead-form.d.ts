/// <reference path="./loader.d.ts" />
import type { CSSProperties, ForwardRefExoticComponent, HTMLAttributes, RefAttributes } from "react";

/** A design token, without its `--lf-`. */
export type LeadFormToken =
  | "accent"
  | "accent-text"
  | "surface"
  | "field"
  | "text"
  | "muted"
  | "border"
  | "line"
  | "danger"
  | "success"
  | "font"
  | "font-mono"
  | "font-size"
  | "space"
  | "radius"
  | "button-radius"
  | "border-width"
  | "weight"
  | "field-inset"
  | "field-shadow"
  | "width"
  | "padding"
  | "shadow"
  | "scroll-margin";

type On<Name extends keyof LeadFormEventMap> = (event: LeadFormEventMap[Name]) => void;

export interface LeadFormProps extends Omit<HTMLAttributes<HTMLElement>, "prefix"> {
  /** The form's id. */
  form: string;
  /** Address of the `lead-proxy`, from which the loader is brought once a page; leave it out where the page brings it. */
  proxy?: string;
  /** The nonce of the page's policy, for the loader's script tag. */
  nonce?: string;
  mode?: "inline" | "iframe";
  /** A language tag; else the page's language. */
  locale?: string;
  preset?: LeadFormPreset;
  density?: LeadFormDensity;
  theme?: "light" | "dark";
  font?: "inherit";
  /** Behind a button that says `label`. */
  as?: "popup" | "slider" | "button";
  label?: string;
  /** Values by field name. */
  prefill?: Record<string, string | boolean>;
  /** Takes such values from the page's address, too. */
  prefillQuery?: boolean;
  /** A token that your server has signed and that fills in the form, some of it so that it stays. */
  prefillToken?: string;
  /** `false` keeps nothing for the tab. */
  draft?: boolean;
  /** Pushes each event to `dataLayer`, or to the list that it names. */
  dataLayer?: boolean | string;
  /** The signed link of a form that completes a record. */
  link?: string;
  tokens?: Partial<Record<LeadFormToken, string>>;
  style?: CSSProperties;
  onReady?: On<"lead-form:ready">;
  onStarted?: On<"lead-form:started">;
  onStep?: On<"lead-form:step">;
  onProblem?: On<"lead-form:problem">;
  onSubmitted?: On<"lead-form:submitted">;
  /** The lead is stored safely. Count conversions here. */
  onReceived?: On<"lead-form:received">;
  onDelivered?: On<"lead-form:delivered">;
  onOpened?: On<"lead-form:opened">;
  onClosed?: On<"lead-form:closed">;
  onFailed?: On<"lead-form:failed">;
}

/** What a ref gives. The calls may be made before the loader is there. */
export interface LeadFormHandle
  extends Pick<LeadFormElement, "setValue" | "values" | "submit" | "reset" | "open" | "close"> {
  readonly element: LeadFormElement | null;
  reload(): Promise<void>;
}

export declare const LeadForm: ForwardRefExoticComponent<LeadFormProps & RefAttributes<LeadFormHandle>>;
