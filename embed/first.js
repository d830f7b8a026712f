// What came with the loader, where its tag names its form (`/embed.js?form=card-machines`): the form's first paint and the
// styles, so that no second request stands between the tag and the form.
//
// The proxy writes it before the loader, in one answer. The loader asks here before it asks the network. What does not fit
// (another form, another language, a form that is shown a second time) comes over the network as ever.

const { leadFormKept: kept, leadFormFirst: before } = self;
delete self.leadFormKept;

/** A first paint holds a token of its own, so it is given once. */
let { fragment } = kept;

/** Whether the form would be served in this language to whoever asks for that one. */
const isMeant = (asked) => asked === kept.locale || (asked?.split("-")[0] === kept.locale && !kept.locales.includes(asked));

self.leadFormFirst = (address) => {
  const { pathname, searchParams } = new URL(address);
  if (pathname.endsWith(`/${kept.styles.file}`)) return { ok: true, text: () => kept.styles.text };
  const isFirst = pathname.endsWith(`/v1/forms/${kept.form}/fragment`) && !searchParams.has("link");
  if (!fragment || !isFirst || !isMeant(searchParams.get("locale"))) return before?.(address);
  const body = fragment;
  fragment = undefined;
  return { ok: true, json: () => body };
};
