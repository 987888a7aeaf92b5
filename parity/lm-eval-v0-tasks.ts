/**
 * Tasks of lm-evaluation-harness v0.3.0, from their Python to definitions of ours: those whose data is at hand as it was. Not
 * of them: HellaSwag (the copy at hand has lost where ctx_b begins) and SQuAD 2 (its articles stand in another order).
 */
export interface V0Task {
  readonly task: string;
  readonly version: string;
  readonly file: string;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Where v0 asked for the likelihood and for whether it is greedy, it sent the same request twice. */
  readonly twice?: true;
}

const ARC = { ask: 'choices', prompt: { text: '{{ query }}' }, choices: '{{ choices | tojson }}' };

/** `general_detokenize` of lm_eval/utils.py. */
const DETOKENISE = String.raw`{% macro plain(text) %}
{{ regex_replace(text.replace(" n't", "n't").replace(" )", ")").replace("( ", "(").replace('" ', '"').replace(' "', '"'), " (['.,])", "\\1") }}
{%- endmacro %}`;

const CB = {
  ask: 'choices',
  prompt: { text: '{{ premise }}\nQuestion: {{ hypothesis }}. True, False or Neither?\nAnswer:' },
};

/** The title of a passage stands only in the text of the whole query. */
const TITLED = "{{ query.split('\\nQuestion: ')[0] }}\nQuestion: ";
const BOOLQ = { ask: 'choices', choices: ['yes', 'no'] };
const YES = { target: '{{ 0 if label else 1 }}' };

export const TASKS: readonly V0Task[] = [
  {
    task: 'lambada_openai',
    version: '0',
    file: 'data/lambada_openai.jsonl.gz',
    // The copy of the data has the last word apart already.
    definition: { ask: 'choices', prompt: { text: '{{ context }}' }, choices: ['{{ continuation }}'] },
    fields: { target: '{{ continuation }}' },
    twice: true,
  },
  {
    task: 'arc_easy',
    version: '0',
    file: 'data/arc_easy.test.jsonl',
    definition: ARC,
    fields: { target: '{{ gold }}' },
  },
  {
    task: 'arc_challenge',
    version: '0',
    file: 'data/arc_challenge.test.jsonl',
    definition: ARC,
    fields: { target: '{{ gold }}' },
  },
  {
    task: 'piqa',
    version: '0',
    file: 'data/piqa.validation.jsonl',
    definition: {
      ask: 'choices',
      prompt: { text: 'Question: {{ goal }}\nAnswer:' },
      choices: ['{{ sol1 }}', '{{ sol2 }}'],
    },
    fields: { target: '{{ label }}' },
  },
  {
    task: 'winogrande',
    version: '0',
    file: 'data/winogrande.validation.jsonl',
    definition: {
      ask: 'choices',
      prompt: { text: '' },
      contexts: ["{{ sentence.split('_')[0] ~ option1 }}", "{{ sentence.split('_')[0] ~ option2 }}"],
      choices: ["{{ sentence.split('_', 1)[1].strip() }}"],
    },
    fields: { target: '{{ (answer | int) - 1 }}' },
  },
  {
    task: 'boolq',
    version: '0',
    file: 'data/boolq.validation.jsonl.gz',
    definition: { ...BOOLQ, prompt: { text: `${TITLED}{{ question }}\nAnswer:` } },
    fields: { target: '{{ 0 if answer else 1 }}' },
  },
  {
    task: 'boolq',
    version: '1',
    file: 'data/boolq.validation.jsonl.gz',
    definition: { ...BOOLQ, prompt: { text: `${TITLED}{{ question }}?\nAnswer:` } },
    fields: { target: '{{ 0 if answer else 1 }}' },
  },
  {
    task: 'copa',
    version: '0',
    file: 'data/copa.validation.jsonl',
    definition: {
      ask: 'choices',
      prompt: { text: "{{ premise.strip()[:-1] }} {{ { 'cause': 'because', 'effect': 'therefore' }[question] }}" },
      choices: ['{{ choice1[:1].lower() ~ choice1[1:] }}', '{{ choice2[:1].lower() ~ choice2[1:] }}'],
    },
    fields: { target: '{{ label }}' },
  },
  {
    task: 'cb',
    version: '0',
    file: 'data/cb.validation.jsonl',
    definition: { ...CB, choices: ['True', 'Neither', 'False'] },
    fields: { target: '{{ label }}' },
  },
  {
    task: 'cb',
    version: '1',
    file: 'data/cb.validation.jsonl',
    definition: { ...CB, choices: ['True', 'False', 'Neither'] },
    fields: { target: '{{ label }}' },
  },
  {
    task: 'rte',
    version: '0',
    file: 'data/rte.validation.jsonl',
    definition: {
      ask: 'choices',
      prompt: { text: '{{ sentence1 }}\nQuestion: {{ sentence2 }} True or False?\nAnswer:' },
      choices: ['True', 'False'],
    },
    fields: { target: '{{ label }}' },
  },
  {
    task: 'sst',
    version: '0',
    file: 'data/sst2.validation.jsonl',
    definition: {
      ask: 'choices',
      prompt: { text: `${DETOKENISE}{{ plain(sentence) }}\nQuestion: Is this sentence positive or negative?\nAnswer:` },
      choices: ['positive', 'negative'],
    },
    fields: YES,
  },
  {
    task: 'gsm8k',
    version: '0',
    file: '../gsm8k/test.jsonl',
    definition: {
      prompt: { text: 'Question: {{ question }}\nAnswer:' },
      generation: { stop: ['\n'] },
    },
    fields: { target: '{{ answer }}' },
  },
];
