// Texts by key, in the reader's language. A third language is a file beside these and a line in LANGUAGES.

import en from '../messages/en.js';
import { remembered } from './remember.js';
import { createStore, useStore } from './store.js';

/** @typedef {keyof typeof en} Key */
/** @typedef {Record<Key, string | { one: string, other: string }>} Messages */

/** @type {Record<string, { name: string, load: () => Promise<Messages> }>} */
export const LANGUAGES = {
  en: { name: 'English', load: async () => en },
  de: { name: 'Deutsch', load: async () => (await import('../messages/de.js')).default },
};

const chosen = remembered('language', '');
/** @type {import('./store.js').Store<{ language: string, messages: Messages }>} */
const store = createStore({ language: 'en', messages: /** @type {Messages} */ (en) });

/** Begin with the language that was chosen, or else with the browser's. */
export async function startLanguage() {
  const wanted = [chosen.get(), ...navigator.languages].map(tag => tag.slice(0, 2).toLowerCase());
  await speak(wanted.find(tag => tag in LANGUAGES) ?? 'en', { keep: false });
}

/**
 * @param {string} language
 * @param {{ keep?: boolean }} [how]
 */
export async function speak(language, { keep = true } = {}) {
  const found = LANGUAGES[language];
  if (!found) return;
  const messages = await found.load();
  if (keep) chosen.set(language);
  document.documentElement.lang = language;
  store.set({ language, messages });
}

export const useLanguage = () => useStore(store).language;
export const language = () => store.get().language;

/** The language as the browser's user writes it, such as `en-GB`: how times and numbers look. */
export const locale = () =>
  navigator.languages.find(tag => tag.toLowerCase().startsWith(store.get().language)) ?? store.get().language;

/**
 * A text.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values] for `{names}` in it; `count` also chooses its form
 */
export function t(key, values) {
  const { language: tag, messages } = store.get();
  const entry = messages[key] ?? en[key] ?? key;
  let text;
  if (typeof entry === 'string') text = entry;
  else
    text = new Intl.PluralRules(tag).select(Number(values?.count ?? 0)) === 'one' ? entry.one : entry.other;
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : String(value ?? '');
  });
}

/**
 * A text by a key that is put together, such as a status's name; the value itself where there is none.
 * @param {string} prefix
 * @param {string} value
 */
export function word(prefix, value) {
  const key = /** @type {Key} */ (`${prefix}.${value}`);
  return key in en ? t(key) : value.replaceAll('_', ' ');
}

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export const number = (value, options) => new Intl.NumberFormat(locale(), options).format(value);

/** @param {number} share from 0 to 1 */
export const percent = share => number(share, { style: 'percent', maximumFractionDigits: 0 });
