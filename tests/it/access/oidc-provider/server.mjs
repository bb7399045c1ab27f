// An OpenID provider on loopback, and a person who logs in there.
//
// Prints `issuer URL` once it listens. Then each line on standard input is a command, answered by one line:
// `login` -> `token JWT`, by the authorization code flow with PKCE, forms, cookies and all;
// `rotate` -> `rotated`: from then on another key signs, and the old one is gone from the set;
// `count` -> `count N`: how often the set of keys was asked for.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const AUDIENCE = 'https://graph.example';
const CALLBACK = 'http://127.0.0.1:1/callback';
const SCOPES = 'openid orders:read payments:read';

let handler;
let counted = 0;
const server = createServer((request, response) => {
  if (request.url === '/jwks') counted += 1;
  handler(request, response);
});
await new Promise((listening) => server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

function start(number) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: `key-${number}`, use: 'sig', alg: 'ES256' };
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [{
      client_id: 'shop',
      client_secret: 'secret',
      redirect_uris: [CALLBACK],
      id_token_signed_response_alg: 'ES256',
    }],
    cookies: { keys: ['of this test'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'orders:read payments:read',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  handler = provider.callback();
}

// What a browser does: keeps cookies, follows redirects, fills in forms.
async function login() {
  const cookies = new Map();
  const request = async (url, options = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...options, headers: { cookie, ...options.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    return response;
  };
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = new URLSearchParams({
    client_id: 'shop', response_type: 'code', redirect_uri: CALLBACK, scope: SCOPES,
    code_challenge: challenge, code_challenge_method: 'S256',
  });
  let response = await request(`${issuer}/auth?${query}`);
  for (let step = 0; step < 20; step += 1) {
    const location = response.headers.get('location');
    if (location?.startsWith(CALLBACK)) {
      const code = new URL(location).searchParams.get('code');
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from('shop:secret').toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier }),
      });
      return (await answer.json()).access_token;
    }
    if (location) {
      response = await request(new URL(location, issuer));
      continue;
    }
    const page = await response.text();
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page);
    const [, prompt] = /name="prompt" value="([^"]+)"/.exec(page);
    const form = new URLSearchParams({ prompt, login: 'ada', password: 'any' });
    response = await request(new URL(action, issuer), { method: 'POST', body: form });
  }
  throw new Error('the login does not come to an end');
}

let keys = 1;
start(keys);
console.log(`issuer ${issuer}`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'login') {
    console.log(`token ${await login()}`);
  } else if (line === 'rotate') {
    start(keys += 1);
    console.log('rotated');
  } else if (line === 'count') {
    console.log(`count ${counted}`);
  }
}
process.exit(0);
