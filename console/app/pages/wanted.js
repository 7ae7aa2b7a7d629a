// Wanted plates: the hits as an inbox, the lists with their entries, and what became of the webhooks' messages.

import { EmptyFace } from '../components/face.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { href, useRoute } from '../lib/router.js';
import { may } from '../lib/session.js';
import { Inbox } from './wanted/hits.js';
import { Lists } from './wanted/lists.js';
import { Webhooks } from './wanted/webhooks.js';

export default function Wanted() {
  const { rest } = useRoute();
  const [part = 'hits', id = ''] = rest;
  const parts = [
    { name: 'hits', text: t('wanted.hits') },
    { name: 'lists', text: t('wanted.lists') },
    ...(may('admin') ? [{ name: 'webhooks', text: t('wanted.webhooks') }] : []),
  ];
  return html`
    <header class="page-head"><h1>${t('wanted.title')}</h1></header>
    <nav class="tabs" aria-label=${t('wanted.title')}>
      ${parts.map(
        one =>
          html`<a href=${href(`wanted/${one.name}`)} aria-current=${one.name === part ? 'page' : undefined}>${one.text}</a>`,
      )}
    </nav>
    ${parts.some(one => one.name === part) ? partOf(part, id) : html`<${EmptyFace} title=${t('shell.nopage')} />`}`;
}

/** @param {string} part @param {string} id */
function partOf(part, id) {
  if (part === 'lists') return html`<${Lists} id=${id} />`;
  if (part === 'webhooks') return html`<${Webhooks} id=${id} />`;
  return html`<${Inbox} />`;
}
