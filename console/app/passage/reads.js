// What the machine thought that it read: candidates as bars, and how sure it was of each character.

import { html } from '../lib/html.js';
import { percent, t } from '../lib/i18n.js';

const MOST = 5;

/**
 * How much of the candidates' confidence agrees with each character of the best one, from 0 to 1.
 *
 * Candidates of another length are compared from their beginning: what is missing there agrees with nothing.
 *
 * @param {{ plate: string, score: number }[]} candidates
 * @returns {{ character: string, share: number }[]}
 */
export function characterShares(candidates) {
  const best = candidates[0];
  if (!best) return [];
  const total = candidates.reduce((sum, one) => sum + one.score, 0) || 1;
  return [...best.plate].map((character, index) => {
    const agreeing = candidates.filter(one => one.plate[index] === character);
    return { character, share: agreeing.reduce((sum, one) => sum + one.score, 0) / total };
  });
}

/** @param {{ passage: import('../api/schema.d.ts').EventOut }} props */
export function Reads({ passage }) {
  const candidates = passage.candidates.slice(0, MOST);
  if (candidates.length === 0) return null;
  const shares = characterShares(passage.candidates);
  return html`
    <section>
      <h3>${t('passage.candidates')}</h3>
      <ul class="bars">
        ${candidates.map(
          one => html`
            <li>
              <code>${one.plate}</code>
              <meter min="0" max="1" value=${one.score} aria-label=${one.plate}></meter>
              <span class="number">${one.score.toFixed(2)}</span>
            </li>`,
        )}
      </ul>
      ${
        passage.candidates.length > 1 &&
        html`
          <h3>${t('passage.characters')}</h3>
          <ol class="characters">
            ${shares.map(
              ({ character, share }) => html`
                <li class=${share >= 0.95 ? 'sure' : share >= 0.75 ? 'fair' : 'unsure'}
                  title=${t('passage.character', { character, share: percent(share) })}>
                  <span>${character}</span><small class="number">${percent(share)}</small>
                </li>`,
            )}
          </ol>`
      }
    </section>`;
}
