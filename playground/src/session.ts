// Who asks, and what there is for them to see. The credential lives as long as the tab: it is in no link, and in
// nothing that outlives the session.

import { type Settings, readSettings } from './settings';
import { createStore } from './store';
import type { Session } from './wire';

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
    return JSON.parse(sessionStorage.getItem(KEPT_AS) ?? 'null');
  } catch {
    return null;
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
  if (next) sessionStorage.setItem(KEPT_AS, JSON.stringify(next));
  else sessionStorage.removeItem(KEPT_AS);
  await readSession();
}

/** Until there is a schema, asks again now and then. */
const PATIENCE = 2_000;

export async function readSession(): Promise<void> {
  if (!settings.data) return;
  const read = await readData<Session>('session');
  if (!read) return;
  session.set(read);
  if (!read.ready) setTimeout(() => void readSession(), PATIENCE);
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
