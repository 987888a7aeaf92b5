/**
 * The files that docs/fleet.md gives: a unit of systemd, judged by systemd, and a compose file, judged by the schema of its makers
 * (github.com/compose-spec/compose-go 2.4.9, Apache-2.0, with other white space).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const manual = readFileSync(join(ROOT, 'docs/fleet.md'), 'utf8');

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasSystemd) console.warn('skipped: the unit of systemd (systemd-analyze is not installed)');

/** What systemd says of a unit. */
function complaintsOf(unit: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'rightsize-')), 'rightsize-join.service');
  writeFileSync(file, unit);
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  // Other units of the machine may have faults of their own.
  const own = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('rightsize-join'));
  return [...(status === 0 ? [] : [`exit code ${status}`]), ...own].join('\n');
}

describe.skipIf(!hasSystemd)('the unit of docs/fleet.md', () => {
  const [, block] = /(?:^ {4}# \/etc\/systemd\/system\/rightsize-join\.service\n)((?: {4}.*\n|\n)+)/m.exec(manual)!;
  // Its program must be there, and npx need not be at the place that the manual names.
  const unit = block!.replace(/^ {4}/gm, '').replace('/usr/bin/npx', process.execPath);

  test('is one that systemd takes', () => {
    expect(unit).toContain('[Service]');
    expect(complaintsOf(unit)).toBe('');
  });

  test('would be refused with a key that systemd does not know', () => {
    expect(complaintsOf(unit.replace('RestartSec=', 'RestartSecs='))).toContain('RestartSecs');
  });
});

describe('the compose file of docs/fleet.md', () => {
  const [, block] = /```yaml\n(services:[\s\S]*?)```/.exec(manual)!;
  const schema = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/compose-spec/compose-spec.json'), 'utf8'));
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile({
    ...schema,
    $schema: undefined,
  });

  test('is one by the schema of compose-spec', () => {
    const compose = parse(block!);
    expect(Object.keys(compose.services)).toEqual(['redis', 'machine']);
    validate(compose);
    expect(validate.errors).toBeNull();
  });

  test('would not be one with a misspelt key', () => {
    expect(validate(parse(block!.replace('working_dir', 'workdir')))).toBe(false);
  });
});
