// A query plan as a graph of fetches, and where each is drawn.

import type { FetchNode, PlanNode, QueryPlan } from '../wire';

export interface PlannedFetch {
  id: number;
  subgraph: string;
  operation: string;
  kind: string;
  /** Where the objects stand that it asks about; none: it asks for root fields. */
  places: string[];
  /** What it sends of them. */
  requires: string[];
  dependsOn: number[];
  condition: string | null;
  variables: string[];
  /** What it is for, with everybody who could resolve that. */
  fields: { field: string; in: string[] }[];
}

export function fetchesOf(plan: QueryPlan): PlannedFetch[] {
  const found: PlannedFetch[] = [];
  const visit = (node: PlanNode, path: string | null) => {
    switch (node.kind) {
      case 'Sequence':
      case 'Parallel':
        for (const inner of node.nodes) visit(inner, path);
        break;
      case 'Flatten':
        visit(node.node, placeOf(node.path));
        break;
      default:
        found.push(fetchOf(node, path, plan));
    }
  };
  if (plan.node) visit(plan.node, null);
  return found.sort((a, b) => a.id - b.id);
}

function fetchOf(node: FetchNode, path: string | null, plan: QueryPlan): PlannedFetch {
  const batches = node.batches ?? [];
  return {
    id: node.id,
    subgraph: node.serviceName,
    operation: node.operation,
    kind: node.operationKind.toLowerCase(),
    places: path !== null ? [path] : batches.map((batch) => placeOf(batch.path)),
    requires: node.requires ? [node.requires] : batches.flatMap((batch) => batch.requires ?? []),
    dependsOn: node.dependsOn,
    condition: node.condition,
    variables: node.variableUsages,
    fields: plan.reasons?.find((reason) => reason.fetch === node.id)?.fields ?? [],
  };
}

/** Places in rising order, each as near to its wish as the others and the edges let it, `step` apart. */
function spread(wishes: number[], step: number, least: number, most: number): number[] {
  // Neighbours that wish for the same place are put on both sides of it.
  const groups: { wish: number; count: number }[] = [];
  for (const wish of wishes) {
    groups.push({ wish, count: 1 });
    for (let [before, last] = groups.slice(-2); before && last; [before, last] = groups.slice(-2)) {
      if (start(before) + before.count * step <= start(last)) break;
      const count = before.count + last.count;
      groups.splice(-2, 2, { wish: (before.wish * before.count + last.wish * last.count) / count, count });
    }
  }
  return groups.flatMap((group) => Array.from({ length: group.count }, (_, at) => start(group) + at * step));

  function start({ wish, count }: { wish: number; count: number }): number {
    const wanted = wish - ((count - 1) * step) / 2;
    return Math.max(least, Math.min(wanted, most - (count - 1) * step));
  }
}

/** `@` stands for the items of a list; people read brackets. */
function placeOf(path: string[]): string {
  return path.join('.').replaceAll('.@', '[]');
}

export interface Placed {
  fetch: PlannedFetch;
  x: number;
  y: number;
}

export interface Layout {
  nodes: Placed[];
  edges: { from: Placed; to: Placed }[];
  width: number;
  height: number;
}

export const NODE = { width: 180, height: 46, gapX: 14, gapY: 34, margin: 6 };

/** Layers by how many fetches have to come before; within a layer each fetch stands near those that it waits for. */
export function layout(fetches: PlannedFetch[]): Layout {
  const level = new Map<number, number>();
  const layers: PlannedFetch[][] = [];
  for (const fetch of fetches) {
    const at = Math.max(-1, ...fetch.dependsOn.map((id) => level.get(id) ?? -1)) + 1;
    level.set(fetch.id, at);
    (layers[at] ??= []).push(fetch);
  }
  const widest = Math.max(1, ...layers.map((layer) => layer.length));
  const step = NODE.width + NODE.gapX;
  const width = widest * step - NODE.gapX;
  const placed = new Map<number, Placed>();
  layers.forEach((layer, row) => {
    const middle = NODE.margin + (width - NODE.width) / 2;
    const wish = (fetch: PlannedFetch) => {
      const xs = fetch.dependsOn.map((id) => placed.get(id)?.x ?? middle);
      return xs.length > 0 ? xs.reduce((sum, x) => sum + x, 0) / xs.length : middle;
    };
    const order = [...layer].sort((a, b) => wish(a) - wish(b) || a.id - b.id);
    const xs = spread(order.map(wish), step, NODE.margin, NODE.margin + width - NODE.width);
    order.forEach((fetch, column) => {
      placed.set(fetch.id, { fetch, x: xs[column]!, y: NODE.margin + row * (NODE.height + NODE.gapY) });
    });
  });
  const nodes = fetches.flatMap((fetch) => placed.get(fetch.id) ?? []);
  const edges = nodes.flatMap((to) =>
    to.fetch.dependsOn.flatMap((id) => {
      const from = placed.get(id);
      return from ? [{ from, to }] : [];
    }),
  );
  const height = Math.max(1, layers.length) * (NODE.height + NODE.gapY) - NODE.gapY + 2 * NODE.margin;
  return { nodes, edges, width: width + 2 * NODE.margin, height };
}
