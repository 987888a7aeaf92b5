/** A question of capacity as the flags that ask it, so that a report says how it is made again. */
import type { LoadWanted } from '../core/capacity/plan/answer.js';
import { arrivalsText, thinkText } from '../core/definition/condition.js';
import { lengthsText } from '../core/load/lengths.js';
import type { CapacityQuestion } from './capacity.js';
import type { WantedTokens } from './capacity-lengths.js';

/** The words of a command line. What no flag said is left out, except of the load: its defaults are said. */
export function flagsOf(question: Omit<CapacityQuestion, 'run'>): readonly string[] {
  const { models, devices, objectives = [], prompt, output, load, api } = question;
  const flag = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [`--${name}`, String(value)];
  return [
    ...models.flatMap((model) => flag('model', model)),
    ...flag('models', question.catalogue),
    ...devices.flatMap((device) => flag('device', device)),
    ...flag('prompt', prompt && tokensText(prompt)),
    ...flag('output', output && tokensText(output)),
    ...flag('suite', question.suite),
    ...flag('context', question.context),
    ...flag('engine', question.engine),
    ...flag('cache-type', question.cacheType),
    ...(load === undefined ? [] : loadFlags(load)),
    ...objectives.flatMap((objective) => flag('objective', objective)),
    ...flag('slots', question.slots),
    ...flag('api-price', api && `${api.input},${api.output}`),
    ...flag('seed', question.seed),
    ...flag('prices', question.prices),
  ];
}

function tokensText(tokens: WantedTokens): string {
  return typeof tokens === 'number' ? String(tokens) : lengthsText(tokens);
}

function loadFlags({ kind, wanted, headroom }: LoadWanted): readonly string[] {
  const kept = ['--headroom', String(headroom)];
  switch (kind.kind) {
    case 'rate': {
      const asked = wanted === null ? ['--find', 'rate'] : ['--rate', String(wanted)];
      return [...asked, '--arrivals', arrivalsText(kind.arrivals), ...kept];
    }
    case 'users': {
      const asked = wanted === null ? ['--find', 'users'] : ['--users', String(wanted)];
      return [...asked, '--think', thinkText(kind.think), ...kept];
    }
    case 'concurrency':
      return ['--find', 'concurrency', ...kept];
  }
}
