// The pages: where each is, who sees it, and what it is made of. A page is loaded when it is first gone to.

/**
 * @typedef {object} Page
 * @property {string} name first part of its address
 * @property {import('./lib/i18n.js').Key} title
 * @property {import('./components/icon.js').IconName} icon
 * @property {'viewer' | 'reviewer' | 'admin'} role the least that sees it; what is done on it, the API decides
 * @property {string[]} styles files in `styles/`
 * @property {() => Promise<{ default: (props: object) => any }>} load
 */

/** @type {Page[]} */
export const PAGES = [
  {
    name: 'live',
    title: 'live.title',
    icon: 'live',
    role: 'viewer',
    styles: ['live.css', 'passage.css'],
    load: () => import('./pages/live.js'),
  },
  {
    name: 'search',
    title: 'search.title',
    icon: 'search',
    role: 'viewer',
    styles: ['search.css', 'passage.css'],
    load: () => import('./pages/search.js'),
  },
  {
    name: 'review',
    title: 'review.title',
    icon: 'review',
    role: 'reviewer',
    styles: ['live.css', 'review.css'],
    load: () => import('./pages/review.js'),
  },
  {
    name: 'footage',
    title: 'footage.title',
    icon: 'footage',
    role: 'viewer',
    styles: ['search.css', 'footage.css'],
    load: () => import('./pages/footage.js'),
  },
  {
    name: 'wanted',
    title: 'wanted.title',
    icon: 'wanted',
    role: 'viewer',
    styles: ['search.css', 'resource.css', 'wanted.css'],
    load: () => import('./pages/wanted.js'),
  },
  {
    name: 'map',
    title: 'map.title',
    icon: 'map',
    role: 'viewer',
    styles: ['map.css'],
    load: () => import('./pages/map.js'),
  },
  {
    name: 'insight',
    title: 'insight.title',
    icon: 'insight',
    role: 'viewer',
    styles: ['insight.css'],
    load: () => import('./pages/insight.js'),
  },
  {
    name: 'admin',
    title: 'admin.title',
    icon: 'admin',
    role: 'viewer',
    styles: ['search.css', 'resource.css', 'admin.css'],
    load: () => import('./pages/admin.js'),
  },
];
