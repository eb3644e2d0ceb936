// How heavy the pages are and how long they take on this machine: `node weigh-pages.js [repetitions]`. It prints and judges
// nothing: what a debug build on a busy machine needs says little.
import { Browser } from './browser.js';
import { Callback } from './callback.js';
import { start } from './harness.js';
import { aClient, returned, toConsent } from './pages.js';

const repetitions = Number(process.argv[2] ?? 300);
const house = await start({ store: 'file' });
const browser = await Browser.open();
const callback = await Callback.listen();
try {
  const client = await aClient(house, callback);
  const page = await browser.newPage();
  const first = await client.ask();
  await (await toConsent(page, first.url)).click();
  await client.redeem(first, await returned(page, callback));
  const asked = (await client.ask()).url;
  await toConsent(page, asked);
  const jar = await page.context().cookies(house.issuer);
  const headers = { cookie: jar.map(({ name, value }) => `${name}=${value}`).join('; ') };
  const bytes = async url => (await (await fetch(url, { headers })).arrayBuffer()).byteLength;
  const style = await bytes(`${house.issuer}/assets/style.css`);
  const script = await bytes(`${house.issuer}/assets/copy.js`);

  const pages = {
    connect: `${house.issuer}/`,
    ask: asked,
    consent: page.url(),
    account: `${house.issuer}/account`,
    error: `${house.issuer}/oauth/authorize`,
  };
  console.log('page      html kB  all kB   p50 ms   p99 ms');
  for (const [name, url] of Object.entries(pages)) {
    const times = [];
    for (let n = 0; n < repetitions; n++) {
      const before = performance.now();
      await (await fetch(url, { headers })).arrayBuffer();
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    const at = share => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1).padStart(8);
    const html = await bytes(url);
    const all = html + style + (name === 'connect' ? script : 0);
    const kB = count => (count / 1000).toFixed(1).padStart(8);
    console.log(`${name.padEnd(8)}${kB(html)}${kB(all)} ${at(0.5)} ${at(0.99)}`);
  }
} finally {
  callback.close();
  await browser.close();
  await house.stop();
}
