// Administration: what each role may look after, in sections, and one's own account.

import { useEffect, useState } from 'preact/hooks';
import { EmptyFace, Loading, ProblemFace } from '../components/face.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { useReveal } from '../lib/reveal.js';
import { href, useRoute } from '../lib/router.js';
import { may } from '../lib/session.js';

/**
 * @typedef {object} Section
 * @property {string} name second part of its address
 * @property {import('../lib/i18n.js').Key} title
 * @property {'viewer' | 'reviewer' | 'admin'} role the least that sees it
 * @property {() => Promise<{ default: (props: object) => any }>} load
 */

/** @type {Section[]} The first that one may see is where the page begins. */
const SECTIONS = [
  { name: 'users', title: 'admin.users', role: 'admin', load: () => import('./admin/users.js') },
  { name: 'groups', title: 'admin.groups', role: 'admin', load: () => import('./admin/groups.js') },
  { name: 'cameras', title: 'admin.cameras', role: 'viewer', load: () => import('./admin/cameras.js') },
  { name: 'vehicles', title: 'admin.vehicles', role: 'viewer', load: () => import('./admin/vehicles.js') },
  { name: 'keys', title: 'admin.keys', role: 'admin', load: () => import('./admin/keys.js') },
  { name: 'licences', title: 'admin.licences', role: 'viewer', load: () => import('./admin/licences.js') },
  { name: 'exports', title: 'admin.exports', role: 'reviewer', load: () => import('./admin/exports.js') },
  { name: 'retention', title: 'admin.retention', role: 'admin', load: () => import('./admin/retention.js') },
  { name: 'holds', title: 'admin.holds', role: 'admin', load: () => import('./admin/holds.js') },
  { name: 'subjects', title: 'admin.subjects', role: 'admin', load: () => import('./admin/subjects.js') },
  { name: 'audit', title: 'admin.audit', role: 'admin', load: () => import('./admin/audit.js') },
  { name: 'health', title: 'admin.health', role: 'admin', load: () => import('./admin/health.js') },
  { name: 'account', title: 'admin.account', role: 'viewer', load: () => import('./admin/account.js') },
];

export default function Admin() {
  const { rest } = useRoute();
  const shown = SECTIONS.filter(one => may(one.role));
  const name = rest[0] ?? shown[0]?.name;
  const section = SECTIONS.find(one => one.name === name);
  return html`
    <header class="page-head"><h1>${t('admin.title')}</h1></header>
    <nav class="tabs" aria-label=${t('admin.title')} ref=${useReveal(name ?? '')}>
      ${shown.map(
        one =>
          html`<a key=${one.name} href=${href(`admin/${one.name}`)} aria-current=${one === section ? 'page' : undefined}>${t(one.title)}</a>`,
      )}
    </nav>
    ${
      !section
        ? html`<${EmptyFace} title=${t('shell.nopage')} />`
        : may(section.role)
          ? html`<${Shown} key=${section.name} section=${section} />`
          : html`<${EmptyFace} icon="lock" title=${t('face.forbidden')}>${t('face.forbidden.text')}<//>`
    }`;
}

/** @param {{ section: Section }} props */
function Shown({ section }) {
  const [found, setFound] = useState(/** @type {{ Part?: any, problem?: unknown }} */ ({}));
  useEffect(() => {
    section.load().then(
      module => setFound({ Part: module.default }),
      problem => setFound({ problem }),
    );
  }, [section]);
  if (found.problem)
    return html`<${ProblemFace} problem=${found.problem} retry=${() => location.reload()} />`;
  return found.Part ? html`<${found.Part} />` : html`<${Loading} />`;
}
