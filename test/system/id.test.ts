import { expect, test } from 'vitest';
import { uniqueId } from '../../src/system/id.js';

test('ids are unique, are UUIDs of version 7, and sort by the time they were made', async () => {
  const ids = Array.from({ length: 20_000 }, uniqueId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids.slice(0, 100))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const before = uniqueId();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(uniqueId() > before).toBe(true);
});
