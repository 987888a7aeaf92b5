/**
 * Rho-1 on GSM8K and MATH-500: by chain of thought, whose completions are read here, and by program, whose printed results
 * are given (the programs are not run). Every row carries the verdict of math-evaluation-harness.
 */
import { math } from '../src/core/score/scorers/math.js';
import { type Check, figure, flags } from './check.js';
import { rowsOf } from './folder.js';
import { judgeWith, mean } from './scoring.js';

export const rho: Check = {
  folder: 'math-cot-outputs',
  title: 'Rho-1 mathematics, math',
  *run(data) {
    const files = data.archive('rho-1_outputs.zip');
    for (const [path, content] of files) {
      const match = /([^/]+)\/(gsm8k|minerva_math)\/[^/]*_(cot|tora)_-1_[^/]*\.jsonl$/.exec(path);
      if (match === null) continue;
      const [, model, set, kind] = match;
      const metrics = [...files.keys()].find(
        (other) => other.startsWith(path.slice(0, path.lastIndexOf('/'))) && other.endsWith('metrics.json'),
      );
      const judge = judgeWith(math, kind === 'cot' ? {} : { extract: 'whole' });
      const pairs = rowsOf(content).map((row) => {
        const output = kind === 'cot' ? row.code[0] : String(row.pred[0]);
        return [row.score[0] === true, judge({ output, target: String(row.gt) }).value === 1] as const;
      });
      const published = (JSON.parse(files.get(metrics!)!) as { acc: number }).acc;
      yield figure(
        `${model} ${set}, percent`,
        published.toFixed(1),
        100 * mean(pairs.map(([, found]) => (found ? 1 : 0))),
      );
      yield flags(`${model} ${set}`, pairs);
    }
  },
};
