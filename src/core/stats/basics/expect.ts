/**
 * Checks of the arguments of statistical functions. A wrong argument is our own mistake, not a user's, so the checks throw: a
 * number that came from a wrong argument looks exactly like a right one.
 */
import type { Values } from './moments.js';

/** @throws RangeError unless the value lies strictly between 0 and 1. */
export function expectBetween0And1(name: string, value: number): void {
  if (!(value > 0 && value < 1)) {
    throw new RangeError(`Expected \`${name}\` to lie strictly between 0 and 1 (0.95 for 95%), got ${value}`);
  }
}

/** @throws RangeError unless the value lies in [0, 1]. */
export function expectProbability(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`Expected \`${name}\` to lie in [0, 1], got ${value}`);
}

/** @throws RangeError unless the value is a whole number of at least `least`. */
export function expectCount(name: string, value: number, least = 0): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`Expected \`${name}\` to be a whole number from ${least} up, got ${value}`);
  }
}

/** @throws RangeError unless the value is finite and above zero. */
export function expectPositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`Expected \`${name}\` to be a finite number above 0, got ${value}`);
  }
}

/** @throws RangeError when one of the values is NaN or infinite. */
export function expectFinite(name: string, values: Values): void {
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at]))
      throw new RangeError(`Expected \`${name}[${at}]\` to be a finite number, got ${values[at]}`);
  }
}

/** @throws RangeError unless both lists describe the same items. */
export function expectSameLength(name: string, left: ArrayLike<unknown>, right: ArrayLike<unknown>): void {
  if (left.length !== right.length) {
    throw new RangeError(
      `Expected \`${name}\` to have ${left.length} entries, one for each value, got ${right.length}`,
    );
  }
}

/** @throws RangeError when one of the values is neither 0 nor 1. */
export function expectBinary(name: string, values: readonly number[]): void {
  const at = values.findIndex((value) => value !== 0 && value !== 1);
  if (at >= 0) throw new RangeError(`Expected \`${name}[${at}]\` to be 0 or 1, got ${values[at]}`);
}
