// Lists that go on as one scrolls: pages by cursor, each asked for once.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Loading, ProblemFace } from './face.js';

/**
 * @template T
 * @typedef {object} Pages
 * @property {T[]} items
 * @property {boolean} loading
 * @property {unknown} problem
 * @property {boolean} more whether there are further pages
 * @property {boolean} fresh whether what is shown is of the present question, and not of the one before
 * @property {() => void} next
 * @property {() => void} again asks for the first page anew, keeping what is shown until it comes
 * @property {(change: (items: T[]) => T[]) => void} update
 */

/**
 * The pages of one list.
 *
 * @template T
 * @param {((cursor: string | undefined, signal: AbortSignal) => Promise<{ items: T[], next_cursor: string | null }>) | null} load null asks for nothing
 * @param {string} question begins anew when it changes
 * @returns {Pages<T>}
 */
export function usePages(load, question) {
  const [state, setState] = useState(
    /** @type {{ items: T[], cursor: string | null, loading: boolean, problem: unknown, question: string | null }} */ ({
      items: [],
      cursor: null,
      loading: false,
      problem: null,
      question: null,
    }),
  );
  const running = useRef(/** @type {AbortController | null} */ (null));
  const fetchPage = useCallback(
    async (/** @type {string | null} */ cursor) => {
      running.current?.abort();
      if (!load) return;
      const control = new AbortController();
      running.current = control;
      setState(now => ({ ...now, loading: true, problem: null }));
      try {
        const page = await load(cursor ?? undefined, control.signal);
        setState(now => ({
          items: cursor ? [...now.items, ...page.items] : page.items,
          cursor: page.next_cursor,
          loading: false,
          problem: null,
          question,
        }));
      } catch (problem) {
        if (control.signal.aborted) return;
        setState(now => ({ ...now, items: cursor ? now.items : [], loading: false, problem, question }));
      }
    },
    // `question` says all that `load` depends on
    [question],
  );
  useEffect(() => {
    if (!load) setState({ items: [], cursor: null, loading: false, problem: null, question });
    else fetchPage(null);
    return () => running.current?.abort();
    // As above
  }, [question, load === null]);
  return {
    items: state.items,
    loading: state.loading,
    problem: state.problem,
    more: state.cursor !== null,
    fresh: state.question === question,
    next: () => {
      if (state.cursor && !state.loading) fetchPage(state.cursor);
    },
    again: () => fetchPage(state.problem && state.items.length ? state.cursor : null),
    update: change => setState(now => ({ ...now, items: change(now.items) })),
  };
}

/**
 * The end of a list: asks for the next page as it comes into sight, and says what is wrong.
 * @param {{ pages: Pages<any> }} props
 */
export function More({ pages }) {
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { more, loading, problem, next } = pages;
  useEffect(() => {
    const element = ref.current;
    if (!element || !more || loading || problem) return undefined;
    const watch = new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && next(), {
      rootMargin: '600px',
    });
    watch.observe(element);
    return () => watch.disconnect();
  });
  return html`
    <div class="more" ref=${ref}>
      ${problem ? html`<${ProblemFace} problem=${problem} retry=${pages.again} />` : null}
      ${loading ? html`<${Loading} />` : null}
      ${more && !loading && !problem ? html`<${Button} kind="quiet" onClick=${next}>${t('common.more')}<//>` : null}
    </div>`;
}
