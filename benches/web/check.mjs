// That a peer is a form at all: it refuses nothing at all, and sends what was filled in.
//
// Apart from the measuring: a form that is quick since it does nothing would win.

import assert from "node:assert/strict";
import { controls } from "./watch.mjs";

const ANSWERS = ["Ada", "Lovelace", "ada@analytical.example", "020 7946 0018", "Engine Café", "Hospitality", "Two tills.", true];

async function fill(page) {
  const found = await page.evaluateHandle(controls);
  const length = await found.evaluate((list) => list.length);
  assert.equal(length, ANSWERS.length, `found ${length} controls, expected ${ANSWERS.length}`);
  for (const [place, value] of ANSWERS.entries()) {
    const control = await (await found.evaluateHandle((list, place) => list[place], place)).asElement();
    if (value === true) await control.click();
    else if (await control.evaluate(({ tagName }) => tagName === "SELECT")) await control.select(value);
    else await control.type(value);
  }
}

/** Presses the one button that sends. */
const press = (page) =>
  page.evaluate(() => {
    const root = document.querySelector("lead-form")?.shadowRoot ?? document;
    const buttons = [...root.querySelectorAll("button:not([type=button]),input[type=button]")].filter((button) => button.getBoundingClientRect().width > 0);
    buttons.at(-1).click();
  });

/** Tries the form: empty, then filled in. `taken` tells how many leads have arrived. */
export async function check(browser, { name, url, live }, taken) {
  const page = await browser.newPage();
  const before = taken();
  try {
    await page.evaluateOnNewDocument(() => {
      self.told = new Set();
      for (const name of ["ready", "received"]) addEventListener(`lead-form:${name}`, () => self.told.add(name));
    });
    const hasTold = (name) => page.waitForFunction((name) => self.told.has(name), { timeout: 10_000 }, name);
    await page.goto(url);
    await page.waitForFunction(`(${controls})().length > 0`);
    if (live) await hasTold("ready");
    await press(page);
    await page.waitForFunction(() => /required|fill this in|Enter|Please|Choose|Tick/i.test((document.querySelector("lead-form")?.shadowRoot ?? document.body).textContent));
    assert.equal(taken(), before, `${name} sent an empty form`);
    await fill(page);
    await press(page);
    if (live) await hasTold("received");
    else {
      const until = Date.now() + 10_000;
      while (taken() === before && Date.now() < until) await new Promise((done) => setTimeout(done, 20));
      assert.equal(taken(), before + 1, `${name} did not send a form that was filled in`);
    }
  } finally {
    await page.close();
  }
}
