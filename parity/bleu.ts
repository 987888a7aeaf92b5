/** BLEU and chrF: sacreBLEU's own test vectors, WMT17 systems, and the German-English output of tensorflow/nmt. */
import { bleu as bleuScorer } from '../src/core/score/scorers/bleu.js';
import { chrf } from '../src/core/score/scorers/chrf.js';
import { rouge } from '../src/core/score/scorers/rouge.js';
import { type Check, type Figure, type Folder, figure, type Row, within } from './check.js';
import { judgeWith, mean } from './scoring.js';

export const bleu: Check = {
  folder: 'bleu-significance',
  title: 'BLEU and chrF, bleu and chrf',
  *run(data) {
    const vectors = JSON.parse(data.text('sacrebleu_vectors.json')) as Row;
    yield* corpusVectors(vectors.corpus_bleu);
    yield* chrfVectors(vectors);
    yield* nmt(data);
    yield* wmt17(data);
  },
};

function* corpusVectors({ refs, hyps, expected }: Row): Generator<Figure> {
  for (const [name, published] of Object.entries(expected as Record<string, number>)) {
    const [option, value] = name.split('=');
    const judge = judgeWith(bleuScorer, value === undefined ? {} : { [option!]: value });
    for (const [index, output] of (hyps as string[]).entries())
      judge({ output, target: refs.map((set: string[]) => set[index]) });
    yield figure(`corpus BLEU, two references, ${name}`, published, judge.metric('bleu'));
  }
}

function* chrfVectors(vectors: Row): Generator<Figure> {
  for (const [output, target, published] of vectors.chrf_test_sentence_level_chrf) {
    yield figure(
      `sentence chrF "${output.slice(0, 24)}…"`,
      published,
      100 * judgeWith(chrf, { epsilonSmoothing: true })({ output, target }).value,
    );
  }
  const cases = {
    chrf_test_cases: { beta: 3, epsilonSmoothing: true },
    chrf_test_cases_effective_order: { beta: 3 },
    chrf_test_cases_keep_whitespace: { beta: 3, whitespace: true, epsilonSmoothing: true },
  };
  for (const [name, options] of Object.entries(cases)) {
    for (const [hyps, refs, published] of vectors[name]) {
      const judge = judgeWith(chrf, options);
      for (const [index, output] of (hyps as string[]).entries()) judge({ output, target: refs[index] });
      // sacreBLEU's own tests hold these to 1e-4: the numbers are older than its smoothing.
      yield within(
        `corpus chrF ${name.slice(10)} "${hyps.join(' / ').slice(0, 24)}"`,
        published,
        judge.metric('chrf'),
        1e-4,
      );
    }
  }
}

function* nmt(data: Folder): Generator<Figure> {
  // nmt parts words at every single blank, and at nothing else: two blanks hold an empty word.
  const word = (text: string) => (text === '' ? '∅' : text.replaceAll('\u00a0', '_'));
  const plain = (name: string) =>
    data.lines(name).map((line) => line.replaceAll('@@ ', '').trim().split(' ').map(word).join(' '));
  const [outputs, targets] = [plain('deen_output.txt'), plain('deen_ref_bpe.txt')];
  const judge = judgeWith(bleuScorer, { tokenize: 'none', smooth: 'none' });
  const overlap = judgeWith(rouge, { tokenizer: 'whitespace' });
  const scores = outputs.map((output, index) => {
    judge({ output, target: targets[index] });
    const { details } = overlap({ output, target: targets[index] });
    return nmtRougeL(Number(details?.['rougeL precision']), Number(details?.['rougeL recall']));
  });
  yield within('tensorflow/nmt German-English BLEU', 22.5855084573, judge.metric('bleu'), 1e-9);
  yield within('tensorflow/nmt German-English ROUGE-L', 50.8429782599, 100 * mean(scores), 1e-9);
}

/** nmt's own F, whose beta is precision over recall. */
function nmtRougeL(precision: number, recall: number): number {
  const beta = precision / (recall + 1e-12);
  return ((1 + beta ** 2) * recall * precision) / (recall + beta ** 2 * precision + 1e-12);
}

function* wmt17(data: Folder): Generator<Figure> {
  const systems = JSON.parse(data.text('wmt17_en_de.json.gz')) as readonly Row[];
  const linesOf = (name: string) => systems.find((system) => system.name.includes(name))!.lines;
  const published = { 'LIUM-NMT': '21.61', 'uedin-nmt': '23.39', 'online-F': '11.71' };
  const [reference] = linesOf('reference') as readonly (readonly string[])[];
  for (const [system, score] of Object.entries(published)) {
    const judge = judgeWith(bleuScorer, { tokenize: 'none' });
    const lines: readonly string[] = linesOf(system);
    for (const [index, output] of lines.entries()) judge({ output, target: reference![index] });
    yield figure(`WMT17 English-German ${system} BLEU`, score, judge.metric('bleu'));
  }
}
