import { html } from '../lib/html.js';
import { word } from '../lib/i18n.js';

/** @type {Record<string, string>} */
const KINDS = {
  confirmed: 'good',
  corrected: 'info',
  rejected: 'dim',
  unreviewed: 'plain',
  unverified: 'warn',
  verified: 'bad',
  dismissed: 'dim',
  wrong_read: 'dim',
  wrong_vehicle: 'dim',
  succeeded: 'good',
  failed: 'bad',
  delivered: 'good',
  expired: 'dim',
  processing: 'info',
  queued: 'plain',
  awaiting_file: 'plain',
  critical: 'bad',
  high: 'warn',
  normal: 'info',
  low: 'plain',
};

/** A word in a pill. @param {{ kind?: string, children?: any, title?: string }} props */
export const Badge = ({ kind = 'plain', children, title }) =>
  html`<span class=${`badge ${kind}`} title=${title}>${children}</span>`;

/** The word for a status, such as of a review, a hit or a job. @param {{ of: string, value: string }} props */
export const StatusBadge = ({ of, value }) => html`<${Badge} kind=${KINDS[value]}>${word(of, value)}<//>`;
