// Who asks, and what there is for them to see. The credential lives as long as the tab: it is in no link, and in
// nothing that outlives the session.

import { type Settings, readSettings } from './settings';
import { createStore } from './store';
import type { Relayed, Session } from './wire';

export interface Credential {
  /** What people call it. */
  name: string;
  header: string;
  value: string;
}

const KEPT_AS = 'weft:credential';

export const settings: Settings = readSettings();
export const credential = createStore<Credential | null>(kept());
export const session = createStore<Session>({ ready: true, panels: [] });

function kept(): Credential | null {
  try {
    return JSON.parse(stored(KEPT_AS) ?? 'null');
  } catch {
    return null;
  }
}

/** A browser may refuse to store anything; then the page knows it until it is closed. */
function stored(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name: string, value: string | null) {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    // See `stored`.
  }
}

/** The headers with which this page asks. */
export function credentialHeaders(): Record<string, string> {
  const known = credential.get();
  return known ? { [known.header]: known.value } : {};
}

/** Asks as somebody else from now on; null is nobody. */
export async function signIn(next: Credential | null) {
  credential.set(next);
  store(KEPT_AS, next && JSON.stringify(next));
  await readSession();
}

export async function readSession(): Promise<void> {
  if (!settings.data) return;
  const asker = credential.get();
  const read = await readData<Session>('session');
  // Somebody may have signed in meanwhile. The same again must not draw everything anew.
  if (read && credential.get() === asker && JSON.stringify(read) !== JSON.stringify(session.get())) session.set(read);
}

/** Milliseconds after which it is looked whether another graph is served by now. */
const PAUSE = 2_000;

/** Keeps up with what is served, as long as somebody sees the page. */
export async function followSession(): Promise<void> {
  if (!document.hidden) await readSession();
  if (settings.data) setTimeout(() => void followSession(), PAUSE);
}

/** A token of the registry's, for as long as the tab is open. */
const TOKEN_KEPT_AS = 'weft:registry-token';
export const registryToken = createStore(stored(TOKEN_KEPT_AS) ?? '');

export function keepRegistryToken(token: string) {
  store(TOKEN_KEPT_AS, token);
  registryToken.set(token);
}

/** Asks the registry, through the gateway; what is done there has a body. */
export async function askRegistry<T>(what: string, body?: object): Promise<Relayed<T>> {
  const headers = { ...credentialHeaders(), 'weft-registry-token': registryToken.get() };
  const asked = body ? { method: 'POST', body: JSON.stringify(body), headers } : { headers };
  try {
    const response = await fetch(`${settings.data}history/${what}`, asked);
    return await response.json();
  } catch {
    return { status: 502, answer: { errors: [{ message: 'The gateway does not answer' }] } } as Relayed<T>;
  }
}

/** One of the gateway's documents for the panels; null when it gives none. */
export async function readData<T>(name: string): Promise<T | null> {
  try {
    const response = await fetch(`${settings.data}${name}`, { headers: credentialHeaders() });
    return response.ok ? ((await response.json()) as T) : null;
  } catch {
    return null;
  }
}
