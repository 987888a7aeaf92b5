import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { prose } from '../../../src/core/report/html/markup.js';
import {
  escapeCsv,
  escapeHtml,
  escapeMarkdown,
  escapeScript,
  markdownProse,
  plain,
  shellCommand,
  shorten,
} from '../../../src/core/report/text.js';

describe('hostile text', () => {
  it('repaints no terminal', () => {
    const hostile =
      '\u001b[31mred\u001b[0m \u001b]0;title\u0007x \u001b]8;;https://evil.example\u001b\\link\u009b2Jy\r\nnext\u0008\u202etxt';
    expect(plain(hostile)).toBe('red x linky nexttxt');
  });

  it.each(['\u001b', '\u001b[', '\u001b]', '\u001bP', '\u009b', 'a\u001b[31'])('leaves no escape of %j', (text) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be left
    expect(plain(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  it('takes a second for a megabyte of escapes at most', () => {
    expect(plain('\u001b]'.repeat(500_000))).toBe('');
  });

  it('is text in HTML, in attributes too', () => {
    expect(escapeHtml(`<img src=x onerror='a("b")'>&amp;`)).toBe(
      '&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;&amp;amp;',
    );
  });

  it('ends no script element', () => {
    const text = escapeScript(JSON.stringify({ text: '</script><!--<script>\u2028&' }));
    expect(text).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(text)).toEqual({ text: '</script><!--<script>\u2028&' });
  });

  it('is shown and not obeyed in Markdown', () => {
    expect(escapeMarkdown('**b** [x](javascript:alert(1)) | `c` <b>\n# h')).toBe(
      '\\*\\*b\\*\\* \\[x\\](javascript:alert(1)) \\| \\`c\\` &lt;b&gt; # h',
    );
    expect(escapeMarkdown('@someone closes #12, see https://evil.example')).not.toMatch(/@s|#1|https:\/\//);
    expect(escapeMarkdown('- list')).toBe('\\- list');
    expect(escapeMarkdown('support-desk')).toBe('support-desk');
  });

  it('is code between backticks where it is prose, and obeyed neither there nor beside', () => {
    expect(markdownProse('set `a_b: <i>` or *this*')).toBe('set `a_b: <i>` or \\*this\\*');
    expect(markdownProse('one ` alone')).toBe('one \\` alone');
    expect(prose('set `a: <i>`, or --max-cost').markup).toBe(
      'set <code>a: &lt;i&gt;</code>, or <span class="whole">--max-cost</span>',
    );
    expect(prose('<b>well--known</b>').markup).toBe('&lt;b&gt;well--known&lt;/b&gt;');
  });

  it('is a field of CSV and never a formula', () => {
    const fields = ['plain', 'a,b', 'say "hi"', 'two\r\nlines', '=1+1', '@cmd', '-5', '+x', null, 0.5];
    const line = fields.map(escapeCsv).join(',');
    expect(parse(line)).toEqual([
      ['plain', 'a,b', 'say "hi"', 'two\r\nlines', "'=1+1", "'@cmd", '-5', "'+x", '', '0.5'],
    ]);
  });

  it('repaints no terminal that shows a CSV file, and runs in no spreadsheet of wide signs', () => {
    expect(escapeCsv('a\u001b[2J\u009bb\u007f\tc')).toBe('a\u241b[2J\ufffdb\u2421\tc');
    expect(escapeCsv('\uff1d1+1')).toBe("'\uff1d1+1");
  });

  it('heads and rules no Markdown', () => {
    for (const text of ['# h', '---', '===', '1. one']) expect(escapeMarkdown(text)).toMatch(/^\\/);
  });

  it('of a command is what a shell reads as the same words', () => {
    expect(shellCommand(['rightsize', 'run', '--data', "it's here.jsonl", '$(x)'])).toBe(
      "rightsize run --data 'it'\\''s here.jsonl' '$(x)'",
    );
  });

  it('is shortened by characters, not by halves of them', () => {
    expect(shorten('añ😀bc', 4)).toBe('añ😀…');
    expect(shorten('short', 5)).toBe('short');
  });
});
