// One line of a data file, and what a task's generator is: a function from a split and a random source to such a line.
import type { Random } from './random.ts';
import type { Split } from './split.ts';

export interface Sample {
  /** `arithmetic-0007`, unique in its file. */
  id: string;
  /** The template: samples of one template are alike, so standard errors are clustered by it. */
  group: string;
  system: string;
  user: string;
  /** What the scorer compares: the right answer, or all that an answer must mention. */
  target: string | string[];
  /** The whole output that training aims at: the target, and the working or the letter around it. */
  completion: string;
  /** privacy: whose data is asked for. */
  kind?: 'own' | 'other';
}

export type Draft = Omit<Sample, 'id' | 'system'>;

export interface TaskGenerator {
  system: string;
  generate(split: Split, random: Random): Draft;
}
