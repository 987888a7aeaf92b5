/** What the golden logs hold. `npx tsx test/golden/update.ts` writes them and everything that is made from them. */
import type { Outcome } from '../../src/core/measure/measurement.js';
import type { LogRecord } from '../../src/core/log/log.js';
import { makeLog } from '../support/log.js';
import { smallLlama } from '../support/shapes.js';

const HOSTILE = '</script><script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) \u001b[2J\u001b]0;gone\u0007 =cmd | `x`';

/** A sound run: an SLM and an LLM on three tasks that tell them apart. */
const pair = makeLog({
  suite: 'desk',
  requirement: { margin: 0.1, limits: { ttft: { max: '200 ms', at: 'median' } } },
  tasks: [
    { name: 'route', samples: 120, groupSize: 4, classes: ['billing', 'delivery', 'returns', 'account'] },
    { name: 'arithmetic', samples: 240 },
    { name: 'policy', samples: 40 },
  ],
  models: [
    {
      id: 'reference-slm',
      class: 'slm',
      parameters: 0.75e6,
      quality: { route: 0.98, arithmetic: 0.55, policy: 0.8 },
      sureness: 0.8,
      memory: 12e6,
      tokens: 6,
      facts: { shape: smallLlama(4, 128) },
    },
    {
      id: 'reference-llm',
      class: 'llm',
      parameters: 4.8e6,
      quality: { route: 0.98, arithmetic: 0.92, policy: 0.9 },
      ttft: 0.06,
      itl: 0.008,
      memory: 48e6,
      tokens: 6,
      facts: { shape: smallLlama(8, 256) },
    },
  ],
});

/** Everything that goes wrong: failures of both kinds, hostile answers, no memory, no log-probabilities, an unfinished run. */
const troubled = makeLog({
  id: 'troubled',
  suite: 'desk',
  requirement: { margin: 0.1, limits: { memory: { max: '1 GB' }, quality: { min: 0.5 } } },
  environment: {
    noise: [{ what: 'the CPU governor is powersave', remedy: 'set it to performance' }],
    load: { missing: 'no /proc on this system' },
  },
  tasks: [
    { name: 'route', samples: 12 },
    { name: 'privacy', samples: 8 },
  ],
  models: [
    {
      id: 'slm|`odd`',
      class: 'slm',
      quality: 0.5,
      memory: null,
      sureness: null,
      tokens: 1,
      outcome: (sample, outcome): Outcome => {
        if (sample.endsWith('1')) return { ...outcome, output: HOSTILE } as Outcome;
        if (sample.endsWith('2')) return { state: 'failed', by: 'model', kind: 'timeout', reason: 'no answer in 120 s', output: '' };
        if (sample.endsWith('3')) return { state: 'failed', by: 'harness', kind: 'crash', reason: `the process died: ${HOSTILE}`, output: '' };
        return outcome;
      },
    },
    { id: 'unknown', quality: 0.9 },
    { id: 'llm', class: 'llm', quality: 0.9, price: { input: 2.5, output: 10 } },
  ],
  cutAfter: 60,
});

export const GOLDEN: Readonly<Record<string, readonly LogRecord[]>> = { pair, troubled };
