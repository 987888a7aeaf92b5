/** A part of a JSON answer by its path: `answer`, `result.items[0].name`, `items[-1]`, `["first name"]`. */
import { z } from 'zod';
import { firstDocument, type Json, parseJson, withoutFence } from './json-value.js';

type Step = string | number;

const STEP = /(?:^\$|^|\.)([^.[\]"]+)|\[(-?\d+)\]|\["((?:[^"\\]|\\.)*)"\]|^\$/y;

/** @returns null if the text is not a path. */
function stepsOf(path: string): readonly Step[] | null {
  const steps: Step[] = [];
  for (let at = 0; at < path.length; ) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null || match[0] === '') return null;
    const [whole, key, index, quoted] = match;
    if (key !== undefined && !(at === 0 && key === '$')) steps.push(key);
    else if (index !== undefined) steps.push(Number(index));
    else if (quoted !== undefined) steps.push(JSON.parse(`"${quoted}"`) as string);
    at += whole.length;
  }
  return steps;
}

export const jsonPathSchema = z
  .string()
  .min(1)
  .refine((path) => stepsOf(path) !== null, {
    error: 'expected a path such as answer, result.items[0].name or items[-1]',
  });

/** A text as it is, anything else as JSON; null where there is no document, or nothing at the path. */
export function valueAtPath(output: string, path: string): string | null {
  const value = documentIn(output);
  const found = value === undefined ? undefined : stepsOf(path)!.reduce<Json | undefined>(childOf, value);
  if (found === undefined || found === null) return null;
  return typeof found === 'string' ? found : JSON.stringify(found);
}

function documentIn(output: string): Json | undefined {
  for (const text of [output, withoutFence(output), firstDocument(output)]) {
    const parsed = text === null ? null : parseJson(text);
    if (parsed?.ok) return parsed.value;
  }
  return undefined;
}

function childOf(value: Json | undefined, step: Step): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return typeof step === 'number' ? value.at(step) : undefined;
  const fields = value as Readonly<Record<string, Json>>;
  return Object.hasOwn(fields, String(step)) ? fields[String(step)] : undefined;
}
