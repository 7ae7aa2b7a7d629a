// A file of entries as lines, so that what is wrong with one stands at it and can be mended there.

const LINE_END = /\r\n|\r|\n/;
const PACKED_FROM = 500_000;

/**
 * The lines of a file, as the API counts them.
 * @param {Blob} file
 * @returns {Promise<string[] | null>} null where it is in no encoding that the API takes: it says what to do about that
 */
export async function linesOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const [first, second] = bytes;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  try {
    const decoder = new TextDecoder(isWide ? (first === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8', {
      fatal: true,
    });
    return decoder.decode(bytes).split(LINE_END);
  } catch {
    return null;
  }
}

/** Whether a line is a row by itself: a text in quotes may go on in the next one. @param {string} line */
export const isWhole = line => (line.split('"').length - 1) % 2 === 0;

/**
 * Lines as the body of a request; many of them packed, since a function takes no large request.
 * @param {string[]} lines
 */
export async function bodyOf(lines) {
  const text = new Blob([lines.join('\n')], { type: 'text/csv' });
  if (text.size < PACKED_FROM) return text;
  const packed = await new Response(text.stream().pipeThrough(new CompressionStream('gzip'))).blob();
  return new Blob([packed], { type: 'application/gzip' });
}
