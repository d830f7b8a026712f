// A page of an embedder's who uses React, as TypeScript checks it and a browser runs it.
import { useRef, useState } from "react";
import { LeadForm, type LeadFormHandle } from "lead-form-react";

declare global {
  interface Window {
    proxy: string;
    seen: string[];
    page: { form: LeadFormHandle | null; look(preset: LeadFormPreset): void; show(is: boolean): void; vouch(token: string): void };
  }
}

export function Page({ proxy }: { proxy: string }) {
  const form = useRef<LeadFormHandle>(null);
  const [preset, look] = useState<LeadFormPreset>("classic");
  const [isShown, show] = useState(true);
  const [token, vouch] = useState<string>();
  if (typeof window !== "undefined") {
    window.page = {
      get form() {
        return form.current;
      },
      look,
      show,
      vouch,
    };
  }
  return (
    <main>
      {isShown && (
        <LeadForm
          ref={form}
          proxy={proxy}
          form="callback"
          locale="en"
          preset={preset}
          prefill={{ first_name: "Ada" }}
          prefillToken={token}
          draft={false}
          tokens={{ radius: "3px" }}
          className="mine"
          onReady={({ detail }) => window.seen.push(`ready ${preset} ${detail.mode}`)}
          onReceived={({ detail }) => window.seen.push(`received ${preset} ${detail.receipt}`)}
        >
          <p>Call us</p>
        </LeadForm>
      )}
    </main>
  );
}

// @ts-expect-error a form needs its id
export const nameless = <LeadForm proxy="https://forms.example" />;
// @ts-expect-error there is no such look
export const unknown = <LeadForm form="callback" preset="loud" />;
