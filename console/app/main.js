// Where the console begins.

import { render } from 'preact';
import { html } from './lib/html.js';
import { startLanguage } from './lib/i18n.js';
import { currentRoute } from './lib/router.js';
import { restore } from './lib/session.js';
import { startTheme } from './lib/theme.js';
import { startWatching } from './lib/watch.js';
import { expectPage, Shell } from './shell.js';

startTheme();
const root = /** @type {HTMLElement} */ (document.getElementById('app'));
expectPage(currentRoute().page);
await Promise.all([startLanguage(), restore()]);
startWatching();
root.classList.remove('boot');
render(html`<${Shell} />`, root);
