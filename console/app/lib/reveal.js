import { useEffect, useRef } from 'preact/hooks';

/**
 * Brings the link to where one is into sight, in a row of links that is pushed along on a narrow screen.
 *
 * @param {string} where one is
 * @returns {import('preact').RefObject<HTMLElement | null>} of the row
 */
export function useReveal(where) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const link = /** @type {HTMLElement | null | undefined} */ (
      ref.current?.querySelector('[aria-current="page"]')
    );
    // Not `scrollIntoView`, which would move the page as well
    const row = link?.closest('ul, nav');
    if (link && row) row.scrollLeft = link.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
  }, [where]);
  return ref;
}
