// Who is told of a list's hits, by e-mail and SMS.

import { createSubscription, deleteSubscription, listSubscriptions } from '../../api/operations.js';
import { Button } from '../../components/button.js';
import { confirm } from '../../components/dialog.js';
import { Loading, ProblemFace, problemText } from '../../components/face.js';
import { errorOf, Field } from '../../components/field.js';
import { Choices, typed, useSending } from '../../components/form.js';
import { toast, toastProblem } from '../../components/toast.js';
import { html } from '../../lib/html.js';
import { t, word } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';

/** @typedef {import('../../api/schema.d.ts').SubscriptionOut} Subscription */

/** @param {{ list: import('../../api/schema.d.ts').ListOut }} props */
export function Subscriptions({ list }) {
  const told = useLoad(signal => listSubscriptions({ list_id: list.id }, { signal }), list.id);
  const send = (/** @type {FormData} */ form) =>
    createSubscription({
      list_id: list.id,
      body: { channel: /** @type {any} */ (typed(form, 'channel')), address: typed(form, 'address') },
    });
  const { busy, problem, submit } = useSending(send, (made, form) => {
    form.reset();
    toast(t(made.channel === 'email' ? 'wanted.told.link' : 'wanted.told.made', { address: made.address }), {
      kind: 'good',
    });
    told.again();
  });
  const remove = async (/** @type {Subscription} */ one) => {
    const title = t('wanted.told.remove', { address: one.address });
    if (!(await confirm({ title, action: t('wanted.remove'), danger: true }))) return;
    try {
      await deleteSubscription({ list_id: list.id, subscription_id: one.id });
      told.again();
    } catch (refused) {
      toastProblem(refused);
    }
  };
  const items = told.data?.items ?? [];
  const channels = ['email', 'sms'].map(value => ({ value, text: word('channel', value) }));
  return html`
    <section class="entries" aria-label=${t('wanted.told')}>
      <h2>${t('wanted.told')}</h2>
      ${told.loading && !told.data && html`<${Loading} />`}
      ${told.problem && !told.data ? html`<${ProblemFace} problem=${told.problem} retry=${told.again} />` : null}
      ${told.data && items.length === 0 && html`<p class="hint">${t('wanted.told.none')}</p>`}
      <ul class="told">
        ${items.map(
          one => html`
            <li key=${one.id} class="row">
              <span class="grow address">${one.address}</span><span class="hint">${word('channel', one.channel)}</span>
              <${Button} icon="trash" kind="quiet" label=${t('wanted.told.remove', { address: one.address })} onClick=${() => remove(one)} />
            </li>`,
        )}
      </ul>
      <form class="told-form" onSubmit=${submit}>
        <${Choices} label=${t('wanted.told.channel')} name="channel" options=${channels} chosen="email" />
        <${Field} label=${t('wanted.told.address')} name="address" required maxlength="254" autocomplete="off" hint=${t('wanted.told.hint')}
          error=${errorOf(problem, 'address')} />
        <${Button} type="submit" icon="plus" busy=${busy}>${t('wanted.told.add')}<//>
        ${problem && !errorOf(problem, 'address') ? html`<p class="error whole" role="alert">${problemText(problem)}</p>` : null}
      </form>
    </section>`;
}
