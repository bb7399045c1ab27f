// Plan: the fetches that answer what stands in the editor, which wait for which, and why each is made.

import { parse, print } from 'graphql';
import { useId, useMemo, useState } from 'react';
import { outcome } from '../exchange';
import { cut, micros, plural } from '../format';
import { useStore } from '../store';
import { Subgraph, colourOf, markOf, subgraphIndex, useSubgraphs } from '../subgraphs';
import type { PlanCost, QueryPlan, Trace } from '../wire';
import { useDryRun } from './dryRun';
import { Empty, Facts, Panel, Problem } from './parts';
import { type Layout, NODE, type Placed, type PlannedFetch, fetchesOf, layout } from './planModel';

export function PlanPanel() {
  const dry = useDryRun();
  const last = useStore(outcome);
  const plan = dry.answer?.extensions?.queryPlan ?? last?.plan ?? null;
  const trace = last && last.query === dry.query ? last.trace : null;
  return (
    <Panel title="Plan" note={plan && <Summary plan={plan} />}>
      {dry.problem && <Problem>{dry.problem}</Problem>}
      {plan ? <Plan plan={plan} trace={trace} /> : !dry.problem && <Empty>Write an operation to see its plan.</Empty>}
    </Panel>
  );
}

function Summary({ plan }: { plan: QueryPlan }) {
  const drafts = plan.choices ? `, ${plural(plan.choices.drafts, 'draft')} tried` : '';
  const verdict =
    plan.optimality === 'optimal' ? 'proven optimal' : `any plan needs ${costText(plan.optimality.bounded.bound)} at least`;
  return <>{`${costText(plan.cost)} · ${verdict}${drafts}`}</>;
}

function costText({ requests, depth, fields }: PlanCost): string {
  return `${plural(requests, 'request')}, depth ${depth}, ${plural(fields, 'field')}`;
}

function Plan({ plan, trace }: { plan: QueryPlan; trace: Trace | null }) {
  const fetches = useMemo(() => fetchesOf(plan), [plan]);
  const [chosen, choose] = useState(0);
  const shown = fetches.find((fetch) => fetch.id === chosen) ?? fetches[0];
  if (!shown) return <Empty>Nothing has to be fetched: the gateway answers this by itself.</Empty>;
  return (
    <>
      <Drawing layout={layout(fetches)} trace={trace} chosen={shown.id} choose={choose} />
      <Details fetch={shown} all={fetches} choose={choose} />
      <Choices plan={plan} />
      <details className="weft-more">
        <summary>As text</summary>
        <pre className="weft-code">{plan.text}</pre>
      </details>
    </>
  );
}

interface DrawingProps {
  layout: Layout;
  trace: Trace | null;
  chosen: number;
  choose: (id: number) => void;
}

function Drawing({ layout: { nodes, edges, width, height }, trace, chosen, choose }: DrawingProps) {
  const arrow = useId();
  return (
    <div className="weft-drawing">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label="Fetches">
        <defs>
          <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0.5 L7 4 L0 7.5 Z" className="weft-arrow" />
          </marker>
        </defs>
        {edges.map(({ from, to }) => (
          <path
            key={`${from.fetch.id}-${to.fetch.id}`}
            d={curve(from, to)}
            className="weft-edge"
            data-on={from.fetch.id === chosen || to.fetch.id === chosen}
            markerEnd={`url(#${arrow})`}
          />
        ))}
        {nodes.map((node) => (
          <Node key={node.fetch.id} node={node} trace={trace} chosen={chosen === node.fetch.id} choose={choose} />
        ))}
      </svg>
    </div>
  );
}

function curve(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + NODE.width / 2, from.y + NODE.height];
  const [x2, y2] = [to.x + NODE.width / 2, to.y - 1];
  const bend = (y2 - y1) / 2;
  return `M${x1} ${y1} C${x1} ${y1 + bend}, ${x2} ${y2 - bend}, ${x2} ${y2}`;
}

interface NodeProps {
  node: Placed;
  trace: Trace | null;
  chosen: boolean;
  choose: (id: number) => void;
}

function Node({ node: { fetch, x, y }, trace, chosen, choose }: NodeProps) {
  const index = subgraphIndex(fetch.subgraph, useSubgraphs());
  const made = trace?.fetches.filter((traced) => traced.fetch === fetch.id) ?? [];
  const slowest = Math.max(0, ...made.map((traced) => traced.duration));
  const cached = trace?.lookups.some((lookup) => lookup.fetch === fetch.id);
  const time = made.length > 0 ? micros(slowest) : cached ? 'cached' : trace ? 'not asked' : '';
  const what = whatOf(fetch);
  return (
    <g
      className="weft-node"
      role="button"
      tabIndex={0}
      aria-pressed={chosen}
      aria-label={`Fetch ${fetch.id}, ${fetch.subgraph}, ${what}${time && `, ${time}`}`}
      transform={`translate(${x} ${y})`}
      onClick={() => choose(fetch.id)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        choose(fetch.id);
      }}
    >
      <rect width={NODE.width} height={NODE.height} rx="5" />
      <text x="12" y="19" className="weft-node-name">
        <tspan style={{ fill: colourOf(index) }}>{markOf(index)}</tspan> {cut(fetch.subgraph, time ? 11 : 17)}
      </text>
      <text x={NODE.width - 10} y="19" textAnchor="end" className="weft-node-time">
        {time}
      </text>
      <text x="12" y="36" className="weft-node-what">
        {cut(what, 25)}
      </text>
    </g>
  );
}

function whatOf({ places, kind }: PlannedFetch): string {
  if (places.length === 0) return kind === 'mutation' ? 'root fields, in order' : 'root fields';
  return `at ${places[0]}${places.length > 1 ? ` and ${places.length - 1} more` : ''}`;
}

function Details({ fetch, all, choose }: { fetch: PlannedFetch; all: PlannedFetch[]; choose: (id: number) => void }) {
  const before = fetch.dependsOn.map((id) => all.find((other) => other.id === id)).filter((one) => one !== undefined);
  const facts: [string, React.ReactNode][] = [
    ['subgraph', <Subgraph name={fetch.subgraph} />],
    [
      'waits for',
      before.length > 0 &&
        before.map((other) => (
          <button key={other.id} type="button" className="weft-link" onClick={() => choose(other.id)}>
            {`${other.id} ${other.subgraph}`}
          </button>
        )),
    ],
    ['asks about', fetch.places.join(', ')],
    ['sends', fetch.requires.length > 0 && <code>{fetch.requires.join(' ')}</code>],
    ['variables', fetch.variables.map((name) => `$${name}`).join(', ')],
    ['only if', fetch.condition],
  ];
  return (
    <div className="weft-details" aria-live="polite">
      <h3>{`Fetch ${fetch.id}`}</h3>
      <Facts facts={facts.map(([name, value]) => [name, value === false ? null : value])} />
      <Why fetch={fetch} />
      <pre className="weft-code" tabIndex={0} aria-label="Request">
        {pretty(fetch.operation)}
      </pre>
    </div>
  );
}

/** The reason of a fetch: for each field who resolves it, and what that leaves to choose. */
function Why({ fetch }: { fetch: PlannedFetch }) {
  if (fetch.fields.length === 0) return null;
  return (
    <div className="weft-why">
      <h4>Why</h4>
      <ul>
        {fetch.fields.map(({ field, in: owners }) => (
          <li key={field}>
            <code>{field}</code>{' '}
            {owners.length <= 1 ? (
              <>
                only <Subgraph name={owners[0] ?? fetch.subgraph} /> resolves it
              </>
            ) : (
              <>
                here, where it costs least; also in{' '}
                {owners
                  .filter((name) => name !== fetch.subgraph)
                  .map((name) => (
                    <Subgraph key={name} name={name} />
                  ))}
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Choices({ plan }: { plan: QueryPlan }) {
  const choices = plan.choices?.choices ?? [];
  if (choices.length === 0) return null;
  return (
    <details className="weft-more">
      <summary>{`${plural(choices.length, 'choice')} the planner made`}</summary>
      <ol className="weft-choices">
        {choices.map((choice, at) => (
          <li key={at}>
            {choice.at}
            <ul>
              {choice.alternatives.map((one, other) => (
                <li key={other} data-taken={one.taken}>
                  {one.taken ? '✓ ' : ''}
                  <Subgraph name={one.subgraph} /> {`in round ${one.round}, ${one.route}: `}
                  <span className="weft-muted">{outcomeText(one.outcome)}</span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </details>
  );
}

function outcomeText(result: 'not tried' | { found: PlanCost } | { ruledOut: PlanCost }): string {
  if (result === 'not tried') return 'not tried';
  return 'found' in result ? costText(result.found) : `cannot be better, needs ${costText(result.ruledOut)} at least`;
}

function pretty(operation: string): string {
  try {
    return print(parse(operation, { noLocation: true }));
  } catch {
    return operation;
  }
}
