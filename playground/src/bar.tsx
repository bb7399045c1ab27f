// The bar at the top: what came of the last run, who asks, and what concerns the whole page.

import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { outcome } from './exchange';
import { bytes, count, micros } from './format';
import { credential, session, settings } from './session';
import { linkTo } from './share';
import { useStore } from './store';

export function Bar({ place, signIn }: { place: HTMLElement; signIn: () => void }) {
  return createPortal(
    <>
      <h1>Weft</h1>
      <LastRun />
      <Arrival />
      <Who open={signIn} />
      <Share />
      <Theme />
      <button
        type="button"
        className="weft-icon-button"
        aria-label="Keyboard shortcuts (?)"
        title="Keyboard shortcuts (?)"
        onClick={() => window.dispatchEvent(new Event('weft:help'))}
      >
        ?
      </button>
    </>,
    place,
  );
}

function LastRun() {
  const last = useStore(outcome);
  if (!last) return <p className="weft-last" />;
  const facts = [
    last.status === 200 ? null : `HTTP ${last.status}`,
    micros((last.trace?.total ?? last.took * 1_000) || 0),
    bytes(last.bytes),
    last.budget ? `${count(last.budget.remaining)} points left` : null,
  ];
  return (
    <p className="weft-last" role="status" aria-label="Last run" data-failed={last.status !== 200}>
      {facts.filter((fact) => fact !== null).join(' · ')}
    </p>
  );
}

/** Says that another graph is served by now, and reads its schema. */
function Arrival() {
  const { schema, variant } = useStore(session);
  const { introspect } = useGraphiQLActions();
  const known = useRef(schema);
  const [arrived, setArrived] = useState(false);
  useEffect(() => {
    const before = known.current;
    known.current = schema;
    if (before === undefined || schema === before) return;
    introspect();
    setArrived(true);
    const timer = setTimeout(() => setArrived(false), 8_000);
    return () => clearTimeout(timer);
  }, [schema, introspect]);
  return (
    <p className="weft-arrival" role="status">
      {arrived && `New version${variant ? ` of ${variant}` : ''}`}
    </p>
  );
}

function Who({ open }: { open: () => void }) {
  const known = useStore(credential);
  const { caller } = useStore(session);
  const refused = known !== null && caller === null;
  return (
    <button type="button" className="weft-button" data-tone={refused ? 'bad' : known || settings.signIns.length === 0 ? undefined : 'accent'} onClick={open}>
      {refused ? `${known.name}: not accepted` : known ? known.name : 'Sign in'}
    </button>
  );
}

function Share() {
  const [said, say] = useState<string | null>(null);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const share = async () => {
    const variables = variableEditor?.getValue().trim();
    const link = linkTo({ query: queryEditor?.getValue() ?? '', ...(variables ? { variables } : {}) });
    history.replaceState(null, '', link);
    try {
      await navigator.clipboard.writeText(link);
      say('Copied');
    } catch {
      // Only pages that came safely may copy; the address bar has the link all the same.
      say('In the address bar');
    }
    setTimeout(() => say(null), 2_000);
  };
  return (
    <button type="button" className="weft-button" title="Copy a link to this operation" onClick={() => void share()}>
      <span aria-live="polite">{said ?? 'Share'}</span>
    </button>
  );
}

/** The system's theme decides until the user picks one; then the pick is remembered. */
function Theme() {
  const picked = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (picked) return;
    // GraphiQL's styles follow the system by themselves, its editor does so only when it starts.
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [picked, setTheme]);
  const next = picked === null ? 'light' : picked === 'light' ? 'dark' : null;
  const name = picked ?? 'as the system';
  const label = `Theme: ${name}. Change to ${next ?? 'as the system'}`;
  return (
    <button type="button" className="weft-icon-button" aria-label={label} title={label} onClick={() => setTheme(next)}>
      {picked === 'light' ? '☀' : picked === 'dark' ? '☾' : '◐'}
    </button>
  );
}
