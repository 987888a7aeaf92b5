/** The transformers backend on real graphs: the contract, then what is its own. */
import { transformers } from '../../src/backends/transformers.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { describeWith, SHARED } from '../support/shared.js';
import { contract } from './contract.js';

const SLM = 'models/trial-pair/slm';
const context = { directory: SHARED, environment: {} };
const prompt = {
  messages: [
    { role: 'system', content: 'Write a reply to the customer.' },
    { role: 'user', content: 'Customer Ivan Tran asks about the Delta mouse S91. Action: callback.' },
  ],
} as const;

function entry(fields: Record<string, unknown>) {
  const model = modelSchema.parse({ id: 'm', backend: 'transformers', ...fields });
  if (model.backend !== 'transformers') throw new Error('expected a transformers model');
  return model;
}

describeWith([SLM], 'transformers', () => {
  contract('transformers', {
    backend: transformers,
    model: entry({ source: SLM, threads: 1 }),
    broken: entry({ source: 'models/none' }),
    context,
    prompt,
  });
});
