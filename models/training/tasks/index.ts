// The six tasks of the support desk, and how often each occurs in training: the hard ones more often.
import type { TaskGenerator } from '../sample.ts';
import { arithmetic } from './arithmetic.ts';
import { extract } from './extract.ts';
import { policy } from './policy.ts';
import { privacy } from './privacy.ts';
import { reply } from './reply.ts';
import { route } from './route.ts';

export const tasks = { route, extract, arithmetic, policy, reply, privacy } satisfies Record<string, TaskGenerator>;
export type TaskName = keyof typeof tasks;

export const trainingShare: Record<TaskName, number> = {
  route: 10,
  extract: 14,
  arithmetic: 26,
  policy: 20,
  reply: 14,
  privacy: 16,
};
