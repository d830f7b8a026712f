// What brought the visitor: the campaign parameters of the address that they came by, on this page or earlier in this tab.

const KEPT = "lead-form:campaign";

/** The names that the proxy keeps, and some that it does not: see lead-model's campaign.rs. */
const NAMES = /^(utm_\w+|\w*clid|msclkid|[gw]braid|li_fat_id|rdt_cid|epik)$/;

/** The campaign of this page's address, which is kept for the tab; without one there, the one that is kept. */
export function keepCampaign() {
  const found = Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => NAMES.test(name)));
  try {
    if (Object.keys(found).length > 0) sessionStorage.setItem(KEPT, JSON.stringify(found));
    else return JSON.parse(sessionStorage.getItem(KEPT)) ?? found;
  } catch {
    // A browser that keeps nothing knows this page's at least.
  }
  return found;
}

/** The plain form carries it in its address. */
export function tagAction(parent, campaign) {
  const form = parent.querySelector("form[action]");
  if (!form || !Object.keys(campaign).length) return;
  const address = new URL(form.action);
  for (const name in campaign) address.searchParams.set(name, campaign[name]);
  form.action = address;
}
