// Tells Monaco where its web workers are. Each is a bundle of its own beside the page, so that they load from
// this host and under `worker-src 'self'`. (GraphiQL's ready-made set-up does the same and logs every worker.)

import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

const BY_LANGUAGE: Record<string, new () => Worker> = { json: JsonWorker, graphql: GraphQLWorker };

window.MonacoEnvironment = {
  getWorker: (_moduleId: string, label: string) => new (BY_LANGUAGE[label] ?? EditorWorker)(),
};
