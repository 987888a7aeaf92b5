/**
 * A decoder: tokens in, logits out, with everything it has read kept in its cache. The logits at a token say what may
 * follow it.
 *
 *     decoder.forget()                         what was read before
 *     let logits = await decoder.read(prompt, …)  the prompt, in one run or, when it is long, in a few
 *     logits = await decoder.step(token, …)    one more token
 */
import { AppendedCache, type KeyValueCache, SharedCache } from './cache.js';
import type { GraphSession } from './direct.js';
import type { Graph } from './graph.js';
import { divideIntoRuns } from './padded-runs.js';
import { GraphRunner } from './run.js';

/** Receives the logits that predict a token of a continuation. The next call uses the same array. */
export type Visit = (logits: Float32Array, continuation: number, token: number) => void;

type Tokens = readonly number[];

/** Prompts longer than this are read in several runs: between them an abort is noticed, and logits are let go. */
const LONGEST_RUN = 512;
/** What the logits of one run may take, bytes: a vocabulary of 150,000 takes 0.6 MB a token. */
const LARGEST_LOGITS = 64 * 2 ** 20;
/** What the copies of a cache may take that let branches be read side by side, bytes. */
const LARGEST_COPY = 256 * 2 ** 20;

export class Decoder {
  readonly runner: GraphRunner;
  readonly cache: KeyValueCache;
  /** Tokens that one run may read. */
  private readonly longestRun: number;
  private readonly held: number[] = [];
  /** The copies of the cache for branches side by side. */
  private copies: AppendedCache | null = null;

  /**
   * @param context tokens beyond which the model has no positions.
   * @param bytesOfWeights by which it is known beforehand how long a run may take.
   */
  constructor(
    session: GraphSession,
    readonly graph: Graph,
    { context, bytesOfWeights }: { readonly context: number; readonly bytesOfWeights: number },
  ) {
    this.runner = new GraphRunner(session, graph, bytesOfWeights);
    this.cache = graph.sharedCache ? new SharedCache(graph.cache, context) : new AppendedCache(graph.cache);
    const rows = Math.floor(LARGEST_LOGITS / (4 * graph.logits.vocabulary));
    this.longestRun = graph.readsWhole ? Number.POSITIVE_INFINITY : Math.max(16, Math.min(LONGEST_RUN, rows));
  }

  /** Reserves memory for this many tokens in all, so that nothing is allocated while time is measured. */
  reserve(tokens: number): void {
    this.cache.reserve(tokens);
  }

  /** Forgets everything. */
  forget(): void {
    this.keep([]);
  }

  /** Reads tokens and returns the logits at the last of them, in an array that the next run uses again. */
  async read(tokens: Tokens, signal: AbortSignal): Promise<Float32Array> {
    let last: Float32Array | undefined;
    await this.readRuns(tokens, 1, signal, (logits) => {
      last = logits;
    });
    return last!;
  }

  /** Reads a text and keeps it. Its beginning may be in the cache already. */
  async readOn(text: Tokens, signal: AbortSignal): Promise<Float32Array> {
    const kept = this.keep(text.slice(0, -1));
    return this.read(text.slice(kept), signal);
  }

  /** Reads tokens, in one or more runs, and returns the logits at the last `wanted` of them. */
  private async readRuns(
    tokens: Tokens,
    wanted: number,
    signal: AbortSignal,
    give: (logits: Float32Array, at: number) => void,
  ): Promise<void> {
    const first = tokens.length - wanted;
    for (let start = 0; start < tokens.length; start += this.longestRun) {
      signal.throwIfAborted();
      const end = Math.min(start + this.longestRun, tokens.length);
      const from = Math.max(start, Math.min(first, end));
      const logitsAt = await this.run(tokens.slice(start, end), end - from, signal);
      for (let at = from; at < end; at++) give(logitsAt(0, at - from), at - first);
    }
  }

  /** Reads one token and returns the logits at it, in an array that the next run uses again. */
  async step(token: number, signal: AbortSignal): Promise<Float32Array> {
    this.cache.reserve(this.cache.length + 1);
    const logits = await this.runner.step(this.cache, token, signal);
    this.held.push(token);
    return logits;
  }

  /**
   * Reads continuations of a context and gives the logits that predict each of their tokens. The context is read once, and so is
   * what all continuations begin with.
   */
  async predict(context: Tokens, continuations: readonly Tokens[], visit: Visit, signal: AbortSignal): Promise<void> {
    if (this.graph.readsWhole) return this.predictWhole(context, continuations, visit, signal);
    const kept = this.keep(context.slice(0, -1));
    // What follows the last token is not asked for.
    const reads = continuations.map((tokens) => tokens.slice(0, -1));
    const shared = sharedBeginning(reads);
    await this.readRuns([...context.slice(kept), ...shared], shared.length + 1, signal, (logits, token) => {
      for (const [i, tokens] of continuations.entries()) if (tokens.length > token) visit(logits, i, token);
    });
    const branches = reads.map((tokens) => tokens.slice(shared.length));
    const runs = divideIntoRuns(
      branches.map((tokens) => tokens.length),
      (length) => this.branchesPerRun(length),
    );
    for (const run of runs) {
      signal.throwIfAborted();
      const group = run.map((i) => branches[i]!);
      const visitNext: Visit = (row, i, token) => visit(row, run[i]!, shared.length + token + 1);
      await (group.length > 1
        ? this.readTogether(group, visitNext, signal)
        : this.readAlone(group[0]!, visitNext, signal));
    }
  }

  private async predictWhole(context: Tokens, continuations: readonly Tokens[], visit: Visit, signal: AbortSignal) {
    for (const [i, tokens] of continuations.entries()) {
      signal.throwIfAborted();
      this.forget();
      const logitsAt = await this.run([...context, ...tokens.slice(0, -1)], tokens.length, signal);
      for (let token = 0; token < tokens.length; token++) visit(logitsAt(0, token), i, token);
    }
  }

  /** How many branches of that length one run may read. A graph that writes its cache in place reads one at a time. */
  private branchesPerRun(length: number): number {
    if (this.graph.sharedCache) return 1;
    const copies = LARGEST_COPY / (bytesPerToken(this.graph) * (this.held.length + length));
    return Math.max(1, Math.floor(Math.min(copies, this.longestRun / length)));
  }

  private async readTogether(branches: readonly Tokens[], visit: Visit, signal: AbortSignal): Promise<void> {
    const count = Math.max(...branches.map((tokens) => tokens.length));
    this.copies ??= new AppendedCache(this.graph.cache);
    const { copies } = this;
    copies.repeat(this.cache as AppendedCache, branches.length, this.held.length + count);
    const logitsAt = await this.runner.run(copies, { sequences: branches, wanted: count, signal });
    for (const [branch, tokens] of branches.entries()) {
      for (let token = 0; token < tokens.length; token++) visit(logitsAt(branch, token), branch, token);
    }
  }

  private async readAlone(tokens: Tokens, visit: Visit, signal: AbortSignal): Promise<void> {
    const context = [...this.held];
    await this.readRuns(tokens, tokens.length, signal, (logits, token) => visit(logits, 0, token));
    this.keep(context);
  }

  /** Forgets what does not begin these tokens, and returns how many of them are still held. */
  private keep(tokens: Tokens): number {
    let same = 0;
    while (same < this.held.length && this.held[same] === tokens[same]) same++;
    this.cache.truncate(same);
    this.held.length = same;
    return same;
  }

  private async run(tokens: Tokens, wanted: number, signal: AbortSignal) {
    this.cache.reserve(this.cache.length + tokens.length);
    const logitsAt = await this.runner.run(this.cache, { sequences: [tokens], wanted, signal });
    for (const token of tokens) this.held.push(token);
    return logitsAt;
  }
}

/** What all of them begin with. */
function sharedBeginning([first = [], ...others]: readonly Tokens[]): Tokens {
  let length = 0;
  while (length < first.length && others.every((tokens) => tokens[length] === first[length])) length++;
  return first.slice(0, length);
}

/** How many times over the cache is held: a graph that appends writes the longer one beside the one that it reads. */
export function copiesOfCache({ sharedCache }: Graph): number {
  return sharedCache ? 1 : 2;
}

/** Bytes that the cache of one token takes, once. */
export function bytesPerToken({ cache, layers }: Graph): number {
  return 2 * layers * cache.kvHeads * cache.headSize * (cache.type === 'float16' ? 2 : 4);
}
