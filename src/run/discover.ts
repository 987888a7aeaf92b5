/** Finds the model of a server on this machine, where the user names none: the ports at which local servers listen by default. */
import { Agent } from '../backends/openai/agents.js';
import { readText } from '../backends/openai/arriving.js';
import { exchange } from '../backends/openai/exchange.js';
import { UserError } from '../core/errors.js';
import { plain, shorten } from '../core/report/text.js';
import { within } from '../system/signals.js';

/** The servers by their usual port. */
const LOCAL_SERVERS: Readonly<Record<number, string>> = {
  8080: 'llama-server',
  8000: 'vLLM',
  11434: 'Ollama',
  1234: 'LM Studio',
};

export const LOCAL_PORTS: readonly number[] = Object.keys(LOCAL_SERVERS).map(Number);

/** Seconds that a server has to list its models. */
const PATIENCE = 2;
const LONGEST_LISTING = 2 ** 20;
/** The most models that a message lists. */
const SHOWN = 8;

/** @returns What `--model` takes. @throws UserError when there is none, or more than one. */
export async function discoverModel(ports: readonly number[] = LOCAL_PORTS): Promise<string> {
  const found = (await Promise.all(ports.map(modelsAt))).flat();
  const [only, ...others] = found;
  if (only === undefined) {
    throw new UserError(
      `--model: expected a model, or a server of the OpenAI protocol on 127.0.0.1 at port ${ports.join(', ')}, found neither; start a server, or add --model`,
    );
  }
  if (others.length === 0) return only;
  const shown = found.slice(0, SHOWN).map((model) => shorten(plain(model), 120));
  throw new UserError(
    `--model: expected one model, found ${found.length} on this machine; add --model with one of ${shown.join(', ')}${found.length > SHOWN ? ', …' : ''}`,
  );
}

async function modelsAt(port: number): Promise<string[]> {
  const endpoint = `http://127.0.0.1:${port}/v1`;
  const dispatcher = new Agent();
  try {
    const { body } = await exchange(`${endpoint}/models`, { method: 'GET', dispatcher, signal: within(PATIENCE) });
    return namesIn(JSON.parse(await readText(body, LONGEST_LISTING))).map(
      (name) => `${endpoint}#${encodeURIComponent(name)}`,
    );
  } catch {
    // Nothing listens there, or no server of this protocol.
    return [];
  } finally {
    await dispatcher.destroy();
  }
}

function namesIn(listing: unknown): string[] {
  const { data } = (listing ?? {}) as { readonly data?: unknown };
  if (!Array.isArray(data)) return [];
  return data.flatMap((entry: unknown) => {
    const { id } = (entry ?? {}) as { readonly id?: unknown };
    return typeof id === 'string' && id !== '' ? [id] : [];
  });
}
