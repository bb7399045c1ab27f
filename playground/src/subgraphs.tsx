// Subgraphs as people see them: each has one colour and one mark in all panels, by its place among all of them, and
// its name is always beside, so that nothing hangs on the colour.

import { session } from './session';
import { useStore } from './store';

/** Okabe and Ito's palette, whose colours people with any kind of colour vision tell apart, tuned for both themes in
 * `style/tokens.css`. */
const COLOURS = 8;
const MARKS = ['●', '■', '▲', '◆', '★', '▼', '⬟', '✚'];

export function subgraphIndex(name: string, all: string[]): number {
  const known = all.indexOf(name);
  return known >= 0 ? known : [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
}

export function useSubgraphs(): string[] {
  return useStore(session).subgraphs ?? [];
}

export function colourOf(index: number): string {
  return `var(--subgraph-${index % COLOURS})`;
}

/** From one round of colours to the next the marks move on by one. */
export function markOf(index: number): string {
  return MARKS[(index + Math.floor(index / COLOURS)) % MARKS.length]!;
}

export function Subgraph({ name }: { name: string }) {
  const index = subgraphIndex(name, useSubgraphs());
  return (
    <span className="weft-subgraph">
      <span aria-hidden="true" className="weft-subgraph-mark" style={{ color: colourOf(index) }}>
        {markOf(index)}
      </span>
      {name}
    </span>
  );
}
