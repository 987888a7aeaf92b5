/**
 * Tokenizers against Python's `tokenizers`, over every kind of model, normaliser, pre-tokenizer and decoder: each gives the same tokens
 * and the same text, or is refused by name. parity/train-tokenizers.py trained them and wrote what Python makes of the texts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';
import { compareTokenizer, type TokenizerTable } from '../support/tokenizers.js';

const TABLE = JSON.parse(
  gunzipSync(readFileSync(join(ROOT, 'test/fixtures/tokenizers.json.gz'))).toString(),
) as TokenizerTable;

/** What is refused, by a part of its name. */
const REFUSED: readonly (readonly [name: string, feature: string])[] = [
  ['WordLevel, punctuation with', 'a Punctuation with the behavior MergedWith'],
  ['WordLevel, punctuation together', 'a Punctuation with the behavior Contiguous'],
  ['WordLevel, CTC', 'a decoder of the type CTC'],
  ['WordLevel, scripts', 'UnicodeScripts'],
  ['BPE, continued words', 'BPE with a continuing_subword_prefix'],
  ['BPE, normalised to bytes', 'a Split with the behavior MergedWithNext'],
  ['Unigram, bytes for the unknown', 'Unigram with byte_fallback'],
  ['WordPiece, Nmt', 'Nmt'],
  ['Unigram, white space and Metaspace', 'Nmt'],
];
/**
 * What differs still: the library takes a byte order mark for white space, keeps the second of two spaces that begin a text, and makes
 * one token of two unknown ones that stand in neighbouring words.
 */
const DIFFERENT: Readonly<Record<string, readonly string[]>> = {
  'BPE, bytes for the unknown, as Llama 2': ['decode "\ufeffbom"'],
  'BPE, Metaspace without split': ['decode "  "', 'decode "  a  b  "'],
  'WordPiece, stripped': ['encode "\ufeffbom"'],
  'Unigram, as RoBERTa': ['encode "\\"quoted\\""'],
};

test('the table holds 40 tokenizers, 60 texts, and the version of Python’s tokenizers', () => {
  expect([TABLE.cases.length, TABLE.texts.length, TABLE.tokenizers]).toEqual([40, 60, '0.23.3']);
});

describe('a tokenizer', () => {
  test.each(TABLE.cases.map((each) => [each.name, each] as const))(
    '%s is read as Python reads it, or refused by name',
    (name, each) => {
      const feature = REFUSED.find(([part]) => name.startsWith(part))?.[1];
      const found = compareTokenizer(each, TABLE.texts);
      if (feature === undefined) expect(found).toEqual({ differences: DIFFERENT[name] ?? [] });
      else expect(found).toEqual({ refused: expect.stringMatching(new RegExp(`^tokenizer\\.json: .*${feature}`)) });
    },
  );
});

test.each([
  [
    'a Punctuation with the behavior MergedWithPrevious',
    { pre_tokenizer: { type: 'Punctuation', behavior: 'MergedWithPrevious' } },
  ],
  [
    'a Split with the behavior Contiguous',
    { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', behavior: 'Contiguous' }] } },
  ],
  ['a decoder of the type CTC', { decoder: { type: 'Sequence', decoders: [{ type: 'CTC' }] } }],
])('%s is refused wherever it stands', (feature, changed) => {
  const [base] = TABLE.cases;
  const definition = { ...base!.definition, ...changed };
  expect(compareTokenizer({ ...base!, definition }, [])).toEqual({
    refused: expect.stringContaining(`found ${feature};`),
  });
});
