// Checks the built book in a real browser, opened from the file system:
//
//   node target/book-browser/check.mjs target/book [FOLDER FOR SCREENSHOTS [PAGE…]]
//
// (.ci/book/run puts it there, beside the packages that it needs.)
//
// Every page loads without an error and without the network, is readable at 360 and 1280 pixels in
// light and dark, and has no serious finding of axe-core. The search finds POLLHUP, and a hint opens
// by keyboard. The environment variable CHROMIUM names the browser.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [360, 1280];
const THEMES = ["light", "navy"];
const HEIGHT = 900;
// print.html repeats every page, with every heading's ID; toc.html is a frame of pages without
// scripts; 404.html is for a web server, with paths from its root.
const NOT_PAGES = ["print.html", "toc.html", "404.html"];

const [folder, shots, ...only] = process.argv.slice(2);
const book = resolve(folder);
let findings = 0;

/** Tells at once: under load the whole takes minutes. */
function tell(finding) {
  findings += 1;
  console.log(finding);
}

const pages = readdirSync(book, { recursive: true })
  .filter((name) => name.endsWith(".html") && !NOT_PAGES.includes(name))
  .filter((name) => only.length === 0 || only.some((wanted) => name.includes(wanted)))
  .sort();

const url = (name) => pathToFileURL(join(book, name)).href;

async function inTheme(browser, theme, width) {
  const context = await browser.newContext({ viewport: { width, height: HEIGHT } });
  await context.addInitScript((name) => {
    localStorage.setItem("mdbook-theme", name);
  }, theme);
  const page = await context.newPage();
  page.setDefaultTimeout(120_000); // a machine may be busy
  return { context, page };
}

/** All that the browser complains of, from now on. */
function listen(page, say) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) say(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => say(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    // Given up by the browser, which goes on to the next page.
    const isOurs = request.failure()?.errorText === "net::ERR_ABORTED";
    if (!isOurs) say(`missing: ${request.url()}`);
  });
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) say(`asks the network: ${request.url()}`);
  });
}

/** What a page lays out or names wrongly, asked in the page itself. */
function looks() {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    wrong.push(`scrolls sideways: ${root.scrollWidth} of ${root.clientWidth} pixels`);
  }
  for (const image of document.querySelectorAll("main img")) {
    if (!image.alt) wrong.push(`a picture without a text: ${image.src}`);
  }
  for (const figure of document.querySelectorAll("main svg[role=img]")) {
    const ids = (figure.getAttribute("aria-labelledby") ?? "").split(" ");
    const texts = ids.map((id) => document.getElementById(id)?.textContent.trim());
    if (texts.length < 2 || texts.some((text) => !text)) wrong.push("a figure without a text");
  }
  for (const figure of document.querySelectorAll("main svg:not([role=img])")) {
    if (!figure.closest("a, button")) wrong.push("a figure without a role");
  }
  return wrong;
}

async function accessibility(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { preload: false }));
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, help, nodes }) => `axe: ${id}: ${help}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
}

async function everyPage(browser) {
  for (const theme of THEMES) {
    for (const width of WIDTHS) {
      const { context, page } = await inTheme(browser, theme, width);
      let name = "";
      const say = (what) => tell(`${name} (${theme}, ${width}): ${what}`);
      listen(page, say);
      for (name of pages) {
        await page.goto(url(name), { waitUntil: "load" });
        (await page.evaluate(looks)).forEach(say);
        // Once in each theme: the width changes nothing that axe-core looks at.
        if ((theme === "light") === (width === 1280)) (await accessibility(page)).forEach(say);
        if (shots) {
          const file = `${name.replaceAll("/", "-")}-${theme}-${width}.png`;
          await page.screenshot({ path: join(shots, file), fullPage: true });
        }
      }
      await context.close();
    }
  }
}

async function search(browser) {
  const { context, page } = await inTheme(browser, "light", 1280);
  await page.goto(url("introduction.html"));
  await page.keyboard.press("s");
  await page.keyboard.type("POLLHUP");
  const found = page.locator("#mdbook-searchresults a, #searchresults a");
  try {
    await found.first().waitFor();
  } catch {
    tell("the search finds no POLLHUP");
  }
  await context.close();
}

async function hints(browser) {
  const { context, page } = await inTheme(browser, "light", 1280);
  for (const name of pages.filter((page) => page.startsWith("exercises/ex-"))) {
    await page.goto(url(name));
    const folded = page.locator("details.hint");
    const count = await folded.count();
    if (count !== 3) tell(`${name}: ${count} folded hints, not 3`);
    for (let index = 0; index < count; index += 1) {
      const hint = folded.nth(index);
      if (await hint.evaluate((details) => details.open)) {
        tell(`${name}: hint ${index + 1} is open from the start`);
      }
      await hint.locator("summary").focus();
      await page.keyboard.press("Enter");
      if (!(await hint.evaluate((details) => details.open))) {
        tell(`${name}: hint ${index + 1} does not open by the key Enter`);
      }
    }
  }
  await context.close();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  await everyPage(browser);
  if (only.length === 0) {
    await search(browser);
    await hints(browser);
  }
} finally {
  await browser.close();
}
console.log(`${pages.length} pages in ${relative(".", book)}: ${findings} findings`);
process.exitCode = findings === 0 ? 0 : 1;
