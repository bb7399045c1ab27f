// Sends what stands in the plain page's fields and shows the answer. Served as it is, so it uses no package and
// no syntax that needs a build. The settings are those of src/settings.ts.

const field = (id) => document.getElementById(id);
const settings = JSON.parse(field('weft-settings').textContent);

field('query').value = settings.defaultQuery ?? '{\n  __typename\n}\n';

field('request').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
field('request').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send();
  }
});

/** Counts the requests, so that a late answer does not replace that of a later one. */
let latest = 0;

async function send() {
  const turn = ++latest;
  show('Waiting…', '');
  let status;
  let text;
  try {
    const variables = object('variables', 'Variables');
    const headers = object('headers', 'Headers');
    const response = await fetch(settings.endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify({ query: field('query').value, variables }),
    });
    status = `Result (HTTP ${response.status})`;
    text = pretty(await response.text());
  } catch (problem) {
    status = 'Not sent, or not answered';
    text = problem.message;
  }
  if (turn === latest) show(status, text);
}

function show(status, text) {
  field('status').textContent = status;
  field('result').textContent = text;
}

/** The JSON object in a field; nothing written means none. */
function object(id, name) {
  const text = field(id).value.trim();
  if (text === '') return {};
  let value;
  try {
    value = JSON.parse(text);
  } catch (problem) {
    throw new Error(`${name}: ${problem.message}`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error(`${name}: not a JSON object`);
  return value;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
