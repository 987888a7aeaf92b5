/** AI2's leaderboard evaluator for ARC and OpenBookQA: a prediction of several labels shares the credit of the right one. */
import { choice } from '../src/core/score/scorers/choice.js';
import { type Check, type Folder, figure } from './check.js';
import { judgeWith, mean } from './scoring.js';

export const aristo: Check = {
  folder: 'aristo-evaluator',
  title: 'ARC leaderboard evaluator, choice',
  *run(data) {
    const example = accuracy(data, 'arc__evaluator__questions.jsonl', 'arc__evaluator__predictions.csv');
    yield figure('five questions', '0.85', example);
    const easy = accuracy(data, 'arc__data-easy__question-answers.jsonl', 'arc__data-easy__dummy-predictions.csv');
    yield figure('ARC easy, dummy predictions', '0.250842', easy);
  },
};

function accuracy(data: Folder, questions: string, predictions: string): number {
  const given = new Map(data.lines(predictions).map((line) => line.split(',', 2) as [string, string]));
  const judge = judgeWith(choice, { extract: 'labels' });
  return mean(
    data.rows(questions).map(({ id, answerKey }) => judge({ output: given.get(id) ?? '', target: answerKey }).value),
  );
}
