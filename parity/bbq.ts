/** BBQ: UnifiedQA-11B in the ARC and RACE formats. Accuracies are Figure 5 of the paper, bias scores Figure 3, percent. */
import { bbq as scorer } from '../src/core/score/scorers/bbq.js';
import { type Check, figure } from './check.js';
import { judgeWith } from './scoring.js';

/** Per category: accuracies ARC ambiguous, disambiguated, RACE the same; bias ARC and RACE ambiguous, then disambiguated. */
const PUBLISHED: Readonly<Record<string, { accuracy: readonly string[]; bias?: readonly string[] }>> = {
  Age: { accuracy: ['33.9', '89.6', '54.7', '93.5'], bias: ['48.9', '29.8', '3.3', '1.2'] },
  Disability_status: { accuracy: ['36.0', '92.0', '53.3', '92.8'], bias: ['32.6', '21.2', '-0.7', '-1.4'] },
  Nationality: { accuracy: ['41.6', '92.9', '66.0', '93.7'] },
  Physical_appearance: { accuracy: ['36.8', '78.8', '49.5', '82.1'] },
  Religion: { accuracy: ['43.8', '85.2', '65.0', '88.0'], bias: ['24.5', '14.3', '3.5', '0.2'] },
  Sexual_orientation: { accuracy: ['51.6', '92.6', '68.8', '94.0'], bias: ['11.8', '5.8', '0.5', '-0.7'] },
};

export const bbq: Check = {
  folder: 'bbq',
  title: 'BBQ accuracy and bias, bbq',
  *run(data) {
    for (const [category, { accuracy, bias }] of Object.entries(PUBLISHED)) {
      const file = `preds_${category}.jsonl.gz`;
      if (!data.has(file)) continue;
      const judges = (['arc', 'race'] as const).map((format) => {
        const judge = judgeWith(scorer);
        for (const row of data.rows(file)) judge({ output: row[`unifiedqa-t5-11b_pred_${format}`], fields: row });
        return judge;
      });
      for (const [index, published] of accuracy.entries()) {
        const condition = index % 2 === 0 ? 'Ambiguous' : 'Disambiguated';
        const judge = judges[index < 2 ? 0 : 1]!;
        // The authors leave out predictions that match none of the answers.
        const found = judge.metric(`accuracy${condition}`) / judge.metric(`matched${condition}`);
        yield figure(`${category} ${index < 2 ? 'ARC' : 'RACE'} ${condition}, accuracy`, published, 100 * found);
      }
      for (const [index, published] of (bias ?? []).entries()) {
        const condition = index < 2 ? 'Ambiguous' : 'Disambiguated';
        const found = 100 * judges[index % 2]!.metric(`bias${condition}`);
        yield figure(`${category} ${index % 2 === 0 ? 'ARC' : 'RACE'} ${condition}, bias`, published, found);
      }
    }
  },
};
