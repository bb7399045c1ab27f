// Numbers for people, always three significant digits or so and always with their unit.

export function micros(value: number): string {
  if (value < 1_000) return `${Math.round(value)} µs`;
  if (value < 10_000) return `${(value / 1_000).toFixed(2)} ms`;
  if (value < 100_000) return `${(value / 1_000).toFixed(1)} ms`;
  if (value < 1_000_000) return `${Math.round(value / 1_000)} ms`;
  return `${(value / 1_000_000).toFixed(2)} s`;
}

export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  if (value < 100_000) return `${(value / 1_000).toFixed(1)} kB`;
  if (value < 1_000_000) return `${Math.round(value / 1_000)} kB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

export function seconds(millis: number): string {
  if (millis < 1_000) return `${Math.round(millis)} ms`;
  if (millis < 120_000) return `${Math.round(millis / 1_000)} s`;
  if (millis < 7_200_000) return `${Math.round(millis / 60_000)} min`;
  return `${Math.round(millis / 3_600_000)} h`;
}

export function count(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u202f');
}

export function plural(value: number, word: string): string {
  if (value === 1) return `1 ${word}`;
  const ending = /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : /(s|sh|ch|x)$/.test(word) ? `${word}es` : `${word}s`;
  return `${count(value)} ${ending}`;
}

/** Why a request was sent again: as metrics have it, and as people read it. */
export function retryReason(name: string): string {
  const words: Record<string, string> = { connect: 'not reached', tls: 'no trust', interrupted: 'broken off', timeout: 'too slow' };
  return words[name] ?? name.replace('http_', 'HTTP ');
}

/** So much of a text as there is room for. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
