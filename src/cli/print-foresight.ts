/** What gates will be able to see, before anything is measured. */
import { blindOf, type Foreseen, type ForeseenLimit, type Foresight } from '../core/regress/foresight.js';
import { formatScore } from '../core/report/format.js';
import { sizeOf } from '../core/report/gate-words.js';
import { plain } from '../core/report/text.js';
import type { Terminal } from './terminal.js';

/** @returns Whether a gate is blind; then nothing need be measured. */
export function printForesight(terminal: Terminal, foresight: Foresight): boolean {
  for (const gate of foresight.gates) tell(terminal, sentenceOf(gate));
  const blind = blindOf(foresight);
  if (blind.length > 0)
    refuse(
      terminal,
      blind.map(({ gate }) => gate),
      `expected ${formatScore(foresight.wanted)} or more; take more samples or blocks`,
    );
  return blind.length > 0;
}

/** @returns Whether a limit cannot be judged. */
export function printForeseenLimits(terminal: Terminal, limits: readonly ForeseenLimit[]): boolean {
  const blind = limits.filter((limit) => limit.blind !== null);
  for (const { task, blind: reason } of blind) tell(terminal, `limit of ${task}: ${reason}`);
  if (limits.length === 0)
    tell(terminal, 'no limit on quality or on a percentile is gated, so nothing is known beforehand');
  if (blind.length > 0)
    refuse(terminal, [...new Set(blind.map(({ task }) => `limit of ${task}`))], 'take more samples');
  return blind.length > 0;
}

function sentenceOf({ gate, metric, detect, power }: Foreseen): string {
  const loss = `a loss of ${sizeOf(metric, detect)}`;
  switch (power.kind) {
    case 'as the pilot tells':
      return `${gate} will see ${loss} in ${formatScore(power.value)} of builds, as the pilot tells`;
    case 'at most':
      return `${gate} will see ${loss} in ${formatScore(power.value)} of builds at most`;
    case 'unknown':
      return `${gate}: how often it will see ${loss} is not known, because ${power.reason}`;
  }
}

function refuse(terminal: Terminal, names: readonly string[], remedy: string): void {
  tell(
    terminal,
    `--require-power: nothing was measured, because these gates would not see enough: ${names.join(', ')}; ${remedy}`,
  );
}

function tell({ stderr }: Terminal, text: string): void {
  stderr.write(`rightsize: ${plain(text)}\n`);
}
