/**
 * summary.json as a schema, for programs that read it. Fields may be added within a version, so unknown fields are allowed; those
 * that are here stay. docs/reports.md says what each of them means.
 */
import { z } from 'zod';
import { type JsonSchema, schemaId } from '../definition/json-schema.js';
import { LOAD_METRIC_NAMES } from '../load/objective.js';
import { LEVELS } from '../measure/metric.js';
import { DISTRIBUTED } from '../measure/metrics.js';

const missing = z.strictObject({ missing: z.string() }).describe('An unknown value, with the reason.');

function orMissing<T extends z.ZodType>(schema: T) {
  return z.union([schema, missing]);
}

const number = z.number();
const count = z.int().min(0);
const known = z.looseObject({ value: number });
const warnings = z.array(z.looseObject({ what: z.string(), remedy: z.string() }));

const estimate = z
  .looseObject({
    value: number,
    low: number,
    high: number,
    n: count,
    confidence: number,
    method: z.string(),
    warnings: z.array(z.string()),
    clusters: count.optional(),
    effective: number.optional(),
    standardError: number.optional(),
  })
  .describe('A value with its two-sided interval and the number of values behind it.');

const unboundedEstimate = estimate.extend({
  high: number.nullable().describe('Null if too many requests timed out for an upper bound.'),
});

const spread = z.looseObject({ median: number, min: number, max: number, n: count });

const distribution = z.looseObject({
  n: count,
  min: number,
  max: number,
  ...Object.fromEntries(LEVELS.map((level) => [level, orMissing(estimate)])),
});

const metrics = z.looseObject(Object.fromEntries(DISTRIBUTED.map((metric) => [metric, orMissing(distribution)])));
const gaps = orMissing(z.looseObject({ n: count, median: number, p90: number, p99: number }));

const limit = z.union([z.string(), z.looseObject({ metric: z.string(), better: z.enum(['higher', 'lower']) })]);
const level = z.enum(LEVELS).nullable();

const check = z.looseObject({
  limit,
  level,
  bound: number,
  observed: z.union([unboundedEstimate, spread, missing]),
  state: z.enum(['met', 'missed', 'undecided', 'unknown']),
});

const checks = z.looseObject({
  model: z.string(),
  checks: z.array(check),
  state: z.enum(['passes', 'fails', 'undecided']),
});

const decision = z.enum(['non-inferior', 'inferior', 'inconclusive']);

const test = z.looseObject({
  difference: estimate,
  margin: number,
  alpha: z.looseObject({ nonInferior: number, inferior: number }),
  nonInferiorP: number,
  inferiorP: number,
  decision,
});

const comparison = z.looseObject({
  candidate: z.string(),
  reference: z.string(),
  scores: orMissing(z.looseObject({ candidate: number, reference: number })),
  test: orMissing(test),
  decision: decision.nullable(),
  fits: z.boolean(),
  isOut: z.boolean(),
  adjusted: z.looseObject({ fitsP: number, outP: number }),
  factors: z.record(z.string(), orMissing(known)).describe('Candidate over reference.'),
});

const assignment = z.looseObject({
  task: z.string(),
  use: z.union([z.looseObject({ model: z.string() }), z.looseObject({ small: z.string(), large: z.string() })]),
});
const names = z.array(z.string());
const modelClass = z.enum(['slm', 'llm']);

const suiteVerdict = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('slm-fits'), model: z.string() }),
  z.looseObject({ kind: z.literal('llm-needed'), model: z.string() }),
  z.looseObject({ kind: z.literal('cascade'), small: z.string(), large: z.string(), alone: names }),
  z.looseObject({ kind: z.literal('by-task'), assignments: z.array(assignment) }),
  z.looseObject({ kind: z.literal('inconclusive'), tasks: names, decided: z.array(assignment), noSmall: names }),
  z.looseObject({ kind: z.literal('one-class'), class: modelClass, model: z.string().nullable() }),
  z.looseObject({ kind: z.literal('nothing-passes'), tasks: names, decided: z.array(assignment), open: names }),
  z.looseObject({ kind: z.literal('not-measured'), reason: z.string() }),
]);

const rejections = z.array(z.looseObject({ model: z.string(), by: z.enum(['margin', 'limits']) }));

const taskVerdict = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('slm-fits'), comparison, others: names }),
  z.looseObject({ kind: z.literal('llm-needed'), model: z.string(), rejected: rejections }),
  z.looseObject({ kind: z.literal('cascade'), small: z.string(), large: z.string(), trial: z.looseObject({}) }),
  z.looseObject({
    kind: z.literal('inconclusive'),
    because: z.looseObject({ of: z.enum(['margin', 'limits', 'large', 'unscored', 'pairs']) }),
  }),
  z.looseObject({ kind: z.literal('one-class'), class: modelClass, model: z.string().nullable() }),
  z.looseObject({ kind: z.literal('nothing-passes'), rejected: rejections }),
  z.looseObject({ kind: z.literal('not-measured'), reason: z.string() }),
]);

const cell = z.looseObject({
  model: z.string(),
  condition: z.string(),
  machine: z.string().nullable(),
  trials: z.looseObject({
    planned: count,
    recorded: count,
    completed: count,
    failedByModel: count,
    failedByHarness: count,
    unjudged: count,
  }),
  failures: z.array(z.looseObject({ by: z.string(), kind: z.string(), count, example: z.string() })),
  quality: orMissing(estimate),
  metrics,
  gaps,
  throughput: orMissing(z.looseObject({ concurrency: count, tokensPerSecond: number })),
  aggregates: z.record(z.string(), orMissing(known)),
  warnings,
});

const task = z.looseObject({
  name: z.string(),
  samples: count,
  verdict: taskVerdict,
  sentence: z.string(),
  whatWouldChange: names,
  checks: z.array(checks),
  comparisons: z.array(comparison),
  cascades: z.array(z.looseObject({ small: z.string(), large: z.string(), verdict: z.string() })),
  models: z.array(cell),
  otherConditions: z.array(cell),
});

const forecast = z
  .looseObject({
    value: number,
    low: number,
    high: number,
    basis: z.enum(['measured', 'pair', 'device', 'kind']),
    rows: count,
    own: count,
  })
  .describe(
    'A predicted value with its 90% interval, what it rests on, the number of measurements behind that, and how many of them are of this quantity itself.',
  );

const prediction = z.looseObject({
  engine: z.string(),
  ttft: orMissing(forecast),
  tpot: orMissing(forecast),
  e2e: orMissing(forecast),
  decodeRate: orMissing(forecast),
});

const suite = z.looseObject({
  name: z.string(),
  title: z.string(),
  requirement: z.looseObject({
    limits: z.looseObject({}),
    margin: number,
    alpha: number,
    prefer: z.string(),
  }),
  verdict: suiteVerdict,
  headline: z.string().describe('How many tasks have which verdict.'),
  sentence: z.string().describe('The verdict in words, with the models.'),
  references: z.array(z.looseObject({ candidate: z.string(), reference: z.string(), why: z.string() })),
  comparisons: count,
  shared: z.enum(['at the end', 'over the looks']),
  fits: z.array(
    z.looseObject({
      model: z.string(),
      estimate: orMissing(z.looseObject({ weights: number, cache: number, runtime: number, total: number })),
      measured: orMissing(known),
      error: orMissing(known),
      here: prediction.describe('One stream on the machine of the run.'),
      devices: z.array(
        prediction.extend({
          device: z.string(),
          state: z.enum(['fits', 'may fit', 'does not fit', 'unknown']),
          needed: orMissing(known),
          share: orMissing(known),
        }),
      ),
    }),
  ),
  breakEvens: z.array(
    z.looseObject({
      model: z.string(),
      device: z.string(),
      instead: z.string(),
      rate: number.describe('Requests a second from which the device is cheaper.'),
      requests: number.describe('The same in an hour of a rented device, or over the life of one that is bought.'),
      feasible: z.union([z.enum(['yes', 'no', 'open']), missing]).describe('Whether one device serves this rate.'),
    }),
  ),
  machineCosts: orMissing(z.array(z.looseObject({ model: z.string(), device: z.string(), thousandRequests: number }))),
  parity: z.array(
    z.looseObject({ first: z.string(), second: z.string(), n: count, sameOutput: count, sameScore: count }),
  ),
  overall: z.array(
    z.looseObject({
      model: z.string(),
      quality: orMissing(estimate),
      metrics,
      gaps,
      failures: count,
      unscored: count,
    }),
  ),
  tasks: z.array(task),
});

const model = z.looseObject({
  id: z.string(),
  origin: z.looseObject({ model: z.string(), run: z.string() }),
  title: z.string(),
  class: modelClass.nullable(),
  machine: z.string().nullable(),
  load: orMissing(spread),
  firstRequest: orMissing(spread),
  crashes: names,
  failures: names,
  warnings,
  backend: z.string(),
  source: z.string(),
});

const range = z
  .looseObject({ value: number, low: number, high: number.nullable() })
  .describe('A load with its interval. High is null if no load was shown to be too much.');

const percentiles = z.looseObject({
  n: count,
  ...Object.fromEntries(['median', 'p90', 'p95', 'p99'].map((level) => [level, orMissing(estimate)])),
});

const sentGap = z.looseObject({ value: number, asked: number, standardError: number, asAsked: z.boolean().nullable() });

const step = z.looseObject({
  record: z.looseObject({ step: z.string(), condition: z.string(), session: z.string(), ending: z.string() }),
  result: z.looseObject({
    seconds: number,
    counts: z.looseObject({ due: count, completed: count, timedOut: count, failed: count, leftOut: count }),
    saturation: z.enum(['stable', 'backlogged', 'overloaded']),
    window: orMissing(
      z.looseObject({
        validity: z.looseObject({ valid: z.boolean() }),
        settled: z.looseObject({ state: z.string() }),
        metrics: z.looseObject(Object.fromEntries(LOAD_METRIC_NAMES.map((name) => [name, orMissing(percentiles)]))),
        attainment: orMissing(estimate),
        goodput: orMissing(estimate),
        throughput: orMissing(estimate),
        cached: orMissing(estimate),
        tasks: z.array(
          z.looseObject({ task: z.string(), attainment: orMissing(estimate), quality: orMissing(estimate) }),
        ),
        right: z.looseObject({
          quality: orMissing(estimate),
          goodput: orMissing(estimate),
          costOfThousand: orMissing(estimate),
        }),
      }),
    ),
  }),
  failures: z.array(z.looseObject({ kind: z.string(), count, reason: z.string() })),
  sentGaps: z.looseObject({ n: count, mean: sentGap, cv: sentGap, neighbours: sentGap.nullable() }).nullable(),
});

const objectives = z.array(z.looseObject({ metric: z.enum(LOAD_METRIC_NAMES), level: z.enum(LEVELS), bound: number }));

const load = z
  .looseObject({
    question: z.string(),
    objectives,
    rule: z.looseObject({}).nullable().describe('What was searched. Null if the user named the loads.'),
    models: z.array(
      z.looseObject({
        model: z.string(),
        sentences: names.describe('The answer in words.'),
        server: z.looseObject({ host: z.string().nullable(), slots: number.nullable() }),
        steps: z.array(step),
        capacity: z.looseObject({ load: range.nullable(), binding: count.nullable() }).nullable(),
        tiers: z.array(z.looseObject({ objective: count, factor: number, load: range.nullable() })),
      }),
    ),
    checks: z
      .record(
        z.string(),
        z.looseObject({
          title: z.string(),
          better: z.enum(['lower', 'higher']),
          source: z.string(),
          remedy: z.string(),
        }),
      )
      .describe('What must hold of the client, with the sources of the thresholds. A step has the readings.'),
    selfTests: z.array(z.looseObject({})),
  })
  .describe('What a load test found. Its requests are no trials, so it has no suites.');

const figure = z
  .looseObject({ value: number.nullable(), low: number.nullable(), high: number.nullable() })
  .describe('A predicted figure with its 90% interval. Null stands for no bound.');

const capacity = z
  .looseObject({
    flags: names.describe('The question, as the flags of `rightsize report` or `rightsize capacity` that ask it.'),
    objectives,
    objectivesFrom: z.enum(['question', 'run']).describe('Whose limits the objectives are.'),
    wanted: z
      .looseObject({
        kind: z.looseObject({ kind: z.enum(['users', 'concurrency', 'rate']) }),
        wanted: number.nullable().describe('Null asks for the greatest load of one device only.'),
        headroom: number,
      })
      .optional()
      .describe('The load. Absent where none was asked for.'),
    calibrated: z.string().describe('When the constants were fitted.'),
    predictions: z.array(
      prediction.extend({
        model: z.string(),
        device: z.string(),
        memory: orMissing(z.looseObject({ needed: number, usable: number, verdict: z.string() })),
        lengths: orMissing(z.looseObject({ prompt: number, output: number, measured: count })),
        quality: orMissing(figure),
        load: z
          .looseObject({
            plan: orMissing(
              z.looseObject({
                slots: count,
                greatest: orMissing(figure),
                devices: orMissing(figure),
                served: orMissing(z.looseObject({ devices: count, load: number })),
                curve: z.array(z.looseObject({ load: number })),
              }),
            ),
            money: orMissing(z.looseObject({ month: figure })),
          })
          .optional(),
      }),
    ),
  })
  .describe('Which devices hold a load, and what they cost. It is there if the report was asked for it.');

const environment = z.looseObject({ rightsize: z.string(), node: z.string(), os: z.string() });

const summarySchema = z.looseObject({
  version: z.literal(1),
  answer: z.string().describe('The answer in a line.'),
  run: z.looseObject({
    id: z.string(),
    started: z.string(),
    command: names,
    trials: z.looseObject({ planned: count, recorded: count }),
    ended: z.union([
      z.looseObject({ complete: z.literal(true) }),
      z.looseObject({ complete: z.literal(false), reason: z.string() }),
    ]),
    environment,
  }),
  load: load.optional(),
  capacity: capacity.optional(),
  suites: z.array(suite),
  models: z.array(model),
  onMachines: z
    .array(
      z.looseObject({
        machine: z.string(),
        suites: z.array(
          z.looseObject({
            name: z.string(),
            headline: z.string(),
            tasks: z.array(z.looseObject({ name: z.string(), verdict: taskVerdict, checks: z.array(checks) })),
          }),
        ),
      }),
    )
    .optional()
    .describe('What each machine would choose by itself, if every machine of a fleet measured everything.'),
  machines: z.array(z.looseObject({ name: z.string(), trials: count, environment })),
  warnings,
});

export function summaryJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(summarySchema, { reused: 'ref' }) as JsonSchema;
  return { $schema, $id: schemaId('summary.schema.json'), title: 'summary.json of rightsize', ...schema };
}
