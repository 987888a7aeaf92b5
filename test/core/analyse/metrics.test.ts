import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../src/core/measure/metrics.js';

describe('docs/metrics.md', () => {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

  it.each(Object.entries(METRICS))('explains %s with its title and formula', (name, metric) => {
    const section = page.split(/^## /m).find((one) => one.startsWith(`${metric.title} (\`${name}\`)`));
    expect(section, `a section "## ${metric.title} (\`${name}\`)"`).toBeDefined();
    expect(section).toContain(metric.formula);
  });
});
