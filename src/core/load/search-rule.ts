/** What a search looks for, and the conditions that it tries. */
import { type Arrivals, type Condition, steadyRate, type ThinkTime } from '../definition/condition.js';
import type { Objective } from './objective.js';

export type Sought =
  | { readonly kind: 'concurrency' }
  | { readonly kind: 'users'; readonly think: ThinkTime }
  | { readonly kind: 'rate'; readonly arrivals: Arrivals; readonly ceiling?: number };

export interface SearchRule {
  readonly find: Sought;
  readonly objectives: readonly Objective[];
  /** At least one of them. The search ends before either is exceeded by more than a step. */
  readonly budget: { readonly requests?: number; readonly seconds?: number };
  /** The error rate of "proved" and of "failed", one-sided. The interval then has a confidence of 1 - 2 alpha. */
  readonly alpha: number;
  /** The first load: 1 for users, a low rate for rates. */
  readonly least: number;
  /** No load above it is tried. */
  readonly most: number;
}

/** The condition at a load. */
export function conditionAt(load: number, { find }: Pick<SearchRule, 'find'>): Condition {
  switch (find.kind) {
    case 'concurrency':
      return { kind: 'closed', requests: load };
    case 'users':
      return { kind: 'users', users: load, think: find.think };
    case 'rate': {
      const { arrivals, ceiling } = find;
      return { kind: 'open', rate: steadyRate(load), arrivals, ...(ceiling !== undefined && { ceiling }) };
    }
  }
}

export function loadOf(condition: Condition): number {
  switch (condition.kind) {
    case 'closed':
      return condition.requests;
    case 'users':
      return condition.users;
    case 'open':
      return condition.rate.last;
    case 'trace':
      return condition.speed;
  }
}

/** Users and requests come in whole numbers; rates have three digits. */
export function loadNear(load: number, { find, least, most }: SearchRule): number {
  const near = find.kind === 'rate' ? Number(load.toPrecision(3)) : Math.round(load);
  return Math.min(most, Math.max(least, near));
}
