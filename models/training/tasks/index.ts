// The six tasks of the support desk, and how often each occurs in training, exercises beside them.
import type { TaskGenerator } from '../sample.ts';
import { arithmetic } from './arithmetic.ts';
import { lookUp, repeat } from './exercises.ts';
import { extract } from './extract.ts';
import { policy } from './policy.ts';
import { privacy } from './privacy.ts';
import { reply } from './reply.ts';
import { route } from './route.ts';

export const tasks = { route, extract, arithmetic, policy, reply, privacy } satisfies Record<string, TaskGenerator>;
export const training = { ...tasks, repeat, lookUp };

type Shares = Readonly<Record<keyof typeof training, number>>;

/** How often each occurs. First of all alike; then more of what is slow to learn. */
export const stages: Readonly<Record<'first' | 'second', Shares>> = {
  first: { route: 14, extract: 14, arithmetic: 26, policy: 20, reply: 18, privacy: 16, repeat: 10, lookUp: 6 },
  second: { route: 10, extract: 8, arithmetic: 24, policy: 10, reply: 10, privacy: 40, repeat: 1, lookUp: 1 },
};
