// The review queue, one passage at a time, for hands that do not leave the keyboard.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { EmptyFace, Loading, ProblemFace } from '../components/face.js';
import { Icon } from '../components/icon.js';
import { CameraPicker } from '../components/picker.js';
import { Picture, Plate } from '../components/plate.js';
import { Time } from '../components/time.js';
import { KnownAs } from '../components/vehicle.js';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { percent, t, word } from '../lib/i18n.js';
import { answer, fill, review, reviewing, takeBack } from '../lib/reviewing.js';
import { changeQuery, useRoute } from '../lib/router.js';
import { useStore } from '../lib/store.js';
import { characterShares } from '../passage/reads.js';

/** @typedef {import('../lib/reviewing.js').Review} Review */
/** @typedef {import('../api/schema.d.ts').VerdictIn['reject_reason']} Reason */
/** @typedef {(pressed: KeyboardEvent) => boolean} Press whether the key means something */
/** @typedef {{ current: Press | null }} Keyboard */

/** @type {{ letter: string, reason: NonNullable<Reason> }[]} */
const REASONS = [
  { letter: 'n', reason: 'not_a_plate' },
  { letter: 'u', reason: 'unreadable' },
  { letter: 'w', reason: 'wrong_vehicle' },
];
const MOST = 16;

export default function ReviewPage() {
  const { query } = useRoute();
  const chosen = query.getAll('camera');
  const now = useStore(reviewing);
  const [help, setHelp] = useState(false);
  const [whole, setWhole] = useState(false);
  const key = chosen.join();
  // `key` says which cameras
  useEffect(() => review(chosen), [key]);
  const keys = useKeys(help);
  const item = now.items[0];
  if (!item) keys.current = null;
  return html`
    <div class="review">
      <header class="page-head">
        <h1>${t('review.title')}</h1>
        <span class="pulse still" role="status">
          ${t('review.done', { count: now.done })}${now.waiting > 0 ? ` · ${t('review.waiting', { count: now.waiting })}` : ''}
        </span>
        <${CameraPicker} chosen=${chosen} onChange=${(/** @type {string[]} */ ids) => changeQuery({ camera: ids })} />
        <${Button} icon="undo" disabled=${!now.last} onClick=${takeBack}>${t('review.undo')}<//>
        <${Button} icon="keyboard" onClick=${() => setHelp(true)}>${t('review.keys')}<//>
      </header>
      ${now.refused && html`<p class="notice bad" role="alert"><${Icon} name="alert" size=${16} />${t('review.refused', { plate: now.refused.item?.event.plate ?? '' })} ${now.refused.text}</p>`}
      ${
        item
          ? html`<${Judging} key=${item.event.id} item=${item} keys=${keys} whole=${whole} onWhole=${() => setWhole(!whole)} onHelp=${() => setHelp(true)} />`
          : now.problem
            ? html`<${ProblemFace} problem=${now.problem} retry=${fill} />`
            : now.loading || now.waiting > 0
              ? html`<${Loading} />`
              : html`<${EmptyFace} icon="check" title=${t('review.empty')}>
                  <p>${t('review.empty.text')}</p>
                  <${Button} icon="refresh" onClick=${fill}>${t('review.look')}<//>
                <//>`
      }
      ${help && html`<${Keys} onClose=${() => setHelp(false)} />`}
    </div>`;
}

/**
 * What the keyboard says goes to whichever passage is shown. One listener serves all of them: with one for each, a key
 * that is pressed while one passage gives way to the next would be lost.
 *
 * @param {boolean} held something is over the page
 * @returns {Keyboard} where the passage that is shown puts what it does with a key
 */
function useKeys(held) {
  const keys = useRef(/** @type {Press | null} */ (null));
  useEffect(() => {
    /** @param {KeyboardEvent} pressed */
    const onKey = pressed => {
      const target = /** @type {HTMLElement} */ (pressed.target);
      const elsewhere = target.closest('input, select, textarea, dialog, summary, a');
      const button = target.closest('button');
      if (held || elsewhere || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
      if (button && (pressed.key === 'Enter' || pressed.key === ' ')) return;
      if (keys.current?.(pressed)) pressed.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [held]);
  return keys;
}

/** @param {{ item: Review, keys: Keyboard, whole: boolean, onWhole: () => void, onHelp: () => void }} props */
function Judging({ item, keys, whole, onWhole, onHelp }) {
  const event = item.event;
  const cameras = useCameras();
  const camera = cameras.get(event.camera_id);
  const read = event.effective_plate ?? event.plate;
  const [text, setText] = useState(read);
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  const [rejecting, setRejecting] = useState(false);
  const [steps, setSteps] = useState(/** @type {{ text: string, cursor: number | null }[]} */ ([]));
  const edited = text !== read;

  /** @param {string} next @param {number | null} at */
  const change = (next, at) => {
    if (next.length > MOST) return;
    setSteps([...steps, { text, cursor }]);
    setText(next);
    setCursor(at);
  };
  const accept = () => {
    if (text === '' || text.includes('?')) return;
    if (edited) answer({ verdict: 'corrected', plate: text });
    else answer({ verdict: 'confirmed' });
  };
  /** @param {string} character */
  const type = character => {
    const at = cursor ?? firstDoubt(text, event.candidates);
    change(text.slice(0, at) + character + text.slice(at + 1), at + 1);
  };
  /** @type {Press} */
  const press = pressed => {
    const { key } = pressed;
    const reason = REASONS.find(one => one.letter === key.toLowerCase());
    if (rejecting) {
      if (key === 'Escape') setRejecting(false);
      else if (reason) answer({ verdict: 'rejected', reject_reason: reason.reason });
      else return false;
    } else if (key === 'Enter') accept();
    else if (key === 'ArrowLeft' || key === 'ArrowRight') {
      const from = cursor ?? (key === 'ArrowLeft' ? text.length : -1);
      setCursor(Math.min(text.length, Math.max(0, from + (key === 'ArrowLeft' ? -1 : 1))));
    } else if (key === 'Delete' && text.length > 1) {
      const at = cursor ?? text.length - 1;
      change(text.slice(0, at) + text.slice(at + 1), Math.min(at, text.length - 1));
    } else if (key === 'Insert') {
      const at = cursor ?? text.length;
      change(`${text.slice(0, at)}?${text.slice(at)}`, at);
    } else if (key === 'Backspace') {
      const step = steps.at(-1);
      if (step) {
        setSteps(steps.slice(0, -1));
        setText(step.text);
        setCursor(step.cursor);
      } else takeBack();
    } else if (key === 'Escape') {
      setText(read);
      setSteps([]);
      setCursor(null);
    } else if (key === '?') onHelp();
    else if (key === ' ') onWhole();
    else if (key === 'x' && cursor === null) setRejecting(true);
    else if (key === 's' && cursor === null) answer(null);
    else if (/^[\p{L}\p{N}]$/u.test(key)) type(key.toUpperCase());
    else return false;
    return true;
  };
  keys.current = press;

  const shares = characterShares(event.candidates);
  return html`
    <section class="judging" aria-label=${t('review.passage', { plate: event.readable ? read : t('plate.unread') })}>
      <div class="stage">
        <${Picture} src=${whole ? event.frame_url : event.crop_url} eager alt=${t(whole ? 'plate.frame' : 'plate.crop', { plate: read })} />
      </div>
      <ol class="reading" aria-label=${t('review.reading')}>
        ${[...text].map(
          (character, index) => html`
            <li key=${index}>
              <button type="button" class=${`glyph ${grade(shares, index, character)} ${text[index] !== read[index] ? 'typed' : ''}`}
                aria-pressed=${String(cursor === index)} aria-label=${t('review.character', { character, place: index + 1 })}
                title=${shares[index]?.character === character ? percent(shares[index].share) : undefined}
                onClick=${() => setCursor(cursor === index ? null : index)}>${character}</button>
            </li>`,
        )}
        ${cursor === text.length && html`<li><span class="glyph end" aria-hidden="true"></span></li>`}
      </ol>
      <p class="visually-hidden" role="status">${edited ? t('review.typed', { plate: text }) : ''}</p>
      <div class="facts">
        ${edited && html`<span class="was">${t('review.was')} <${Plate} text=${event.readable ? read : null} region=${event.effective_region} size="small" /></span>`}
        ${!edited && html`<${KnownAs} passage=${event} />`}
        ${item.open_hit && html`<${Badge} kind="bad"><${Icon} name="alert" size=${13} />${t('review.hit')}<//>`}
        ${item.second_opinion && html`<${Badge} kind="warn">${t('review.second.asked')}<//>`}
        ${item.second_opinion_note && html`<span>${item.second_opinion_note}</span>`}
        <span class="hint">${camera?.name ?? '…'} · <${Time} at=${event.captured_at} zone=${camera?.time_zone} /></span>
      </div>
      <div class="answers">
        <${Button} kind="primary" icon="check" disabled=${text === '' || text.includes('?')} onClick=${accept}>
          ${edited ? t('review.correct') : t('review.confirm')}<kbd>↵</kbd>
        <//>
        <${Button} icon="close" onClick=${() => setRejecting(!rejecting)} aria-expanded=${String(rejecting)}>${t('review.reject')}<kbd>x</kbd><//>
        <${Button} icon="eye" onClick=${() => answer(null)}>${t('review.second')}<kbd>s</kbd><//>
        <${Button} icon="frame" onClick=${onWhole} aria-pressed=${String(whole)}>${t('review.whole')}<kbd>␣</kbd><//>
      </div>
      ${
        rejecting &&
        html`
          <div class="reasons" role="group" aria-label=${t('review.why')}>
            ${REASONS.map(
              one => html`
                <${Button} key=${one.reason} onClick=${() => answer({ verdict: 'rejected', reject_reason: one.reason })}>
                  ${word('reject_reason', one.reason)}<kbd>${one.letter}</kbd>
                <//>`,
            )}
          </div>`
      }
    </section>`;
}

/** @param {{ onClose: () => void }} props */
const Keys = ({ onClose }) => html`
  <${Dialog} title=${t('review.keys')} onClose=${onClose}>
    <dl class="keys">
      ${KEYS.map(([keys, text]) => html`<dt>${keys.map(key => html`<kbd>${key}</kbd>`)}</dt><dd>${t(text)}</dd>`)}
    </dl>
  <//>`;

/** @type {[string[], import('../lib/i18n.js').Key][]} */
const KEYS = [
  [['↵'], 'review.key.enter'],
  [['A–Z', '0–9'], 'review.key.type'],
  [['←', '→'], 'review.key.move'],
  [['Del', 'Ins'], 'review.key.length'],
  [['⌫'], 'review.key.back'],
  [['Esc'], 'review.key.escape'],
  [['x'], 'review.key.reject'],
  [['s'], 'review.key.second'],
  [['⇧X', '⇧S'], 'review.key.shift'],
  [['␣'], 'review.key.space'],
  [['?'], 'review.key.help'],
];

/**
 * Where typing begins: at the character that the machine is least sure of.
 *
 * @param {string} text
 * @param {{ plate: string, score: number }[]} candidates
 */
function firstDoubt(text, candidates) {
  const unread = text.indexOf('?');
  if (unread >= 0) return unread;
  const shares = characterShares(candidates).slice(0, text.length);
  if (shares.length === 0) return 0;
  const least = Math.min(...shares.map(one => one.share));
  return shares.findIndex(one => one.share === least);
}

/** @param {{ character: string, share: number }[]} shares @param {number} index @param {string} character */
function grade(shares, index, character) {
  const found = shares[index];
  if (character === '?') return 'unsure';
  if (!found || found.character !== character) return '';
  return found.share >= 0.95 ? 'sure' : found.share >= 0.7 ? 'fair' : 'unsure';
}
