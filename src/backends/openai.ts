/**
 * Any server of the OpenAI protocol (`/v1/chat/completions`, `/v1/completions`) that streams: OpenAI, Azure OpenAI, GitHub
 * Models, NVIDIA NIM, vLLM, Ollama, LM Studio, llama-server. It is there already, or rightsize starts it and stops it.
 * See docs/backends.md#openai.
 */
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { ModelOf } from '../core/definition/model.js';
import { describeError, UserError } from '../core/errors.js';
import type { SessionFacts } from '../core/log/log.js';
import { known, missing } from '../core/quantity.js';
import { certificateRemedy, proxiesOf } from '../hub/proxies.js';
import { type Pace, Transient } from '../hub/retry.js';
import { within } from '../system/signals.js';
import type { Backend, BackendContext, LoadManner, Readiness, Session } from './backend.js';
import { now } from './openai/arriving.js';
import type { Habits } from './openai/body.js';
import { type Connection, codeOf, connect, NoConnection, Refusal } from './openai/connection.js';
import { type Endpoint, endpointOf } from './openai/endpoint.js';
import { generate } from './openai/generate.js';
import { loglikelihood } from './openai/loglikelihood.js';
import { mannerOf } from './openai/manner.js';
import { type Abilities, type Listing, listModels, probe } from './openai/probe.js';
import { type ServerProcess, startServer } from './openai/server-process.js';
import { lookAt, settingsOf, sharedCacheOf } from './openai/server-view.js';
import { BrokenStream, type Server } from './openai/stream.js';

type OpenaiModel = ModelOf<'openai'>;

const { version: UNDICI } = createRequire(import.meta.url)('undici/package.json') as { version: string };
const PACE: Pace = { attempts: 4, delay: 0.5, patience: 60 };
/** Seconds that a server has to list its models. */
const CHECK_TIMEOUT = 5;

export const openai: Backend<OpenaiModel> = createOpenai(PACE);

/** @param pace how patiently failed requests are repeated. */
export function createOpenai(pace: Pace): Backend<OpenaiModel> {
  return {
    summary: 'any server of the OpenAI protocol, hosted or local; rightsize can start a local one',
    cannot: {},
    check,
    async open(model, context, signal) {
      signal.throwIfAborted();
      // The key and the way there are looked for before anything is started.
      const { quote, host } = endpointOf(model, context.environment);
      proxiesOf(context.environment, host);
      const { server } = model;
      const process = server ? await startServer({ ...model, server }, context, quote, signal) : null;
      const endpoint = endpointOf(model, context.environment, process?.port);
      const connection = connect(endpoint, context.environment, () => process?.ended() ?? null);
      try {
        const habits: Habits = { refused: new Set(), system: 'own' };
        const server: Server = { model, connection, pace, habits, under: context.under ?? 'trials' };
        const { manner = {} } = context;
        return await openSession(server, { process, manner, concurrency: context.concurrency ?? 1 }, signal);
      } catch (error) {
        await connection.close();
        await process?.stop();
        throw error;
      }
    },
  };
}

interface Opening {
  /** The server, where rightsize started it. */
  readonly process: ServerProcess | null;
  readonly manner: LoadManner;
  readonly concurrency: number;
}

async function openSession(
  server: Server,
  { process, manner, concurrency }: Opening,
  signal: AbortSignal,
): Promise<Session> {
  const { connection } = server;
  // First, because it is answered at once or never: a server may need minutes to load a model, but not to list it.
  const listing = await listModels(connection, server.model.source, within(CHECK_TIMEOUT, signal)).catch((error) => {
    signal.throwIfAborted();
    const reason = unreachable(error, server.model, connection);
    if (reason !== null) throw new UserError(reason);
    return null;
  });
  const asked = mannerOf(server.model, manner, listing?.owner ?? null);
  // A server may load its model at the first question, and refuse until it has.
  const abilities = await probe({ ...server, under: 'trials' }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    // Before the first trial, whatever a server fails in is for the user to look into, but for what time may mend.
    throw error instanceof UserError || isBusy(error) ? error : new UserError(describeError(error), { cause: error });
  });
  const settings =
    server.under === 'load'
      ? {
          ...(await settingsOf(connection, within(CHECK_TIMEOUT, signal))),
          ...sharedCacheOf(server.model.server?.command ?? []),
        }
      : {};
  signal.throwIfAborted();
  return {
    facts: { ...factsOf(server, abilities, listing), ...(Object.keys(settings).length > 0 && { settings }) },
    now,
    processes: process?.processes ?? [],
    concurrency,
    strike: connection.endpoint.strike,
    generate: (prompt, generation, until) => generate({ ...server, asked }, prompt, generation, until),
    look: (until) => lookAt(connection, until),
    ...(abilities.cannot.loglikelihood === undefined && {
      loglikelihood: (request, until) => loglikelihood(server, request, until),
    }),
    async close() {
      await connection.close();
      await process?.stop();
    },
  };
}

/** Whether a server said, to every attempt, that it cannot answer now: a rate limit, or a breakdown. Other models of a run go on. */
function isBusy(error: unknown): boolean {
  const { cause } = error as Error;
  return cause instanceof Transient && !(cause.cause instanceof BrokenStream);
}

function factsOf({ model, connection }: Server, abilities: Abilities, listing: Listing | null): SessionFacts {
  const { endpoint } = connection;
  const context = model.context ?? listing?.context ?? null;
  return {
    engine: `${listing?.owner ?? 'a server'} at ${endpoint.host}, asked through undici ${UNDICI}`,
    device: 'server',
    threads: missing('the server does not tell'),
    ...(listing?.parameters && { parameters: listing.parameters }),
    context: context === null ? missing('the server does not tell; set `context` in the model entry') : known(context),
    chatTemplateHash: missing('the server does not show its chat template'),
    cannot: abilities.cannot,
    network: endpoint.network,
    server: model.server === undefined ? 'not ours' : 'ours',
    warnings: abilities.warnings,
  };
}

/** Checks without asking for a token: the key is set, and the program exists or the server answers. */
async function check(model: OpenaiModel, context: BackendContext): Promise<Readiness> {
  let endpoint: Endpoint;
  try {
    endpoint = endpointOf(model, context.environment);
    proxiesOf(context.environment, endpoint.host);
  } catch (error) {
    return { ready: false, reason: describeError(error) };
  }
  const program = model.server?.command[0];
  if (program !== undefined) {
    if (await isProgram(program, context)) return { ready: true, note: `starts ${program} for the run` };
    return { ready: false, reason: `model "${model.id}": server: there is no program "${program}" on the PATH` };
  }
  const connection = connect(endpoint, context.environment, () => null);
  try {
    return await reachability(connection, model);
  } finally {
    await connection.close();
  }
}

async function reachability(connection: Connection, model: OpenaiModel): Promise<Readiness> {
  const { source } = model;
  try {
    const { names } = await listModels(connection, source, within(CHECK_TIMEOUT));
    if (names.length === 0 || names.includes(source)) return { ready: true };
    const listed = names.slice(0, 5).map((name) => connection.endpoint.quote(name).slice(0, 60));
    return { ready: true, note: `the server lists ${listed.join(', ')}, not "${source}"` };
  } catch (error) {
    const reason = unreachable(error, model, connection);
    return reason === null ? { ready: true } : { ready: false, reason };
  }
}

/** Why a server that did not list its models cannot be used; null where it may be used all the same. */
function unreachable(
  error: unknown,
  { id, endpoint }: OpenaiModel,
  { endpoint: { place } }: Connection,
): string | null {
  if (error instanceof Refusal && (error.status === 401 || error.status === 403)) {
    return `${place} answered ${error.status}: the key is missing or wrong; see apiKeyEnv`;
  }
  // Azure deployments and GitHub Models list no models, but they are there; so is a server that is busy.
  if (error instanceof Refusal || error instanceof Transient) return null;
  if (error instanceof NoConnection) {
    const remedy = certificateRemedy(codeOf(error)) ?? 'is the server up?';
    return `model "${id}": endpoint: ${endpoint} cannot be reached (${describeError(error.cause)}); ${remedy}`;
  }
  return `${place} did not answer within ${CHECK_TIMEOUT} s; is the server up?`;
}

async function isProgram(program: string, { directory, environment }: BackendContext): Promise<boolean> {
  const named = isAbsolute(program) || /[/\\]/.test(program);
  const folders = named ? [''] : (environment.PATH ?? '').split(delimiter);
  const suffixes = process.platform === 'win32' ? ['', '.exe', '.cmd'] : [''];
  const paths = folders.flatMap((folder) => suffixes.map((suffix) => join(folder, program) + suffix));
  const found = await Promise.all(
    paths.map((path) =>
      access(named ? resolve(directory, path) : path, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
