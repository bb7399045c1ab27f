// The plan and the estimate of what stands in the editor, asked for whenever that changes and a panel shows it.

import { useGraphiQL } from '@graphiql/react';
import { parse } from 'graphql';
import { useEffect, useState } from 'react';
import { dryRun } from '../exchange';
import { credential } from '../session';
import { useStore } from '../store';
import type { Answer } from '../wire';

export interface DryRun {
  /** What was asked. */
  query: string;
  answer: Answer | null;
  /** Why there is none for what stands there now. */
  problem: string | null;
}

/** How long the editor is still before anything is asked, in milliseconds. */
const STILL = 350;

/** The last answer stays until there is another, so that the panel does not flicker with every letter. */
const last: { current: DryRun } = { current: { query: '', answer: null, problem: null } };

export function useDryRun(): DryRun {
  const { query, variables, headers } = useEditors();
  const operationName = useGraphiQL((state) => state.operationName);
  const who = useStore(credential);
  const [state, setState] = useState(last.current);

  useEffect(() => {
    const controller = new AbortController();
    const show = (next: DryRun) => {
      last.current = next;
      setState(next);
    };
    const ask = async () => {
      const problem = problemWith(query);
      if (problem !== null) return show({ ...last.current, problem });
      try {
        const operation = { query, variables: objectOf(variables) ?? undefined, operationName };
        const answer = await dryRun(operation, headersOf(headers), controller.signal);
        const first = answer.errors?.[0]?.message;
        if (first) show({ ...last.current, query, problem: first });
        else show({ query, answer, problem: null });
      } catch (error) {
        if (!controller.signal.aborted) show({ ...last.current, problem: String(error) });
      }
    };
    const timer = setTimeout(() => void ask(), STILL);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [query, variables, headers, operationName, who]);

  return state;
}

function problemWith(query: string): string | null {
  try {
    const operations = parse(query).definitions.filter((one) => one.kind === 'OperationDefinition');
    return operations.length > 0 ? null : 'There is no operation in the editor.';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function objectOf(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function headersOf(text: string): Record<string, string> {
  return Object.fromEntries(Object.entries(objectOf(text) ?? {}).map(([name, value]) => [name, String(value)]));
}

/** What stands in the editors, as it changes. */
export function useEditors(): { query: string; variables: string; headers: string } {
  const editors = {
    query: useGraphiQL((state) => state.queryEditor),
    variables: useGraphiQL((state) => state.variableEditor),
    headers: useGraphiQL((state) => state.headerEditor),
  };
  const { query, variables, headers } = editors;
  const read = () => ({
    query: query?.getValue() ?? '',
    variables: variables?.getValue() ?? '',
    headers: headers?.getValue() ?? '',
  });
  const [texts, setTexts] = useState(read);
  useEffect(() => {
    const update = () => setTexts(read());
    update();
    const following = [query, variables, headers].map((editor) => editor?.onDidChangeModelContent(update));
    return () => following.forEach((one) => one?.dispose());
  }, [query, variables, headers]);
  return texts;
}
