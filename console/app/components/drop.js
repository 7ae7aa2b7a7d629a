import { useEffect, useState } from 'preact/hooks';
import { html } from '../lib/html.js';

/**
 * Takes files that are dropped anywhere on the page, and says so while they are held over it.
 * @param {{ text: string, onFiles: (files: File[]) => void }} props
 */
export function DropAnywhere({ text, onFiles }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
    const drag = (/** @type {DragEvent} */ event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (/** @type {DragEvent} */ event) => event.relatedTarget === null && setOver(false);
    const drop = (/** @type {DragEvent} */ event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      onFiles([.../** @type {DataTransfer} */ (event.dataTransfer).files]);
    };
    addEventListener('dragover', drag);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', drag);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, [onFiles]);
  return over ? html`<div class="drop-here">${text}</div>` : null;
}
