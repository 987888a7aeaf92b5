/** Why an objective fails beyond the load that holds, as far as the records of a step show it. */
import type { LoadRange } from '../load/capacity.js';
import type { TestedModel, TestedStep } from '../load/load-test.js';
import { type Objective, WAITING } from '../load/objective.js';
import { loadOf } from '../load/search-rule.js';
import { isMissing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import { formatCount } from './format.js';

/** `requests queue`; null where the nearest step beyond the load does not show why. */
export function whyFails(
  { steps, server }: Pick<TestedModel, 'steps' | 'server'>,
  { metric }: Objective,
  { value }: LoadRange,
): string | null {
  const byLoad = steps.toSorted((a, b) => loadAt(a) - loadAt(b));
  const beyond = byLoad.find((step) => loadAt(step) > value);
  if (beyond === undefined) return null;
  if (WAITING.has(metric)) return queues(beyond, server.slots) ? 'requests queue' : null;
  const together = meanReading(beyond, 'running');
  const isShared = together !== null && together >= 2 && isSlowerPerToken(beyond, byLoad[0]!);
  return isShared ? `${formatCount(Math.round(together))} requests are computed at once` : null;
}

function loadAt({ result }: TestedStep): number {
  return loadOf(result.condition);
}

/** A rate that is too high, a server that says that requests wait in it, or more requests than it takes at once. */
function queues(step: TestedStep, slots: number | null): boolean {
  const { condition, saturation, window } = step.result;
  // Users begin with an empty queue, so it rises at first whatever their number is.
  if (condition.kind === 'open' && saturation !== 'stable') return true;
  if ((meanReading(step, 'waiting') ?? 0) >= 1) return true;
  return slots !== null && !isMissing(window) && window.underWay.mean > slots;
}

/** The mean of what the server said of itself; null where it said nothing. */
function meanReading({ record: { server = [] } }: TestedStep, name: string): number | null {
  const values = server.flatMap(({ values }) => (Object.hasOwn(values, name) ? [values[name]!] : []));
  return values.length === 0 ? null : mean(values);
}

/** Whether the interval of the median lies above that at the least load. */
function isSlowerPerToken(step: TestedStep, least: TestedStep): boolean {
  const [slow, fast] = [step, least].map(({ result: { window } }) => {
    if (isMissing(window) || isMissing(window.metrics.tpot)) return null;
    const { median } = window.metrics.tpot;
    return isMissing(median) ? null : median;
  });
  return slow != null && fast != null && slow.low > fast.high;
}
