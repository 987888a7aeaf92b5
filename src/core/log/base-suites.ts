/** Two versions get the same samples in different words: the base gets the prompts of one suite, the new version those of another. */
import type { InTurns } from './log.js';

/**
 * The suite as which the answers of a model to `suite` are compared; null if it is not asked that suite.
 *
 *     baseSuites: { desk: 'desk-old' }     base: desk-old -> desk, desk -> null     new version: desk -> desk, desk-old -> null
 */
export function comparedAs(
  { suite, model }: { readonly suite: string; readonly model: string },
  inTurns: Pick<InTurns, 'base' | 'baseSuites'> | undefined,
): string | null {
  const pairs = Object.entries(inTurns?.baseSuites ?? {});
  const pair = pairs.find(([, old]) => old === suite);
  if (model !== inTurns?.base) return pair === undefined ? suite : null;
  if (pair !== undefined) return pair[0];
  return pairs.some(([name]) => name === suite) ? null : suite;
}
