import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest begin first: one that begins last leaves all workers but one with nothing to do. */
const ORDER = ['models/parity-llm', 'models/parity-slm', 'cli/', 'backends/', 'browser/', '', 'core/'];

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
    // Left to itself it leaves one core out, which is half of two.
    maxWorkers: '100%',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        // What is pure leaves nothing behind, so its tests share a process, and what they import is loaded once.
        test: { name: 'core', include: ['test/core/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'shell',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/core/**'],
        },
      },
    ],
  },
});
