/** Parts that wait to be read: their bytes and their times come out as they went in. */
import { expect, test } from 'vitest';
import { WaitingParts } from '../../src/backends/openai/arriving.js';

/** The times and texts that come out. */
function read(parts: WaitingParts): (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  parts.readOut((time, bytes) => found.push([time, bytes.toString()]));
  return found;
}

test('parts come out in their order, and once, though their bytes outgrow the block', () => {
  const parts = new WaitingParts();
  const texts = Array.from({ length: 40 }, (_, i) => String(i).repeat(1 + ((i * 997) % 5000)));
  for (const [i, text] of texts.entries()) parts.add({ time: i / 10, bytes: Buffer.from(text) });
  expect(read(parts)).toEqual(texts.map((text, i) => [i / 10, text]));
  expect(read(parts)).toEqual([]);
  parts.add({ time: 9, bytes: Buffer.from('later') });
  expect(read(parts)).toEqual([[9, 'later']]);
});

test('a part stays as it came, whatever becomes of the buffer that it came in', () => {
  const parts = new WaitingParts();
  const bytes = Buffer.from('first');
  parts.add({ time: 1, bytes });
  bytes.fill('x');
  expect(read(parts)).toEqual([[1, 'first']]);
});
