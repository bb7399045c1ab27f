// Operations on their way: the page's own headers go out with them, and what comes back beside the answer is kept
// for the panels and left out of what the editor shows.

import { createGraphiQLFetcher, type Fetcher, type FetcherOpts, type FetcherParams } from '@graphiql/toolkit';
import { type DefinitionNode, Kind, OperationTypeNode, parse } from 'graphql';
import { answers } from './events';
import { credentialHeaders, session, settings } from './session';
import { createStore } from './store';
import type { Answer, Cost, GraphqlError, QueryPlan, Trace } from './wire';

/** What came of the last operation that was run. */
export interface Outcome {
  query: string;
  status: number;
  /** Milliseconds, as the browser saw it. */
  took: number;
  /** Of the answer, without what only the panels asked for. */
  bytes: number;
  /** What the editor shows. */
  shown: Answer;
  errors: GraphqlError[];
  trace: Trace | null;
  plan: QueryPlan | null;
  cost: Cost | null;
  budget: Budget | null;
  cacheControl: string | null;
}

/** The client's points, as the `RateLimit` fields tell of them. */
export interface Budget {
  limit: number;
  remaining: number;
  /** Seconds until it is full, and that it takes from nothing. */
  reset: number;
  window: number;
}

export const outcome = createStore<Outcome | null>(null);

/** What this page asks for beside the answer, where there are panels for it. */
const BESIDE: Record<string, string> = {
  'weft-trace': 'true',
  'weft-expose-query-plan': 'true',
  'weft-expose-cost': 'fields',
};

export function createFetcher(): Fetcher {
  // Not `enableIncrementalDelivery: false`: parts of an answer may come one after the other.
  const ask = createGraphiQLFetcher({ url: settings.endpoint, fetch: observed });
  return (operation, options) => (subscribes(operation) ? listen(operation, options) : ask(operation, options));
}

/** Whether the operation that is meant is a subscription. */
function subscribes(operation: FetcherParams): boolean {
  const { query = '', operationName } = meant(plain(operation));
  return definitions(query).some(
    (one) =>
      one.kind === Kind.OPERATION_DEFINITION &&
      one.operation === OperationTypeNode.SUBSCRIPTION &&
      (operationName === undefined || one.name?.value === operationName),
  );
}

function plain({ operationName, ...rest }: FetcherParams): Operation {
  return { ...rest, operationName: operationName ?? undefined };
}

/** The answers to a subscription. What the panels show is of the last operation that had one answer. */
function listen(operation: FetcherParams, options?: FetcherOpts) {
  const headers = { ...credentialHeaders(), ...options?.headers };
  return answers((signal) =>
    fetch(settings.endpoint, {
      method: 'POST',
      signal,
      headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream, application/json;q=0.5' },
      body: JSON.stringify(meant(plain(operation))),
    }),
  );
}

/** `fetch` for the editor: of the operations that people run it keeps what came of them. */
const observed: typeof fetch = async (input, init) => {
  const body: Operation = meant(typeof init?.body === 'string' ? JSON.parse(init.body) : {});
  const request = { ...init, body: JSON.stringify(body) };
  const headers = new Headers(init?.headers);
  for (const [name, value] of Object.entries(credentialHeaders())) {
    // What stands in the editor of headers was meant.
    if (!headers.has(name)) headers.set(name, value);
  }
  if (body.operationName === 'IntrospectionQuery') return fetch(input, { ...request, headers });
  const added = Object.keys(BESIDE).filter((name) => session.get().panels.length > 0 && !headers.has(name));
  for (const name of added) headers.set(name, BESIDE[name]!);

  const start = performance.now();
  const response = await fetch(input, { ...request, headers });
  if (!/json/.test(response.headers.get('content-type') ?? '')) return response;
  const text = await response.text();
  const took = performance.now() - start;
  const answer: Answer = JSON.parse(text);
  const { queryPlan = null, trace = null, cost = null, ...extensions } = answer.extensions ?? {};
  const asked = { ...extensions, ...unlessAdded(added, { queryPlan, trace, cost }) };
  const { extensions: _, ...rest } = answer;
  const shown = Object.keys(asked).length > 0 ? { ...rest, extensions: asked } : rest;
  outcome.set({
    query: body.query ?? '',
    status: response.status,
    took,
    bytes: new TextEncoder().encode(JSON.stringify(shown)).length,
    shown,
    errors: answer.errors ?? [],
    trace,
    plan: queryPlan,
    cost,
    budget: budgetOf(response.headers),
    cacheControl: response.headers.get('cache-control'),
  });
  return new Response(JSON.stringify(shown), { status: response.status, headers: response.headers });
};

interface Operation {
  query?: string;
  variables?: unknown;
  operationName?: string | undefined;
}

/** The editor learns the names of its operations a moment after they were written, and may give one that is gone:
 * without a name the only operation is meant. */
function meant(operation: Operation): Operation {
  const { query, operationName, ...rest } = operation;
  if (query === undefined || operationName === undefined) return operation;
  return query.includes('IntrospectionQuery') || names(query).includes(operationName) ? operation : { ...rest, query };
}

function names(query: string): (string | undefined)[] {
  return definitions(query).map((one) => ('name' in one ? one.name?.value : undefined));
}

/** None while the document is not whole. */
function definitions(query: string): readonly DefinitionNode[] {
  try {
    return parse(query).definitions;
  } catch {
    return [];
  }
}

/** Extensions for which the editor's own headers asked. */
function unlessAdded(added: string[], all: { queryPlan: unknown; trace: unknown; cost: unknown }) {
  const askedBy = { queryPlan: 'weft-expose-query-plan', trace: 'weft-trace', cost: 'weft-expose-cost' };
  const names = Object.keys(askedBy) as (keyof typeof askedBy)[];
  return Object.fromEntries(
    names.filter((name) => all[name] !== null && !added.includes(askedBy[name])).map((name) => [name, all[name]]),
  );
}

/** draft-ietf-httpapi-ratelimit-headers-10: `"points";r=1990;t=1` and `"points";q=2000;qu="points";w=100`. */
function budgetOf(headers: Headers): Budget | null {
  const number = (name: string, key: string) => {
    const found = new RegExp(`;${key}=(\\d+)`).exec(headers.get(name) ?? '');
    return found ? Number(found[1]) : null;
  };
  const remaining = number('ratelimit', 'r');
  const limit = number('ratelimit-policy', 'q');
  if (remaining === null || limit === null) return null;
  return { limit, remaining, reset: number('ratelimit', 't') ?? 0, window: number('ratelimit-policy', 'w') ?? 0 };
}

/** What an operation would be answered by, without running it. */
export async function dryRun(
  operation: Operation & { query: string },
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(settings.endpoint, {
    method: 'POST',
    signal,
    headers: {
      ...credentialHeaders(),
      ...headers,
      'content-type': 'application/json',
      // Not GraphQL's own media type: an operation that is not valid yet is no failed request here.
      accept: 'application/json',
      'weft-expose-query-plan': 'dry-run',
      'weft-expose-cost': 'fields',
    },
    body: JSON.stringify(meant(operation)),
  });
  return response.json();
}
