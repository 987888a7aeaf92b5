/** The connection to Redis, with a sentence for each way in which there is none. */
import { Redis } from 'ioredis';
import { describeError, UserError } from '../core/errors.js';
import { withoutPassword } from './address.js';

export interface Connection {
  readonly redis: Redis;
  /** The address without its password. */
  readonly shown: string;
  /** Seconds by which the clock here is ahead of that of Redis. */
  readonly offset: number;
}

/** Milliseconds until a Redis that does not answer counts as absent. */
const PATIENCE = 5_000;

/**
 * @param url `redis://[user:password@]host[:port][/number]`, or `rediss://` for TLS.
 * @param onLost Told when the connection breaks, and when it is back. It is made again by itself, and requests wait meanwhile.
 * @throws UserError when no Redis is there, or it does not let us in.
 */
export async function connect(url: string, onLost: (sentence: string) => void): Promise<Connection> {
  const shown = withoutPassword(url);
  if (!/^rediss?:\/\/[^/\s]/.test(url)) {
    throw new UserError(
      `expected the address of a Redis, as in redis://127.0.0.1:6379 or rediss://host, found "${shown}"`,
    );
  }
  let connected = false;
  let last: unknown;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    // A worker of BullMQ waits for a lost connection, however long it takes.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (connected ? Math.min(100 * attempt, 2_000) : null),
  });
  redis.on('error', (error) => {
    last = error;
  });
  try {
    await redis.connect();
    const [seconds, microseconds] = await redis.time();
    const offset = Date.now() / 1000 - (Number(seconds) + Number(microseconds) / 1e6);
    connected = true;
    let lost = false;
    redis.on('close', () => {
      if (!lost && redis.status !== 'end')
        onLost(`${shown} does not answer; results are kept, and sent when it is back`);
      lost = true;
    });
    redis.on('ready', () => {
      if (lost) onLost(`${shown} is back`);
      lost = false;
    });
    return { redis, shown, offset };
  } catch (cause) {
    redis.disconnect();
    throw new UserError(`${shown}: ${whyNot(last ?? cause)}`, { cause });
  }
}

function whyNot(cause: unknown): string {
  const message = describeError(cause);
  if (/WRONGPASS|invalid password/i.test(message))
    return 'the user or the password is wrong; correct it in the address';
  if (/NOAUTH|Authentication required/i.test(message))
    return 'it asks for a password; write it into the address, as in redis://:password@host';
  if (/NOPERM|no permissions/i.test(message)) return `its access list does not let this user in (${message})`;
  if (/certificate|self.signed|altname/i.test(message))
    return `its certificate is not trusted (${message}); name its authority with NODE_EXTRA_CA_CERTS`;
  const code = (cause as NodeJS.ErrnoException).code ?? (/ETIMEDOUT/.test(message) ? 'ETIMEDOUT' : undefined);
  return `expected a Redis, found none that answers (${code ?? message}); start it with redis-server, or correct the address`;
}

/** Whether Redis could not be asked, which may be otherwise in a moment. */
export function isUnreachable(error: unknown): boolean {
  return /connection is closed|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|^LOADING|MASTERDOWN/i.test(
    describeError(error),
  );
}

/** Whether Redis answered that it does not do what it was asked: a key holds another kind of value, its memory is full, a right is gone. */
export function isRefusedByRedis(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && !isUnreachable(error);
}
