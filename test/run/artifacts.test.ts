/** Reports of a stranger's log stay in their folder. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeArtifacts } from '../../src/run/render.js';

const place = () => {
  const root = mkdtempSync(join(tmpdir(), 'rightsize-'));
  const folder = join(root, 'a', 'b', 'out');
  mkdirSync(folder, { recursive: true });
  return { root, folder };
};

describe('an artifact is written into its folder', () => {
  test.each([
    ['charts/confusion-/../../../../pwn-fast.svg', ['charts', 'confusion-', 'pwn-fast.svg']],
    ['cascades/../../x.y.json', ['cascades', 'x.y.json']],
    ['..\\..\\x.json', ['x.json']],
    ['/etc/x.json', ['etc', 'x.json']],
    ['charts/a\u0000b\n.svg', ['charts', 'a-b-.svg']],
    ['charts/.hidden.svg', ['charts', 'hidden.svg']],
    ['charts/größe (p95).svg', ['charts', 'größe-(p95).svg']],
  ])('%s', async (path, parts) => {
    const { root, folder } = place();
    await writeArtifacts([{ path, content: 'x' }], folder);
    expect(readFileSync(join(folder, ...parts), 'utf8')).toBe('x');
    expect(readdirSync(root)).toEqual(['a']);
    expect(readdirSync(join(root, 'a'))).toEqual(['b']);
    expect(readdirSync(join(root, 'a', 'b'))).toEqual(['out']);
  });

  test.skipIf(process.platform === 'win32')('and follows no link that came with the folder', async () => {
    const { root, folder } = place();
    const precious = join(root, 'precious');
    writeFileSync(precious, 'kept');
    symlinkSync(precious, join(folder, 'report.html'));
    symlinkSync(root, join(folder, 'charts'));
    await writeArtifacts(
      [
        { path: 'report.html', content: 'x' },
        { path: 'charts/a.svg', content: 'x' },
      ],
      folder,
    );
    expect(readFileSync(precious, 'utf8')).toBe('kept');
    expect(existsSync(join(root, 'a.svg'))).toBe(false);
    expect(readFileSync(join(folder, 'charts', 'a.svg'), 'utf8')).toBe('x');
  });
});

test.skipIf(!existsSync('/dev/full'))('a full disk is called that, with what is kept', async () => {
  await expect(writeArtifacts([{ path: 'full', content: 'x' }], '/dev')).rejects.toThrow(
    /^\/dev\/full: the disk is full; the log is kept; make room, then write the reports with: rightsize report/,
  );
});
