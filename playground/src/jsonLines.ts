// Where in `JSON.stringify(value, null, 2)` a path leads. Each member and element begins a line of its own there, so
// lines can be counted without a parser.

export type Path = (string | number)[];

/** The line, from 1, of what the path leads to, or of the last place on it that there is. */
export function lineOf(value: unknown, path: Path): number {
  let line = 1;
  let at = value;
  for (const step of path) {
    // `@` speaks of every element of a list: the first stands for them.
    const key = step === '@' && Array.isArray(at) ? 0 : step;
    if (typeof at !== 'object' || at === null || !(key in at)) break;
    // The bracket that opens is on the line before the first member.
    line += 1;
    for (const [name, member] of Object.entries(at)) {
      if (name === String(key)) break;
      line += linesOf(member);
    }
    at = (at as Record<string | number, unknown>)[key];
  }
  return line;
}

function linesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const members = Object.values(value);
  return members.length === 0 ? 1 : members.reduce<number>((sum, member) => sum + linesOf(member), 2);
}
