/**
 * An engine in virtual time, from event to event:
 *
 *     due ──▶ waiting ──▶ reading its prompt ──▶ decoding ──▶ answered
 *               ▲    a slot and room in the cache   │
 *               └──────── cache full: preempted ────┘
 *
 * Between two events (a request comes, or one ends) the same sequences decode, so all steps between them are one jump: with n sequences that read
 * S tokens, k steps take `k (pass + n x sequence + S x cached) + cached x n x k (k - 1) / 2` seconds.
 */
import type { Arrivals, SimulatedRequest } from './arrivals.js';
import { Heap } from './heap.js';
import { Queue } from './queue.js';
import type { Scheduler } from './scheduler.js';
import { type StepTimes, stepSeconds } from './step-times.js';

/** What the server did, added up over stretches of time in which nothing changed. */
export interface ServerWatch {
  /** Nothing more needs to be seen. */
  readonly isDecided: boolean;
  /** A stretch of equal steps: its seconds, and what they were spent on. */
  stretch(stretch: Stretch): void;
  /** @param outcome `cut`: the context of its slot was full before its answer was complete. */
  ended(request: SimulatedRequest, at: number, outcome: 'answered' | 'cut' | 'failed'): void;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly running: number;
  /** What a request that comes now would wait for; null where it would begin at once. */
  readonly blocked: 'slots' | 'cache' | null;
  /** Seconds that wait for memory, and that compute. Both are 0 while the server is idle. */
  readonly memory: number;
  readonly compute: number;
}

interface Job {
  readonly request: SimulatedRequest;
  /** Tokens to read before the next token: the prompt, and after a preemption the answer so far too. */
  toRead: number;
  read: number;
  /** Tokens of the answer that are there. */
  made: number;
  /** The step count when it began to decode, and its tokens then. */
  since: number;
  madeBefore: number;
  /** The step count at which it ends; -1 while it does not decode. */
  ends: number;
}

/** Runs the server until no request is left, or the watch has seen enough. */
export function serve(arrivals: Arrivals, times: StepTimes, rules: Scheduler, watch: ServerWatch): void {
  new Server(arrivals, times, rules, watch).run();
}

class Server {
  #now = 0;
  /** Steps in which decoding sequences got a token. */
  #steps = 0;
  readonly #waiting = new Queue<Job>();
  /** Jobs whose prompts are being read, first come, first served. */
  #reading: Job[] = [];
  /** By the step at which they end. An entry whose job ends at another step is stale. */
  readonly #decoding = new Heap<Job>();
  #sequences = 0;
  /** Tokens in the cache of those that decode, and of those that read; and what those under way may need in the end. */
  #context = 0;
  #contextOfReading = 0;
  #reserved = 0;
  #cacheBlocks = false;

  constructor(
    readonly arrivals: Arrivals,
    readonly times: StepTimes,
    readonly rules: Scheduler,
    readonly watch: ServerWatch,
  ) {}

  run(): void {
    while (!this.watch.isDecided) {
      while (this.arrivals.next + this.times.request <= this.#now) this.#enqueue(this.arrivals.take());
      this.#admit();
      if (this.#reading.length > 0) this.#readingStep();
      else if (this.#sequences > 0) this.#decodingSteps();
      else {
        const next = this.arrivals.next + this.times.request;
        if (next === Number.POSITIVE_INFINITY) return;
        this.#pass(next, { memory: 0, compute: 0 });
      }
    }
  }

  get #running(): number {
    return this.#sequences + this.#reading.length;
  }

  #enqueue(request: SimulatedRequest): void {
    const { cache } = this.rules;
    const room = cache.kind === 'divided' ? cache.tokensOfSlot : cache.tokens;
    // A request that never fits is refused: its prompt leaves no room for a token.
    if (request.prompt + 1 > room) {
      this.#end(request, 'failed');
      return;
    }
    const job: Job = { request, toRead: request.prompt, read: 0, made: 0, since: 0, madeBefore: 0, ends: -1 };
    this.#waiting.put(job);
  }

  #admit(): void {
    this.#cacheBlocks = false;
    while (this.#waiting.size > 0 && this.#running < this.rules.slots) {
      const job = this.#waiting.first;
      if (!this.#fits(job)) {
        this.#cacheBlocks = true;
        return;
      }
      this.#waiting.take();
      this.#contextOfReading += job.toRead;
      this.#reserved += this.#needs(job);
      this.#reading.push(job);
    }
  }

  /** The tokens that the request can come to need. */
  #needs({ request }: Job): number {
    return Math.min(request.prompt + request.output, this.#room);
  }

  get #room(): number {
    const { cache } = this.rules;
    return cache.kind === 'divided' ? cache.tokensOfSlot : cache.tokens;
  }

  #fits(job: Job): boolean {
    const { cache } = this.rules;
    if (cache.kind === 'divided' || this.#running === 0) return true;
    if (cache.whenFull === 'reserve') return this.#reserved + this.#needs(job) <= cache.tokens;
    return this.#context + this.#contextOfReading + job.toRead + 1 <= cache.tokens;
  }

  /** A step that reads prompts, as many tokens as the rules allow, first come, first served. */
  #readingStep(): void {
    const mixed = this.rules.prompts === 'mixed';
    if (mixed && this.#sequences > 0) this.#makeRoom();
    const decoding = mixed ? this.#sequences : 0;
    let free = Math.max(1, this.rules.batchTokens - decoding);
    let [tokens, seconds] = [0, 0];
    const done: Job[] = [];
    for (const job of this.#reading) {
      const left = job.toRead - job.read;
      // A blocking engine reads whole prompts; the first one is read even if it is longer than a step.
      if (free <= 0 || (!mixed && tokens > 0 && left > free)) break;
      const piece = mixed ? Math.min(left, free) : left;
      seconds += this.times.read(piece, job.read);
      job.read += piece;
      tokens += piece;
      free -= piece;
      if (job.read === job.toRead) done.push(job);
    }
    this.#spend(1, { decoding, tokens, read: seconds });
    if (decoding > 0) this.#generate(1);
    this.#reading = this.#reading.filter((job) => job.read < job.toRead);
    for (const job of done) this.#beginToDecode(job);
    this.#endDecoded();
  }

  /** Runs the steps until a request ends, arrives, or fills the cache. */
  #decodingSteps(): void {
    this.#dropStale();
    this.#makeRoom();
    if (this.#sequences === 0) return;
    const toEnd = this.#decoding.least - this.#steps;
    const steps = Math.max(1, Math.min(toEnd, this.#stepsUntilArrival(), this.#stepsUntilFull()));
    this.#spend(steps, { decoding: this.#sequences, tokens: 0, read: 0 });
    this.#generate(steps);
    this.#endDecoded();
  }

  /** A request that comes while another waits has to wait too, so it changes nothing. */
  #stepsUntilArrival(): number {
    if (this.#running >= this.rules.slots || this.#cacheBlocks) return Number.POSITIVE_INFINITY;
    const gap = this.arrivals.next + this.times.request - this.#now;
    if (gap === Number.POSITIVE_INFINITY) return gap;
    const { cached } = this.times;
    const slope = cached * this.#sequences;
    const alone = stepSeconds(this.times, { decoding: this.#sequences, tokens: 0, read: 0 });
    const first = alone + cached * this.#context;
    // k (first + slope (k - 1) / 2) = gap, in the form that keeps its digits where the slope is near 0.
    const b = first - slope / 2;
    return Math.ceil((2 * gap) / (b + Math.sqrt(b ** 2 + 2 * slope * gap)));
  }

  #stepsUntilFull(): number {
    const { cache } = this.rules;
    if (cache.kind === 'divided' || cache.whenFull === 'reserve') return Number.POSITIVE_INFINITY;
    return Math.floor((cache.tokens - this.#context - this.#contextOfReading) / this.#sequences);
  }

  /** Lets time pass for equal steps, and tells what they were spent on. */
  #spend(
    steps: number,
    { decoding, tokens, read }: { readonly decoding: number; readonly tokens: number; readonly read: number },
  ): void {
    const { times } = this;
    const context = decoding === 0 ? 0 : steps * this.#context + (decoding * steps * (steps - 1)) / 2;
    const cached = times.cached * context;
    const seconds = steps * stepSeconds(times, { decoding, tokens, read });
    this.#pass(this.#now + seconds + cached, {
      memory: steps * times.pass(decoding + tokens) * times.shares.memoryOfPass + cached,
      compute: steps * (decoding * times.sequence * times.shares.computeOfSequence + read),
    });
  }

  #pass(to: number, { memory, compute }: Pick<Stretch, 'memory' | 'compute'>): void {
    const { watch } = this;
    watch.stretch({
      from: this.#now,
      to,
      running: this.#running,
      blocked: this.#cacheBlocks ? 'cache' : this.#running >= this.rules.slots ? 'slots' : null,
      memory,
      compute,
    });
    this.#now = to;
  }

  #generate(steps: number): void {
    this.#steps += steps;
    this.#context += steps * this.#sequences;
  }

  #beginToDecode(job: Job): void {
    const { request } = job;
    this.#contextOfReading -= job.toRead;
    if (request.first < 0) request.first = this.#now;
    job.made++;
    job.since = this.#steps;
    job.madeBefore = job.made;
    const { cache } = this.rules;
    // The slot of a divided context is full before the answer is complete, so the engine cuts the answer.
    const most = cache.kind === 'divided' ? cache.tokensOfSlot - request.prompt : cache.tokens - request.prompt;
    const tokens = Math.min(request.output, most);
    job.ends = this.#steps + tokens - job.made;
    this.#sequences++;
    this.#context += job.toRead + 1;
    this.#decoding.push(job.ends, job);
  }

  #endDecoded(): void {
    while (this.#decoding.least <= this.#steps) {
      const key = this.#decoding.least;
      const job = this.#decoding.pop();
      if (job.ends !== key) continue;
      const { request } = job;
      const made = job.madeBefore + this.#steps - job.since;
      this.#leave(job, request.prompt + made);
      const cut = made < request.output;
      request.output = made;
      this.#end(request, cut ? 'cut' : 'answered');
    }
  }

  #leave(job: Job, context: number): void {
    job.ends = -1;
    this.#sequences--;
    this.#context -= context;
    this.#reserved -= this.#needs(job);
  }

  #end(request: SimulatedRequest, outcome: 'answered' | 'cut' | 'failed'): void {
    this.watch.ended(request, this.#now, outcome);
    this.arrivals.answered(request, this.#now);
  }

  /** Makes room for one token of each decoding sequence, by the rule of the cache. */
  #makeRoom(): void {
    const { cache } = this.rules;
    if (cache.kind === 'divided' || cache.whenFull === 'reserve') return;
    while (this.#context + this.#contextOfReading + this.#sequences > cache.tokens) {
      if (cache.whenFull === 'fail') this.#failAll();
      else if (!this.#preempt()) return;
    }
  }

  #failAll(): void {
    for (const job of this.#alive()) {
      this.#leave(job, job.request.prompt + job.madeBefore + this.#steps - job.since);
      this.#end(job.request, 'failed');
    }
    for (const job of this.#reading) {
      this.#contextOfReading -= job.toRead;
      this.#reserved -= this.#needs(job);
      this.#end(job.request, 'failed');
    }
    this.#reading = [];
  }

  /** The youngest request gives its cache back and will be read again, its answer so far included. */
  #preempt(): boolean {
    const reading = this.#reading.at(-1);
    if (reading !== undefined) {
      if (this.#running === 1) return false;
      this.#reading.pop();
      this.#contextOfReading -= reading.toRead;
      this.#reserved -= this.#needs(reading);
      reading.read = 0;
      this.#waiting.putFirst(reading);
      return true;
    }
    if (this.#sequences === 1) return false;
    const youngest = this.#youngest();
    const made = youngest.madeBefore + this.#steps - youngest.since;
    this.#leave(youngest, youngest.request.prompt + made);
    Object.assign(youngest, { made, toRead: youngest.request.prompt + made, read: 0 });
    this.#waiting.putFirst(youngest);
    return true;
  }

  /** Those that decode. The heap may hold stale entries of them too. */
  #alive(): readonly Job[] {
    return [...new Set(this.#decoding.items.filter(({ ends }) => ends >= 0))];
  }

  /** A full cache asks for it again and again, so it makes no list. */
  #youngest(): Job {
    let youngest: Job | null = null;
    for (const job of this.#decoding.items) {
      if (job.ends >= 0 && (youngest === null || isYounger(job, youngest))) youngest = job;
    }
    return youngest!;
  }

  #dropStale(): void {
    while (this.#decoding.size > 0 && this.#decoding.first.ends !== this.#decoding.least) this.#decoding.pop();
  }
}

function isYounger(a: Job, b: Job): boolean {
  return a.since === b.since ? a.request.index > b.request.index : a.since > b.since;
}
