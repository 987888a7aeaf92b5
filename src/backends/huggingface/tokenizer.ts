/**
 * Opens a tokenizer, and refuses by name what the library does otherwise than Python's `tokenizers`. A token that is not the one
 * that the model was trained on makes a good model look bad, and nobody sees why. What can be said in other words that the library
 * reads right is said so. `npm run parity -- tokenizers` compares the two; test/backends/tokenizers.test.ts holds the result.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { describeError, UserError } from '../../core/errors.js';

type Part = Readonly<Record<string, unknown>>;

const part = z.looseObject({ type: z.string().optional() }).nullish();
const definitionSchema = z.looseObject({ model: part, normalizer: part, pre_tokenizer: part, decoder: part });

/** @throws UserError when the definition is none, or one that would be read wrongly. */
export function openTokenizer(file: string, definition: Part, config: Part): Tokenizer {
  const parsed = definitionSchema.safeParse(definition);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${file}: ${issue!.path.join('.') || 'the whole file'}: ${issue!.message}`);
  }
  const { model, pre_tokenizer, decoder } = parsed.data;
  const unsupported = [
    modelFeature(model ?? {}),
    ...partsOf(pre_tokenizer).map(splitFeature),
    ...partsOf(decoder).map(decoderFeature),
  ].find((feature) => feature !== null);
  if (unsupported !== undefined) {
    throw new UserError(
      `${file}: expected a tokenizer of parts that can be read here, found ${unsupported}; run the model from a GGUF file with llama-cpp, or behind a server`,
    );
  }
  try {
    return new Tokenizer(
      {
        ...definition,
        model: modelInOtherWords(model ?? {}),
        pre_tokenizer: reworded(pre_tokenizer, splitInOtherWords),
        decoder: reworded(decoder, decoderInOtherWords),
      },
      config,
    );
  } catch (error) {
    throw new UserError(`${file}: expected a tokenizer of a known kind, but ${describeError(error)}`, { cause: error });
  }
}

/** A model that the library reads otherwise; null for others. */
function modelFeature({ type, continuing_subword_prefix, byte_fallback }: Part): string | null {
  if (type === 'BPE' && continuing_subword_prefix) return 'BPE with a continuing_subword_prefix';
  return type === 'Unigram' && byte_fallback === true ? 'Unigram with byte_fallback' : null;
}

/** The library gives a word that WordLevel does not know no token. WordPiece whose words never continue is the same, and right. */
function modelInOtherWords(model: Part): Part {
  if (model.type !== 'WordLevel') return model;
  return {
    ...model,
    type: 'WordPiece',
    continuing_subword_prefix: NEVER,
    max_input_chars_per_word: Number.MAX_SAFE_INTEGER,
  };
}

/** No token begins so. */
const NEVER = '\uffff\uffff';

const BEHAVIOURS: readonly unknown[] = ['Isolated', 'Removed'];

function splitFeature({ type, behavior }: Part): string | null {
  const splits = type === 'Split' || type === 'Punctuation';
  return splits && !BEHAVIOURS.includes(behavior) ? `a ${type} with the behavior ${String(behavior)}` : null;
}

function decoderFeature({ type }: Part): string | null {
  return type === 'CTC' ? 'a decoder of the type CTC' : null;
}

/** A letter of a word as Rust's patterns have it; those of JavaScript know ASCII only. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
/** Punctuation as `tokenizers` has it: that of ASCII, symbols too, and that of Unicode. */
const PUNCTUATION = '[!-\\/:-@\\[-`{-~\\p{P}]';

/** What a pattern matches, without what lies between. */
function matchesOf(pattern: string): Part {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true };
}

function splitInOtherWords(split: Part): Part {
  switch (split.type) {
    case 'Whitespace':
      return matchesOf(`[${WORD}]+|[^${WORD}\\s]+`);
    case 'WhitespaceSplit':
      // That of JavaScript counts the byte order mark, which may be a token.
      return { type: 'Split', pattern: { Regex: '\\p{White_Space}+' }, behavior: 'Removed', invert: false };
    case 'Punctuation':
      return { type: 'Split', pattern: { Regex: PUNCTUATION }, behavior: split.behavior, invert: false };
    case 'CharDelimiterSplit':
      return matchesOf(`[^\\u{${String(split.delimiter).codePointAt(0)?.toString(16)}}]+`);
    case 'FixedLength':
      // Characters, not halves of them.
      return matchesOf(`[\\s\\S]{1,${Number(split.length)}}`);
    default:
      return split;
  }
}

/** The library takes a space from the beginning where none was put before. */
function decoderInOtherWords(decoder: Part): Part {
  if (decoder.type !== 'Metaspace' || decoder.prepend_scheme !== 'never') return decoder;
  const replace = { type: 'Replace', pattern: { String: decoder.replacement }, content: ' ' };
  return { type: 'Sequence', decoders: [replace, { type: 'Fuse' }] };
}

/** The names under which the parts of a sequence stand. */
const LISTS = ['pretokenizers', 'decoders'] as const;

function partsOf(whole: Part | null | undefined): readonly Part[] {
  if (whole === null || whole === undefined) return [];
  const inner = LISTS.flatMap((name) => listIn(whole, name));
  return inner.length === 0 ? [whole] : inner.flatMap(partsOf);
}

function reworded(whole: Part | null | undefined, reword: (part: Part) => Part): Part | null {
  if (whole === null || whole === undefined) return null;
  const lists = LISTS.filter((name) => name in whole).map((name) => [
    name,
    listIn(whole, name).map((inner) => reworded(inner, reword)),
  ]);
  return lists.length === 0 ? reword(whole) : { ...whole, ...Object.fromEntries(lists) };
}

function listIn(whole: Part, name: (typeof LISTS)[number]): readonly Part[] {
  const list = whole[name];
  return Array.isArray(list) ? list.filter((inner): inner is Part => typeof inner === 'object' && inner !== null) : [];
}
