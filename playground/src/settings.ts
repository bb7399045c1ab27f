// What the gateway tells the page: a block of JSON that it puts into `index.html`,
//
//   <script type="application/json" id="weft-settings">{"endpoint":"/graphql","defaultQuery":"{ ... }"}</script>
//
// Data and not code, so that the content security policy can refuse every inline script. The Rust side is
// `PlaygroundSettings` in `src/server/playground.rs`.

export interface Settings {
  /** Where operations are posted: a path on this host. */
  endpoint: string;
  /** What the editor shows to someone who has not stored a query of their own. */
  defaultQuery: string;
  /** Where the panels' data is: a path on this host. Without it there are no panels. */
  data: string | null;
  /** As whom one can ask without looking for a credential. */
  signIns: SignIn[];
  /** The headers in which clients say who they are. */
  credentials: string[];
}

export interface SignIn {
  name: string;
  about: string;
  header: string;
  value: string;
}

/** An operation that every GraphQL schema answers. */
const ANY_SCHEMA = `# Ctrl-Enter (Cmd-Enter on a Mac) runs the operation, Ctrl-Space completes.
{
  __typename
}
`;

export function readSettings(): Settings {
  const block = document.getElementById('weft-settings')?.textContent;
  // Vite's development server writes no settings.
  const given: Partial<Settings> = block ? JSON.parse(block) : { data: '/playground-data/' };
  return {
    endpoint: given.endpoint ?? '/graphql',
    defaultQuery: given.defaultQuery ?? ANY_SCHEMA,
    data: given.data ?? null,
    signIns: given.signIns ?? [],
    credentials: given.credentials ?? [],
  };
}
