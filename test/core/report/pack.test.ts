import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { base64, dataElement } from '../../../src/core/report/html/pack.js';

describe('data in the page', () => {
  it.each([0, 1, 2, 3, 4, 255, 256])('are base64 as Node writes it, for %d bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
    expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  });

  it('are JSON that ends no script while they are small', () => {
    const { markup } = dataElement('x', { text: '</script>' });
    expect(markup).toBe('<script type="application/json" id="x">{"text":"\\u003c/script\\u003e"}</script>');
  });

  it('are deflated when they are large, and come back as they were', () => {
    const value = { text: '</script>é😀'.repeat(200_000) };
    const { markup } = dataElement('x', value);
    expect(markup.length).toBeLessThan(100_000);
    const packed = />([^<]*)</.exec(markup)![1]!;
    expect(JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString('utf8'))).toEqual(value);
  });
});
