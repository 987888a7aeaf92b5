/** Whatever is wrong with a definition gets one sentence that names the place, the rule and the value, and exit code 2. */
import { describe, expect, test } from 'vitest';
import { folderWith, rightsizeHere } from '../support/cli.js';

const MODELS = { default: ['tiny'], models: [{ id: 'tiny', class: 'slm', backend: 'scripted' }] };
const SUITE = `
name: sums
tasks:
  - name: add
    prompt: { user: '{{ q }}' }
    samples: [{ q: 'two plus two?', target: '4' }]
    scorer: exact
`;

interface Case {
  readonly says: RegExp;
  readonly suite?: string;
  readonly models?: unknown;
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly args?: readonly string[];
}

const line = (text: string) => SUITE.replace('scorer: exact', text);
const samples = (text: string) => SUITE.replace(/samples: .*/, `samples: ${text}`);
const model = (fields: object) => ({ default: ['m'], models: [{ id: 'm', class: 'slm', ...fields }] });

const CASES: Readonly<Record<string, Case>> = {
  'a scorer that does not exist': {
    suite: line('scorer: exakt'),
    says: /suite\.yaml:7: tasks\[0\]\.scorer: expected one of exact, .*found "exakt"; see docs/,
  },
  'a scorer with an unknown option': {
    suite: line('scorer: { name: exact, ignoreCas: true }'),
    says: /suite\.yaml:7: tasks\[0\]\.scorer\.ignoreCas: unknown field "ignoreCas"/,
  },
  'a scorer with an option of the wrong kind': {
    suite: line('scorer: { name: exact, ignoreCase: 3 }'),
    says: /suite\.yaml:7: tasks\[0\]\.scorer\.ignoreCase: expected a boolean, found 3/,
  },
  'a scorer without a name': {
    suite: line('scorer: { ignoreCase: true }'),
    says: /tasks\[0\]\.scorer\.name: expected one of exact/,
  },
  'a task without a scorer': {
    suite: line('description: sums'),
    says: /suite\.yaml:\d+: tasks\[0\]\.scorer: expected/,
  },
  'an unknown field of a task': {
    suite: line('scorer: exact\n    sample: []'),
    says: /suite\.yaml:8: tasks\[0\]\.sample: unknown field "sample"/,
  },
  'an unknown field of a suite': { suite: `${SUITE}taks: []\n`, says: /suite\.yaml:8: taks: unknown field "taks"/ },
  'a suite without a name': {
    suite: SUITE.replace('name: sums', 'title: sums'),
    says: /suite\.yaml:\d+: name: expected a string, found nothing/,
  },
  'a name that cannot be part of a file name': {
    suite: SUITE.replace('sums', '"../sums"'),
    says: /suite\.yaml:2: name: expected a name of letters.*found "\.\.\/sums"/,
  },
  'a suite without tasks': {
    suite: 'name: sums\ntasks: []\n',
    says: /suite\.yaml:2: tasks: expected at least one task|expected at least 1 element/,
  },
  'a suite that is a list': { suite: '- name: sums\n', says: /suite\.yaml:1: expected a mapping, found a list/ },
  'an empty suite file': { suite: '', says: /suite\.yaml:\d+: expected a mapping, found null/ },
  'tasks that are no list': {
    suite: 'name: sums\ntasks: add\n',
    says: /suite\.yaml:2: tasks: expected a list, found "add"/,
  },
  'YAML that does not parse': { suite: 'name: [sums\n', says: /suite\.yaml:\d+: expected well-formed YAML/ },
  'a key that is given twice': {
    suite: `name: a\n${SUITE.trimStart()}`,
    says: /suite\.yaml:2: expected well-formed YAML.*unique/i,
  },
  'two tasks of one name': {
    suite: `${SUITE}  - name: add\n    prompt: { user: hi }\n    samples: [{ target: x }]\n    scorer: exact\n`,
    says: /suite\.yaml:8: tasks\[1\]\.name: expected every task to have a name of its own, found "add" twice/,
  },
  'a template that does not parse': {
    suite: SUITE.replace('{{ q }}', '{{ q'),
    says: /tasks\[0\]\.prompt: prompt\.user: expected a Jinja template/,
  },
  'a template that names an unknown field': {
    suite: SUITE.replace('{{ q }}', '{{ question }}'),
    says: /suite\.yaml:6: tasks\[0\]\.samples\[0\]: .*names "question", which this row does not have \(it has q, target\)/,
  },
  'an empty list of samples': {
    suite: samples('[]'),
    says: /suite\.yaml:6: tasks\[0\]\.samples: expected at least one sample|at least 1 element/,
  },
  'a sample that is no mapping': {
    suite: samples('[3]'),
    says: /suite\.yaml:6: tasks\[0\]\.samples\[0\]: expected a mapping, found 3/,
  },
  'two samples of one id': {
    suite: samples('[{ id: a, q: x, target: y }, { id: a, q: z, target: y }]'),
    says: /samples\[1\]: expected every sample to have an id of its own, found "a" again/,
  },
  'a data file that is not there': {
    suite: samples('{ file: none.jsonl }'),
    says: /none\.jsonl: there is no such file/,
  },
  'a data file of an unknown format': {
    suite: samples('{ file: data.xls }'),
    says: /data\.xls: expected a data file named \*\.jsonl/,
  },
  'a data file with a broken row': {
    suite: samples('{ file: d.jsonl }'),
    files: { 'd.jsonl': '{"q":"a","target":"b"}\n{"q":\n' },
    says: /d\.jsonl:2: expected JSON/,
  },
  'a data file with a row that is no mapping': {
    suite: samples('{ file: d.jsonl }'),
    files: { 'd.jsonl': '[1]\n' },
    says: /d\.jsonl:1: expected a row as a mapping of fields, found a list/,
  },
  'a data file without rows': {
    suite: samples('{ file: d.jsonl }'),
    files: { 'd.jsonl': '\n' },
    says: /d\.jsonl: expected at least one row, found none/,
  },
  'a CSV row with too many columns': {
    suite: samples('{ file: d.csv }'),
    files: { 'd.csv': 'q,target\na,b\na,b,c\n' },
    says: /d\.csv: expected rows of equally many columns/,
  },
  'a gzip file that is none': {
    suite: samples('{ file: d.jsonl.gz }'),
    files: { 'd.jsonl.gz': 'plain text' },
    says: /d\.jsonl\.gz: the file cannot be read/,
  },
  'a negative number of tokens': {
    suite: line('scorer: exact\n    generation: { maxTokens: -1 }'),
    says: /suite\.yaml:8: tasks\[0\]\.generation\.maxTokens: expected a number of more than 0, found -1/,
  },
  'a temperature that is a word': {
    suite: line('scorer: exact\n    generation: { temperature: hot }'),
    says: /generation\.temperature: expected a number, found "hot"/,
  },
  'a limit with an unknown unit': {
    suite: `${SUITE}requirement: { limits: { ttft: { max: 500 parsecs } } }\n`,
    says: /suite\.yaml:8: requirement\.limits\.ttft\.max: expected a positive number or a duration.*found "500 parsecs"/,
  },
  'a limit on an unknown metric': {
    suite: `${SUITE}requirement: { limits: { speed: { max: 1 } } }\n`,
    says: /requirement\.limits\.speed: unknown field "speed"/,
  },
  'a limit at an unknown level': {
    suite: `${SUITE}requirement: { limits: { ttft: { max: 1, at: p97 } } }\n`,
    says: /limits\.ttft\.at: expected one of mean, median, p90, p95, p99, found "p97"/,
  },
  'a margin of a hundred percent': {
    suite: `${SUITE}requirement: { margin: 1 }\n`,
    says: /requirement\.margin: expected a number of less than 1, found 1/,
  },
  'an unknown preference': {
    suite: `${SUITE}requirement: { prefer: prettiest }\n`,
    says: /requirement\.prefer: expected one of smallest, fastest, cheapest, best, found "prettiest"/,
  },
  'models.json that does not parse': { models: '{ "models": [', says: /models\.json:\d+: expected well-formed JSON/ },
  'models.json with an empty default': {
    models: { default: [], models: [{ id: 'm', class: 'slm', backend: 'scripted' }] },
    says: /models\.json:1: default: expected .* found /,
  },
  'a model without a backend': {
    models: model({ source: 'x.gguf' }),
    says: /models\.json:1: models\[0\]\.backend: expected a known backend/,
  },
  'a model of an unknown backend': {
    models: model({ backend: 'lama' }),
    says: /models\[0\]\.backend: expected a known backend: one of llama-cpp, .*found "lama"/,
  },
  'a model with an unknown field': {
    models: model({ backend: 'scripted', treads: 2 }),
    says: /models\[0\]\.treads: unknown field "treads" \(did you mean "threads"\?\); see docs/,
  },
  'a model with a field of another program': {
    models: model({ backend: 'llama-cpp', source: 'm.gguf', chatTemplateKwargs: { enable_thinking: false } }),
    says: /models\[0\]\.chatTemplateKwargs: unknown field "chatTemplateKwargs" \(did you mean "chatTemplateVariables"\?\)/,
  },
  'a model with no threads at all': {
    models: model({ backend: 'scripted', threads: 0 }),
    says: /models\[0\]\.threads: expected a number of more than 0, found 0/,
  },
  'a model that is neither small nor large': {
    models: { default: ['m'], models: [{ id: 'm', backend: 'scripted' }] },
    says: /models\[0\]: expected "class" \(slm or llm\) or "parameters"/,
  },
  'a class that does not exist': {
    models: model({ backend: 'scripted', class: 'xl' }),
    says: /models\[0\]\.class: expected one of slm, llm, found "xl"/,
  },
  'parameters that are a word': {
    models: model({ backend: 'scripted', parameters: 'many' }),
    says: /models\[0\]\.parameters: expected a positive number or a count/,
  },
  'an endpoint that is no URL': {
    models: model({ backend: 'openai', source: 'gpt', endpoint: 'localhost' }),
    says: /models\[0\]\.endpoint: .*URL.*found "localhost"/,
  },
  'two models of one id': {
    models: {
      default: ['m'],
      models: [
        { id: 'm', class: 'slm', backend: 'scripted' },
        { id: 'm', class: 'llm', backend: 'scripted' },
      ],
    },
    says: /models\[1\]: expected every model to have an id of its own, found "m" twice/,
  },
  'a default that names no model': {
    models: { ...MODELS, default: ['huge'] },
    says: /expected a model of models\.json, found "huge"; choose one of tiny/,
  },
  'a model flag that names no model': {
    args: ['--model', 'huge'],
    says: /expected a model of models\.json, found "huge"/,
  },
  'a suite flag that names no suite': {
    args: ['--suite', 'nothing'],
    says: /--suite: expected a suite file or one of .*found "nothing"/,
  },
  'a suite file that is not there': { args: ['--suite', './none.yaml'], says: /none\.yaml: there is no such file/ },
  'an unknown flag': { args: ['--reptitions', '3'], says: /unknown option '--reptitions'/ },
  'a number of repetitions that is a word': {
    args: ['--repetitions', 'three'],
    says: /expected a whole number from 1 up, found "three"/,
  },
  'no repetitions': { args: ['--repetitions', '0'], says: /expected a whole number from 1 up/ },
  'a run to resume that is not there': {
    args: ['--resume', 'nowhere'],
    says: /(cannot be used with|expected the folder of a run)/,
  },
  'a GGUF file that is not there': {
    models: model({ backend: 'llama-cpp', source: 'none.gguf' }),
    says: /none\.gguf.*(no such file|not there|does not exist)/,
  },
  'a GGUF file that is text': {
    models: model({ backend: 'llama-cpp', source: 'text.gguf' }),
    files: { 'text.gguf': 'this is no model' },
    says: /text\.gguf.*GGUF/,
  },
  'a GGUF file that ends early': {
    models: model({ backend: 'llama-cpp', source: 'short.gguf' }),
    files: { 'short.gguf': Buffer.from('GGUF\x03\x00\x00\x00\x05\x00\x00', 'latin1') },
    says: /short\.gguf/,
  },
  'an ONNX folder that is not there': {
    models: model({ backend: 'onnxruntime', source: 'none' }),
    says: /none.*(no such|not there|does not exist|nothing)/,
  },
};

test('what is quoted of a definition cannot steer the terminal', async () => {
  const folder = folderWith({ 'suite.yaml': `${SUITE}"\\e[2J\\u202eevil": 1\n`, 'models.json': MODELS });
  const { code, stderr } = await rightsizeHere(['run', '--suite', 'suite.yaml'], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^rightsize: suite\.yaml:8: evil: unknown field "evil"; .*\n$/);
});

test('what a table shows of a catalogue cannot steer the terminal', async () => {
  const entry = { id: 'm', class: 'slm', backend: 'onnxruntime', source: '\u001b[2Jgone', title: '\u202eevil\u0000' };
  const folder = folderWith({ 'suite.yaml': SUITE, 'models.json': { default: ['m'], models: [entry] } });
  for (const args of [
    ['check', '-s', 'suite.yaml'],
    ['list', 'models'],
  ]) {
    const { stdout } = await rightsizeHere(args, { cwd: folder });
    expect(stdout).toMatch(/gone|evil/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(stdout).not.toMatch(/[\u0000\u001b\u202e]/);
  }
});

describe('a malformed definition', () => {
  test.each(Object.entries(CASES))(
    '%s is one sentence and exit code 2',
    async (_, { suite = SUITE, models = MODELS, files = {}, args = [], says }) => {
      const folder = folderWith({ 'suite.yaml': suite, 'models.json': models as string | object, ...files });
      const chosen = args.some((arg) => arg === '--suite' || arg === '--resume') ? [] : ['--suite', 'suite.yaml'];
      const { code, stdout, stderr } = await rightsizeHere(['run', ...chosen, ...args], { cwd: folder });
      expect(stderr).toMatch(says);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(
        stderr
          .trim()
          .split('\n')
          .filter((text) => text !== '' && !text.startsWith('(')),
      ).toHaveLength(1);
    },
  );
});
