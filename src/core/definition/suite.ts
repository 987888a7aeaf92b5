/**
 * A suite is one workload: its tasks, and what the workload requires. A task is a prompt template, samples, settings for
 * generation, and the scorer that judges the answers. Templates are Jinja, with a sample's fields as variables.
 *
 *     name: support-desk
 *     requirement: { margin: 0.05, limits: { ttft: { max: 500 ms } } }
 *     tasks:
 *       - name: route
 *         prompt: { system: Route the ticket to one queue., user: '{{ text }}' }
 *         samples: { file: data/route.jsonl }
 *         generation: { maxTokens: 8 }
 *         scorer: exact
 */
import { z } from 'zod';
import { filterSchema } from '../score/filters.js';
import { SCORER_NAMES } from '../score/table.js';
import { gateSchema } from './gate.js';
import { loadSchema } from './load.js';
import { limitsSchema, requirementSchema } from './requirement.js';

/** Names become parts of trial ids and file names. */
export const name = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, {
  error: 'expected a name of letters, digits, dots, hyphens and underscores',
});

const template = z.string().describe('A Jinja template; the fields of the sample are its variables.');

export const fieldsSchema = z
  .strictObject({
    id: template.optional().describe('A stable id; the default is the field `id`, else a hash of the row.'),
    target: z
      .union([template, z.strictObject({ json: template })])
      .optional()
      .describe('The right answer; the default is the field `target`. `json`: rendered as JSON, where it is no text.'),
    json: z.array(z.string().min(1)).default([]).describe('Fields whose text is JSON: they are read as what it says.'),
    group: template.optional().describe('The cluster a sample belongs to; the default is the field `group`, if any.'),
  })
  .describe('How the parts of a sample are read from a row.');

const dataSamples = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe(
      'A path beside the suite file, an https URL, or a data set of the hub: hf:org/name, hf:org/name@revision/file.',
    ),
  config: z
    .string()
    .optional()
    .describe('The configuration (subset) of a data set of the hub. The default is `default`.'),
  split: z.string().optional().describe('The split of a data set of the hub. The default is `test`.'),
  where: template.optional().describe('Only rows for which this renders to `true` are taken.'),
  limit: z.int().positive().optional().describe('The greatest number of samples to take.'),
  shuffle: z.boolean().default(false).describe('Take the samples in a random order. The seed of the run decides it.'),
  stratify: template
    .optional()
    .describe('With a limit: each value of this template has the same share of the samples as of the data.'),
  fields: fieldsSchema.prefault({}),
});

const inlineSamples = z.array(z.record(z.string(), z.unknown())).min(1, { error: 'expected at least one sample' });

const examplePool = {
  samples: z.union([inlineSamples, dataSamples]),
  count: z
    .int()
    .positive()
    .optional()
    .describe('The number of examples. It is required unless `pick` is `fixed`, which takes the whole pool.'),
  pick: z
    .enum(['first', 'seeded', 'fixed'])
    .default('first')
    .describe(
      '`first`: the first examples of the pool. `seeded`: the first after the seed of the run has shuffled it. `fixed`: the same examples before every sample.',
    ),
  match: template
    .optional()
    .describe('Takes only examples for which this template gives the same text as for the sample, such as a subject.'),
  answer: template.default('{{ target }}'),
};

const chatPrompt = z.strictObject({
  system: template.optional(),
  user: template,
  assistant: template.optional().describe('The beginning of the answer, which the model continues.'),
  examples: z
    .strictObject(examplePool)
    .optional()
    .describe('Few-shot examples: each is a user turn and its answer. A sample is never its own example.'),
});

const textPrompt = z.strictObject({
  text: template.describe('The text that the model continues. No chat template is applied to it.'),
  preamble: template.optional().describe('The text before the examples.'),
  examples: z
    .strictObject({
      ...examplePool,
      answer: template.default(' {{ target }}'),
      separator: z.string().default('\n\n').describe('The text after each example.'),
    })
    .optional()
    .describe('Few-shot examples: each is a text and its answer. A sample is never its own example.'),
});

export const promptSchema = z.union([chatPrompt, textPrompt]).describe('A chat (system, user) or a plain text.');

/**
 * How a task is asked. `generate`: the model answers. `choices`: the model is not asked to speak; the log-likelihood of each
 * choice after the prompt is measured, and the most likely one is its answer. `perplexity`: how likely a whole text is.
 */
export const ASKINGS = ['generate', 'choices', 'perplexity'] as const;

export const generationSchema = z.strictObject({
  maxTokens: z.int().positive().default(256),
  stop: z.array(z.string().min(1)).default([]),
  temperature: z.number().min(0).max(2).default(0),
  topP: z.number().gt(0).max(1).default(1),
  seed: z.int().nonnegative().default(0),
  logprobs: z
    .boolean()
    .optional()
    .describe(
      'Ask servers for the log-probabilities of answers, which cascades need and which take time; engines in process always give them.',
    ),
  timeout: z
    .number()
    .positive()
    .default(120)
    .describe('The seconds that an answer may take. A later answer counts as none.'),
});

const named = z.looseObject({ name: z.enum(SCORER_NAMES) }).describe('A scorer with its options; see docs/scorers.md.');

/** Scorers of one's own in their short forms: they mean `{ name: own, … }`. */
const ownModule = z
  .string()
  .regex(/^(?:\.{0,2}\/|[\w-]+\/)?.*\.[cm]?js$/, {
    error: 'expected the name of a scorer, or a path to a module (*.mjs)',
  })
  .describe('A module of your own: ./my-scorer.mjs.')
  .transform((module) => ({ name: 'own' as const, module }));
const ownSource = z
  .union([
    z.looseObject({ module: z.string() }),
    z.looseObject({ command: z.union([z.string(), z.array(z.string())]) }),
    z.looseObject({ scores: z.string() }),
  ])
  .describe('A module, a command, or a file of scores of your own; see docs/scorers.md.')
  .transform((source) => ({ name: 'own' as const, ...source }));

export const scorerSchema = z
  .union([z.enum(SCORER_NAMES), named, ownModule, ownSource])
  .describe('The scorer that judges an answer.');

export const taskSchema = z.strictObject({
  name,
  description: z.string().optional(),
  ask: z.enum(ASKINGS).default('generate').describe('For an answer, or for log-likelihoods of given choices or texts.'),
  prompt: promptSchema,
  choices: z
    .union([z.array(template).min(1), template])
    .optional()
    .describe('With `ask: choices`: a template for each choice, or one that renders a JSON list of them.'),
  contexts: z
    .array(template)
    .min(2)
    .optional()
    .describe('With `ask: choices` and one choice: the texts it is appended to, in place of the prompt (WinoGrande).'),
  delimiter: z.string().default(' ').describe('The text between the prompt and a choice.'),
  unconditional: z
    .boolean()
    .default(false)
    .describe('Measure the choices without the prompt too (mutual information).'),
  samples: z.union([inlineSamples, dataSamples]),
  generation: generationSchema.prefault({}),
  repetitions: z
    .int()
    .positive()
    .optional()
    .describe(
      'The number of times that each sample is asked, in place of that of the run: for pass@k, or to choose among answers.',
    ),
  filters: z
    .array(filterSchema)
    .default([])
    .describe(
      'Filters that take the answer out of an output before it is scored, in their order; see docs/scorers.md.',
    ),
  scorer: scorerSchema,
  secondary: z
    .array(scorerSchema)
    .optional()
    .describe(
      'Other scorers of the same answers. Each is reported as `score NAME` with its interval, and can be limited by that name.',
    ),
  limits: limitsSchema.prefault({}).describe('Limits of this task alone. They replace those of the suite.'),
});

export const suiteSchema = z.strictObject({
  $schema: z.string().optional(),
  name,
  title: z.string().optional(),
  description: z.string().optional(),
  requirement: requirementSchema.prefault({}),
  gate: gateSchema.optional().describe('When a new version of a model turns a build red; see docs/gate.md.'),
  load: loadSchema.optional().describe('How the workload comes under load; see docs/load.md.'),
  tasks: z.array(taskSchema).min(1, { error: 'expected at least one task' }),
});

/** A suite that is a list of other suites: a question that people ask (`reasoning`), and the workloads that answer it. */
export const groupSchema = z.strictObject({
  $schema: z.string().optional(),
  name,
  title: z.string().optional(),
  description: z.string().optional(),
  suites: z
    .array(z.string().min(1))
    .min(1, { error: 'expected at least one suite' })
    .describe('Names of suites, or paths beside this file.'),
});

export type Suite = z.infer<typeof suiteSchema>;
export type Task = z.infer<typeof taskSchema>;
export type Generation = z.infer<typeof generationSchema>;
export type PromptTemplate = z.infer<typeof promptSchema>;
export type ScorerChoice = z.infer<typeof scorerSchema>;
export type DataSamples = z.infer<typeof dataSamples>;
