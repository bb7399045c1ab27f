// What the gateway sends beside answers, as far as the panels show it. The Rust side: `src/server/query_plan.rs`,
// `trace.rs`, `demand.rs` (extensions of an answer), `data.rs` and `ownership.rs` (`/playground-data/...`).

export interface PlanCost {
  depth: number;
  requests: number;
  fields: number;
}

export interface FetchNode {
  kind: 'Fetch' | 'BatchFetch';
  id: number;
  serviceName: string;
  operationKind: string;
  operationName: string | null;
  operation: string;
  variableUsages: string[];
  dependsOn: number[];
  condition: string | null;
  requires?: string;
  batches?: { alias: string | null; path: string[]; requires: string | null }[];
}

export type PlanNode =
  | { kind: 'Sequence' | 'Parallel'; nodes: PlanNode[] }
  | { kind: 'Flatten'; path: string[]; node: PlanNode }
  | FetchNode;

export interface Alternative {
  subgraph: string;
  round: number;
  route: string;
  taken: boolean;
  outcome: 'not tried' | { found: PlanCost } | { ruledOut: PlanCost };
}

export interface QueryPlan {
  node: PlanNode | null;
  cost: PlanCost;
  optimality: 'optimal' | { bounded: { bound: PlanCost } };
  text: string;
  reasons?: { fetch: number; fields: { field: string; in: string[] }[] }[];
  choices?: { drafts: number; ruledOut: number; choices: { at: string; alternatives: Alternative[] }[] };
}

export interface TracePhase {
  name: 'receive' | 'prepare' | 'decide' | 'execute' | 'write';
  start: number;
  duration: number;
  cached?: boolean;
  parse?: number;
  validate?: number;
  plan?: number;
}

export interface TracedFetch {
  fetch: number;
  request: number;
  subgraph: string;
  start: number;
  duration: number;
  ingest: number;
  sent: number;
  received: number;
  status: number | null;
  error: string | null;
  entities: number;
  objects: number;
  attempts: number;
  connected: boolean;
  shared: boolean;
  /** Which of several addresses was asked last, from 1. */
  address: number | null;
  /** Microseconds since the fetch began, and of waiting. */
  retries: { reason: string; after: number; wait: number }[];
}

export interface FieldAccount {
  type: string;
  field: string;
  hits: number;
  stale: number;
  misses: number;
  kept: boolean;
  age: number | null;
  left: number | null;
}

export interface Trace {
  total: number;
  phases: TracePhase[];
  fetches: TracedFetch[];
  lookups: { fetch: number; at: number; fields: FieldAccount[] }[];
  answered: number | null;
}

export interface FieldCost {
  depth: number;
  key: string;
  coordinate: string;
  on: string[];
  cost: number;
  own: number;
  list: { length: number; each: number } | null;
}

export interface Cost {
  estimated: number;
  actual?: number;
  max?: number;
  result: string;
  throttle?: { limit: number; remaining: number; resetAfter: number };
  fields?: FieldCost[];
}

export interface GraphqlError {
  message: string;
  path?: (string | number)[];
  locations?: { line: number; column: number }[];
  extensions?: { code?: string; service?: string } & Record<string, unknown>;
}

export interface Answer {
  data?: unknown;
  errors?: GraphqlError[];
  extensions?: { queryPlan?: QueryPlan; trace?: Trace; cost?: Cost } & Record<string, unknown>;
}

export type PanelName = 'plan' | 'trace' | 'cost' | 'cache' | 'graph' | 'health' | 'history';

export interface Session {
  ready: boolean;
  panels: PanelName[];
  schema?: string;
  /** The variant of the registry that is followed, where the graph comes from one. */
  variant?: string | null;
  /** By name, which is the order of their colours. */
  subgraphs?: string[];
  /** Null: the credential proves nothing. */
  caller?: {
    by: 'token' | 'key' | null;
    subject: string | null;
    tier: string | null;
    scopes: string[];
  } | null;
}

export interface Owner {
  in: string;
  requires?: string;
  provides?: string;
  overrides?: string;
  label?: string;
  external?: boolean;
}

export interface GraphField {
  name: string;
  type: string;
  of: string;
  description: string | null;
  owners: Owner[];
}

export interface GraphType {
  name: string;
  kind: 'scalar' | 'object' | 'interface' | 'union' | 'enum' | 'input';
  description?: string;
  hidden?: boolean;
  in?: string[];
  keys?: { in: string; fields: string; resolvable: boolean }[];
  fields?: GraphField[];
  members?: string[];
}

export interface Graph {
  schema: string;
  roots: string[];
  subgraphs: { name: string; url: string }[];
  types: GraphType[];
}

export interface Health {
  bounds: number[];
  subgraphs: {
    name: string;
    active: number;
    ended: { outcome: string; counts: number[]; micros: number }[];
    retries: { reason: string; count: number }[];
    addresses: SubgraphAddress[];
  }[];
}

export interface SubgraphAddress {
  url: string;
  breaker: 'closed' | 'half open' | 'open' | null;
  inFlight: number | null;
}

/** What a registry answers, passed on by the gateway. */
export interface Relayed<T> {
  status: number;
  answer: T & { errors?: { code?: string; message: string; help?: string }[] };
}

export interface Finding {
  severity: string;
  code: string;
  message: string;
}

export interface Version {
  number: number;
  created: string;
  author: string;
  action: string;
  message: string | null;
  supergraph: string;
  subgraphs: { name: string; url: string; hash: string }[];
  hints: Finding[];
}

export interface Attempt {
  number: number;
  created: string;
  author: string;
  action: string;
  message: string | null;
  errors: Finding[];
}

export interface Change {
  criticality: 'breaking' | 'dangerous' | 'safe';
  rule: string;
  coordinate: string;
  message: string;
  clientCount: number;
}

/** What somebody asked about before publishing it; of what was found only the first of each kind. */
export interface Check {
  number: number;
  created: string;
  author: string;
  action: string;
  message: string | null;
  verdict: 'passed' | 'failed';
  version: number | null;
  counts: { errors: number; breaking: number; dangerous: number; safe: number };
  errors: Finding[];
  contracts: CheckedContract[];
  changes: Change[];
}

/** What would become of a contract of the graph; its name is told to whom may know it. */
export interface CheckedContract {
  graph: string | null;
  errors: Finding[];
  /** A registry of an earlier version knows neither. */
  changes?: Change[];
  breaks?: boolean;
}

export interface Diff {
  from: number;
  to: number;
  subgraphs: { name: string; before: object | null; after: object | null }[];
  changes: Change[];
}
