// People who connect a client, over the real pages of the gateway and the stand-in.

export const PEOPLE = [
  { email: 'ada@demo.peaka.local', password: 'analytical-engine', project: 'pK3cZf9D' },
  { email: 'grace@demo.peaka.local', password: 'nanosecond-wire', project: 'b7YhC2mL' },
  { email: 'linus@demo.peaka.local', password: 'just-for-fun', project: 'mS5uWt2H' },
];

export const REDIRECT = 'http://127.0.0.1:33418/callback';
// RFC 7636 appendix B: in a benchmark nothing is secret.
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

const unescaped = text =>
  text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const attribute = (tag, name) => {
  const value = new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescaped(value);
};
/** The form that holds `text`, as a browser without scripts would send it. */
function form(html, text = '<form') {
  const whole = html.match(/<form.*?<\/form>/gs)?.find(one => one.includes(text));
  if (!whole) throw new Error(`no form of the page holds ${text}:\n${html.slice(0, 2000)}`);
  const kept = tag => attribute(tag, 'type') === 'hidden' || / checked/.test(tag);
  const fields = (whole.match(/<input[^>]*>/g) ?? []).filter(kept).map(tag => [attribute(tag, 'name'), attribute(tag, 'value') ?? '']);
  return { action: attribute(/<form[^>]*>/.exec(whole)[0], 'action') ?? '', fields };
}
const onward = html => unescaped(/http-equiv="refresh"[^>]*url=([^"]*)"/.exec(html)[1]);

class Browser {
  #cookies = {};
  #at;

  async open(url, body) {
    for (;;) {
      this.#at = new URL(url, this.#at);
      const jar = (this.#cookies[this.#at.host] ??= {});
      const headers = { cookie: Object.entries(jar).map(pair => pair.join('=')).join('; ') };
      if (body) headers['sec-fetch-site'] = 'same-origin';
      const answer = await fetch(this.#at, { method: body ? 'POST' : 'GET', body, headers, redirect: 'manual' });
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]*)=([^;]*)/.exec(cookie);
        jar[name] = value;
      }
      const html = await answer.text();
      if (answer.status >= 400) throw new Error(`${this.#at} answered ${answer.status}: ${html.slice(0, 2000)}`);
      url = answer.headers.get('location');
      if (!url) return html;
      body = undefined;
    }
  }

  submit = ({ action, fields }, more) => this.open(action, new URLSearchParams([...fields, ...Object.entries(more)]));
}

/** Registers a client (RFC 7591). */
export async function register(url) {
  const body = JSON.stringify({ client_name: 'Bench', redirect_uris: [REDIRECT] });
  const answer = await fetch(`${url}/oauth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await answer.json()).client_id;
}

/** Where the authorization begins. */
export const authorize = (url, client) =>
  `${url}/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: REDIRECT,
    state: 'bench',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    resource: `${url}/mcp`,
  })}`;

/** Connects a client for a person; gives the tokens. */
export async function signIn(url, client, { email, password }) {
  const browser = new Browser();
  const asked = await browser.open(authorize(url, client));
  const left = await browser.submit(form(asked), {});
  let page = await browser.submit(form(await browser.open(onward(left))), { email, password });
  if (page.includes('value="authorize"')) page = await browser.submit(form(page, 'value="authorize"'), { decision: 'authorize' });
  const done = await browser.submit(form(page, 'value="approve"'), { decision: 'approve' });
  const code = new URL(onward(done)).searchParams.get('code');
  const grant = { grant_type: 'authorization_code', code, client_id: client, code_verifier: VERIFIER };
  const body = new URLSearchParams({ ...grant, redirect_uri: REDIRECT, resource: `${url}/mcp` });
  const answer = await fetch(`${url}/oauth/token`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`the code was answered with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The claims of a token of ours. */
export const claims = token => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
