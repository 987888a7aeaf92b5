/** lighteval's own test vectors, of the metrics that exist here; each has the tolerance that its test has. */

import { applyFilters } from '../src/core/score/filters.js';
import type { Evidence } from '../src/core/score/score.js';
import { bleu } from '../src/core/score/scorers/bleu.js';
import { choice } from '../src/core/score/scorers/choice.js';
import { chrf } from '../src/core/score/scorers/chrf.js';
import { exact } from '../src/core/score/scorers/exact.js';
import { multipleChoice } from '../src/core/score/scorers/multiple-choice.js';
import { rouge } from '../src/core/score/scorers/rouge.js';
import { passAtK } from '../src/core/stats/estimate/pass-at-k.js';
import { type Check, type Row, within } from './check.js';
import { judgeWith } from './scoring.js';

/** Metric to what comes out of one case, under the names of its expected outputs. */
const METRICS: Readonly<Record<string, (one: Row) => Readonly<Record<string, number>>>> = {
  exact_match: (one) => ({ em: judgeWith(exact)({ output: textOf(one), target: goldOf(one.doc) }).value }),
  rouge1: (one) => rougeOf(one, 'rouge1'),
  rouge2: (one) => rougeOf(one, 'rouge2'),
  rougeL: (one) => rougeOf(one, 'rougeL'),
  rougeLsum: (one) => rougeOf(one, 'rougeLsum'),
  bleu: (one) => ({ bleu: corpus(judgeWith(bleu), one, 'bleu') }),
  chrf: (one) => ({ chrf: firstOnly(judgeWith(chrf), one) }),
  chrf_plus: (one) => ({ 'chrf++': firstOnly(judgeWith(chrf, { wordOrder: 2 }), one) }),
  loglikelihood_acc: (one) => ({ acc: likelihoods(one).acc! }),
  gpqa_instruct_metric: (one) => ({
    extractive_match: judgeWith(choice)({
      output: textOf(one),
      target: one.doc.gold_index,
      fields: { choices: one.doc.choices },
    }).value,
  }),
  maj_at_k: (one) => {
    const [answer = ''] = applyFilters(
      [{ filter: 'take-first-k', k: one.metric_params.k }, { filter: 'majority' }],
      one.model_response.text,
    );
    return { [`maj@k:k=${one.metric_params.k}`]: judgeWith(exact)({ output: answer, target: goldOf(one.doc) }).value };
  },
  pass_at_k: (one) => {
    const { k, n } = one.metric_params;
    const passed = one.model_response.text.slice(0, n).filter((text: string) => text === goldOf(one.doc)).length;
    return { [`pass@k:k=${k}&n=${n}`]: passAtK(n, passed, k) };
  },
};

export const lighteval: Check = {
  folder: 'lighteval-metric-vectors',
  title: 'lighteval metric vectors',
  *run(data) {
    for (const [path, content] of data.archive('test_cases.tar.gz')) {
      if (!path.endsWith('.json')) continue;
      for (const one of (JSON.parse(content) as Row).test_cases as Row[]) {
        const found = METRICS[one.metric_class]?.(one) ?? {};
        const expected =
          typeof one.expected_output === 'object' ? one.expected_output : { [one.metric_name]: one.expected_output };
        for (const [name, value] of Object.entries(found)) {
          if (expected[name] !== undefined && !OTHERWISE.has(one.name))
            yield within(one.name, Number(expected[name]), value, one.tolerance);
        }
      }
    }
  },
};

function textOf(one: Row): string {
  return one.model_response.text[0];
}

function goldOf(doc: Row): string {
  return doc.choices[[doc.gold_index].flat()[0]];
}

function rougeOf(one: Row, value: string): Readonly<Record<string, number>> {
  return { [value]: judgeWith(rouge, { value })({ output: textOf(one), target: goldOf(one.doc) }).value };
}

function corpus(judge: ReturnType<typeof judgeWith>, one: Row, metric: string): number {
  for (const [index, doc] of (one.docs as Row[]).entries())
    judge({ output: one.model_responses[index].text[0], target: goldOf(doc) });
  return judge.metric(metric);
}

/** lighteval hands sacreBLEU each sample's reference as a reference of the *first* sample, and the others are never read. */
function firstOnly(judge: ReturnType<typeof judgeWith>, one: Row): number {
  judge({ output: one.model_responses[0].text[0], target: (one.docs as Row[]).map(goldOf) });
  return judge.metric('chrf');
}

/** Where ours is meant to differ. */
const OTHERWISE = new Set(['Answer in Different Case']);

function likelihoods(one: Row): Readonly<Record<string, number>> {
  const evidence: Evidence = { effect: 'loglikelihoods', conditional: one.model_response.logprobs };
  const { details } = judgeWith(multipleChoice)({
    output: '',
    target: one.doc.gold_index,
    fields: { choices: one.doc.choices },
    evidence,
  });
  return { acc: Number(details?.acc) };
}
