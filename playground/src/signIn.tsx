// Who asks: one of the credentials that the gateway offers, or one's own.

import { type FormEvent, useState } from 'react';
import { Modal } from './modal';
import { type Credential, credential, session, settings, signIn } from './session';
import { useStore } from './store';

export function SignIn({ close }: { close: () => void }) {
  const known = useStore(credential);
  const choose = (next: Credential | null) => {
    void signIn(next);
    close();
  };
  return (
    <Modal title="Who asks" close={close}>
      <Known />
      <ul className="weft-sign-ins">
        {settings.signIns.map((one) => (
          <li key={one.value}>
            <button
              type="button"
              className="weft-choice"
              aria-pressed={known?.value === one.value}
              onClick={() => choose({ name: one.name, header: one.header, value: one.value })}
            >
              <strong>{one.name}</strong>
              <span className="weft-muted">{one.about}</span>
            </button>
          </li>
        ))}
        <li>
          <button type="button" className="weft-choice" aria-pressed={known === null} onClick={() => choose(null)}>
            <strong>Nobody</strong>
            <span className="weft-muted">without a credential</span>
          </button>
        </li>
      </ul>
      <Own choose={choose} />
    </Modal>
  );
}

/** What the gateway takes the credential for. */
function Known() {
  const known = useStore(credential);
  const { caller } = useStore(session);
  if (!known || caller === undefined) return null;
  if (caller === null) return <p className="weft-problem">The gateway does not accept this credential.</p>;
  const facts = [
    caller.subject,
    caller.tier && `tier ${caller.tier}`,
    caller.scopes.length > 0 ? `scopes ${caller.scopes.join(', ')}` : 'no scopes',
  ];
  return <p className="weft-muted">{`Now: ${facts.filter(Boolean).join(' · ')}`}</p>;
}

function Own({ choose }: { choose: (next: Credential) => void }) {
  const names = settings.credentials.length > 0 ? settings.credentials : ['authorization'];
  const [header, setHeader] = useState(names[0]!);
  const [value, setValue] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value.trim()) choose({ name: `By ${header}`, header, value: value.trim() });
  };
  return (
    <form className="weft-own" onSubmit={submit}>
      <h3>Another credential</h3>
      <label>
        Header
        <input value={header} onChange={(event) => setHeader(event.target.value)} list="weft-credentials" required />
        <datalist id="weft-credentials">
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <label>
        Value
        <input value={value} onChange={(event) => setValue(event.target.value)} type="password" autoComplete="off" required />
      </label>
      <button type="submit" className="weft-button" data-tone="accent">
        Use it
      </button>
      <p className="weft-muted">Kept until this tab is closed.</p>
    </form>
  );
}
