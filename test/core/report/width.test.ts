import { describe, expect, it } from 'vitest';
import { shortenName, shortenToWidth, widthOf } from '../../../src/core/report/width.js';

describe('text in the cells of a terminal', () => {
  it.each([
    ['plain', 5],
    ['模型', 4],
    ['e\u0301', 1],
    ['👩‍💻', 2],
  ])('%s takes %d', (text, width) => expect(widthOf(text)).toBe(width));

  it('is shortened by cells, and no letter is halved', () => {
    expect(shortenToWidth('模型模型', 8)).toBe('模型模型');
    expect(shortenToWidth('模型模型', 6)).toBe('模型…');
    expect(shortenToWidth('e\u0301abc', 3)).toBe('e\u0301a…');
  });

  it('of a name keeps the variant, which tells models apart', () => {
    expect(shortenName('reference-slm:onnxruntime', 20)).toBe('referen…:onnxruntime');
    expect(shortenName('a-very-long-name-without', 11)).toBe('a-ver…thout');
    expect(shortenName('a-rather-long-name-7:variant', 24)).toBe('a-rather…-name-7:variant');
    expect(shortenName('short', 5)).toBe('short');
    expect(widthOf(shortenName('x:a-variant-of-many-letters', 12))).toBe(12);
  });

  it.each([8, 9, 12, 15])('of a name in wide letters fits %d cells', (width) => {
    expect(widthOf(shortenName('通义千问模型七十亿参数:量化四位', width))).toBeLessThanOrEqual(width);
  });
});
