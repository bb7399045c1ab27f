// The map of a graph: subgraphs on one side, the entities that they share on the other, a line wherever one takes
// part in the other.

import { cut } from '../format';
import { colourOf, markOf, subgraphIndex, useSubgraphs } from '../subgraphs';
import type { Graph, GraphType } from '../wire';

/** More than this nobody reads off a drawing; the search below it has all. */
const MOST_SUBGRAPHS = 24;
const MOST_ENTITIES = 30;

const ROW = 24;
/** About as wide as a letter is. */
const LETTER = 7.2;
/** Room for the threads between both sides. */
const GAP = 110;
/** Letters of a name, and of a key. */
const LONGEST_NAME = 18;
const LONGEST_KEY = 14;

interface Props {
  graph: Graph;
  chosen: string | null;
  choose: (subgraph: string) => void;
  show: (type: string) => void;
}

export function GraphMap({ graph, chosen, choose, show }: Props) {
  const all = useSubgraphs();
  const subgraphs = graph.subgraphs.map(({ name }) => name).slice(0, MOST_SUBGRAPHS);
  const entities = entitiesOf(graph, chosen).slice(0, MOST_ENTITIES);
  const { left, right, width } = sides(subgraphs, entities);
  const rows = Math.max(subgraphs.length, entities.length);
  const height = rows * ROW + 8;
  const yOf = (at: number, count: number) => 4 + ROW / 2 + at * ROW + ((rows - count) * ROW) / 2;
  const lines = entities.flatMap((type, at) =>
    subgraphs
      .map((name, from) => ({ type, name, at, from }))
      .filter(({ name }) => (type.in ?? []).includes(name)),
  );
  if (entities.length === 0) return null;
  return (
    <div className="weft-drawing">
      <svg
        className="weft-map"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label="Subgraphs and entities"
      >
        {lines.map(({ type, name, at, from }) => (
          <path
            key={`${type.name} ${name}`}
            className="weft-thread"
            data-on={chosen === null || chosen === name}
            style={{ stroke: colourOf(subgraphIndex(name, all)) }}
            d={thread([left + 6, yOf(from, subgraphs.length)], [right - 8, yOf(at, entities.length)])}
          />
        ))}
        {subgraphs.map((name, at) => (
          <Label
            key={name}
            x={left}
            y={yOf(at, subgraphs.length)}
            from={0}
            to={left + 2}
            end
            text={name}
            pressed={chosen === name}
            act={() => choose(name)}
          >
            <tspan style={{ fill: colourOf(subgraphIndex(name, all)) }}>{` ${markOf(subgraphIndex(name, all))}`}</tspan>
          </Label>
        ))}
        {entities.map((type, at) => (
          <Label
            key={type.name}
            x={right}
            y={yOf(at, entities.length)}
            from={right - 4}
            to={width}
            text={type.name}
            act={() => show(type.name)}
          >
            <tspan className="weft-map-key">{` ${cut(type.keys?.[0]?.fields ?? '', LONGEST_KEY)}`}</tspan>
          </Label>
        ))}
      </svg>
    </div>
  );
}

/** Entities that several subgraphs know come first. */
function entitiesOf(graph: Graph, chosen: string | null): GraphType[] {
  const shared = (type: GraphType) => type.in?.length ?? 0;
  return graph.types
    .filter((type) => type.keys && (chosen === null || type.in?.includes(chosen)))
    .sort((a, b) => shared(b) - shared(a) || a.name.localeCompare(b.name));
}

type Point = [x: number, y: number];

function thread([x1, y1]: Point, [x2, y2]: Point): string {
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1} C${x1 + bend} ${y1}, ${x2 - bend} ${y2}, ${x2} ${y2}`;
}

/** Where names end on the left, where they begin on the right, and how wide it all is. */
function sides(subgraphs: string[], entities: GraphType[]): { left: number; right: number; width: number } {
  const longest = (lengths: number[], most: number) => Math.min(most, Math.max(0, ...lengths)) * LETTER;
  const left = longest(subgraphs.map((name) => name.length), LONGEST_NAME) + 26;
  const right = left + GAP;
  const names = entities.map(({ name, keys }) => Math.min(LONGEST_NAME, name.length) + Math.min(LONGEST_KEY, keys?.[0]?.fields.length ?? 0));
  return { left, right, width: right + longest(names, LONGEST_NAME + LONGEST_KEY) + 12 };
}

interface LabelProps {
  x: number;
  y: number;
  /** From where to where one can click. */
  from: number;
  to: number;
  text: string;
  end?: boolean;
  pressed?: boolean;
  act: () => void;
  children: React.ReactNode;
}

function Label({ x, y, from, to, text, end = false, pressed, act, children }: LabelProps) {
  return (
    <g
      className="weft-map-label"
      role="button"
      tabIndex={0}
      aria-label={text}
      aria-pressed={pressed}
      onClick={act}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        act();
      }}
    >
      <rect x={from} y={y - ROW / 2 + 2} width={to - from} height={ROW - 4} rx="4" />
      <text x={x} y={y + 4} textAnchor={end ? 'end' : 'start'}>
        {cut(text, LONGEST_NAME)}
        {children}
      </text>
    </g>
  );
}
