// Schema history: the versions of the graph, where it comes from a registry: who made each, what it changed, what was
// refused or asked about, and the way back.

import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { plural } from '../format';
import { askRegistry, keepRegistryToken, registryToken, session } from '../session';
import { useStore } from '../store';
import { Subgraph } from '../subgraphs';
import type { Attempt, Check, Diff, Relayed, Version } from '../wire';
import { Changes, Checks, Findings, when } from './changes';
import { Empty, Panel, Problem } from './parts';

/** Milliseconds between two readings while the panel is open: checks come without a new version. */
const PAUSE = 5_000;

interface Read {
  versions: Version[];
  attempts: Attempt[];
  checks: Check[];
}

interface Refusal {
  status: number;
  why: string;
}

export function HistoryPanel() {
  const token = useStore(registryToken);
  const { schema, variant } = useStore(session);
  const [history, setHistory] = useState<Read | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  const [rollbacks, setRollbacks] = useState(0);
  const again = useCallback(() => setRollbacks((before) => before + 1), []);

  // With every version that arrives there is more to tell at once, the rest is looked for. What is read for an earlier
  // token comes too late to be shown.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let open = true;
    const look = async () => {
      if (!document.hidden) {
        const found = await read();
        if (!open) return;
        if ('why' in found) setRefusal(found);
        else {
          setRefusal(null);
          setHistory(found);
        }
      }
      if (open) timer = setTimeout(() => void look(), PAUSE);
    };
    if (token) void look();
    return () => {
      open = false;
      clearTimeout(timer);
    };
  }, [token, schema, rollbacks]);

  const needsToken = !token || refusal?.status === 401 || refusal?.status === 403;
  return (
    <Panel title="Schema history" note={variant}>
      {token && refusal !== null && <Problem>{refusal.why}</Problem>}
      {needsToken && <TokenForm />}
      {token && history === null && refusal === null && <Empty>Reading…</Empty>}
      {history !== null && !needsToken && (
        <>
          <ol className="weft-versions">
            {history.versions.map((version, at) => (
              <li key={version.number}>
                <Entry version={version} served={at === 0} again={again} />
              </li>
            ))}
          </ol>
          <Checks checks={history.checks} />
          <Refused attempts={history.attempts} />
        </>
      )}
    </Panel>
  );
}

async function read(): Promise<Read | Refusal> {
  const [versions, attempts, checks] = await Promise.all([
    askRegistry<Version[]>('versions'),
    askRegistry<Attempt[]>('attempts'),
    askRegistry<Check[]>('checks'),
  ]);
  const refused = refusalOf(versions);
  if (refused !== null) return refused;
  // A registry of an earlier version keeps no checks.
  const given = <T,>(list: Relayed<T[]>) => (refusalOf(list) === null ? list.answer : []);
  return { versions: versions.answer, attempts: given(attempts), checks: given(checks) };
}

function refusalOf<T>({ status, answer }: Relayed<T>): Refusal | null {
  if (status >= 200 && status < 300) return null;
  const first = answer?.errors?.[0];
  const why = first ? [first.message, first.help].filter(Boolean).join('; ') : `The registry answered HTTP ${status}.`;
  return { status, why };
}

function TokenForm() {
  const [token, setToken] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) keepRegistryToken(token.trim());
  };
  return (
    <form className="weft-own" onSubmit={submit}>
      <label>
        A token of the registry's
        <input type="password" autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} required />
      </label>
      <button type="submit" className="weft-button" data-tone="accent">
        Show the history
      </button>
      <p className="weft-muted">
        A reader sees it, a publisher can roll back. <code>weft registry token create</code> makes one.
      </p>
    </form>
  );
}

interface EntryProps {
  version: Version;
  served: boolean;
  again: () => void;
}

function Entry({ version, served, again }: EntryProps) {
  const [open, setOpen] = useState(served);
  return (
    <details className="weft-type" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{version.number}</strong>
        <span>{version.action}</span>
        {served && <span className="weft-tag">served</span>}
        <span className="weft-muted">{`${version.author}, ${when(version.created)}`}</span>
      </summary>
      {version.message && <p>{version.message}</p>}
      <p className="weft-version-members">
        {version.subgraphs.map(({ name }) => (
          <Subgraph key={name} name={name} />
        ))}
        {version.hints.length > 0 && <span className="weft-muted">{plural(version.hints.length, 'hint')}</span>}
      </p>
      {open && <Difference version={version.number} />}
      {!served && <RollBack version={version.number} done={again} />}
    </details>
  );
}

/** What a version has otherwise than the one before. */
function Difference({ version }: { version: number }) {
  const [diff, setDiff] = useState<Diff | string | null>(null);
  useEffect(() => {
    if (version <= 1) return setDiff('The first version.');
    let wanted = true;
    void askRegistry<Diff>(`diff?from=${version - 1}&to=${version}`).then((relayed) => {
      if (wanted) setDiff(refusalOf(relayed)?.why ?? relayed.answer);
    });
    return () => {
      wanted = false;
    };
  }, [version]);
  if (diff === null) return <p className="weft-muted">Comparing…</p>;
  if (typeof diff === 'string') return <p className="weft-muted">{diff}</p>;
  if (diff.changes.length === 0) return <p className="weft-muted">Clients see no difference.</p>;
  return <Changes changes={diff.changes} />;
}

function RollBack({ version, done }: { version: number; done: () => void }) {
  const [state, setState] = useState<'idle' | 'sure?' | 'under way' | { refused: string }>('idle');
  const roll = async () => {
    setState('under way');
    const relayed = await askRegistry<object>('rollback', { version, message: 'from the playground' });
    const refused = refusalOf(relayed);
    setState(refused === null ? 'idle' : { refused: refused.why });
    if (refused === null) done();
  };
  if (state === 'idle' || typeof state === 'object') {
    return (
      <>
        {state !== 'idle' && <Problem>{state.refused}</Problem>}
        <button type="button" className="weft-button" onClick={() => setState('sure?')}>
          {`Roll back to version ${version}…`}
        </button>
      </>
    );
  }
  return (
    <p className="weft-confirm">
      {`Serve version ${version} again, as a new version?`}
      <button type="button" className="weft-button" data-tone="accent" disabled={state === 'under way'} onClick={() => void roll()}>
        Roll back
      </button>
      <button type="button" className="weft-button" onClick={() => setState('idle')}>
        Leave it
      </button>
    </p>
  );
}

/** What was to be published and did not compose. */
function Refused({ attempts }: { attempts: Attempt[] }) {
  if (attempts.length === 0) return null;
  return (
    <details className="weft-more">
      <summary>{`${plural(attempts.length, 'publish')} that did not compose`}</summary>
      <ol className="weft-plain">
        {attempts.map((attempt) => (
          <li key={attempt.number}>
            <strong>{attempt.action}</strong> <span className="weft-muted">{`${attempt.author}, ${when(attempt.created)}`}</span>
            <Findings findings={attempt.errors} />
          </li>
        ))}
      </ol>
    </details>
  );
}
