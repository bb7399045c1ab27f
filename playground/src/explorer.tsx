// The heavy part: GraphiQL with its editor, and the workbench around it.

import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style/tokens.css';
import './style/graphiql.css';
import './style/page.css';
import './style/panels.css';
import './style/drawings.css';

import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Bar } from './bar';
import { Errors } from './errors';
import { createFetcher } from './exchange';
import { Keys } from './keys';
import { PANELS } from './panels';
import { credential, followSession, session, settings } from './session';
import { forgetLink, sharedByLink } from './share';
import { SignIn } from './signIn';
import { useStore } from './store';

/** How long the gateway may take to say which panels there are before the editor opens without them, in
 * milliseconds: the pane that was open last can be opened again only when it is known then. */
const PATIENCE = 1_000;

export async function openExplorer(container: HTMLElement, bar: HTMLElement) {
  giveRoomToPanels();
  await Promise.race([followSession(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  createRoot(container).render(<Workbench bar={bar} />);
}

/** GraphiQL gives the pane beside the editor a quarter of the width, which is little for a drawing. */
function giveRoomToPanels() {
  const kept = 'graphiql:docExplorerFlex';
  if (localStorage.getItem(kept) === null) localStorage.setItem(kept, '0.72');
}

function Workbench({ bar }: { bar: HTMLElement }) {
  // As one text, so that other news of the session do not make the panes anew.
  const panels = useStore(session).panels.join();
  const who = useStore(credential);
  const [signingIn, setSigningIn] = useState(false);
  // Who asks may see another schema, so that it is read again then.
  const fetcher = useMemo(() => createFetcher(), [who]);
  const plugins = useMemo(() => {
    const shown = panels.split(',');
    return [HISTORY_PLUGIN, ...PANELS.filter(({ name }) => shown.includes(name))];
  }, [panels]);
  const shared = useMemo(sharedByLink, []);
  useEffect(() => {
    forgetLink();
  }, []);
  return (
    <>
      <GraphiQL
        fetcher={fetcher}
        plugins={plugins}
        defaultQuery={settings.defaultQuery}
        {...(shared ? { initialQuery: shared.query, initialVariables: shared.variables ?? '' } : {})}
        defaultEditorToolsVisibility={shared?.variables ? 'variables' : false}
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo>
          <Bar place={bar} signIn={() => setSigningIn(true)} />
          <Keys />
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <Errors signIn={() => setSigningIn(true)} />
        </GraphiQL.Footer>
      </GraphiQL>
      {signingIn && <SignIn close={() => setSigningIn(false)} />}
    </>
  );
}
