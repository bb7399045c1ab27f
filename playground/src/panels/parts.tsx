// What panels are made of.

import type { ReactNode } from 'react';

export function Panel({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className="weft-panel" aria-label={title}>
      <header className="weft-panel-head">
        <h2>{title}</h2>
        {note !== undefined && <p className="weft-muted">{note}</p>}
      </header>
      {children}
    </section>
  );
}

/** What stands where there is nothing to show yet, and how to come by something. */
export function Empty({ children }: { children: ReactNode }) {
  return <p className="weft-empty">{children}</p>;
}

/** Where a panel is about the last answer and there is none, or only a refusal. */
export function NotRun({ refused, what }: { refused: boolean; what: string }) {
  if (refused) return <Empty>The last operation was refused before anything was done for it.</Empty>;
  return (
    <Empty>
      Run an operation (<Kbd>Ctrl-Enter</Kbd>) to {what}.
    </Empty>
  );
}

export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className="weft-problem" role="status">
      {children}
    </p>
  );
}

export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <dl className="weft-facts">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Figure({ label, value, tone }: { label: string; value: ReactNode; tone?: 'good' | 'warn' | 'bad' }) {
  return (
    <div className="weft-figure" data-tone={tone}>
      <span className="weft-figure-value">{value}</span>
      <span className="weft-figure-label">{label}</span>
    </div>
  );
}

/** A bar of a share of something; the number beside it says the same. */
export function Bar({ share, colour, label }: { share: number; colour?: string; label?: string }) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return (
    <span className="weft-bar" aria-hidden={label === undefined} role={label ? 'img' : undefined} aria-label={label}>
      <span style={{ width, background: colour }} />
    </span>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className="weft-kbd">{children}</kbd>;
}
