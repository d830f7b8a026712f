// `cargo xtask bench web`: every peer by turns, in one browser, and the table.
//
// Usage: node run.mjs CHROMIUM PROXY_URL PORT ROUNDS
// The proxy serves the form `eight`; the port is for the website, whose origin that form allows.

import puppeteer from "puppeteer-core";
import { PEERS, answer, page, site } from "./build.mjs";
import { check } from "./check.mjs";
import { measure } from "./measure.mjs";
import { serve } from "./serve.mjs";
import { goals, rows, table } from "./table.mjs";

const [chromium, proxy, port, rounds] = process.argv.slice(2);
const website = `http://127.0.0.1:${port}`;

const answers = await site();
const tag = (script) => page("", `<script src="${proxy}/${script}" async></script><lead-form form="eight"></lead-form>`);
answers.set("/lead-form", answer("text/html", tag("embed.js?form=eight&locale=en")));
answers.set("/lead-form-alias", answer("text/html", tag("embed.js")));
const { leads, close } = await serve(answers, Number(port));

const subjects = [
  { name: "blank", url: `${website}/blank` },
  ...Object.keys(PEERS).map((name) => ({ name, url: `${website}/${name}`, form: true })),
  { name: "lead-form, hosted page", url: `${proxy}/f/eight`, form: true, live: true },
  { name: "lead-form, script tag that names its form", url: `${website}/lead-form`, form: true, live: true },
  { name: "lead-form, script tag", url: `${website}/lead-form-alias`, form: true, live: true },
];

const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const results = subjects.map(() => ({ slow: [], quick: [] }));
try {
  for (const subject of subjects) if (subject.form) await check(browser, subject, () => leads.length);
  console.log(`web: ${subjects.length - 1} forms take what is filled in, and refuse to be empty`);
  for (let round = 0; round < Number(rounds); round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      // Each round begins with another one, so that no one always follows the heaviest.
      const place = (turn + round) % subjects.length;
      for (const line of ["slow", "quick"]) results[place][line].push(await measure(browser, subjects[place], line));
    }
    console.log(`web: round ${round + 1} of ${rounds}`);
  }
} finally {
  await browser.close();
  close();
}
const measured = rows(subjects, results);
console.log(`\n${table(measured)}`);
const missed = goals(measured).filter(({ reached }) => !reached);
for (const { words } of missed) console.error(`not reached: ${words}`);
process.exitCode = missed.length ? 1 : 0;
