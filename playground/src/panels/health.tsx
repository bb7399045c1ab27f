// Subgraph health: how the gateway's requests to each subgraph go, while the panel is open.

import { useEffect, useState } from 'react';
import { count, micros, plural, retryReason } from '../format';
import { readData } from '../session';
import { Subgraph, colourOf, subgraphIndex, useSubgraphs } from '../subgraphs';
import type { Health, SubgraphAddress } from '../wire';
import { type Look, type SubgraphHealth, healthOf } from './healthModel';
import { Empty, Panel, Problem } from './parts';

/** Milliseconds between two looks, and how many are kept: a minute and a half. */
const PAUSE = 1_500;
const KEPT = 60;

export function HealthPanel() {
  const looks = useLooks();
  if (looks === null) {
    return (
      <Panel title="Subgraph health">
        <Problem>The gateway does not give it to you.</Problem>
      </Panel>
    );
  }
  const all = healthOf(looks);
  return (
    <Panel title="Subgraph health" note="looked at while this is open; totals since the gateway began">
      {all.length === 0 && <Empty>Reading…</Empty>}
      {all.map((health) => (
        <Card key={health.name} health={health} />
      ))}
    </Panel>
  );
}

/** Looks again and again; null when the gateway gives nothing. */
function useLooks(): Look[] | null {
  const [looks, setLooks] = useState<Look[] | null>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let open = true;
    const look = async () => {
      // A page that nobody sees need not ask.
      if (!document.hidden) {
        const health = await readData<Health>('subgraphs');
        if (!open) return;
        setLooks((before) => (health ? [...(before ?? []).slice(1 - KEPT), { at: performance.now(), health }] : null));
      }
      if (open) timer = setTimeout(() => void look(), PAUSE);
    };
    void look();
    return () => {
      open = false;
      clearTimeout(timer);
    };
  }, []);
  return looks;
}

function Card({ health }: { health: SubgraphHealth }) {
  const { name, active, ever, lately, perSecond, pace, failures, retries, addresses } = health;
  const colour = colourOf(subgraphIndex(name, useSubgraphs()));
  const { state, tone } = stateOf(health);
  return (
    <article className="weft-card" aria-label={name}>
      <header>
        <h3>
          <Subgraph name={name} />
        </h3>
        <span className="weft-state" data-tone={tone}>
          {state}
        </span>
        <Pace pace={pace} colour={colour} />
      </header>
      <table className="weft-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="weft-hidden">span of time</span>
            </th>
            <th scope="col" className="weft-number">
              requests
            </th>
            <th scope="col" className="weft-number">
              errors
            </th>
            <th scope="col" className="weft-number">
              p50
            </th>
            <th scope="col" className="weft-number">
              p99
            </th>
          </tr>
        </thead>
        <tbody>
          {([
            ['lately', lately],
            ['in all', ever],
          ] as const).map(([label, one]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td className="weft-number">{count(one.requests)}</td>
              <td className="weft-number" data-tone={one.errors > 0 ? 'bad' : undefined}>
                {one.errors === 0 ? '0' : `${count(one.errors)} (${share(one.errors, one.requests)})`}
              </td>
              <td className="weft-number">{one.p50 === null ? '–' : micros(one.p50)}</td>
              <td className="weft-number">{one.p99 === null ? '–' : micros(one.p99)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="weft-muted">
        {[
          `${perSecond.toFixed(1)}/s`,
          `${active} under way`,
          ...failures.map((failure) => `${failure.outcome}: ${count(failure.count)}`),
          ...retries.map((retry) => `${plural(retry.count, 'retry')} (${retryReason(retry.reason)})`),
        ].join(' · ')}
      </p>
      {addresses.length > 0 && <Addresses addresses={addresses} />}
    </article>
  );
}

/** In a word: what its breakers say first, since they decide whether it is asked at all. */
function stateOf({ addresses, cutOff, onTrial, lately, ever }: SubgraphHealth): { state: string; tone: string } {
  if (cutOff > 0 && cutOff === addresses.length) return { state: 'circuit open', tone: 'bad' };
  if (cutOff > 0) return { state: `circuit open at ${cutOff} of ${addresses.length}`, tone: 'warn' };
  if (onTrial > 0) return { state: 'tried again', tone: 'warn' };
  if (lately.errors > 0) return { state: 'failing', tone: 'bad' };
  return ever.requests === 0 ? { state: 'not asked yet', tone: 'idle' } : { state: 'answering', tone: 'good' };
}

const TONES = { closed: 'good', 'half open': 'warn', open: 'bad' };

/** Where it is asked, and whether it is asked there. */
function Addresses({ addresses }: { addresses: SubgraphAddress[] }) {
  return (
    <ul className="weft-addresses" aria-label="addresses">
      {addresses.map(({ url, breaker, inFlight }) => (
        <li key={url}>
          <code>{url}</code>
          {inFlight !== null && <span className="weft-muted">{inFlight} in flight</span>}
          {breaker !== null && (
            <span className="weft-state" data-tone={TONES[breaker]}>
              circuit {breaker}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function share(part: number, all: number): string {
  const percent = (part / Math.max(1, all)) * 100;
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** Requests between each two looks, the latest on the right. */
function Pace({ pace, colour }: { pace: number[]; colour: string }) {
  const most = Math.max(1, ...pace);
  return (
    <svg className="weft-pace" viewBox={`0 0 ${KEPT * 2} 20`} role="img" aria-label={`at most ${most} requests between two looks`}>
      {pace.map((requests, at) => {
        const height = (requests / most) * 18;
        const x = (KEPT - pace.length + at) * 2;
        return <rect key={at} x={x} y={20 - height} width="1.4" height={height} style={{ fill: colour }} />;
      })}
      <line x1="0" x2={KEPT * 2} y1="19.5" y2="19.5" />
    </svg>
  );
}
