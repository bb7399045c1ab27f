// Cost: what the operation is taken to cost, field by field, what it did cost, and what is left to spend.

import { outcome, type Budget } from '../exchange';
import { count } from '../format';
import { useStore } from '../store';
import type { Cost, FieldCost } from '../wire';
import { useDryRun } from './dryRun';
import { Bar, Empty, Figure, Panel, Problem } from './parts';

export function CostPanel() {
  const dry = useDryRun();
  const last = useStore(outcome);
  const estimate = dry.answer?.extensions?.cost ?? last?.cost ?? null;
  const actual = last && last.query === dry.query ? last.cost : null;
  const refused = last?.errors.find((error) => /COST|RATE_LIMIT/.test(error.extensions?.code ?? ''));
  return (
    <Panel title="Cost" note="in points, by the schema's costs and list sizes">
      {dry.problem && <Problem>{dry.problem}</Problem>}
      {refused && <Problem>{refused.message}</Problem>}
      {estimate ? <Figures estimate={estimate} actual={actual} /> : <Empty>Write an operation to see what it costs.</Empty>}
      {last?.budget && <Left budget={last.budget} next={estimate?.estimated ?? 0} />}
      {estimate?.fields && <ByField fields={estimate.fields} />}
    </Panel>
  );
}

function Figures({ estimate, actual }: { estimate: Cost; actual: Cost | null }) {
  const over = estimate.max !== undefined && estimate.estimated > estimate.max;
  return (
    <div className="weft-figures">
      <Figure label="estimate" value={count(estimate.estimated)} {...(over ? { tone: 'bad' as const } : {})} />
      <Figure label="actual" value={actual?.actual !== undefined ? count(actual.actual) : '–'} />
      {estimate.max !== undefined && <Figure label="most allowed" value={count(estimate.max)} />}
    </div>
  );
}

function Left({ budget, next }: { budget: Budget; next: number }) {
  const times = next > 0 ? Math.floor(budget.remaining / next) : null;
  const share = budget.limit > 0 ? budget.remaining / budget.limit : 0;
  const colour = share < 0.1 ? 'var(--bad)' : share < 0.3 ? 'var(--warn)' : 'var(--good)';
  return (
    <div className="weft-budget">
      <h3>Budget</h3>
      <Bar share={share} colour={colour} label={`${budget.remaining} of ${budget.limit} points left`} />
      <p>
        <strong>{count(budget.remaining)}</strong> of {count(budget.limit)} points left
        {times !== null && `, enough for ${count(times)} more of these`}
        {budget.reset > 0 && `; full again in ${budget.reset} s`}
      </p>
    </div>
  );
}

function ByField({ fields }: { fields: FieldCost[] }) {
  const most = Math.max(1, ...fields.map((field) => field.cost));
  return (
    <table className="weft-table">
      <caption>Estimate by field, per object around it</caption>
      <thead>
        <tr>
          <th scope="col">field</th>
          <th scope="col" className="weft-number">
            points
          </th>
          <th scope="col">how</th>
          <th scope="col" className="weft-bar-column">
            <span className="weft-hidden">share</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field, at) => (
          <tr key={at} data-zero={field.cost === 0}>
            <th scope="row" style={{ paddingInlineStart: `${8 + field.depth * 12}px` }} title={field.coordinate}>
              {field.on.length > 0 && <span className="weft-muted">{`on ${field.on.join(' | ')} `}</span>}
              {field.key}
            </th>
            <td className="weft-number">{count(field.cost)}</td>
            <td className="weft-muted">{how(field)}</td>
            <td className="weft-bar-column">
              <Bar share={field.cost / most} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function how({ list, own }: FieldCost): string {
  if (!list) return '';
  return `${own > 0 ? `${count(own)} + ` : ''}${count(list.length)} × ${count(list.each)}`;
}
