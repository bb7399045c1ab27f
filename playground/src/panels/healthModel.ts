// How requests to subgraphs went, out of the counts that the gateway gives: since it began, and between two looks.

import type { Health, SubgraphAddress } from '../wire';

export interface Look {
  /** Milliseconds; any clock that only goes on. */
  at: number;
  health: Health;
}

export interface State {
  requests: number;
  errors: number;
  /** Microseconds; null where there were no requests. */
  p50: number | null;
  p99: number | null;
}

export interface SubgraphHealth {
  name: string;
  active: number;
  ever: State;
  /** Since the first look that is kept. */
  lately: State;
  perSecond: number;
  /** Requests between each two looks. */
  pace: number[];
  /** How requests ended that did not succeed. */
  failures: { outcome: string; count: number }[];
  /** How often requests were sent again, by why. */
  retries: { reason: string; count: number }[];
  /** Where it is asked, where there is more to say of that than the URL. */
  addresses: SubgraphAddress[];
  /** How many of them are left alone for their failures, and how many are being tried again. */
  cutOff: number;
  onTrial: number;
}

/** Whoever asked had left; the subgraph is not to blame. */
const BLAMELESS = ['success', 'canceled'];

export function healthOf(looks: Look[]): SubgraphHealth[] {
  const [first, last] = [looks[0], looks.at(-1)];
  if (!first || !last) return [];
  const span = Math.max(1, last.at - first.at) / 1_000;
  const { bounds, subgraphs } = last.health;
  return subgraphs.map(({ name, active, ended, retries, addresses }) => {
    const broken = (state: SubgraphAddress['breaker']) => addresses.filter(({ breaker }) => breaker === state).length;
    const before = first.health.subgraphs.find((one) => one.name === name)?.ended ?? [];
    const gained = ended.map(({ outcome, counts }) => {
      const earlier = before.find((one) => one.outcome === outcome)?.counts;
      return { outcome, counts: counts.map((count, at) => count - (earlier?.[at] ?? 0)) };
    });
    const lately = stateOf(gained, bounds);
    const totals = looks.map((look) => totalOf(look.health, name));
    return {
      name,
      active,
      ever: stateOf(ended, bounds),
      lately,
      perSecond: looks.length > 1 ? lately.requests / span : 0,
      pace: totals.slice(1).map((total, at) => total - totals[at]!),
      failures: ended
        .filter(({ outcome }) => !BLAMELESS.includes(outcome))
        .map(({ outcome, counts }) => ({ outcome: outcome.replaceAll('_', ' '), count: sum(counts) }))
        .filter(({ count }) => count > 0),
      retries,
      addresses: addresses.filter(({ breaker }) => breaker !== null || addresses.length > 1),
      cutOff: broken('open'),
      onTrial: broken('half open'),
    };
  });
}

function totalOf(health: Health, name: string): number {
  const ended = health.subgraphs.find((one) => one.name === name)?.ended ?? [];
  return sum(ended.map(({ counts }) => sum(counts)));
}

function stateOf(ended: { outcome: string; counts: number[] }[], bounds: number[]): State {
  const all = bounds.concat(0).map((_, at) => sum(ended.map(({ counts }) => counts[at] ?? 0)));
  const failed = ended.filter(({ outcome }) => !BLAMELESS.includes(outcome));
  return {
    requests: sum(all),
    errors: sum(failed.map(({ counts }) => sum(counts))),
    p50: quantile(all, bounds, 0.5),
    p99: quantile(all, bounds, 0.99),
  };
}

/** As Prometheus takes it out of a histogram: evenly spread within the bucket. */
function quantile(counts: number[], bounds: number[], share: number): number | null {
  const total = sum(counts);
  if (total === 0) return null;
  const wanted = total * share;
  let seen = 0;
  for (const [at, count] of counts.entries()) {
    if (count > 0 && seen + count >= wanted) {
      const lower = at === 0 ? 0 : bounds[at - 1]!;
      const upper = bounds[at] ?? lower;
      return lower + (upper - lower) * ((wanted - seen) / count);
    }
    seen += count;
  }
  return bounds.at(-1) ?? null;
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
