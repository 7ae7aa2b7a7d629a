import { useEffect, useState } from 'preact/hooks';
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

/** Light or dark, whoever chose it: for what is drawn, not styled. @returns {string | undefined} */
export function useResolvedTheme() {
  const read = () => document.documentElement.dataset.theme;
  const [theme, setTheme] = useState(read());
  useEffect(() => {
    const watch = new MutationObserver(() => setTheme(read()));
    watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => watch.disconnect();
  }, []);
  return theme;
}
