// Schema history: the versions of the graph, where it comes from a registry: who made each, what it changed, what was
// refused, and the way back.

import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { plural } from '../format';
import { askRegistry, keepRegistryToken, registryToken, session } from '../session';
import { useStore } from '../store';
import { Subgraph } from '../subgraphs';
import type { Attempt, Diff, Relayed, Version } from '../wire';
import { Empty, Panel, Problem } from './parts';

export function HistoryPanel() {
  const token = useStore(registryToken);
  const { schema, variant } = useStore(session);
  const [versions, setVersions] = useState<Version[] | null>(null);
  const [attempts, setAttempts] = useState<Attempt[]>([]);
  const [problem, setProblem] = useState<string | null>(null);

  const read = useCallback(async () => {
    const history = await askRegistry<Version[]>('versions');
    const refusal = refusalOf(history);
    setProblem(refusal);
    if (refusal !== null) return;
    setVersions(history.answer);
    const refused = await askRegistry<Attempt[]>('attempts');
    if (refusalOf(refused) === null) setAttempts(refused.answer);
  }, []);

  // With every version that arrives there is more to tell.
  useEffect(() => {
    if (token) void read();
  }, [token, schema, read]);

  return (
    <Panel title="Schema history" note={variant}>
      {problem !== null && <Problem>{problem}</Problem>}
      {(!token || problem !== null) && <TokenForm />}
      {token && versions === null && problem === null && <Empty>Reading…</Empty>}
      {versions !== null && problem === null && (
        <>
          <ol className="weft-versions">
            {versions.map((version, at) => (
              <li key={version.number}>
                <Entry version={version} served={at === 0} again={read} />
              </li>
            ))}
          </ol>
          <Refused attempts={attempts} />
        </>
      )}
    </Panel>
  );
}

function refusalOf<T>({ status, answer }: Relayed<T>): string | null {
  if (status >= 200 && status < 300) return null;
  const first = answer?.errors?.[0];
  return first ? [first.message, first.help].filter(Boolean).join('; ') : `The registry answered HTTP ${status}.`;
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
  again: () => Promise<void>;
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
      {open && <Changes version={version.number} />}
      {!served && <RollBack version={version.number} done={again} />}
    </details>
  );
}

/** The registry tells times as RFC 3339. */
function when(created: string): string {
  const time = new Date(created);
  return Number.isNaN(time.getTime()) ? created : time.toLocaleString();
}

const MARKS = { breaking: '✕', dangerous: '!', safe: '+' };

/** What a version has otherwise than the one before. */
function Changes({ version }: { version: number }) {
  const [diff, setDiff] = useState<Diff | string | null>(null);
  useEffect(() => {
    if (version <= 1) return setDiff('The first version.');
    let wanted = true;
    void askRegistry<Diff>(`diff?from=${version - 1}&to=${version}`).then((relayed) => {
      if (wanted) setDiff(refusalOf(relayed) ?? relayed.answer);
    });
    return () => {
      wanted = false;
    };
  }, [version]);
  if (diff === null) return <p className="weft-muted">Comparing…</p>;
  if (typeof diff === 'string') return <p className="weft-muted">{diff}</p>;
  if (diff.changes.length === 0) return <p className="weft-muted">Clients see no difference.</p>;
  return (
    <ul className="weft-plain">
      {diff.changes.map((change, at) => (
        <li key={at} data-tone={change.criticality === 'safe' ? 'good' : change.criticality === 'breaking' ? 'bad' : 'warn'}>
          <span className="weft-change" title={change.rule}>{`${MARKS[change.criticality]} ${change.criticality}`}</span>{' '}
          <code>{change.coordinate}</code> {change.message}
          {change.clientCount > 0 && <span className="weft-muted">{` (${plural(change.clientCount, 'client')} ask for it)`}</span>}
        </li>
      ))}
    </ul>
  );
}

function RollBack({ version, done }: { version: number; done: () => Promise<void> }) {
  const [state, setState] = useState<'idle' | 'sure?' | 'under way' | { refused: string }>('idle');
  const roll = async () => {
    setState('under way');
    const relayed = await askRegistry<object>('rollback', { version, message: 'from the playground' });
    const refused = refusalOf(relayed);
    setState(refused === null ? 'idle' : { refused });
    if (refused === null) await done();
  };
  if (typeof state === 'object') return <Problem>{state.refused}</Problem>;
  if (state === 'idle') {
    return (
      <button type="button" className="weft-button" onClick={() => setState('sure?')}>
        {`Roll back to version ${version}…`}
      </button>
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
            <ul className="weft-plain">
              {attempt.errors.map((error, at) => (
                <li key={at}>
                  <code className="weft-code-tag">{error.code}</code> {error.message}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </details>
  );
}
