/** SQuAD v1.1 and v2.0 dev sets with predictions from the leaderboard; figures as evaluate-v1.1.py and -v2.0.py give them. */
import { squad as scorer } from '../src/core/score/scorers/squad.js';
import { type Check, type Folder, figure, type Row } from './check.js';
import { judgeWith } from './scoring.js';

/** Exact match and F1, percent. */
const PUBLISHED = {
  '1.1': {
    BERT_ensemble_Google_AI_Language_: ['86.2062', '92.1956'],
    Logistic_Regression_Baseline_Stanford_University_: ['40.1419', '50.9815'],
    Match_LSTM_with_Ans_Ptr_Boundary_Ensemble_Singapore_Management_University_: ['67.6348', '76.7556'],
    SLQA_ensemble_Alibaba_iDST_NLP_: ['81.9489', '88.3839'],
    r_net_ensemble_Microsoft_Research_Asia_: ['82.4693', '88.4779'],
  },
  '2.0': {
    BERT_single_model_Google_AI_Language_: ['78.7417', '81.7753'],
    BiDAF_Self_Attention_ELMo_single_model_Allen_Institute_for_Artificial_Intelligence_modified_by_Stanford_: [
      '65.7037',
      '67.8765',
    ],
    nlnet_single_model_Microsoft_Research_Asia_: ['75.8275', '78.7778'],
  },
} as const;

export const squad: Check = {
  folder: 'squad',
  title: 'SQuAD exact match and F1, squad',
  *run(data) {
    yield* version(data, '1.1', 'dev-1.1.rebuilt.json.gz', 'models-1.1');
    yield* version(data, '2.0', 'dev-v2.0.rebuilt.json.gz', 'models-v2.0');
  },
};

function* version(data: Folder, version: '1.1' | '2.0', gold: string, models: string) {
  const articles = (JSON.parse(data.text(gold)) as { data: Row[] }).data;
  const questions: Row[] = articles.flatMap((article) => article.paragraphs.flatMap((paragraph: Row) => paragraph.qas));
  for (const [model, [exact, f1]] of Object.entries(PUBLISHED[version])) {
    const file = `${models}/${model}.json`;
    if (!data.has(file)) continue;
    const predictions = new Map(Object.entries(JSON.parse(data.text(file)) as Record<string, string>));
    const judge = judgeWith(scorer, { version });
    for (const { id, answers } of questions) judge({ output: predictions.get(id) ?? '', target: answers });
    const name = `v${version} ${model.split('_').slice(0, 3).join(' ')}`;
    yield figure(`${name}, exact match`, exact, 100 * judge.metric('exact'));
    yield figure(`${name}, F1`, f1, 100 * judge.metric('f1'));
  }
}
