/** What a template may use: far more than any published one needs, and far less than hurts. */

/** Steps, each about a microsecond: the longest published template takes 20,000 for a conversation. */
export const MOST_STEPS = 1_500_000;
/**
 * Steps that each row of a data set adds to what its template may take, up to `MOST_STEPS`: a template that takes a second for
 * every row would take an hour for a data set.
 */
export const STEPS_OF_A_ROW = 100_000;
/** Characters and members that cost as much as a step. */
export const SIZE_OF_A_STEP = 64;
/** Steps that one more round of a loop takes beside those of its body. */
export const STEPS_OF_A_ROUND = 10;
/** Characters of a text. */
export const LONGEST_TEXT = 8 * 2 ** 20;
/** Members of a list. */
export const LONGEST_LIST = 2 ** 18;
/** Characters of a template. Published ones have up to 20,000; a suite may hold a whole manual. */
export const LONGEST_SOURCE = 2 ** 20;
/** Characters of white space in a row: the library's patterns take the square of it. */
export const LONGEST_SPACE = 2000;
export const LONGEST_RANGE = 100_000;

/** What a template may still take. Interpreters that share one are limited together. */
export interface Allowance {
  steps: number;
}

export class TooMuchWork extends Error {}

/** @throws TooMuchWork for a text that no prompt needs; asked before it is made. */
export function requireText(characters: number): void {
  if (characters > LONGEST_TEXT) throw new TooMuchWork('the template makes a longer text than any prompt holds');
}

/** @throws TooMuchWork for a list that no template needs; asked before it is made. */
export function requireList(members: number): void {
  if (members > LONGEST_LIST) throw new TooMuchWork('the template makes a longer list than any prompt needs');
}
