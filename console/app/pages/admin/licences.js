// What this deployment may use, how much of it is used, and the licences that say so.

import { activateLicense, getLicenseStatus, listLicenses } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Loading, ProblemFace } from '../../components/face.js';
import { Field } from '../../components/field.js';
import { FormDialog, typed } from '../../components/form.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { html } from '../../lib/html.js';
import { number, percent, t, word } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { may } from '../../lib/session.js';

/** @typedef {import('../../api/schema.d.ts').LicenseOut} License */
/** @typedef {import('../../api/schema.d.ts').LicenseStatusOut} Status */
/** @typedef {import('../../components/form.js').Over} Over */

const KINDS = /** @type {Record<string, string>} */ ({
  licensed: 'good',
  grace: 'warn',
  expired: 'bad',
  evaluation: 'info',
});

export default function Licences() {
  const status = useLoad(signal => getLicenseStatus({ signal }));
  return html`
    ${
      status.data
        ? html`<${Present} status=${status.data} />`
        : status.problem
          ? html`<${ProblemFace} problem=${status.problem} retry=${status.again} />`
          : html`<${Loading} />`
    }
    ${may('admin') && html`<${Activated} onChange=${status.again} />`}`;
}

/** @param {{ status: Status }} props */
const Present = ({ status }) => html`
  <section class="card panel" aria-label=${t('admin.licences.now')}>
    <div class="row"><h2 class="grow">${t('admin.licences.now')}</h2><${Badge} kind=${KINDS[status.standing] ?? 'plain'}>${word('standing', status.standing)}<//></div>
    <p class="hint">${t(/** @type {any} */ (`standing.${status.standing}.text`))}</p>
    ${status.warnings.map(text => html`<p key=${text} class="error" role="status">${text}</p>`)}
    <dl class="facts">
      ${status.holder && html`<div><dt>${t('admin.licences.holder')}</dt><dd>${status.holder}</dd></div>`}
      ${status.plan && html`<div><dt>${t('admin.licences.plan')}</dt><dd>${status.plan}</dd></div>`}
      ${status.expires_on && html`<div><dt>${t('admin.licences.until')}</dt><dd><${Time} at=${status.expires_on} zone="UTC" style="date" /></dd></div>`}
      ${status.ends_at && html`<div><dt>${t('admin.licences.grace')}</dt><dd><${Time} at=${status.ends_at} /></dd></div>`}
      <div><dt>${t('admin.licences.features')}</dt><dd>${status.features.map(one => word('feature', one)).join(', ') || '–'}</dd></div>
    </dl>
    <ul class="limits">${status.limits.map(limit => html`<${Limit} key=${limit.limit} limit=${limit} />`)}</ul>
  </section>`;

/** @param {{ limit: Status['limits'][number] }} props */
function Limit({ limit }) {
  const share = limit.used !== null && limit.allowed ? limit.used / limit.allowed : null;
  const name = word('limit', limit.limit);
  const used = limit.used === null ? '–' : number(limit.used, { maximumFractionDigits: 1 });
  const text =
    limit.allowed === null
      ? t('admin.licences.nolimit', { used })
      : t('admin.licences.of', { used, allowed: number(limit.allowed) });
  return html`
    <li>
      <div class="row"><strong class="grow">${name}</strong><span class="number">${text}${share === null ? '' : ` (${percent(share)})`}</span></div>
      ${share !== null && html`<meter class=${share >= 1 ? 'full' : share >= 0.8 ? 'near' : ''} min="0" max="1" value=${Math.min(share, 1)} aria-label=${name}></meter>`}
      ${limit.resets_at && html`<p class="hint">${t('admin.licences.resets')} <${Time} at=${limit.resets_at} /></p>`}
    </li>`;
}

/** @param {{ onChange: () => void }} props */
const Activated = ({ onChange }) => html`
  <section class="entries" aria-label=${t('admin.licences.activated')}>
    <${Resource}
      caption=${t('admin.licences.activated')}
      load=${(/** @type {string | undefined} */ _, /** @type {AbortSignal} */ signal) => listLicenses({ signal })}
      none=${t('admin.licences.none')} icon="lock" onChange=${onChange}
      head=${html`<h2 class="grow">${t('admin.licences.activated')}</h2>`}
      make=${{
        text: t('admin.licences.activate'),
        said: t('admin.licences.done'),
        form: (/** @type {Over} */ over) => html`<${Activation} ...${over} />`,
      }}
      columns=${[
        {
          name: t('admin.licences.holder'),
          show: (/** @type {License} */ one) => html`<strong>${one.holder}</strong>`,
        },
        { name: t('admin.licences.plan'), show: (/** @type {License} */ one) => one.plan },
        { name: t('limit.cameras'), show: (/** @type {License} */ one) => number(one.cameras) },
        {
          name: t('limit.monthly_minutes'),
          show: (/** @type {License} */ one) => number(one.monthly_minutes),
        },
        {
          name: t('admin.licences.valid'),
          show: (/** @type {License} */ one) =>
            html`<${Time} at=${one.starts_on} zone="UTC" style="date" /> – <${Time} at=${one.expires_on} zone="UTC" style="date" />`,
        },
        {
          name: t('admin.licences.since'),
          show: (/** @type {License} */ one) => html`<${Time} at=${one.activated_at} style="short" />`,
        },
      ]} />
  </section>`;

/** @param {Over} over */
const Activation = over => html`
  <${FormDialog} ...${over} title=${t('admin.licences.activate')} text=${t('admin.licences.text')} action=${t('admin.licences.activate')}
    send=${(/** @type {FormData} */ form) => activateLicense({ body: { key: typed(form, 'key') } })}>
    ${(/** @type {(name: string) => string | undefined} */ error) => html`
      <${Field} as="textarea" label=${t('admin.licences.key')} name="key" rows="6" required maxlength="8000" autofocus spellcheck=${false} error=${error('key')} />`}
  <//>`;
