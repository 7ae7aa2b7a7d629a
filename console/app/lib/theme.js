import { remembered } from './remember.js';

/** `auto` follows the system. @type {import('./store.js').Store<string>} */
export const theme = remembered('theme', 'auto');

const dark = matchMedia('(prefers-color-scheme: dark)');

function apply() {
  const wanted = theme.get() === 'auto' ? (dark.matches ? 'dark' : 'light') : theme.get();
  document.documentElement.dataset.theme = wanted;
}

export function startTheme() {
  apply();
  theme.listen(apply);
  dark.addEventListener('change', apply);
}
