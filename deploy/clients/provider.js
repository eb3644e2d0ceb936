// What an MCP client built on the TypeScript SDKs brings for OAuth: it keeps everything in memory, and where a real one
// opens a browser it tells who waits for the URL. The interface is the same in both generations of the SDK.
export class Provider {
  #redirectUrl;
  #kept = {};
  #asked = [];

  constructor(redirectUrl) {
    this.#redirectUrl = redirectUrl;
  }

  /** The authorization URLs that the SDK wanted opened, oldest first. */
  get asked() {
    return this.#asked;
  }

  get redirectUrl() {
    return this.#redirectUrl;
  }

  get clientMetadata() {
    return {
      client_name: 'Client test',
      redirect_uris: [this.#redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state() {
    return (this.#kept.state ??= crypto.randomUUID());
  }

  clientInformation() {
    return this.#kept.client;
  }

  saveClientInformation(client) {
    this.#kept.client = client;
  }

  tokens() {
    return this.#kept.tokens;
  }

  saveTokens(tokens) {
    this.#kept.tokens = tokens;
  }

  redirectToAuthorization(url) {
    this.#asked.push(url);
  }

  codeVerifier() {
    return this.#kept.verifier;
  }

  saveCodeVerifier(verifier) {
    this.#kept.verifier = verifier;
  }

  discoveryState() {
    return this.#kept.discovery;
  }

  saveDiscoveryState(discovery) {
    this.#kept.discovery = discovery;
  }

  invalidateCredentials(scope) {
    if (scope === 'all' || scope === 'tokens') delete this.#kept.tokens;
    if (scope === 'all' || scope === 'client') delete this.#kept.client;
    if (scope === 'all' || scope === 'verifier') delete this.#kept.verifier;
    if (scope === 'all' || scope === 'discovery') delete this.#kept.discovery;
  }
}

/** A `fetch` that notes every exchange in `log`: method, path, form fields, status. */
export function recording(log) {
  return async (input, init) => {
    const request = new URL(input instanceof Request ? input.url : input);
    const form = init?.body instanceof URLSearchParams ? Object.fromEntries(init.body) : undefined;
    const entry = { method: init?.method ?? 'GET', path: request.pathname, grant: form?.grant_type };
    log.push(entry);
    const answer = await fetch(input, init);
    entry.status = answer.status;
    entry.challenge = answer.headers.get('www-authenticate');
    return answer;
  };
}
