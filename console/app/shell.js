// What is around every page: where one can go, who one is, and what stands between the page and the API.

import { useEffect, useRef, useState } from 'preact/hooks';
import { connection } from './api/client.js';
import { Button, Choice } from './components/button.js';
import { Questions } from './components/dialog.js';
import { EmptyFace, Loading, ProblemFace } from './components/face.js';
import { Icon } from './components/icon.js';
import { ReasonQuestion } from './components/reason.js';
import { Toasts } from './components/toast.js';
import { html } from './lib/html.js';
import { LANGUAGES, speak, t, useLanguage, word } from './lib/i18n.js';
import { useReveal } from './lib/reveal.js';
import { href, navigate, useRoute } from './lib/router.js';
import { logOut, may, useSession } from './lib/session.js';
import { useStore } from './lib/store.js';
import { loadStyle } from './lib/style.js';
import { theme } from './lib/theme.js';
import { setPageTitle, unseen } from './lib/title.js';
import { LoginAgain, LoginPage } from './login.js';
import { PAGES } from './pages.js';

/** @type {Map<string, Promise<(props: object) => any>>} */
const loaded = new Map();

export function Shell() {
  // Drawn anew when the language changes: all texts are asked for by key.
  const language = useLanguage();
  const { state, user } = useSession();
  if (state === 'starting') return html`<${Loading} />`;
  if (state === 'out' || !user) return html`<${LoginPage} /><${Toasts} />`;
  return html`
    <div class="shell" key=${language}>
      <a class="button skip" href="#main" onClick=${skip}>${t('shell.skip')}</a>
      <${Rail} user=${user} />
      <div class="grow">
        <div class="notice-place"><${Connection} /></div>
        <main class="main" id="main" tabindex="-1"><${CurrentPage} /></main>
      </div>
      ${state === 'expired' && html`<${LoginAgain} email=${user.email} />`}
      <${Questions} /><${ReasonQuestion} /><${Toasts} />
    </div>`;
}

/** The hash is the address of pages, so the link itself cannot lead there. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** @param {{ user: import('./api/schema.d.ts').UserOut }} props */
function Rail({ user }) {
  const { page } = useRoute();
  const language = useLanguage();
  const scheme = useStore(theme);
  const news = useStore(unseen);
  const name = user.full_name || user.email;
  return html`
    <header class="rail">
      <a class="brand" href="#/live"><img src="./icon.svg" alt="" width="30" height="30" />ANPR</a>
      <nav aria-label=${t('shell.pages')}>
        <ul ref=${useReveal(page)}>
          ${PAGES.filter(one => may(one.role)).map(
            one => html`
              <li>
                <a href=${href(one.name)} aria-current=${one.name === page ? 'page' : undefined}>
                  <${Icon} name=${one.icon} /><span>${t(one.title)}</span>
                  ${
                    one.name === 'live' && news > 0
                      ? html`<span class="badge bad count" title=${t('live.hits', { count: news })}>${news}</span>`
                      : null
                  }
                </a>
              </li>`,
          )}
        </ul>
      </nav>
      <div class="foot">
        <div class="settings">
          <${Choice} icons label=${t('shell.theme')} value=${scheme} onChange=${theme.set} options=${[
            { value: 'auto', label: t('shell.theme.auto'), icon: 'auto' },
            { value: 'light', label: t('shell.theme.light'), icon: 'sun' },
            { value: 'dark', label: t('shell.theme.dark'), icon: 'moon' },
          ]} />
          <select aria-label=${t('shell.language')} value=${language}
            onChange=${(/** @type {any} */ event) => speak(event.currentTarget.value)}>
            ${Object.entries(LANGUAGES).map(([tag, { name: own }]) => html`<option value=${tag}>${own}</option>`)}
          </select>
        </div>
        <div class="who">
          <span class="initials" aria-hidden="true">${initials(name)}</span>
          <span class="name"><span title=${user.email}>${name}</span><span class="hint">${word('role', user.role)}</span></span>
          <${Button} icon="logout" kind="quiet" label=${t('shell.logout')} onClick=${logOut} />
        </div>
      </div>
    </header>`;
}

/** @param {string} name */
const initials = name =>
  name
    .split(/[\s@.]+/)
    .slice(0, 2)
    .map(part => part[0] ?? '')
    .join('')
    .toUpperCase();

function Connection() {
  const { offline, slow } = useStore(connection);
  if (offline)
    return html`<p class="notice" role="status"><${Icon} name="offline" size=${18} />${t('shell.offline')}</p>`;
  if (slow > 0)
    return html`<p class="notice" role="status"><${Icon} name="clock" size=${18} />${t('shell.slow')}</p>`;
  return null;
}

function CurrentPage() {
  const { page: name } = useRoute();
  const [shown, setShown] = useState(
    /** @type {{ name: string, Page?: any, problem?: unknown }} */ ({ name: '' }),
  );
  const page = PAGES.find(one => one.name === name);
  const first = useRef(true);
  useEffect(() => {
    if (!name) navigate('live', {}, { replace: true });
    if (!page || !may(page.role)) return undefined;
    setPageTitle(t(page.title));
    let current = true;
    loadPage(page).then(
      Page => current && setShown({ name, Page }),
      problem => current && setShown({ name, problem }),
    );
    // Whoever cannot see that the page is another hears it.
    if (!first.current) document.getElementById('main')?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
    return () => {
      current = false;
    };
  }, [name, page]);
  if (!name) return null;
  if (!page) {
    return html`<${EmptyFace} title=${t('shell.nopage')}><a href="#/live">${t('live.title')}</a><//>`;
  }
  if (!may(page.role))
    return html`<${EmptyFace} icon="lock" title=${t('face.forbidden')}>${t('face.forbidden.text')}<//>`;
  if (shown.name !== name) return html`<${Loading} />`;
  if (shown.problem)
    return html`<${ProblemFace} problem=${shown.problem} retry=${() => location.reload()} />`;
  return html`<${shown.Page} />`;
}

/** Begin to load a page that is most likely shown next, while it is not known yet who looks at it. @param {string} name */
export function expectPage(name) {
  const page = PAGES.find(one => one.name === (name || 'live'));
  // What goes wrong is said when it is shown.
  if (page) loadPage(page).catch(() => undefined);
}

/** A page is shown when its style is there. @param {import('./pages.js').Page} page */
function loadPage(page) {
  const found = loaded.get(page.name);
  if (found) return found;
  const made = Promise.all([page.load(), ...page.styles.map(file => loadStyle(file))]).then(
    ([module]) => module.default,
  );
  loaded.set(page.name, made);
  made.catch(() => loaded.delete(page.name));
  return made;
}
