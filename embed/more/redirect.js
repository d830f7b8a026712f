// Where the form's definition leads the visitor when the lead is safe. The proxy has checked the address against the form's
// own origins.

/** Leads the page there, if it is an address of the web and nothing that could run. */
export function go(address) {
  if (/^https?:\/\//.test(address)) location.assign(address);
}

export function redirect({ element, form, host, on }) {
  if (!form.redirect) return;
  on(element, "lead-form:received", ({ detail }) => {
    const address = new URL(form.redirect);
    address.searchParams.append("receipt", detail.receipt);
    // It is the page around our iframe that goes.
    if (host) parent.postMessage({ leadForm: host.instance, type: "redirect", address: address.href }, host.origin);
    else go(address.href);
  });
}
