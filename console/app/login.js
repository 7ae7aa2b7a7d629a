import { useState } from 'preact/hooks';
import { Button, Choice } from './components/button.js';
import { Dialog } from './components/dialog.js';
import { problemText } from './components/face.js';
import { Field } from './components/field.js';
import { html } from './lib/html.js';
import { LANGUAGES, speak, t, useLanguage } from './lib/i18n.js';
import { logIn, logOut } from './lib/session.js';

/** @param {{ email?: string }} props the address is given where somebody was logged in before */
function LoginForm({ email = '' }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    setBusy(true);
    setProblem(null);
    try {
      await logIn(String(form.get('email')), String(form.get('password')));
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return html`
    <form class="form" onSubmit=${submit}>
      <${Field} label=${t('login.email')} name="email" type="email" autocomplete="username" required
        defaultValue=${email} autofocus=${!email} spellcheck=${false} />
      <${Field} label=${t('login.password')} name="password" type="password" autocomplete="current-password" required autofocus=${!!email} />
      ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
      <${Button} kind="primary" type="submit" busy=${busy}>${t('login.go')}<//>
    </form>`;
}

export function LoginPage() {
  const language = useLanguage();
  return html`
    <div class="login">
      <main class="card">
        <div class="head">
          <img src="./icon.svg" alt="" width="52" height="52" />
          <h1>${t('login.title')}</h1>
          <p class="hint">${t('login.hint')}</p>
        </div>
        <${LoginForm} />
        <div class="languages">
          <${Choice} label=${t('shell.language')} value=${language} onChange=${speak}
            options=${Object.entries(LANGUAGES).map(([value, { name }]) => ({ value, label: name }))} />
        </div>
      </main>
    </div>`;
}

/**
 * Over the page of somebody whose login has expired: what they were doing goes on once they are in again.
 * @param {{ email: string }} props
 */
export const LoginAgain = ({ email }) => html`
  <${Dialog} title=${t('login.again')} footer=${html`<${Button} kind="quiet" onClick=${logOut}>${t('login.other')}<//>`}>
    <p class="hint">${t('login.again.text')}</p>
    <${LoginForm} email=${email} />
  <//>`;
