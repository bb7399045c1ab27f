// Graph: the subgraphs, the types that they share, and who owns which field; drawn, and to be searched.

import { useEffect, useMemo, useState } from 'react';
import { plural } from '../format';
import { readData, session } from '../session';
import { useStore } from '../store';
import { Subgraph } from '../subgraphs';
import type { Graph, GraphField, GraphType, Owner } from '../wire';
import { GraphMap } from './graphMap';
import { Empty, Panel, Problem } from './parts';

/** Types that are listed at once; a search narrows them down. */
const MOST = 60;

export function GraphPanel() {
  const graph = useGraph();
  const [search, setSearch] = useState('');
  const [subgraph, setSubgraph] = useState<string | null>(null);
  const found = useMemo(() => (graph ? find(graph, search.trim().toLowerCase(), subgraph) : []), [graph, search, subgraph]);
  if (graph === undefined) return <Panel title="Graph">{<Empty>Reading the graph…</Empty>}</Panel>;
  if (graph === null) {
    return (
      <Panel title="Graph">
        <Problem>The gateway does not give it to you.</Problem>
      </Panel>
    );
  }
  return (
    <Panel title="Graph" note={`${plural(graph.subgraphs.length, 'subgraph')}, ${plural(graph.types.length, 'type')}`}>
      <GraphMap graph={graph} chosen={subgraph} choose={(name) => setSubgraph(name === subgraph ? null : name)} show={setSearch} />
      <div className="weft-filter">
        <input
          type="search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder="Product, Order.payment, @key…"
          aria-label="Search types and fields"
        />
        <select
          value={subgraph ?? ''}
          onChange={(event) => setSubgraph(event.target.value || null)}
          aria-label="Only what this subgraph has"
        >
          <option value="">all subgraphs</option>
          {graph.subgraphs.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <p className="weft-muted" role="status">
        {found.length > MOST ? `the first ${MOST} of ${plural(found.length, 'type')}` : plural(found.length, 'type')}
      </p>
      <div>
        {found.slice(0, MOST).map(({ type, fields }) => (
          <TypeEntry key={type.name} type={type} fields={fields} open={search !== '' && found.length <= 8} />
        ))}
      </div>
    </Panel>
  );
}

/** The graph that is served now; undefined while it is read. */
function useGraph(): Graph | null | undefined {
  const { schema } = useStore(session);
  const [graph, setGraph] = useState<Graph | null | undefined>(undefined);
  useEffect(() => {
    let wanted = true;
    void readData<Graph>('graph').then((read) => wanted && setGraph(read));
    return () => {
      wanted = false;
    };
  }, [schema]);
  return graph;
}

interface Found {
  type: GraphType;
  /** Those that the search is about; all where it is about the type. */
  fields: GraphField[];
}

/** Entities first, for they are what subgraphs have in common. */
function find(graph: Graph, search: string, subgraph: string | null): Found[] {
  const [typeName, fieldName] = search.includes('.') ? search.split('.', 2) : [search, undefined];
  const isOf = (type: GraphType) => subgraph === null || (type.in ?? []).includes(subgraph);
  const owns = (field: GraphField) => subgraph === null || field.owners.some((owner) => owner.in === subgraph);
  const found = graph.types.filter(isOf).flatMap((type): Found[] => {
    const fields = (type.fields ?? []).filter(owns);
    const named = type.name.toLowerCase();
    if (search === '@key') return type.keys ? [{ type, fields }] : [];
    if (fieldName !== undefined) {
      const matching = fields.filter((field) => field.name.toLowerCase().startsWith(fieldName));
      return named === typeName && matching.length > 0 ? [{ type, fields: matching }] : [];
    }
    if (search === '' || named.includes(search)) return [{ type, fields }];
    const matching = fields.filter((field) => field.name.toLowerCase().includes(search));
    return matching.length > 0 ? [{ type, fields: matching }] : [];
  });
  const rank = ({ type }: Found) =>
    (type.name.toLowerCase() === search ? 0 : 4) + (graph.roots.includes(type.name) ? 0 : type.keys ? 1 : type.fields ? 2 : 3);
  return found.sort((a, b) => rank(a) - rank(b) || a.type.name.localeCompare(b.type.name));
}

function TypeEntry({ type, fields, open }: Found & { open: boolean }) {
  return (
    <details className="weft-type" open={open}>
      <summary>
        <code>{type.name}</code>
        <span className="weft-muted">{type.hidden ? `${type.kind}, hidden from clients` : type.kind}</span>
        <span className="weft-type-in">
          {(type.in ?? []).map((name) => (
            <Subgraph key={name} name={name} />
          ))}
        </span>
      </summary>
      {type.description && <p className="weft-muted">{type.description}</p>}
      {type.keys && <Keys keys={type.keys} />}
      {fields.length > 0 && <Fields fields={fields} />}
      {type.members && <p className="weft-members">{type.members.join(type.kind === 'union' ? ' | ' : ', ')}</p>}
    </details>
  );
}

/** Keys by their fields, with who resolves the entity by them. */
function Keys({ keys }: { keys: NonNullable<GraphType['keys']> }) {
  const sets = [...new Set(keys.map((key) => key.fields))];
  return (
    <ul className="weft-keys">
      {sets.map((fields) => (
        <li key={fields}>
          <code>{`@key(fields: "${fields}")`}</code>
          {keys
            .filter((key) => key.fields === fields)
            .map((key) => (
              <span key={key.in}>
                <Subgraph name={key.in} />
                {!key.resolvable && <span className="weft-muted"> does not resolve it</span>}
              </span>
            ))}
        </li>
      ))}
    </ul>
  );
}

function Fields({ fields }: { fields: GraphField[] }) {
  return (
    <table className="weft-table">
      <thead>
        <tr>
          <th scope="col">field</th>
          <th scope="col">resolved by</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field.name}>
            <th scope="row" title={field.description ?? undefined}>
              {field.name}
              <span className="weft-muted">{`: ${field.type}`}</span>
            </th>
            <td>
              {field.owners.map((owner) => (
                <span key={owner.in} className="weft-owner" data-external={owner.external ?? false}>
                  <Subgraph name={owner.in} />
                  {facts(owner).map((fact) => (
                    <span key={fact} className="weft-muted">{` ${fact}`}</span>
                  ))}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function facts({ external, requires, provides, overrides, label }: Owner): string[] {
  return [
    external ? 'external' : '',
    requires ? `requires ${requires}` : '',
    provides ? `provides ${provides}` : '',
    overrides ? `overrides ${overrides}${label ? ` (${label})` : ''}` : '',
  ].filter((fact) => fact !== '');
}
