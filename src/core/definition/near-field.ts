/**
 * The field that an unknown one was meant to be: `chat_template`, `chatTemplateKwargs` and `contxt` all have a field that they are
 * near to. Names are compared without case and separators, so that the names of Python and of flags are found too.
 */
import type { z } from 'zod';
import { editsBetween, isNear, plainName } from '../near-names.js';

/** What other programs call a field (llama.cpp, vLLM, Ollama, LiteLLM, transformers, OpenAI). */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  apibase: 'endpoint',
  apikey: 'apiKeyEnv',
  baseurl: 'endpoint',
  chattemplateargs: 'chatTemplateVariables',
  chattemplatefile: 'chatTemplate',
  chattemplatekwargs: 'chatTemplateVariables',
  contextlength: 'context',
  contextsize: 'context',
  ctxsize: 'context',
  maxcompletiontokens: 'maxTokens',
  maxmodellen: 'context',
  maxnewtokens: 'maxTokens',
  model: 'source',
  modelpath: 'source',
  nctx: 'context',
  ngl: 'gpuLayers',
  ngpulayers: 'gpuLayers',
  npredict: 'maxTokens',
  nthreads: 'threads',
  numctx: 'context',
  numpredict: 'maxTokens',
  stopsequences: 'stop',
  templatekwargs: 'chatTemplateVariables',
  url: 'endpoint',
};

/**
 * @param schema The schema of the whole value.
 * @param path Where the unknown field stands; its last part is the field.
 * @returns The field that is near, as it is reached from the same place (`generation.maxTokens`); null where none is.
 */
export function nearField(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): string | null {
  const fields = fieldsAt(schema, value, path.slice(0, -1));
  const field = String(path.at(-1));
  if (field.length > LONGEST) return null;
  const direct = nearest(field, [...fields.keys()]);
  if (direct !== null) return direct;
  // A field of the object beside: `maxTokens` of a task is one of its `generation`.
  for (const [name, inner] of fields) {
    const found = [...fieldsAt(inner, undefined, []).keys()].find((known) => plainName(known) === plainName(field));
    if (found !== undefined) return `${name}.${found}`;
  }
  return null;
}

/** Every known name is shorter by far. */
const LONGEST = 60;

function nearest(field: string, fields: readonly string[]): string | null {
  const wanted = plainName(field);
  const other = OTHER_NAMES[wanted];
  if (other !== undefined && fields.includes(other)) return other;
  const distances = fields.map((name) => ({ name, edits: editsBetween(wanted, plainName(name)) }));
  const [best] = distances.sort((a, b) => a.edits - b.edits);
  return best !== undefined && isNear(best.edits, wanted) ? best.name : null;
}

type Definition = z.core.$ZodTypeDef & {
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
};

/** The fields of the object at a place; those of each kind of object that may stand there. */
function fieldsAt(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): Map<string, z.ZodType> {
  const { innerType, in: input, element, valueType, shape, options, discriminator } = schema.def as Definition;
  const inside = innerType ?? input;
  if (inside !== undefined) return fieldsAt(inside, value, path);
  if (options !== undefined) {
    const kind = discriminator === undefined ? undefined : partOf(value, discriminator);
    const meant = options.filter((option) => kind === undefined || literalOf(option, discriminator!) === kind);
    return new Map(meant.flatMap((option) => [...fieldsAt(option, value, path)]));
  }
  const [key, ...rest] = path;
  if (key === undefined) return new Map(Object.entries(shape ?? {}));
  const part = element ?? valueType ?? shape?.[String(key)];
  return part === undefined ? new Map() : fieldsAt(part, partOf(value, key), rest);
}

function literalOf(option: z.ZodType, discriminator: string): unknown {
  const literal = (option.def as Definition).shape?.[discriminator]?.def as { readonly values?: readonly unknown[] };
  return literal?.values?.[0];
}

function partOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}
