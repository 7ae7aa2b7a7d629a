// Styles that not every page needs.

const STYLES = new URL('../styles/', import.meta.url);

/**
 * Loads a style, once.
 * @param {string | URL} file in `styles/`, or an address
 * @returns {Promise<void>}
 */
export function loadStyle(file) {
  const url = new URL(file, STYLES).href;
  if (document.querySelector(`link[href="${url}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url });
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(url));
    };
    document.head.append(link);
  });
}
