/** JUnit XML of the gates, as CI servers read it: a red gate is a failure, a blind one an error. */
import type { Side } from '../../regress/comparison.js';
import type { GateReport } from '../../regress/gate-report.js';
import { sideName } from '../comparison.js';
import { describeGate, nameOf } from '../gate-words.js';
import { plain } from '../text.js';

export interface GatedComparison {
  readonly candidate: Side;
  readonly gates: GateReport;
}

export function junitXml(comparisons: readonly GatedComparison[]): string {
  const suites = comparisons.map(suiteOf).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="rightsize">\n${suites}</testsuites>\n`;
}

function suiteOf({ candidate, gates }: GatedComparison): string {
  const { results, blind, skipped, burden } = gates;
  const cases = [
    ...results.map((result) => ({
      name: nameOf(result),
      outcome: result.state === 'red' ? element('failure', describeGate(result, burden)) : '',
    })),
    ...blind.map(({ gate, reason }) => ({ name: gate, outcome: element('error', reason) })),
    ...skipped.map(({ gate, reason }) => ({ name: gate, outcome: element('skipped', reason) })),
  ];
  const red = results.filter(({ state }) => state === 'red').length;
  const name = attribute(sideName(candidate));
  const counts = `tests="${cases.length}" failures="${red}" errors="${blind.length}" skipped="${skipped.length}"`;
  const lines = cases.map(
    ({ name: test, outcome }) =>
      `    <testcase classname="${name}" name="${attribute(test)}">${outcome === '' ? '' : `\n      ${outcome}\n    `}</testcase>\n`,
  );
  return `  <testsuite name="${name}" ${counts}>\n${lines.join('')}  </testsuite>\n`;
}

function element(tag: 'failure' | 'error' | 'skipped', message: string): string {
  return `<${tag} message="${attribute(message)}"/>`;
}

/** A text for an attribute, without the characters that XML 1.0 forbids. */
function attribute(text: string): string {
  return plain(text)
    .replace(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
