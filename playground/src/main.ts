// The entry: small, so that the shell in `index.html` is painted at once, and everything heavy comes behind a
// dynamic import.

async function start() {
  const { openExplorer } = await import('./explorer');
  await openExplorer(element('playground'), element('weft-bar'));
  element('shell').remove();
}

start().catch((reason: unknown) => {
  element('progress').textContent = `The playground could not be loaded (${reason}). Reload the page to try again.`;
});

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}
