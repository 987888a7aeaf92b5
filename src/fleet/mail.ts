/** Signed letters between two sides, in the order in which they were sent, each once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Letter, orderLetter, replyLetter } from './load-messages.js';
import { type Connection, isUnreachable } from './redis.js';
import { Refused, type Seal } from './seal.js';

/** Milliseconds for which a reader waits, before it looks whether it is closed. */
const PATIENCE = 1_000;
/** Seconds after which Redis forgets letters that nobody read. */
const FORGOTTEN = 3600;

interface MailOptions {
  readonly connection: Connection;
  readonly seal: Seal;
  readonly key: string;
}

type Address = Pick<Letter<unknown>, 'call' | 'machine' | 'nonce'>;

/** @returns Sends a letter. One that cannot be sent waits until Redis is back. */
export function writeTo<Body>(
  kind: 'order' | 'reply',
  address: Address,
  { connection: { redis }, seal, key }: MailOptions,
): (body: Body) => void {
  let number = 0;
  return (body) => {
    const sealed = seal.close(kind, { ...address, number: ++number, body });
    void redis
      .multi()
      .xadd(key, '*', 'letter', sealed)
      .expire(key, FORGOTTEN)
      .exec()
      .catch(() => {});
  };
}

interface ReadOptions<Schema> extends MailOptions {
  readonly kind: 'order' | 'reply';
  readonly schema: Schema;
  /** @throws Refused when the letter is for somebody else. */
  readonly onLetter: (letter: z.infer<Schema & z.ZodType>) => void;
  readonly say: (text: string) => void;
}

/** Reads letters until it is closed. A letter that is not signed, or that came before, is refused. */
export function readFrom<Schema extends typeof orderLetter | typeof replyLetter>({
  connection,
  seal,
  key,
  kind,
  schema,
  onLetter,
  say,
}: ReadOptions<Schema>): { close(): Promise<void> } {
  const reader = connection.redis.duplicate();
  reader.on('error', () => {});
  const numbers = new Map<string, number>();
  let open = true;
  let last = '0';

  function take(sealed: unknown): void {
    try {
      const letter = seal.open(kind, sealed, schema) as Letter<never>;
      const sender = `${letter.machine} ${letter.nonce}`;
      if (letter.number <= (numbers.get(sender) ?? 0)) return;
      onLetter(letter as never);
      numbers.set(sender, letter.number);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      say(`a message of a load test was refused: ${error.message}`);
    }
  }

  async function read(): Promise<void> {
    while (open) {
      try {
        const found = await reader.xread('COUNT', 64, 'BLOCK', PATIENCE, 'STREAMS', key, last);
        const entries = found?.[0]?.[1] ?? [];
        for (const [id, [, sealed]] of entries) {
          take(sealed);
          last = id;
        }
        if (entries.length > 0) await reader.xdel(key, ...entries.map(([id]) => id));
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        await sleep(PATIENCE / 4);
      }
    }
  }

  const reading = read();
  // Whoever closes it hears of a failure.
  reading.catch(() => {});
  return {
    async close() {
      open = false;
      reader.disconnect();
      await reading;
    },
  };
}
