import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawPng } from '../../src/render/png.js';

const folder = new URL('../golden/pair/expected/charts/', import.meta.url);
const charts = readdirSync(folder).filter((name) => name.endsWith('.svg'));

/** Of the header that every PNG begins with. */
function sizeOf(png: Uint8Array): { width: number; height: number } {
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const header = new DataView(png.buffer, png.byteOffset);
  return { width: header.getUint32(16), height: header.getUint32(20) };
}

const pictureOf = (text: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20"><text x="2" y="15" font-family="system-ui, sans-serif">${text}</text></svg>`;

describe('a chart as PNG', () => {
  it.each(charts)('has twice the size of %s and is not blank', async (name) => {
    const svg = readFileSync(new URL(name, folder), 'utf8');
    const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
    const png = await drawPng(svg);
    const size = sizeOf(png);
    expect(Math.abs(size.width - 2 * Number(width))).toBeLessThanOrEqual(2);
    expect(Math.abs(size.height - 2 * Number(height))).toBeLessThanOrEqual(2);
    // A blank picture of this size takes about 2 KB.
    expect(png.length).toBeGreaterThan(10_000);
  });

  it('draws letters on a machine without fonts, of several scripts', async () => {
    const blank = await drawPng(pictureOf(''));
    const seen = new Set([Buffer.from(blank).toString('base64')]);
    for (const text of ['quality', 'QUALITY', '−2.5 × µ', 'Größe', 'ποιότητα', 'качество'])
      seen.add(Buffer.from(await drawPng(pictureOf(text))).toString('base64'));
    expect(seen.size).toBe(7);
  });

  it('draws a script it has no letters for as something, and does not fail', async () => {
    expect(sizeOf(await drawPng(pictureOf('品質')))).toEqual({ width: 180, height: 40 });
  });

  it('is the same bytes each time', async () => {
    const svg = readFileSync(new URL(charts[0]!, folder), 'utf8');
    expect(Buffer.compare(await drawPng(svg), await drawPng(svg))).toBe(0);
  });
});
