import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/**
 * Something that is asked for when a component appears, and again when its question changes.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {string} question says all that `load` depends on
 * @returns {{ data: T | undefined, problem: unknown, loading: boolean, again: () => Promise<void>, set: (data: T) => void }}
 *   `data` stays while it is asked for again, but not when the question is another
 */
export function useLoad(load, question = '') {
  const [state, setState] = useState(
    /** @type {{ data: T | undefined, problem: unknown, loading: boolean }} */ ({
      data: undefined,
      problem: null,
      loading: true,
    }),
  );
  const running = useRef(/** @type {AbortController | null} */ (null));
  const again = useCallback(
    async () => {
      running.current?.abort();
      const control = new AbortController();
      running.current = control;
      setState(now => ({ ...now, loading: true }));
      try {
        const data = await load(control.signal);
        if (!control.signal.aborted) setState({ data, problem: null, loading: false });
      } catch (problem) {
        if (!control.signal.aborted) setState(now => ({ ...now, problem, loading: false }));
      }
    },
    // `question` says all that `load` depends on
    [question],
  );
  useEffect(() => {
    setState({ data: undefined, problem: null, loading: true });
    again();
    return () => running.current?.abort();
  }, [again]);
  return { ...state, again, set: data => setState({ data, problem: null, loading: false }) };
}
