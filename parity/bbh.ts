/** BIG-Bench Hard: code-davinci-002 on 27 tasks, answering directly and by chain of thought, 54 published accuracies. */

import type { Filter } from '../src/core/score/filters.js';
import { exact } from '../src/core/score/scorers/exact.js';
import { type Check, figure, type Row } from './check.js';
import { judgeWith, mean } from './scoring.js';

const FILTERS: Readonly<Record<'direct' | 'cot', readonly Filter[]>> = {
  direct: [],
  cot: [{ filter: 'after', marker: 'the answer is ', drop: '.' }],
};

export const bbh: Check = {
  folder: 'bbh',
  title: 'BIG-Bench Hard, exact',
  *run(data) {
    const files = data.archive('code-davinci-002-outputs.tar.gz');
    for (const [kind, filters] of Object.entries(FILTERS)) {
      const accuracies: number[] = [];
      for (const [path, content] of files) {
        const task = new RegExp(`code-davinci-002-${kind}/(.*)_few_shot_template_0-255000_eval_metrics.jsonl$`).exec(
          path,
        )?.[1];
        if (task === undefined) continue;
        const published = (JSON.parse(content) as { accuracy: number }).accuracy;
        const { outputs } = JSON.parse(files.get(path.replace('_eval_metrics.jsonl', '.json'))!) as { outputs: Row[] };
        const judge = judgeWith(exact, {}, filters);
        const accuracy = 100 * mean(outputs.map((row) => judge({ output: row.prediction, target: row.target }).value));
        accuracies.push(accuracy);
        yield figure(`${kind} ${task}`, published.toFixed(4), accuracy);
      }
      yield figure(`${kind}, mean of 27 tasks`, kind === 'direct' ? '52.7597' : '73.7116', mean(accuracies));
    }
  },
};
