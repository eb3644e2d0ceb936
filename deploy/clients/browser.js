// A person at a browser: real Chromium, walked from an authorization URL through every page that appears. Which page it
// is shows in what it offers, so a step that is skipped or repeated is seen, and nothing waits for a fixed time.
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { logs } from './process.js';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// A test's process that is told to end must end even where its browser does not; the browser goes with it.
const LAUNCH = { executablePath: '/usr/bin/chromium', args: ARGUMENTS, handleSIGTERM: false };

/** The pages on the way, and what a person does there. */
const pages = ({ email, password, decision }) => ({
  welcome: { shows: page => page.getByRole('button', { name: 'Continue with Peaka' }), act: button => button.click() },
  'sign-in': {
    shows: page => page.locator('input[name=password]'),
    act: async (input, page) => {
      await page.locator('input[name=email]').fill(email);
      await input.fill(password);
      await input.press('Enter');
    },
  },
  'peaka-consent': {
    shows: page => page.locator('button[name=decision][value=authorize]'),
    act: button => button.click(),
  },
  consent: {
    shows: page => page.locator(`button[name=decision][value=${decision}]`),
    act: button => button.click(),
  },
});

export class Browser {
  #chromium;
  #context;

  static async open(options = {}) {
    const browser = new Browser();
    browser.#chromium = await chromium.launch(LAUNCH);
    browser.#context = await browser.#chromium.newContext(options);
    browser.#context.setDefaultTimeout(30_000);
    return browser;
  }

  async close() {
    await this.#chromium.close();
  }

  /**
   * Visits `url` and goes on until `arrived` (a promise) is fulfilled. Tells the names of the pages that were walked,
   * what `arrived` gave, and what the browser complained of (a policy that forbids a navigation, for one).
   */
  async walk(url, person, arrived, { decision = 'approve', page } = {}) {
    page ??= await this.#context.newPage();
    const known = pages({ ...person, decision });
    const walked = [];
    const complaints = [];
    page.on('console', message => {
      // A missing picture for the tab is nothing to complain of.
      const { url: source } = message.location();
      if (message.type() === 'error' && !source.endsWith('/favicon.ico')) complaints.push(message.text());
    });
    page.on('pageerror', error => complaints.push(error.message));
    let result;
    const arrival = Promise.resolve(arrived).then(value => (result = { value }));
    // What the walk does not wait for may fail when the browser closes. The page stays open until then: closing it
    // while it still receives the client's answer can hang.
    const quietly = promise => (promise.catch(() => {}), promise);
    try {
      await page.goto(url);
      while (result === undefined) {
        const any = Object.values(known)
          .map(({ shows }) => shows(page))
          .reduce((one, other) => one.or(other));
        await Promise.race([arrival, quietly(any.first().waitFor())]);
        if (result !== undefined) break;
        for (const [name, { shows, act }] of Object.entries(known)) {
          if (!(await shows(page).isVisible())) continue;
          walked.push(name);
          if (walked.length > 8) throw new Error(`going in circles: ${walked.join(', ')}`);
          const next = quietly(page.waitForEvent('domcontentloaded'));
          await act(shows(page), page);
          await Promise.race([arrival, next]);
          break;
        }
      }
      return { walked, complaints, result: result.value };
    } catch (error) {
      throw new Error(await this.#describe(page, walked, complaints), { cause: error });
    }
  }

  /** A page of its own, for what no walk does. */
  newPage() {
    return this.#context.newPage();
  }

  /** A page of somebody else: nothing is shared with the others. */
  async newContextPage() {
    const context = await this.#chromium.newContext();
    context.setDefaultTimeout(30_000);
    return context.newPage();
  }

  /** A page, and the URL with the scheme `protocol` to which it will want to navigate: no server would see that. */
  async watching(protocol) {
    const page = await this.#context.newPage();
    const devtools = await this.#context.newCDPSession(page);
    await devtools.send('Page.enable');
    const navigation = new Promise(resolve =>
      devtools.on('Page.frameRequestedNavigation', ({ url }) => url.startsWith(protocol) && resolve(url)),
    );
    return { page, navigation };
  }

  async #describe(page, walked, complaints) {
    mkdirSync(logs, { recursive: true });
    const picture = path.join(logs, `${path.basename(process.argv[1], '.test.js')}-${Date.now()}.png`);
    await page.screenshot({ path: picture }).catch(() => {});
    const text = await page.locator('body').innerText({ timeout: 1000 }).catch(() => '');
    return [
      `stuck at ${page.url()} after [${walked}]; the page says:`,
      text.slice(0, 2000),
      `complaints: ${complaints}`,
      `picture: ${picture}`,
    ].join('\n');
  }
}
