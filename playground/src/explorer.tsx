// The heavy part: GraphiQL with its editor. Its theme follows the system until the user picks another.

import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import type { Settings } from './settings';

export function openExplorer(container: HTMLElement, { endpoint, defaultQuery }: Settings) {
  const fetcher = createGraphiQLFetcher({ url: endpoint });
  createRoot(container).render(
    <GraphiQL fetcher={fetcher} defaultQuery={defaultQuery} defaultEditorToolsVisibility={false}>
      <GraphiQL.Logo>
        <span className="weft-logo">Weft</span>
      </GraphiQL.Logo>
    </GraphiQL>,
  );
}
