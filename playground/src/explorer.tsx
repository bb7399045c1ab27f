// The heavy part: GraphiQL with its editor.

import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';

import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import type { Settings } from './settings';

export function openExplorer(container: HTMLElement, { endpoint, defaultQuery }: Settings) {
  const fetcher = createGraphiQLFetcher({ url: endpoint });
  createRoot(container).render(
    <GraphiQL
      fetcher={fetcher}
      defaultQuery={defaultQuery}
      defaultEditorToolsVisibility={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <Name />
      </GraphiQL.Logo>
    </GraphiQL>,
  );
}

function Name() {
  useSystemTheme();
  return <span className="weft-name">Weft</span>;
}

/** The system's theme decides until the user picks one. GraphiQL's styles follow it by themselves, its editor does
 * so only when it starts: it is told when the system changes. */
function useSystemTheme() {
  const picked = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (picked) return;
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [picked, setTheme]);
}
