import { expect, test } from 'vitest';
import { displayPath, withShortPaths } from '../../src/system/path.js';

test.each([
  ['/home/a/suite.yaml', 'suite.yaml'],
  ['/home/a/b/suite.yaml', 'b/suite.yaml'],
  ['/home/b/suite.yaml', '/home/b/suite.yaml'],
  ['/home/a', '/home/a'],
])('%s is shown in /home/a as %s', (file, shown) => {
  expect(displayPath(file, '/home/a')).toBe(shown);
});

test.each([
  ['/home/a.b/suite.yaml:3: expected a name', 'suite.yaml:3: expected a name'],
  ["finish it with: --resume '/home/a.b/my runs/1'", "finish it with: --resume 'my runs/1'"],
  ['/home/a.b/1 and /home/a.b/2', '1 and 2'],
  ['/mnt/home/a.b/1', '/mnt/home/a.b/1'],
  ['/home/axb/1', '/home/axb/1'],
  ['/home/a.bc/1', '/home/a.bc/1'],
])('in /home/a.b the message "%s" reads "%s"', (message, shown) => {
  expect(withShortPaths(message, '/home/a.b')).toBe(shown);
});

test('the root of the disk shortens nothing', () => {
  expect(withShortPaths('/etc/suite.yaml', '/')).toBe('/etc/suite.yaml');
});
