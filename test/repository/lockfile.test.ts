/** What is installed is what was looked at: every package of the lock file is pinned by its contents. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([place, { link }]) => place !== '' && !link);

/**
 * Libraries of other systems, which npm installs nowhere that this was made. A registry that has them gives their hashes:
 * `npm install --package-lock-only` there, and take the names out here.
 */
const UNSEEN =
  /^node_modules\/@node-llama-cpp\/(linux-riscv64|mac-arm64-metal|mac-x64|win-arm64|win-x64|win-x64-cuda|win-x64-cuda-ext|win-x64-vulkan)$/;

describe('package-lock.json', () => {
  test('has packages', () => expect(installed.length).toBeGreaterThan(100));

  test('has the hash of every package', () => {
    const without = installed.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''));
    expect(without.map(([place]) => place).filter((place) => !UNSEEN.test(place))).toEqual([]);
  });
});
