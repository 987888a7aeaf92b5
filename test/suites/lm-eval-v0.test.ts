/** A slice of the prompt fidelity that `npm run parity` shows whole: the tasks of few rows, against published hashes. */
import { expect, test } from 'vitest';
import { openFolder } from '../../parity/folder.js';
import { compareTask } from '../../parity/lm-eval-v0.js';
import { TASKS } from '../../parity/lm-eval-v0-tasks.js';
import { describeWith, shared } from '../support/shared.js';

const FOLDER = 'datasets/lm-eval-v0-fixtures';

describeWith([FOLDER], 'prompts of lm-evaluation-harness v0', () => {
  const data = openFolder(shared(FOLDER));
  const fixtures = JSON.parse(data.text('fixtures.json'));
  const few = TASKS.filter(({ task }) => ['copa', 'cb', 'rte', 'winogrande', 'sst'].includes(task));

  test.each(few)('$task $version has the published SHA-256, and the fake model the published scores', (one) => {
    const figures = [...compareTask(one, fixtures[one.task][one.version], data)];
    expect(figures.length).toBeGreaterThan(1);
    for (const { found, published } of figures) expect(found).toBe(published);
  });
});
