/** What servers stream, broken in every way, read by the openai backend from a server on loopback. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ModelFailure, RequestFailure, ServerFailure, type Session } from '../src/backends/backend.js';
import { createOpenai } from '../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';
import { UserError } from '../src/core/errors.js';
import type { Random } from '../src/core/stats/basics/random.js';
import { DIALECTS } from '../test/backends/dialects.js';
import { type Answer, answerFor, inChild, serve } from './child.js';
import { ENCODED, KEY } from './keys.js';
import { mutateBytes, mutateText, mutateValue, pick } from './mutate.js';
import type { Part } from './part.js';

const LIMITS = { time: 30, memory: 2 ** 30 };
/** Seconds that an answer may take. */
const TIMEOUT = 2;

interface Input {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** How the connection ends after the body. */
  readonly end: 'closed' | 'cut';
}

export const streams: Part = {
  about: 'answers of servers, broken in every way, read by the openai backend',
  cases: { quick: 300, long: 3000 },
  async open() {
    return inChild<Input>({
      file: import.meta.filename,
      limits: LIMITS,
      make: broken,
      describe: ({ status, headers, body, end }) =>
        `${status} ${JSON.stringify(headers)}, ${end}: ${JSON.stringify(Buffer.from(body).toString('latin1').slice(0, 600))}`,
    });
  },
};

function broken(random: Random): Input {
  const dialect = pick(DIALECTS, random);
  const body = changed(withKey(dialect.body, random), random);
  const type = pick(['text/event-stream', 'text/event-stream', 'application/json', 'text/html', ''], random);
  const zipped = random.below(12) === 0;
  const status =
    random.below(6) === 0 ? pick([200, 204, 302, 400, 401, 404, 413, 422, 429, 500, 503, 529], random) : 200;
  return {
    status: random.below(3) === 0 ? (dialect.status ?? status) : status,
    headers: {
      ...(type === '' ? {} : { 'content-type': type }),
      ...(random.below(12) === 0
        ? { 'retry-after': pick(['0', '-1', '1e9', 'NaN', 'Fri, 31 Dec 9999 23:59:59 GMT'], random) }
        : {}),
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    },
    body: zipped ? mutateBytes(gzipSync(body), random) : body,
    end: pick(['closed', 'closed', 'cut'], random),
  };
}

/** Servers echo keys, in errors above all. */
function withKey(body: string, random: Random): string {
  if (random.below(3) > 0) return body;
  const echo = JSON.stringify(`Incorrect key: ${pick(Object.values(ENCODED), random)}`).slice(1, -1);
  return body.replace(/"(message|content|code|type)":"/, (field) => `${field}${echo}`);
}

function changed(body: string, random: Random): Uint8Array {
  switch (random.below(6)) {
    case 0:
      return mutateBytes(Buffer.from(body), random);
    case 1:
      return Buffer.from(mutateText(body, random));
    case 2:
      return Buffer.from(body.repeat(1 + random.below(200)));
    default:
      return Buffer.from(body.replace(/\{.*\}/g, (json) => (random.below(3) === 0 ? otherValue(json, random) : json)));
  }
}

function otherValue(json: string, random: Random): string {
  try {
    return JSON.stringify(mutateValue(JSON.parse(json), random));
  } catch {
    return mutateText(json, random);
  }
}

let input: Input | null = null;
let opened: Promise<{ readonly session: Session; readonly server: Server }> | null = null;

async function open() {
  const server = createServer((request, response) => {
    request.resume();
    if (input === null) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(DIALECTS[0]!.body);
      return;
    }
    response.writeHead(input.status, input.headers);
    if (input.end === 'closed') response.end(input.body);
    else response.write(input.body, () => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const entry = { id: 'm', backend: 'openai', source: 'm', endpoint, apiKeyEnv: 'FUZZ_API_KEY' };
  const model = modelSchema.parse(entry) as ModelOf<'openai'>;
  const backend = createOpenai({ attempts: 2, delay: 0.001, patience: 0.01 });
  const context = { directory: '.', environment: { FUZZ_API_KEY: KEY } };
  return { server, session: await backend.open(model, context, new AbortController().signal) };
}

serve<Input>(async (given) => {
  opened ??= open();
  const { session } = await opened;
  input = given;
  const shown: string[] = [];
  try {
    const generation = generationSchema.parse({ timeout: TIMEOUT, stop: ['STOP'] });
    const prompt = { messages: [{ role: 'user' as const, content: 'Hi' }] };
    let end: Answer['ended'] | null = null;
    for await (const event of session.generate(prompt, generation, new AbortController().signal)) {
      if (end !== null) return { ended: 'a second end', shown, faults: ['the stream went on after its end'] };
      if (event.kind === 'end') end = `an answer (${event.finish})`;
    }
    return end === null
      ? { ended: 'no end', shown, faults: ['the stream ended without saying so'] }
      : { ended: end, shown };
  } catch (error) {
    return answerFor(error, [UserError, ModelFailure, ServerFailure, RequestFailure]);
  }
});
