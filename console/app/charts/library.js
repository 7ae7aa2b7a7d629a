// uPlot, loaded when a chart is first shown. Its script has half the size of its module.

import { loadStyle } from '../lib/style.js';

/** @typedef {typeof import('uplot')} UPlot */

const VENDOR = new URL('../../vendor/uplot/dist/', import.meta.url);

/** @type {Promise<UPlot> | null} */
let library = null;

/** @returns {Promise<UPlot>} */
export function loadCharts() {
  library ??= Promise.all([
    loadScript(new URL('uPlot.iife.min.js', VENDOR)),
    loadStyle(new URL('uPlot.min.css', VENDOR)),
  ]).then(() => /** @type {any} */ (globalThis).uPlot);
  // Whoever tries again gets another try.
  library.catch(() => {
    library = null;
  });
  return library;
}

/** @param {URL} url @returns {Promise<void>} */
const loadScript = url =>
  new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: url.href });
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error(url.href));
    };
    document.head.append(script);
  });
