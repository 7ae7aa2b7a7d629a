// The whole frame, with a box around the plate where its place is known.

import { useState } from 'preact/hooks';
import { Picture } from '../components/plate.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';

/** @param {{ passage: import('../api/schema.d.ts').EventOut, plate: string | null }} props */
export function Frame({ passage, plate }) {
  const [size, setSize] = useState(/** @type {{ width: number, height: number } | null} */ (null));
  const [near, setNear] = useState(false);
  const { box } = passage;
  const alt = t('plate.frame', { plate: plate ?? t('plate.unread') });
  if (!passage.frame_url) return html`<${Picture} src=${null} alt=${alt} class="frame" />`;
  // Another engine may name no place of the plate in its picture: there is nothing to draw around or to go nearer to.
  if (!box)
    return html`<img class="frame" src=${passage.frame_url} alt=${alt} referrerpolicy="no-referrer" />`;
  const width = box.xmax - box.xmin;
  const height = box.ymax - box.ymin;
  const around = size && near ? zoomed(box, size) : size ? `0 0 ${size.width} ${size.height}` : undefined;
  /** @param {Event} event */
  const loaded = event => {
    const image = /** @type {HTMLImageElement} */ (event.currentTarget);
    setSize({ width: image.naturalWidth, height: image.naturalHeight });
  };
  // The picture is asked for once as such, which tells its size; then the drawing shows it, and can go nearer.
  return html`
    <figure class="frame-figure">
      ${
        size
          ? html`
            <button type="button" class="frame-button" onClick=${() => setNear(!near)} aria-pressed=${String(near)} aria-label=${`${alt}. ${t('passage.near')}`}>
              <svg class="frame" viewBox=${around} role="img" aria-label=${alt} style=${{ aspectRatio: `${size.width} / ${size.height}` }}>
                <image href=${passage.frame_url} width=${size.width} height=${size.height} />
                <rect class="box" x=${box.xmin - width * 0.06} y=${box.ymin - height * 0.2} width=${width * 1.12} height=${height * 1.4}
                  rx=${height * 0.15} vector-effect="non-scaling-stroke" />
              </svg>
            </button>`
          : html`<img class="frame" src=${passage.frame_url} alt=${alt} onLoad=${loaded} referrerpolicy="no-referrer" />`
      }
    </figure>`;
}

/**
 * A part of the frame around the plate, of the frame's own shape and within it.
 *
 * @param {{ xmin: number, ymin: number, xmax: number, ymax: number }} box
 * @param {{ width: number, height: number }} size
 */
function zoomed(box, size) {
  const width = Math.min(
    size.width,
    Math.max(box.xmax - box.xmin, ((box.ymax - box.ymin) * size.width) / size.height) * 4,
  );
  const height = (width * size.height) / size.width;
  const x = Math.min(Math.max(0, (box.xmin + box.xmax - width) / 2), size.width - width);
  const y = Math.min(Math.max(0, (box.ymin + box.ymax - height) / 2), size.height - height);
  return `${x} ${y} ${width} ${height}`;
}
