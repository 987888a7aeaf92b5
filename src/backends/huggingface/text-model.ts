/**
 * Text to tokens and back, by the tokenizer that lies in the model's folder (`tokenizer.json`, `tokenizer_config.json`),
 * and the chat template that comes with it. Everything is read from local files.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextSync } from '../../system/path.js';
import { type ChatTemplate, chooseTemplate, type OwnTemplates, type TemplateChoice } from '../chat-template.js';
import { rememberingSingleTokens } from '../detokenise.js';
import { readJson } from './config.js';
import { openTokenizer } from './tokenizer.js';

export interface TextModel {
  readonly template: ChatTemplate;
  /** The token that ends a turn, by the tokenizer's own word; null when it names none. */
  readonly endToken: number | null;
  /** The token that stands for an empty text: the one that begins a text, else the one that ends it. */
  readonly emptyContext: number;
  /** @param special whether the tokens that the tokenizer adds by itself (often one at the beginning) are wanted. */
  encode(text: string, special: 'special' | 'plain'): readonly number[];
  /** Special tokens are text, too: filters and stop strings may look for them. */
  decode(tokens: readonly number[]): string;
  /** The token that is exactly this text, if it is a special one (`<|im_end|>`). */
  specialToken(text: string): number | null;
}

const token = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const tokenizerConfig = z.looseObject({
  bos_token: token,
  eos_token: token,
  unk_token: token,
  sep_token: token,
  pad_token: token,
  cls_token: token,
  mask_token: token,
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});
type TokenizerConfig = z.infer<typeof tokenizerConfig>;

/** @throws UserError when the folder's tokenizer is absent or not one that can be read. */
export function readTextModel(directory: string, choice: TemplateChoice): TextModel {
  const config = readJson(join(directory, 'tokenizer_config.json'), tokenizerConfig);
  const file = join(directory, 'tokenizer.json');
  const tokenizer = openTokenizer(file, readJson(file, z.looseObject({})), config);
  const idOf = (text: string | undefined) => (text === undefined ? null : (tokenizer.token_to_id(text) ?? null));
  const special = new Set(
    [...tokenizer.get_added_tokens_decoder()].filter(([, added]) => added.special).map(([id]) => id),
  );
  const tokens = specialTexts(config);
  const endToken = idOf(tokens.eos_token);
  return {
    template: chooseTemplate(readTemplates(directory, config), tokens, choice),
    endToken,
    emptyContext: idOf(tokens.bos_token) ?? endToken ?? 0,
    encode: (text, kind) => tokenizer.encode(text, { add_special_tokens: kind === 'special' }).ids,
    // The library refuses to decode nothing.
    decode: rememberingSingleTokens((ids) =>
      ids.length === 0 ? '' : tokenizer.decode([...ids], { clean_up_tokenization_spaces: false }),
    ),
    specialToken: (text) => {
      const id = idOf(text);
      return id !== null && special.has(id) ? id : null;
    },
  };
}

const templateFile = z.looseObject({ chat_template: z.string() });

/**
 * Newer folders keep the template in a file of its own, those of models that also see in `chat_template.json`, older ones in
 * the configuration, alone or in a named list.
 */
function readTemplates(directory: string, config: TokenizerConfig): OwnTemplates {
  const file = join(directory, 'chat_template.jinja');
  if (existsSync(file)) return { place: file, byName: { default: readTextSync(file) } };
  const processor = join(directory, 'chat_template.json');
  if (existsSync(processor)) {
    return { place: processor, byName: { default: readJson(processor, templateFile).chat_template } };
  }
  const { chat_template: template } = config;
  const named = Array.isArray(template) ? template.map((each) => [each.name, each.template]) : [];
  return {
    place: join(directory, 'tokenizer_config.json'),
    byName: typeof template === 'string' ? { default: template } : Object.fromEntries(named),
  };
}

const SPECIAL = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;

function specialTexts(config: TokenizerConfig): Partial<Record<(typeof SPECIAL)[number], string>> {
  const texts: Partial<Record<(typeof SPECIAL)[number], string>> = {};
  for (const key of SPECIAL) {
    const value = config[key];
    if (value !== null && value !== undefined) texts[key] = typeof value === 'string' ? value : value.content;
  }
  return texts;
}
