/**
 * The body of an answer while it arrives: its bytes, each part with the time at which the socket gave it, or, of a compressed body, at which it
 * was decoded. Time is read in the socket's own callback; a stream of Node's in between would read it later.
 */

export interface Part {
  /** Seconds, monotonic. */
  readonly time: number;
  readonly bytes: Buffer;
}

/** Bytes of the first block for parts that wait; it grows. */
const BLOCK = 8192;

/** Parts that wait to be read. Their bytes are copied into one block, because the collector copies each buffer of an answer under way. */
export class WaitingParts {
  #block: Buffer | null = null;
  readonly #times: number[] = [];
  /** Where each part ends in the block. */
  readonly #ends: number[] = [];

  add({ time, bytes }: Part): void {
    const begin = this.#ends.at(-1) ?? 0;
    const end = begin + bytes.length;
    this.#block = roomy(this.#block, begin, end);
    bytes.copy(this.#block, begin);
    this.#times.push(time);
    this.#ends.push(end);
  }

  /** Hands them over in the order in which they came, and forgets them. Bytes are valid until the next part is added. */
  readOut(read: (time: number, bytes: Buffer) => void): void {
    let begin = 0;
    for (const [i, end] of this.#ends.entries()) {
      read(this.#times[i]!, this.#block!.subarray(begin, end));
      begin = end;
    }
    this.#times.length = 0;
    this.#ends.length = 0;
  }
}

/** A block with room for this many bytes, which begins with the first `used` of the old one. */
function roomy(block: Buffer | null, used: number, length: number): Buffer {
  if (block !== null && block.length >= length) return block;
  const larger = Buffer.allocUnsafeSlow(Math.max(BLOCK, 2 ** Math.ceil(Math.log2(length))));
  block?.copy(larger, 0, 0, used);
  return larger;
}

/** Who reads a body. What arrived before is handed over at once. */
export interface BodyReader {
  part(part: Part): void;
  /** @param error What broke the body; null where it is whole. */
  end(error: unknown): void;
}

/** Where a body comes from. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** Nothing more is wanted of a body that has not ended. */
  abort(reason: Error): void;
}

/** Seconds on the clock that every time stamp is read from. */
export function now(): number {
  return performance.now() / 1000;
}

/** Blanks, or a byte that may be the first of anything. */
const TELLS_NOTHING = /^(\s*|.)$/s;

export class ArrivingBody {
  readonly #source: BodySource;
  /** What came before there was a reader. */
  readonly #early: Part[] = [];
  #reader: BodyReader | null = null;
  #ending: { readonly error: unknown } | null = null;
  #isDropped = false;
  /** Wakes who waits for the first bytes, or for the end. */
  #wake = () => {};

  constructor(source: BodySource) {
    this.#source = source;
  }

  get ended(): boolean {
    return this.#ending !== null;
  }

  push(bytes: Buffer): void {
    if (this.ended || bytes.length === 0) return;
    const part = { time: now(), bytes };
    if (this.#reader !== null) {
      this.#reader.part(part);
      return;
    }
    this.#early.push(part);
    this.#wake();
  }

  end(error: unknown): void {
    if (this.ended) return;
    this.#ending = { error };
    this.#reader?.end(error);
    this.#wake();
  }

  read(reader: BodyReader): void {
    this.#reader = reader;
    for (const part of this.#early.splice(0)) if (!this.#isDropped) reader.part(part);
    if (this.#ending !== null && !this.#isDropped) reader.end(this.#ending.error);
  }

  /** Its first bytes, which are read again: enough to tell what they are. Null where it ends or breaks before them. To be called before `read`. */
  async beginning(): Promise<Buffer | null> {
    for (;;) {
      const bytes = Buffer.concat(this.#early.map((part) => part.bytes));
      if (this.ended || !TELLS_NOTHING.test(bytes.toString('latin1'))) return bytes.length === 0 ? null : bytes;
      await this.#changed();
    }
  }

  /** Waits for its end, if there is one within these seconds. */
  async closed(seconds: number): Promise<void> {
    if (this.ended) return;
    const timer = setTimeout(() => this.#wake(), seconds * 1000);
    await this.#changed();
    clearTimeout(timer);
  }

  pause(): void {
    if (!this.ended) this.#source.pause();
  }

  resume(): void {
    if (!this.ended) this.#source.resume();
  }

  /** Ends it where it is. Its reader hears no more of it. */
  drop(): void {
    if (this.ended) return;
    this.#ending = { error: null };
    this.#isDropped = true;
    this.#source.abort(new Error('nobody reads on'));
    this.#wake();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** @throws RangeError when there is more than the limit, in bytes. */
export function readText(body: ArrivingBody, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    body.read({
      part({ bytes }) {
        length += bytes.length;
        parts.push(bytes);
        if (length <= limit) return;
        body.drop();
        reject(new RangeError(`more than ${limit} bytes`));
      },
      end(error) {
        if (error === null) resolve(Buffer.concat(parts).toString('utf8'));
        else reject(error);
      },
    });
  });
}
