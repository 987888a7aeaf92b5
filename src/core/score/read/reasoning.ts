/**
 * What a reasoning model thinks before it answers, cut in one way for all engines. Families mark it differently; templates often
 * write the opening mark themselves, so an output may hold the closing one alone.
 */
import { strip } from '../text/text.js';

interface Marks {
  readonly open: string;
  readonly close: string;
  readonly families: string;
  /** Whether the closing mark alone, which is no word of any text, shows that there was reasoning. */
  readonly closesAlone: boolean;
}

export const REASONING: readonly Marks[] = [
  {
    open: '<think>',
    close: '</think>',
    families: 'DeepSeek R1, Qwen 3, QwQ, Phi-4-reasoning, SmolLM3',
    closesAlone: true,
  },
  { open: '[THINK]', close: '[/THINK]', families: 'Magistral', closesAlone: true },
  {
    open: '<|channel|>analysis<|message|>',
    close: '<|channel|>final<|message|>',
    families: 'gpt-oss',
    closesAlone: true,
  },
  { open: '<|START_THINKING|>', close: '<|END_THINKING|>', families: 'Command A Reasoning', closesAlone: true },
  { open: '<seed:think>', close: '</seed:think>', families: 'Seed-OSS', closesAlone: true },
  { open: '<thinking>', close: '</thinking>', families: 'models that are asked to think aloud', closesAlone: false },
  { open: '<reasoning>', close: '</reasoning>', families: 'models that are asked to think aloud', closesAlone: false },
  { open: '<thought>', close: '</thought>', families: 'models that are asked to think aloud', closesAlone: false },
];

/** What stands behind the reasoning; nothing where it never ended. An output without reasoning is left as it is. */
export function withoutReasoning(output: string): string {
  const start = output.trimStart();
  for (const { open, close, closesAlone } of REASONING) {
    const begins = start.startsWith(open);
    if (!begins && !(closesAlone && output.includes(close))) continue;
    const end = output.lastIndexOf(close);
    return end < 0 ? '' : strip(output.slice(end + close.length));
  }
  return output;
}
