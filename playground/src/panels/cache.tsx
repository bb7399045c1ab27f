// Cache: which fields of the last answer were kept, and for how long they still are.

import { outcome } from '../exchange';
import { plural, seconds } from '../format';
import { useStore } from '../store';
import { Subgraph } from '../subgraphs';
import type { FieldAccount, QueryPlan, Trace } from '../wire';
import { Figure, NotRun, Panel } from './parts';
import { fetchesOf } from './planModel';

export function CachePanel() {
  const last = useStore(outcome);
  if (!last?.trace) {
    return (
      <Panel title="Cache">
        <NotRun refused={last !== null} what="see which of its fields were cached" />
      </Panel>
    );
  }
  const groups = groupsOf(last.trace, last.plan);
  const fields = groups.flatMap((group) => group.fields);
  const sum = (of: 'hits' | 'stale' | 'misses') => fields.reduce((all, field) => all + field[of], 0);
  return (
    <Panel title="Cache" note={keeping(last.cacheControl)}>
      <div className="weft-figures">
        <Figure label="● from cache" value={sum('hits')} tone="good" />
        <Figure label="◐ stale" value={sum('stale')} {...(sum('stale') > 0 ? { tone: 'warn' as const } : {})} />
        <Figure label="○ fetched" value={sum('misses')} />
      </div>
      {groups.map((group) => (
        <Group key={group.fetch} {...group} />
      ))}
      <Uncached trace={last.trace} />
    </Panel>
  );
}

function keeping(control: string | null): string {
  if (!control) return '';
  const age = /max-age=(\d+)/.exec(control)?.[1];
  if (!age) return `the answer as a whole is not to be kept (${control})`;
  const whom = control.includes('private') ? 'for this client alone' : 'for everyone';
  return `the answer as a whole is good for ${seconds(Number(age) * 1_000)}, ${whom}`;
}

interface Served {
  fetch: number;
  subgraph: string;
  asked: boolean;
  fields: FieldAccount[];
}

function groupsOf(trace: Trace, plan: QueryPlan | null): Served[] {
  const planned = plan ? fetchesOf(plan) : [];
  return trace.lookups.map((lookup) => ({
    fetch: lookup.fetch,
    subgraph: planned.find((fetch) => fetch.id === lookup.fetch)?.subgraph ?? '',
    asked: trace.fetches.some((fetch) => fetch.fetch === lookup.fetch),
    fields: lookup.fields,
  }));
}

function Group({ fetch, subgraph, asked, fields }: Served) {
  return (
    <table className="weft-table">
      <caption>
        {`Fetch ${fetch} `}
        {subgraph && <Subgraph name={subgraph} />}
        <span className="weft-muted">{asked ? ' was asked' : ' was not asked'}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">field</th>
          <th scope="col">values</th>
          <th scope="col" className="weft-number">
            age
          </th>
          <th scope="col" className="weft-number">
            good for
          </th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={`${field.type}.${field.field}`} data-cached={field.hits + field.stale > 0}>
            <th scope="row">
              <span className="weft-muted">{field.type}.</span>
              {field.field}
            </th>
            <td>{verdict(field)}</td>
            <td className="weft-number">{field.age !== null ? seconds(field.age) : ''}</td>
            <td className="weft-number">{field.left !== null ? seconds(field.left) : ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Fetches of which the schema allows nothing to be kept. */
function Uncached({ trace }: { trace: Trace }) {
  const looked = trace.lookups.map((lookup) => lookup.fetch);
  const rest = trace.fetches.filter((fetch) => !looked.includes(fetch.fetch) && fetch.request === 0);
  if (rest.length === 0) return null;
  return (
    <section>
      <h3>Asked each time</h3>
      <p className="weft-muted">Nothing of these is kept: their fields have no @cacheControl, or a maxAge of 0.</p>
      <ul className="weft-plain">
        {rest.map(({ fetch, subgraph }) => (
          <li key={fetch}>
            {`Fetch ${fetch} `}
            <Subgraph name={subgraph} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function verdict({ hits, stale, misses, kept }: FieldAccount): string {
  if (!kept) return '– never kept';
  const parts = [
    hits > 0 ? `● ${plural(hits, 'hit')}` : null,
    stale > 0 ? `◐ ${stale} stale` : null,
    misses > 0 ? `○ ${plural(misses, 'miss')}` : null,
  ];
  return parts.filter((part) => part !== null).join('  ');
}
