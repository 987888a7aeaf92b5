import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest begin first: one that begins last leaves all workers but one with nothing to do. */
const ORDER = ['models/parity-llm', 'models/parity-slm', 'cli/', 'backends/', 'browser/', '', 'core/'];

const ALL = 'test/**/*.test.ts';
/** Tests that open real weights. */
const ENGINES = [
  'test/models/**/*.test.ts',
  'test/backends/{llama-cpp,onnxruntime,transformers,openai-llama-server,openai-server-process}*.test.ts',
];
/** Tests of many cases, of simulations and of waits: `npm run check` leaves them to `npm test`. */
const THOROUGH = [
  'test/core/score/{table,linear-time,patterns-of-suites,function-calls-bfcl}.test.ts',
  'test/core/stats/{noninferiority,power,bootstrap}.test.ts',
  'test/core/recommend/{recommend,power}.test.ts',
  'test/core/definition/{jinja,sample}.test.ts',
  'test/core/report/{terminal,length}.test.ts',
  'test/core/load/{search,queue,trace,invariants}.test.ts',
  'test/core/capacity/{simulate/laws,plan/load-plan}.test.ts',
  'test/run/{sandbox,use-cases,capacity-load,foresight,compare-blind,ab}.test.ts',
  'test/{hub/hub,render/png,files/log-check,files/hostile}.test.ts',
  'test/backends/{openai-failures,openai-dialects,openai-complaints,azure}.test.ts',
  'test/suites/lm-eval-v0.test.ts',
  'test/worker/worker-process.test.ts',
  'test/{simulate,fuzz}/**/*.test.ts',
];
/** Tests that see the built program from outside: as a command, as a page, as a manual. */
const FLOW = ['test/{cli,docs,browser,fleet}/**/*.test.ts'];

/** What `npm run check` runs. */
export const units = shared('units', [ALL], [...THOROUGH, ...ENGINES, ...FLOW]);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const place = ORDER.findIndex((part) => part !== '' && moduleId.includes(`/test/${part}`));
      return place < 0 ? ORDER.indexOf('') : place;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    // Many tests wait for servers, timers and processes: one worker more than there are cores keeps these busy.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The built program is loaded as Node loads it.
    server: { deps: { external: [/\/dist\//] } },
    // A second run finds what the first compiled, by the hash of each file: a fifth of the time of `npm run check`.
    experimental: { fsModuleCache: true },
    sequence: { sequencer: LongestFirst },
    // The sources and the built program are not loaded into one process: koffi takes the types of llama.cpp once.
    projects: [shared('tests', [ALL], [...ENGINES, ...FLOW]), shared('flow', FLOW), project('engines', ENGINES)],
  },
});

function project(name: string, include: string[], exclude: string[] = []) {
  return { extends: true as const, test: { name, include, exclude: [...configDefaults.exclude, ...exclude] } };
}

/** Its files share a process, so that what they import is loaded once. A test there leaves nothing behind in its process. */
function shared(name: string, include: string[], exclude: string[] = []) {
  const { extends: from, test } = project(name, include, exclude);
  return { extends: from, test: { ...test, isolate: false } };
}
