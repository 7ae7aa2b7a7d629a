// A plate as one reads it, and its picture.

import { useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Icon } from './icon.js';

// Countries whose plates have the blue band; those whose rear plates, or all, are yellow.
const BAND = new Set(
  'at be bg cy cz de dk ee es fi fr gr hr hu ie it lt lu lv mt nl no pl pt ro se si sk ua gb al ba me mk rs md tr is li'.split(
    ' ',
  ),
);
const YELLOW = new Set('nl lu il co'.split(' '));
const SIGNS = /** @type {Record<string, string>} */ ({
  at: 'A',
  be: 'B',
  de: 'D',
  es: 'E',
  fi: 'FIN',
  fr: 'F',
  gb: 'UK',
  hu: 'H',
  ie: 'IRL',
  it: 'I',
  lu: 'L',
  no: 'N',
  pt: 'P',
  se: 'S',
  si: 'SLO',
  mt: 'M',
});

/**
 * A plate's text in the style of its country. The text is text, whatever is in it.
 *
 * @param {{ text: string | null | undefined, region?: string | null | undefined, size?: 'small' | 'medium' | 'large', struck?: boolean }} props
 *   `?` is a character that nobody is sure of
 */
export function Plate({ text, region, size = 'medium', struck = false }) {
  const country = (region ?? '').slice(0, 2).toLowerCase();
  const band = BAND.has(country);
  const style = `${size} ${YELLOW.has(country) ? 'yellow' : ''} ${band ? 'banded' : ''} ${struck ? 'struck' : ''}`;
  if (!text) return html`<span class=${`plate none ${size}`}>${t('plate.unread')}</span>`;
  return html`
    <span class=${`plate ${style}`}>
      ${country && html`<span class="country" title=${region}>${SIGNS[country] ?? country.toUpperCase()}</span>`}
      <span class="text">${[...text].map(character => (character === '?' ? html`<i title=${t('plate.unsure')}>?</i>` : character))}</span>
    </span>`;
}

/**
 * A picture from the bucket, or a word where there is none: it was deleted in time, or cannot be had.
 *
 * @param {{ src: string | null | undefined, alt: string, class?: string, eager?: boolean }} props
 */
export function Picture({ src, alt, class: extra = '', eager = false }) {
  const [broken, setBroken] = useState(/** @type {string | null} */ (null));
  if (!src || broken === src) {
    return html`
      <span class=${`picture gone ${extra}`} role="img" aria-label=${`${alt}: ${t('plate.nopicture')}`} title=${t('plate.nopicture')}>
        <${Icon} name="camera" size=${20} />
      </span>`;
  }
  return html`
    <img class=${`picture ${extra}`} src=${src} alt=${alt} loading=${eager ? 'eager' : 'lazy'} decoding="async"
      referrerpolicy="no-referrer" onError=${() => setBroken(src)} />`;
}

/** How sure the machine is, as a bar with its number. @param {{ value: number, label?: string }} props */
export const Score = ({ value, label }) => html`
  <span class=${`score ${value >= 0.9 ? 'high' : value >= 0.7 ? 'middle' : 'low'}`}>
    <meter min="0" max="1" value=${value} aria-label=${label ?? t('plate.score')}></meter>
    <span class="number">${value.toFixed(2)}</span>
  </span>`;
