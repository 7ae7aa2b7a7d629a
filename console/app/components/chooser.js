import { useRef } from 'preact/hooks';
import { html } from '../lib/html.js';
import { Button } from './button.js';

/**
 * A button that asks for files.
 * @param {{ text: string, accept: string, multiple?: boolean, kind?: 'primary' | 'plain', onFiles: (files: File[]) => void }} props
 */
export function Chooser({ text, accept, multiple = false, kind = 'plain', onFiles }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const change = (/** @type {any} */ event) => {
    onFiles([...event.currentTarget.files]);
    // The same file may be chosen again.
    event.currentTarget.value = '';
  };
  return html`
    <input ref=${input} type="file" multiple=${multiple} accept=${accept} hidden aria-label=${text} onChange=${change} />
    <${Button} kind=${kind} icon="upload" onClick=${() => input.current?.click()}>${text}<//>`;
}
