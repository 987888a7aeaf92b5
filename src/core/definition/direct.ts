/**
 * A model that a command line names by the place where it is, without an entry of models.json:
 *
 *     hf:org/repo:Q4_K_M                    weights on the hub, by their quantisation
 *     ./weights/file.gguf                   weights on this machine
 *     http://127.0.0.1:8080/v1#name         a server of the OpenAI protocol, and the model's name there
 *
 * Its id, and its size where the name says one ("Qwen2.5-1.5B-Instruct"), come from that text.
 */
import type { z } from 'zod';
import { UserError } from '../errors.js';
import type { modelSchema } from './model.js';

type ModelInput = z.input<typeof modelSchema>;

/** @returns null for the id of an entry. @throws UserError where the text says where a model is, but not which. */
export function modelAt(text: string): ModelInput | null {
  if (/^https?:\/\//i.test(text)) return atServer(text);
  if (text.startsWith('hf:') || /\.gguf$/i.test(text)) return inFile(text);
  return null;
}

const SERVER = /^(https?:\/\/([^/?#]+)[^#]*)#(.+)$/i;

function atServer(text: string): ModelInput {
  const [, endpoint, authority, fragment] = SERVER.exec(text) ?? [];
  if (endpoint === undefined || authority === undefined || fragment === undefined)
    throw new UserError(
      `--model: expected the address of a server with the name of a model behind #, as in http://127.0.0.1:8080/v1#qwen2.5-1.5b, found "${text}"`,
    );
  if (authority.includes('@'))
    throw new UserError(
      '--model: expected an address without a user and a password, because the log keeps it; write an entry of models.json with apiKeyEnv',
    );
  const name = decoded(fragment);
  return { ...described(name), backend: 'openai', source: name, endpoint };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The hub's folders of ONNX graphs say so in their names. */
function inFile(text: string): ModelInput {
  const place = text.replace(/^hf:/, '').replace(/@[^/:]+/, '');
  const name = place
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.gguf$/i, '');
  const quantisation = /(?:^|[:._-])((?:i?q\d\w*)|f16|bf16|f32)$/i.exec(name)?.[1]?.toLowerCase();
  if (text.startsWith('hf:') && /onnx/i.test(place))
    return { ...described(name), backend: 'onnxruntime', source: text };
  return {
    ...described(name),
    backend: 'llama-cpp',
    source: text,
    ...(quantisation !== undefined && { quantisation }),
  };
}

/** A model of unknown size counts as small: as the large one it would be the measure of all others. */
function described(name: string): Pick<ModelInput, 'id' | 'class' | 'parameters'> {
  const id = name.replace(/[^\w.:-]+/g, '-').replace(/^[^a-z0-9]+/i, '');
  if (id === '') throw new UserError(`--model: expected a name with letters or digits, found "${name}"`);
  const parameters = parametersIn(name);
  return parameters === null ? { id, class: 'slm' } : { id, parameters };
}

/** "1.5B", "135M", "8x7B". */
function parametersIn(name: string): number | null {
  const [, experts, size, unit] = /(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])/i.exec(name) ?? [];
  if (size === undefined) return null;
  return Math.round(Number(experts ?? 1) * Number(size) * (unit!.toLowerCase() === 'b' ? 1e9 : 1e6));
}
