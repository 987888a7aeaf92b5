import { describe, expect, it } from 'vitest';
import { breakText, widthOf } from '../../../src/core/report/width.js';

describe('text in the cells of a terminal', () => {
  it.each([
    ['plain', 5],
    ['模型', 4],
    ['e\u0301', 1],
    ['👩‍💻', 2],
  ])('%s takes %d', (text, width) => expect(widthOf(text)).toBe(width));

  it('breaks between words, and a name between its parts', () => {
    expect(breakText('one two three', 8, 'words')).toEqual(['one two', 'three']);
    expect(breakText('reference-slm:onnxruntime', 14, 'parts')).toEqual(['reference-slm:', 'onnxruntime']);
    expect(breakText('Qwen/Qwen2.5-1.5B', 13, 'parts')).toEqual(['Qwen/Qwen2.5-', '1.5B']);
    expect(breakText('short', 5, 'parts')).toEqual(['short']);
  });

  it.each([2, 8, 9, 12, 15])('breaks wide letters into lines of %d cells, and halves none', (width) => {
    const name = '通义千问模型七十亿参数:量化四位e\u0301';
    const lines = breakText(name, width, 'parts');
    expect(lines.join('')).toBe(name);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
  });
});
