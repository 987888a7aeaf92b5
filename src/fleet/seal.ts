/**
 * Signs what goes through the queue with a key that all machines of a fleet share. Whoever can write to Redis but has no key can stop
 * a run, and make nobody run or believe anything.
 *
 *     sealed = hex(HMAC-SHA-256(key, kind + "\n" + body)) + body
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { UserError } from '../core/errors.js';

/** A message of the queue that is not believed, and why. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** A message of one kind is refused where another kind is expected, whoever signed it. */
export type Kind = 'run' | 'block' | 'batch' | 'machine' | 'call' | 'order' | 'reply';

export interface Seal {
  close(kind: Kind, message: unknown): string;
  /** @throws Refused when the text is too long, was signed with another key, or does not hold such a message. */
  open<S extends z.ZodType>(kind: Kind, sealed: unknown, schema: S): z.infer<S>;
}

/** The environment variable with the key. */
export const KEY_VARIABLE = 'RIGHTSIZE_FLEET_KEY';
const SHORTEST_KEY = 16;
const MAC_LENGTH = 64;
/** Characters of a message. A run with its suites, or a block with its prompts, is far below. */
const LONGEST: Readonly<Record<Kind, number>> = {
  run: 2 ** 25,
  block: 2 ** 25,
  batch: 2 ** 25,
  machine: 2 ** 16,
  call: 2 ** 12,
  order: 2 ** 25,
  reply: 2 ** 25,
};

/** @throws UserError when there is no key, or one that could be guessed. */
export function sealWith(key: string | undefined): Seal {
  if (key === undefined || key.length < SHORTEST_KEY) {
    throw new UserError(
      `${KEY_VARIABLE}: expected a key of at least ${SHORTEST_KEY} characters that all machines of the fleet share, found ${key ? 'a shorter one' : 'none'}; make one with: openssl rand -hex 32`,
    );
  }
  const macOf = (kind: Kind, body: string) => createHmac('sha256', key).update(`${kind}\n${body}`).digest('hex');
  return {
    close(kind, message) {
      const body = JSON.stringify(message);
      if (body.length > LONGEST[kind])
        throw new Refused(`a ${kind} of ${body.length} characters is too long for the queue`);
      return macOf(kind, body) + body;
    },
    open(kind, sealed, schema) {
      if (typeof sealed !== 'string' || sealed.length < MAC_LENGTH) throw new Refused('it is no signed message');
      if (sealed.length > LONGEST[kind] + MAC_LENGTH)
        throw new Refused(`it has ${sealed.length} characters, which is too long`);
      const body = sealed.slice(MAC_LENGTH);
      if (
        !timingSafeEqual(
          Buffer.from(macOf(kind, body)),
          Buffer.from(sealed.slice(0, MAC_LENGTH).padEnd(MAC_LENGTH), 'latin1'),
        )
      ) {
        throw new Refused(`it is not signed with the key of this fleet (${KEY_VARIABLE})`);
      }
      const found = schema.safeParse(parsed(body));
      if (!found.success) throw new Refused(`it does not hold a ${kind} as this version of rightsize writes it`);
      return found.data;
    },
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused('it is no JSON');
  }
}
