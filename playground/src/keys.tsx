// The keyboard: what can be done by it, and the page that lists it.
//
// `Ctrl-.` begins a chord from anywhere, the editor included; the letter behind it opens a panel. F6 goes round the
// regions of the page, as it does in browsers, for Tab belongs to the editor while one writes in it.

import { useGraphiQL } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { Modal } from './modal';
import { Kbd } from './panels/parts';
import { PANELS } from './panels';

type Open = 'help' | 'goto' | null;

const isMac = navigator.userAgent.includes('Mac');
const CTRL = isMac ? '⌘' : 'Ctrl';

/** Panels and what else has a pane, by letter. */
function useTargets(): { letter: string; title: string }[] {
  const titles = useGraphiQL((state) => state.plugins).map((plugin) => plugin.title);
  const own = PANELS.filter((panel) => titles.includes(panel.title));
  const others = [
    { letter: 'd', title: 'Documentation Explorer' },
    { letter: 'y', title: 'History' },
  ];
  return [...own, ...others.filter(({ title }) => titles.includes(title))];
}

/** Clicks the button that shows or hides a pane: GraphiQL opens the pane itself only from there. */
export function togglePane(title: string) {
  const button = ['Show', 'Hide'].map((verb) => `.graphiql-sidebar button[aria-label="${verb} ${title}"]`).join();
  document.querySelector<HTMLButtonElement>(button)?.click();
}

export function Keys() {
  const [open, setOpen] = useState<Open>(null);
  const targets = useTargets();

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const chord = (event.ctrlKey || event.metaKey) && event.key === '.';
      if (chord) setOpen((now) => (now === 'goto' ? null : 'goto'));
      else if (event.key === 'F6') focusNext(event.shiftKey ? -1 : 1);
      else if (event.key === '?' && !isWriting(event.target)) setOpen('help');
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    const askForHelp = () => setOpen('help');
    window.addEventListener('keydown', press, true);
    window.addEventListener('weft:help', askForHelp);
    return () => {
      window.removeEventListener('keydown', press, true);
      window.removeEventListener('weft:help', askForHelp);
    };
  }, []);

  const go = (title: string) => {
    setOpen(null);
    togglePane(title);
    // The pane is there after the next paint.
    setTimeout(() => focusRegion('.graphiql-plugin'), 50);
  };

  if (open === 'help') return <Help targets={targets} close={() => setOpen(null)} />;
  if (open !== 'goto') return null;
  return (
    <Modal
      title="Go to"
      close={() => setOpen(null)}
      press={(event) => {
        const target = targets.find(({ letter }) => letter === event.key.toLowerCase());
        if (!target || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        go(target.title);
      }}
    >
      <ul className="weft-goto">
        {targets.map(({ letter, title }) => (
          <li key={letter}>
            <button type="button" onClick={() => go(title)}>
              <Kbd>{letter}</Kbd> {title}
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function Help({ targets, close }: { targets: { letter: string; title: string }[]; close: () => void }) {
  const rows: [string[], string][] = [
    [[`${CTRL}-Enter`], 'run the operation'],
    [['Ctrl-Space'], 'complete'],
    [['Shift-Ctrl-P'], 'tidy the operation up'],
    [['Shift-Ctrl-M'], 'merge fragments into the operation'],
    [['Shift-Ctrl-C'], 'copy the operation'],
    [['Shift-Ctrl-R'], 'read the schema again'],
    [[`${CTRL}-F`], 'find in an editor'],
    [['F6', 'Shift-F6'], 'go to the next or previous part of the page'],
    ...targets.map(({ letter, title }): [string[], string] => [[`${CTRL}-.`, letter], `show or hide: ${title}`]),
    [[`${CTRL}-,`], 'settings'],
    [['Esc'], 'close a dialog, a list'],
    [['?'], 'this page'],
  ];
  return (
    <Modal title="Keyboard" close={close}>
      <table className="weft-shortcuts">
        <tbody>
          {rows.map(([keys, what]) => (
            <tr key={what}>
              <th scope="row">
                {keys.map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

/** The parts of the page, as one reads it. */
const REGIONS = ['#weft-bar', '.graphiql-sidebar', '.graphiql-plugin', '.graphiql-query-editor', '.graphiql-response'];
const FOCUSABLE = 'textarea, button, input, select, summary, a[href], [tabindex="0"]';

function focusNext(step: 1 | -1) {
  const regions = REGIONS.filter((region) => focusableIn(region) !== null);
  const now = regions.findIndex((region) => document.querySelector(region)?.contains(document.activeElement));
  const next = regions[(now + step + regions.length) % regions.length];
  if (next) focusRegion(next);
}

function focusRegion(region: string) {
  focusableIn(region)?.focus();
}

function focusableIn(region: string): HTMLElement | null {
  const found = document.querySelector(region)?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [];
  const shown = [...found].filter((element) => element.checkVisibility());
  // Where there is an editor, that is what one wants to be in.
  return shown.find((element) => element.matches('.monaco-editor textarea')) ?? shown[0] ?? null;
}
