// What changes for clients, as a version made it or as a check found it beforehand.

import { plural } from '../format';
import type { Change, Check, CheckedContract, Finding } from '../wire';

const MARKS = { breaking: '✕', dangerous: '!', safe: '+' };
const TONES = { breaking: 'bad', dangerous: 'warn', safe: 'good' };

/** The registry tells times as RFC 3339. */
export function when(created: string): string {
  const time = new Date(created);
  return Number.isNaN(time.getTime()) ? created : time.toLocaleString();
}

export function Changes({ changes }: { changes: Change[] }) {
  return (
    <ul className="weft-plain">
      {changes.map((change, at) => (
        <li key={at} data-tone={TONES[change.criticality]}>
          <span className="weft-change" title={change.rule}>{`${MARKS[change.criticality]} ${change.criticality}`}</span>{' '}
          <code>{change.coordinate}</code> {change.message}
          {change.clientCount > 0 && <span className="weft-muted">{` (${asks(change.clientCount)})`}</span>}
        </li>
      ))}
    </ul>
  );
}

function asks(clients: number): string {
  return clients === 1 ? '1 client asks for it' : `${plural(clients, 'client')} ask for it`;
}

export function Findings({ findings }: { findings: Finding[] }) {
  return (
    <ul className="weft-plain">
      {findings.map((finding, at) => (
        <li key={at}>
          <code className="weft-code-tag">{finding.code}</code> {finding.message}
        </li>
      ))}
    </ul>
  );
}

/** What was asked about before it was published, the newest first. */
export function Checks({ checks }: { checks: Check[] }) {
  if (checks.length === 0) return null;
  return (
    <details className="weft-more" open>
      <summary>{plural(checks.length, 'check')}</summary>
      <ol className="weft-versions">
        {checks.map((check) => (
          <li key={check.number}>
            <OneCheck check={check} />
          </li>
        ))}
      </ol>
    </details>
  );
}

function OneCheck({ check }: { check: Check }) {
  const { counts, errors, contracts, changes, version } = check;
  const told = errors.length + contracts.length + changes.length > 0;
  const untold = counts.errors - errors.length + counts.breaking + counts.dangerous - changes.length;
  return (
    <details className="weft-type">
      <summary>
        <strong>{check.number}</strong>
        <span>{check.action}</span>
        <span className="weft-tag" data-tone={check.verdict === 'passed' ? 'good' : 'bad'}>
          {check.verdict}
        </span>
        <span className="weft-muted">{`${check.author}, ${when(check.created)}`}</span>
      </summary>
      {check.message && <p>{check.message}</p>}
      <p className="weft-muted">{`${version === null ? 'Nothing was published yet' : `Against version ${version}`}: ${found(check)}.`}</p>
      {told && (
        <>
          <Findings findings={errors} />
          <Changes changes={changes} />
          {contracts.map((contract, at) => (
            <OneContract key={at} contract={contract} />
          ))}
        </>
      )}
      {untold > 0 && <p className="weft-muted">{`And ${untold} more.`}</p>}
    </details>
  );
}

function OneContract({ contract: { graph, errors, changes = [] } }: { contract: CheckedContract }) {
  const name = graph === null ? 'a contract that is not yours to know' : `the contract ${graph}`;
  return (
    <>
      <p>{errors.length > 0 ? `Nothing would be left of ${name}.` : `In ${name}:`}</p>
      <Findings findings={errors} />
      <Changes changes={changes} />
    </>
  );
}

function found({ counts: { errors, breaking, dangerous, safe }, contracts }: Check): string {
  if (errors > 0) return `it does not compose, ${plural(errors, 'error')}`;
  const kinds = [
    [breaking, 'breaking'],
    [dangerous, 'dangerous'],
    [safe, 'safe'],
  ] as const;
  const some = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${kind}`);
  const broken = contracts.filter(({ breaks = true }) => breaks).length;
  if (broken > 0) some.push(`${plural(broken, 'contract')} broken`);
  return some.length > 0 ? some.join(', ') : 'clients would see no difference';
}
