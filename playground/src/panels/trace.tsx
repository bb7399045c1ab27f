// Trace: where the time of the last request went, as a waterfall.

import { useState } from 'react';
import { type Outcome, outcome } from '../exchange';
import { bytes, micros, plural, retryReason } from '../format';
import { useStore } from '../store';
import { Subgraph, colourOf, subgraphIndex, useSubgraphs } from '../subgraphs';
import type { Trace, TracePhase, TracedFetch } from '../wire';
import { Facts, NotRun, Panel } from './parts';

export function TracePanel() {
  const last = useStore(outcome);
  if (!last?.trace) {
    return (
      <Panel title="Trace">
        <NotRun refused={last !== null} what="see where its time goes" />
      </Panel>
    );
  }
  return (
    <Panel title="Trace" note={summary(last, last.trace)}>
      <Waterfall trace={last.trace} />
      <Sums outcome={last} trace={last.trace} />
    </Panel>
  );
}

function summary(last: Outcome, trace: Trace): string {
  const received = trace.fetches.reduce((sum, fetch) => sum + fetch.received, 0);
  const prepared = trace.phases.find((phase) => phase.name === 'prepare')?.cached ? 'plan cached' : 'planned anew';
  return `${micros(trace.total)} in the gateway · ${plural(trace.fetches.length, 'fetch')} · ${bytes(received)} in, ${bytes(
    last.bytes,
  )} out · ${prepared}`;
}

/** A line of the waterfall. */
interface Row {
  key: string;
  label: React.ReactNode;
  name: string;
  start: number;
  duration: number;
  /** Behind the bar: the time in which the reply was checked and stored. */
  ingest?: number;
  /** Within the bar: from when to when it waited before it was sent again. */
  waits?: { start: number; duration: number }[];
  colour?: string;
  failed?: boolean;
  mark?: string;
  facts: [string, React.ReactNode][];
}

function Waterfall({ trace }: { trace: Trace }) {
  const all = useSubgraphs();
  const [open, setOpen] = useState<string | null>(null);
  const rows = rowsOf(trace, all);
  const total = Math.max(1, trace.total);
  return (
    <div className="weft-waterfall">
      <div className="weft-scale" aria-hidden="true">
        <span />
        <span>
          <i>0</i>
          <i>{micros(total / 2)}</i>
          <i>{micros(total)}</i>
        </span>
        <span />
      </div>
      <ol>
        {rows.map((row) => (
          <li key={row.key}>
            <button
              type="button"
              className="weft-row"
              aria-expanded={open === row.key}
              aria-label={`${row.name}, ${micros(row.duration)}, from ${micros(row.start)}${row.mark ? `, ${row.mark}` : ''}`}
              onClick={() => setOpen(open === row.key ? null : row.key)}
            >
              <span className="weft-row-label">{row.label}</span>
              <span className="weft-track">
                <span
                  className="weft-span"
                  data-failed={row.failed}
                  style={{ left: percent(row.start, total), width: percent(row.duration, total), background: row.colour }}
                />
                {row.waits?.map(({ start, duration }, at) => (
                  <span
                    key={at}
                    className="weft-span weft-span-wait"
                    style={{ left: percent(start, total), width: percent(duration, total) }}
                  />
                ))}
                {row.ingest !== undefined && (
                  <span
                    className="weft-span weft-span-ingest"
                    style={{
                      left: percent(row.start + row.duration, total),
                      width: percent(row.ingest, total),
                      background: row.colour,
                    }}
                  />
                )}
              </span>
              <span className="weft-row-time">{micros(row.duration)}</span>
              {row.mark && <span className="weft-row-mark">{row.mark}</span>}
            </button>
            {open === row.key && <Facts facts={row.facts} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

function percent(part: number, total: number): string {
  return `${(Math.min(part, total) / total) * 100}%`;
}

function rowsOf(trace: Trace, all: string[]): Row[] {
  const phase = (name: TracePhase['name']) => trace.phases.filter((one) => one.name === name).map(phaseRow);
  const lookups = trace.lookups.map((lookup) => lookupRow(lookup, trace));
  const fetches = trace.fetches.map((fetch) => fetchRow(fetch, all));
  const inside = [...lookups, ...fetches].sort((a, b) => a.start - b.start);
  return [...phase('receive'), ...phase('prepare'), ...phase('decide'), ...inside, ...phase('write')];
}

const PHASES: Record<TracePhase['name'], [string, string]> = {
  receive: ['receive', 'who asks, and the body of the request'],
  prepare: ['prepare', 'the text of the operation becomes a plan, or is known already'],
  decide: ['decide', 'variables, access and cost'],
  execute: ['execute', 'all that subgraphs are asked'],
  write: ['write', 'the answer is put together and written'],
};

function phaseRow(phase: TracePhase): Row {
  const [name, about] = PHASES[phase.name];
  const prepared = phase.cached !== undefined;
  return {
    key: phase.name,
    name,
    label: name,
    start: phase.start,
    duration: phase.duration,
    ...(prepared ? { mark: phase.cached ? 'cached' : 'planned' } : {}),
    facts: [
      ['what', about],
      ['parsed in', prepared ? micros(phase.parse ?? 0) : null],
      ['validated in', prepared ? micros(phase.validate ?? 0) : null],
      ['planned in', prepared ? micros(phase.plan ?? 0) : null],
      ['when', prepared ? (phase.cached ? 'by an earlier request' : 'by this request') : null],
    ],
  };
}

function fetchRow(fetch: TracedFetch, all: string[]): Row {
  const failed = fetch.error !== null || (fetch.status ?? 0) >= 400;
  const marks = [
    failed ? (fetch.error ?? `HTTP ${fetch.status}`) : null,
    fetch.shared ? 'shared' : null,
    fetch.retries.length > 0
      ? `${plural(fetch.retries.length, 'retry')}: ${fetch.retries.map(({ reason }) => retryReason(reason)).join(', ')}`
      : fetch.attempts > 1
        ? `${fetch.attempts} attempts`
        : null,
    fetch.entities > 0 ? plural(fetch.entities, 'entity') : null,
  ].filter((mark) => mark !== null);
  return {
    key: `fetch ${fetch.fetch}.${fetch.request}`,
    name: `Fetch ${fetch.fetch} from ${fetch.subgraph}`,
    label: (
      <>
        <span className="weft-muted">{fetch.fetch}</span> <Subgraph name={fetch.subgraph} />
      </>
    ),
    start: fetch.start,
    duration: fetch.duration,
    ingest: fetch.ingest,
    waits: fetch.retries.map(({ after, wait }) => ({ start: fetch.start + after, duration: wait })),
    colour: colourOf(subgraphIndex(fetch.subgraph, all)),
    failed,
    ...(marks.length > 0 ? { mark: marks.join(', ') } : {}),
    facts: [
      ['status', fetch.status ?? fetch.error],
      ['began', micros(fetch.start)],
      ['sent', bytes(fetch.sent)],
      ['received', bytes(fetch.received)],
      ['merged in', micros(fetch.ingest)],
      ['entities', fetch.entities > 0 ? `${fetch.entities} for ${plural(fetch.objects, 'object')}` : null],
      ['attempts', fetch.attempts],
      ...fetch.retries.map(({ reason, after, wait }, at): [string, string] => [
        `retry ${at + 1}`,
        `${retryReason(reason)} after ${micros(after)}, ${wait > 0 ? `waited ${micros(wait)}` : 'sent again at once'}`,
      ]),
      ['address', fetch.address === null ? null : `number ${fetch.address} of the subgraph's`],
      ['connection', fetch.shared ? "another request's" : fetch.connected ? 'opened for it' : 'kept from before'],
      ['sent once for several', fetch.shared ? 'yes' : 'no'],
    ],
  };
}

function lookupRow(lookup: Trace['lookups'][number], trace: Trace): Row {
  const sum = (of: 'hits' | 'stale' | 'misses') => lookup.fields.reduce((all, field) => all + field[of], 0);
  const [hits, stale, misses] = [sum('hits'), sum('stale'), sum('misses')];
  const asked = trace.fetches.some((fetch) => fetch.fetch === lookup.fetch);
  return {
    key: `lookup ${lookup.fetch}`,
    name: `Cache for fetch ${lookup.fetch}`,
    label: (
      <>
        <span className="weft-muted">{lookup.fetch}</span> cache
      </>
    ),
    start: lookup.at,
    duration: 0,
    mark: asked ? `${hits + stale} of ${hits + stale + misses} values` : `${plural(hits + stale, 'value')}, no fetch`,
    facts: [
      ['fresh', hits],
      ['stale', stale],
      ['to be fetched', misses],
    ],
  };
}

function Sums({ outcome: last, trace }: { outcome: Outcome; trace: Trace }) {
  const execute = trace.phases.find((phase) => phase.name === 'execute');
  const busy = union(trace.fetches.map((fetch) => [fetch.start, fetch.start + fetch.duration]));
  const own = Math.max(0, trace.total - busy);
  return (
    <Facts
      facts={[
        ['waiting for subgraphs', micros(busy)],
        ["the gateway's own work", micros(own)],
        ['executing', execute ? micros(execute.duration) : null],
        ['as the browser saw it', micros(last.took * 1_000)],
        ['answer', trace.answered !== null ? `${bytes(trace.answered)} of data` : null],
      ]}
    />
  );
}

/** How much time spans cover together. */
function union(spans: number[][]): number {
  let [covered, until] = [0, 0];
  for (const [start, end] of spans.sort((a, b) => a[0]! - b[0]!) as [number, number][]) {
    covered += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return covered;
}
