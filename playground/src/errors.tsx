// The errors of the last answer, below it: what happened, where, and a way there.

import { useGraphiQL } from '@graphiql/react';
import { outcome } from './exchange';
import { plural } from './format';
import { lineOf } from './jsonLines';
import { credential } from './session';
import { useStore } from './store';
import { Subgraph } from './subgraphs';
import type { GraphqlError } from './wire';

/** An answer may have a hundred errors; the editor has them all. */
const MOST = 20;

export function Errors({ signIn }: { signIn: () => void }) {
  const last = useStore(outcome);
  const who = useStore(credential);
  if (!last || last.errors.length === 0) return null;
  const withheld = last.errors.some((error) => /UNAUTHORIZED|UNAUTHENTICATED/.test(error.extensions?.code ?? ''));
  return (
    <section className="weft-errors" aria-label="Errors">
      <h2>{plural(last.errors.length, 'error')}</h2>
      {withheld && (
        <p>
          {who ? `${who.name} may not see all of this. ` : 'Some of this is not for everybody. '}
          <button type="button" className="weft-link" onClick={signIn}>
            {who ? 'Ask as somebody else' : 'Sign in'}
          </button>
        </p>
      )}
      <ol>
        {last.errors.slice(0, MOST).map((error, at) => (
          <li key={at}>
            <Entry error={error} answer={last.shown} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Entry({ error, answer }: { error: GraphqlError; answer: unknown }) {
  const answered = useGraphiQL((state) => state.responseEditor);
  const written = useGraphiQL((state) => state.queryEditor);
  const { path, locations, extensions, message } = error;
  const show = (editor: typeof answered, line: number, column: number) => {
    editor?.revealLineInCenter(line);
    editor?.setSelection({ startLineNumber: line, startColumn: column, endLineNumber: line, endColumn: 1_000 });
    editor?.focus();
  };
  const place = locations?.[0];
  return (
    <>
      {extensions?.code && <code className="weft-code-tag">{extensions.code}</code>} {message}{' '}
      {extensions?.service && <Subgraph name={extensions.service} />}{' '}
      {path && (
        <button type="button" className="weft-link" onClick={() => show(answered, lineOf(answer, ['data', ...path]), 1)}>
          {`at ${path.join('.').replaceAll('.@', '[]')}`}
        </button>
      )}
      {!path && place && (
        <button type="button" className="weft-link" onClick={() => show(written, place.line, place.column)}>
          {`at ${place.line}:${place.column}`}
        </button>
      )}
    </>
  );
}
