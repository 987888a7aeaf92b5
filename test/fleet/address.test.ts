import { expect, test } from 'vitest';
import { withoutPassword } from '../../src/fleet/address.js';

test.each([
  ['redis://127.0.0.1:6379/2', 'redis://127.0.0.1:6379/2'],
  ['redis://:secret@host', 'redis://host'],
  ['rediss://user:se@cret@host:1', 'rediss://host:1'],
  ['--fleet=redis://user:secret@host', '--fleet=redis://host'],
])('%s is shown as %s', (address, shown) => {
  expect(withoutPassword(address)).toBe(shown);
});
