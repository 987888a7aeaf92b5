// The adapter's task: the same tickets, but another company's names for its queues. The base models have never seen them; a
// few hundred examples teach the small one.
import type { TaskGenerator } from './sample.ts';
import { route } from './tasks/route.ts';

const NEW_NAMES: Record<string, string> = {
  billing: 'finance',
  refund: 'finance',
  delivery: 'logistics',
  returns: 'logistics',
  warranty: 'workshop',
  technical: 'workshop',
  account: 'identity',
  cancel: 'sales',
  stock: 'sales',
  complaint: 'ombudsman',
};

export const routeNewQueues: TaskGenerator = {
  system: `Answer with one department: ${[...new Set(Object.values(NEW_NAMES))].join(', ')}.`,
  generate(split, random) {
    const draft = route.generate(split, random);
    const department = NEW_NAMES[draft.completion]!;
    return { ...draft, target: department, completion: department };
  },
};
