/** Reading the parts of a row that a scorer judges by. A row that lacks them is our failure, said in one sentence. */
import type { z } from 'zod';
import { SampleError } from '../score.js';

/** @throws SampleError naming the part at fault. */
export function readAs<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SampleError(
    `expected ${what}: ${issue?.path.map(String).join('.') || 'the value'}: ${issue?.message ?? 'does not fit'}`,
  );
}
