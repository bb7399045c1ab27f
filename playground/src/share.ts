// Links that carry an operation: in the part behind `#`, which no browser sends to any server. Headers stay out, for
// they may hold credentials.

export interface Shared {
  query: string;
  variables?: string;
}

const PREFIX = '#share=';

export function linkTo(shared: Shared): string {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const safe = text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${location.origin}${location.pathname}${PREFIX}${safe}`;
}

/** The operation of the link that opened the page; null when it was opened by none that can be read. */
export function sharedByLink(): Shared | null {
  if (!location.hash.startsWith(PREFIX)) return null;
  try {
    const text = atob(location.hash.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'));
    const shared = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    const { query, variables } = shared ?? {};
    const isText = typeof query === 'string' && (variables === undefined || typeof variables === 'string');
    return isText ? { query, variables } : null;
  } catch {
    return null;
  }
}

/** Once it is in the editor the link has done its work; a reload should not bring it back over later changes. */
export function forgetLink() {
  if (location.hash.startsWith(PREFIX)) history.replaceState(null, '', location.pathname + location.search);
}
