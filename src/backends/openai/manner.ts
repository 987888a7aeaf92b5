/**
 * What a load test may ask of a server beside its answers: to keep no prompts, and to answer at full length. These fields are no part of
 * the protocol, and a server that does not know one ignores it, so each is sent only to a server that is known to have it.
 *
 * Sources: llama.cpp tools/server/README.md (`cache_prompt`, `ignore_eos`), vllm/entrypoints/openai/protocol.py (`cache_salt`, `ignore_eos`,
 * `min_tokens`), sglang docs/basic_usage/sampling_params.md (`ignore_eos`).
 */
import { randomUUID } from 'node:crypto';
import type { ModelOf } from '../../core/definition/model.js';
import { UserError } from '../../core/errors.js';
import type { LoadManner } from '../backend.js';

/** The fields of a request, by the number of tokens that it may answer. */
export type MannerFields = (maxTokens: number) => Readonly<Record<string, unknown>>;

interface Known {
  readonly name: string;
  readonly prefixCache?: MannerFields;
  readonly length?: MannerFields;
}

/** The known servers, by `owned_by` of `/v1/models`. */
const SERVERS: Readonly<Record<string, Known>> = {
  llamacpp: {
    name: 'llama-server',
    prefixCache: () => ({ cache_prompt: false }),
    length: () => ({ ignore_eos: true }),
  },
  vllm: {
    name: 'vLLM',
    // Prompts with different salts share nothing.
    prefixCache: () => ({ cache_salt: randomUUID() }),
    length: (maxTokens) => ({ ignore_eos: true, min_tokens: maxTokens }),
  },
  sglang: { name: 'SGLang', length: () => ({ ignore_eos: true }) },
};

const FLAGS = {
  prefixCache: { flag: '--no-prefix-cache', what: 'a request can tell to keep no prompts' },
  length: { flag: '--fixed-length', what: 'a request can tell to answer at full length' },
} as const;

/** @throws UserError when the server is not known to have the field. */
export function mannerOf({ id }: ModelOf<'openai'>, manner: LoadManner, owner: string | null): MannerFields {
  const server = owner === null ? undefined : SERVERS[owner.toLowerCase()];
  const fields = (['prefixCache', 'length'] as const)
    .filter((one) => manner[one] !== undefined && (manner[one] !== 'fixed where it can' || server?.[one] !== undefined))
    .map((one): MannerFields => {
      const found = server?.[one];
      if (found !== undefined) return found;
      const { flag, what } = FLAGS[one];
      const able = Object.values(SERVERS).flatMap((known) => (known[one] === undefined ? [] : [known.name]));
      throw new UserError(
        `${flag}: expected a server that ${what} (${able.join(', ')}) behind model "${id}", found ${owner ?? 'one that does not say what it is'}; leave out ${flag}`,
      );
    });
  return (maxTokens) => Object.assign({}, ...fields.map((one) => one(maxTokens)));
}
